import type { AsrEvent } from '../../../src-main/ports/asr-engine'
import type { PlayOptions, Speaker } from '../../../src-main/ports/audio-device'
import type { ChatEvent } from '../../../src-main/ports/chat-engine'
import type { Clock } from '../../../src-main/ports/clock'
import type { FakeCall } from '../../fakes/fake-engines'
import type { Harness } from './harness'
import * as fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { AppError } from '../../../src-main/lib/app-error'
import { createHarness, flush } from './harness'

const unhandled: unknown[] = []
process.on('unhandledRejection', reason => unhandled.push(reason))
afterAll(() => expect(unhandled).toEqual([]))

const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 150)

/** What may happen to a program like this, in any order. Numbers choose among the calls that are open. */
type Step
  = | { readonly do: 'down' | 'up' | 'repeat' | 'lost-up' | 'cancel' | 'stop' | 'ask' | 'retry' }
    | { readonly do: 'speak' | 'pass', readonly ms: number }
    | { readonly do: 'asr', readonly event: AsrEvent | 'lost' | 'broken' | 'cut' }
    | { readonly do: 'chat', readonly event: ChatEvent | 'lost' | 'broken' | 'cut' }
    | { readonly do: 'tts', readonly event: 'speak' | 'lost' | 'broken' | 'cut' }
    | { readonly do: 'break', readonly part: 'microphone' | 'speaker' | 'disk', readonly broken: boolean }

const text = fc.constantFrom('Why?', 'Why is that?', '', 'Hello')
const asrEvent = fc.oneof(
  fc.constantFrom<'lost' | 'broken' | 'cut'>('lost', 'broken', 'cut'),
  fc.constantFrom<AsrEvent>({ type: 'speech-start', atMs: 0 }, { type: 'speech-end', atMs: 10 }),
  fc.record({ type: fc.constant('partial' as const), text, stableChars: fc.constant(0), settled: fc.boolean() }),
  fc.record({ type: fc.constant('final' as const), text, speechMs: fc.constant(100) }),
)
const chatEvent = fc.oneof(
  fc.constantFrom<'lost' | 'broken' | 'cut'>('lost', 'broken', 'cut'),
  fc.record({ type: fc.constant('text' as const), text: fc.constantFrom('So', ' it is.', ' Yes. ', '', 'No') }),
  fc.constant<ChatEvent>({ type: 'reasoning', text: 'Hm' }),
  fc.record({ type: fc.constant('finish' as const), reason: fc.constantFrom('stop' as const, 'length' as const) }),
)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('down' as const, 'up' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('repeat' as const, 'lost-up' as const, 'cancel' as const, 'stop' as const, 'ask' as const, 'retry' as const) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('speak' as const, 'pass' as const), ms: fc.constantFrom(20, 100, 400, 3_000) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('asr' as const), event: asrEvent }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('chat' as const), event: chatEvent }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('tts' as const), event: fc.constantFrom('speak' as const, 'speak' as const, 'lost' as const, 'broken' as const, 'cut' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('break' as const), part: fc.constantFrom('microphone' as const, 'speaker' as const, 'disk' as const), broken: fc.boolean() }) },
)
const settings = fc.record({
  mode: fc.constantFrom('hold' as const, 'toggle' as const, 'auto' as const),
  voiceEnabled: fc.boolean(),
  speculate: fc.boolean(),
})

interface World {
  readonly h: Harness
  /** Violations seen while it ran. */
  readonly faults: string[]
  readonly maxPlaying: () => number
  /** How often each turn was run again. */
  readonly retries: Map<string, number>
}

function failureOf(kind: 'lost' | 'broken'): AppError {
  return kind === 'lost' ? new AppError('inference-child-lost', 'Died.', { retryable: true }) : new AppError('internal', 'Broken.')
}

function drive<T extends object>(call: FakeCall<T> | undefined, event: T | 'lost' | 'broken' | 'cut'): void {
  if (!call)
    return
  if (typeof event === 'object')
    call.emit(event)
  else if (event === 'cut')
    call.end()
  else
    call.fail(failureOf(event))
}

/** How long a real loudspeaker takes to fall silent after a barge-in. */
const SILENCE_MS = 80

function watchedSpeaker(speaker: Pick<Speaker, 'play'>, clock: () => Clock): { speaker: Pick<Speaker, 'play'>, maxPlaying: () => number } {
  let playing = 0
  let most = 0
  return {
    maxPlaying: () => most,
    speaker: {
      async play(chunks, options: PlayOptions) {
        playing++
        most = Math.max(most, playing)
        try {
          const report = await speaker.play(chunks, options)
          if (report.interrupted)
            await new Promise<void>(resolve => clock().after(SILENCE_MS, resolve))
          return report
        }
        finally {
          playing--
        }
      },
    },
  }
}

function createWorld(chosen: { readonly mode: 'hold' | 'toggle' | 'auto', readonly voiceEnabled: boolean, readonly speculate: boolean }): World {
  const faults: string[] = []
  let maxPlaying = (): number => 0
  const h: Harness = createHarness({
    timing: 'manual',
    settings: chosen,
    watchSpeaker(speaker) {
      const watched = watchedSpeaker(speaker, () => h.clock)
      maxPlaying = watched.maxPlaying
      return watched.speaker
    },
  })
  let current: string | null = null
  const over = new Set<string>()
  h.runner.events.subscribe((event) => {
    if (event.type === 'state') {
      if (current !== null && current !== event.turnId)
        over.add(current)
      current = event.turnId
      if (current !== null)
        over.delete(current)
    }
    if ((event.type === 'tokens' || event.type === 'spoken' || event.type === 'hops') && over.has(event.turnId))
      faults.push(`stale ${event.type}`)
    if (event.type === 'partial' && event.partial && over.has(event.partial.turnId))
      faults.push('stale partial')
  })
  return { h, faults, maxPlaying, retries: new Map() }
}

async function take(world: World, next: Step): Promise<void> {
  const { h } = world
  switch (next.do) {
    case 'down':
      h.keyDown = true
      h.runner.keyDown(h.clock.nowMs())
      break
    case 'repeat':
      if (h.keyDown)
        h.runner.keyDown(h.clock.nowMs())
      break
    case 'up':
      h.keyDown = false
      h.runner.keyUp(h.clock.nowMs())
      break
    case 'lost-up':
      h.keyDown = false
      break
    case 'cancel':
      h.runner.cancel()
      break
    case 'stop':
      h.runner.stop()
      break
    case 'ask':
      h.runner.ask('Typed?')
      break
    case 'retry': {
      const last = h.turns().at(-1)
      if (last) {
        world.retries.set(last.id, (world.retries.get(last.id) ?? 0) + 1)
        h.runner.retry(last.id).catch(() => {})
      }
      break
    }
    case 'speak':
    case 'pass':
      h.clock.advance(next.ms)
      break
    case 'asr':
      drive(h.asr.calls.findLast(({ outcome }) => outcome === 'open'), next.event)
      break
    case 'chat':
      drive(h.chat.calls.findLast(({ outcome }) => outcome === 'open'), next.event)
      break
    case 'tts': {
      const call = h.tts.calls.findLast(({ outcome }) => outcome === 'open')
      const piece = call?.pieces.at(-1)
      if (next.event !== 'speak')
        drive(call, next.event)
      else if (call && piece)
        call.speak(piece)
      break
    }
    case 'break': {
      const error = next.broken ? new AppError(next.part === 'disk' ? 'disk-full' : 'device-lost', 'Broken.') : undefined
      if (next.part === 'microphone')
        h.audio.breakMicrophone(error)
      else if (next.part === 'speaker')
        h.audio.breakSpeaker(error)
      else
        h.store.breakWrites(error ?? null)
      break
    }
  }
  await flush()
}

function generating(h: Harness): number {
  return h.chat.calls.filter(({ outcome }) => outcome === 'open').length
}

describe('turns, whatever happens', () => {
  it('none is left unfinished, stale, doubled or stored twice, and a new press always works', async () => {
    await fc.assert(fc.asyncProperty(settings, fc.array(step, { minLength: 5, maxLength: 60 }), async (chosen, steps) => {
      const world = createWorld(chosen)
      const { h } = world
      for (const next of steps) {
        await take(world, next)
        expect(generating(h)).toBeLessThanOrEqual(1)
      }
      expect(world.faults).toEqual([])
      expect(world.maxPlaying()).toBeLessThanOrEqual(1)

      // Everything is mended; the key is up; whatever runs comes to an end by itself, at the latest by its watchdog.
      for (const part of ['microphone', 'speaker', 'disk'] as const)
        await take(world, { do: 'break', part, broken: false })
      await take(world, { do: 'up' })
      if (h.eventsOf('state').at(-1)?.latched)
        h.runner.cancel()
      for (let i = 0; i < 12; i++)
        await take(world, { do: 'pass', ms: 20_000 })
      await h.runner.settled()
      expect(['idle', 'failed']).toContain(h.state())
      expect(h.clock.pending).toBe(0)
      expect([...h.asr.calls, ...h.chat.calls, ...h.tts.calls].filter(({ outcome }) => outcome === 'open')).toEqual([])
      expect(h.audio.takes.filter(({ stopped }) => !stopped)).toEqual([])

      await pressAnew(world)
      h.runner.cancel()
      await take(world, { do: 'up' })
      for (let i = 0; i < 3; i++)
        await take(world, { do: 'pass', ms: 1_000 })
      await h.runner.settled()
      expectStoredOnce(world)
    }), { numRuns: RUNS })
  }, 120_000)
})

async function pressAnew(world: World): Promise<void> {
  const { h } = world
  const before = h.audio.takes.length
  await take(world, { do: 'down' })
  expect(h.state()).toBe('listening')
  expect(h.audio.takes.length).toBe(before + 1)
}

/** A turn is closed by one write that is not `pending`, and once more for each time it was run again. */
function expectStoredOnce({ h, retries }: World): void {
  for (const turn of h.turns())
    expect(turn.end).not.toBe('pending')
  const finals = new Map<string, number>()
  for (const { id } of h.store.writes.filter(({ end }) => end !== 'pending'))
    finals.set(id, (finals.get(id) ?? 0) + 1)
  for (const [id, count] of finals)
    expect(count).toBeLessThanOrEqual(1 + (retries.get(id) ?? 0))
}
