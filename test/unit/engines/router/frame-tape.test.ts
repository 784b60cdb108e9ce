import type { AudioFrame } from '../../../../src-main/ports/audio-frame'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FrameTape } from '../../../../src-main/engines/router/frame-tape'
import { abortReason } from '../../../../src-main/lib/abort'
import { collect } from '../../../support/engine-conformance'
import { settle } from './stream-stage'

const fresh = (): AbortSignal => new AbortController().signal

function frameOf(index: number): AudioFrame {
  return { samples: new Int16Array(320), sampleRate: 16_000, capturedAtMs: index }
}

async function* frames(count: number, pulled: () => void = () => {}): AsyncGenerator<AudioFrame> {
  for (let i = 0; i < count; i++) {
    pulled()
    yield frameOf(i)
  }
}

function numbers(list: readonly AudioFrame[]): number[] {
  return list.map(({ capturedAtMs }) => capturedAtMs)
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index)
}

describe('the tape of a take', () => {
  it('gives every reader every frame, whenever it begins and however slowly it reads', async () => {
    await fc.assert(fc.asyncProperty(fc.integer({ min: 0, max: 60 }), fc.array(fc.record({ begin: fc.nat(10), pause: fc.nat(3) }), { minLength: 1, maxLength: 4 }), async (count, readers) => {
      const tape = new FrameTape()
      async function read({ begin, pause }: { begin: number, pause: number }): Promise<number[]> {
        await rounds(begin)
        const seen: AudioFrame[] = []
        for await (const frame of tape.read(fresh())) {
          seen.push(frame)
          await rounds(pause)
        }
        return numbers(seen)
      }
      const reading = readers.map(read)
      await tape.fill(frames(count), fresh())
      for (const seen of await Promise.all(reading))
        expect(seen).toEqual(upTo(count))
      expect(numbers(await collect(tape.read(fresh())))).toEqual(upTo(count))
      expect(tape).toMatchObject({ whole: true, lengthMs: count * 20 })
    }), { numRuns: 50 })
  })

  it('when it is full the source waits for the slowest, and nothing is lost to those who read', async () => {
    const tape = new FrameTape(10)
    let pulled = 0
    const quick = collect(tape.read(fresh()))
    const slow = tape.read(fresh())
    const first = slow.next()
    const filled = tape.fill(frames(30, () => pulled++), fresh())
    await settle()
    // The first is read by both.
    expect(pulled).toBeLessThanOrEqual(12)
    expect(numbers([(await first).value as AudioFrame])).toEqual([0])
    const rest = numbers(await collect(slow))
    await filled
    expect([numbers(await quick), rest]).toEqual([upTo(30), upTo(30).slice(1)])
    expect(tape.whole).toBe(false)
  })

  it('tells a reader the end when it has the last frame', async () => {
    const tape = new FrameTape()
    await tape.fill(frames(2), fresh())
    let ended = false
    const reader = tape.read(fresh(), () => ended = true)
    await reader.next()
    await reader.next()
    expect(ended).toBe(false)
    expect((await reader.next()).done).toBe(true)
    expect(ended).toBe(true)
  })

  it('fails with what its source fails with, and stops with the signal', async () => {
    const broken = new Error('no more frames')
    async function* failing(): AsyncGenerator<AudioFrame> {
      yield frameOf(0)
      throw broken
    }
    const tape = new FrameTape()
    await expect(tape.fill(failing(), fresh())).rejects.toBe(broken)
    await expect(collect(tape.read(fresh()))).rejects.toBe(broken)
    const controller = new AbortController()
    const waiting = collect(new FrameTape().read(controller.signal)).catch((error: unknown) => error)
    controller.abort(abortReason('test'))
    expect(await waiting).toBe(controller.signal.reason)
  })
})

async function rounds(count: number): Promise<void> {
  for (let i = 0; i < count; i++)
    await new Promise(resolve => setImmediate(resolve))
}
