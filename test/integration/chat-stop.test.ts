import type { FromChild, ToChild } from '../../src-main/inference/protocol'
import type { ChatMessage } from '../../src-main/ports/chat-engine'
import type { SpawnChild } from '../../src-main/ports/child-channel'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createInferenceHost } from '../../src-main/inference/inference-host'
import { systemClock } from '../../src-main/ports/clock'
import { silentLogger } from '../../src-main/ports/logger'
import { inferenceChildSpawner } from '../support/inference-child'
import { QWEN } from '../support/local-models'

/**
 * When the child itself stops: from `cancel` to its last message about the request, which it sends when nothing of it
 * computes any more. The caller is free long before.
 */
function stopWatch(spawn: SpawnChild): { spawn: SpawnChild, stopped: () => Promise<number> } {
  const cancelledAtMs = new Map<number, number>()
  const waiting: ((ms: number) => void)[] = []
  return {
    spawn(spec) {
      const channel = spawn(spec)
      channel.messages.subscribe((raw) => {
        const message = raw as FromChild
        if (message.type !== 'end' && message.type !== 'fail')
          return
        const startMs = cancelledAtMs.get(message.id)
        if (startMs !== undefined)
          waiting.shift()?.(performance.now() - startMs)
      })
      return {
        ...channel,
        send(raw) {
          const message = raw as ToChild
          if (message.type === 'cancel')
            cancelledAtMs.set(message.id, performance.now())
          channel.send(raw)
        },
      }
    },
    stopped: () => new Promise((resolve) => {
      waiting.push(resolve)
    }),
  }
}

const TIMES = 12
/** One block of a prompt takes 60 ms on two slow cores; what else runs on the machine may double it. */
const MEDIAN_MS = 100
const LONGEST_MS = 400

let host: ReturnType<typeof createInferenceHost>
let watch: ReturnType<typeof stopWatch>

beforeAll(async () => {
  watch = stopWatch(await inferenceChildSpawner())
  host = createInferenceHost({ spawn: watch.spawn, clock: systemClock, logger: silentLogger, models: { chat: QWEN } })
  await host.ready('chat')
})

afterAll(() => host[Symbol.asyncDispose]())

function afterMs(ms: number): Promise<void> {
  return new Promise((resolve) => {
    systemClock.after(ms, resolve)
  })
}

/** Different each time, so that nothing of it is computed already; 1.2 s of prompt on two slow cores. */
function longQuestion(seed: number): ChatMessage[] {
  const words = ['sea', 'tree', 'house', 'river', 'cloud', 'stone', 'light', 'winter']
  return [{ role: 'user', content: Array.from({ length: 300 }, (_, i) => words[(i * 7 + seed) % words.length]).join(' ') }]
}

async function stopTimes(begin: (seed: number, signal: AbortSignal) => Promise<unknown>): Promise<{ median: number, longest: number }> {
  const times: number[] = []
  for (let seed = 0; seed < TIMES; seed++) {
    const controller = new AbortController()
    const running = begin(seed, controller.signal).then(() => 'ended', () => 'stopped')
    // At another place in the batch each time.
    await afterMs(60 + 17 * seed)
    const stopped = watch.stopped()
    controller.abort(new Error('enough'))
    expect(await running).toBe('stopped')
    times.push(await stopped)
  }
  times.sort((a, b) => a - b)
  return { median: times[TIMES >> 1] as number, longest: times.at(-1) as number }
}

async function drain(messages: readonly ChatMessage[], signal: AbortSignal): Promise<void> {
  for await (const event of host.chat.complete(messages, { signal }))
    void event
}

describe('the child stops soon after it was told to', () => {
  it.each([
    ['while it reads along', (seed: number, signal: AbortSignal) => host.chat.prime(longQuestion(seed), { signal })],
    ['while it reads the question', (seed: number, signal: AbortSignal) => drain(longQuestion(seed), signal)],
    ['while it writes', (seed: number, signal: AbortSignal) => drain([{ role: 'user', content: `Tell me a long story about ${seed} ships.` }], signal)],
  ])('%s', async (_, begin) => {
    const { median, longest } = await stopTimes(begin)
    expect(median).toBeLessThan(MEDIAN_MS)
    expect(longest).toBeLessThan(LONGEST_MS)
  })
})
