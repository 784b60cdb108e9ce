import type { AsrEngine, AsrEvent } from '../../src-main/ports/asr-engine'
import type { AudioFrame } from '../../src-main/ports/audio-frame'
import type { ChatEngine, ChatEvent, ChatMessage } from '../../src-main/ports/chat-engine'
import type { SpeechChunk, SpeechPiece, TtsEngine } from '../../src-main/ports/tts-engine'
import { describe, expect, it } from 'vitest'
import { abortReason } from '../../src-main/lib/abort'

/** What every engine keeps, whichever provider it is. Run against the real ones and against the fakes. */

export async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = []
  for await (const item of source)
    items.push(item)
  return items
}

/** A source that gives `items`, then waits for ever; tells when it was let go. */
export function endless<T>(...items: T[]): { readonly source: AsyncIterable<T>, readonly pulled: () => number, readonly released: Promise<void> } {
  let pulled = 0
  let release = (): void => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  const iterator: AsyncIterator<T> = {
    next() {
      const item = items[pulled]
      pulled++
      return item === undefined ? new Promise(() => {}) : Promise.resolve({ done: false, value: item })
    },
    return() {
      release()
      return Promise.resolve({ done: true, value: undefined })
    },
  }
  return { source: { [Symbol.asyncIterator]: () => iterator }, pulled: () => pulled, released }
}

/** What a `break` in a `for await` does. */
async function breakAfterFirst(source: AsyncIterable<unknown>): Promise<void> {
  const iterator = source[Symbol.asyncIterator]()
  expect((await iterator.next()).done).toBe(false)
  await iterator.return?.()
}

async function* listed<T>(items: readonly T[]): AsyncGenerator<T, void, undefined> {
  yield* items
}

/**
 * Aborts while a pull is in progress; gives how long after it the iteration threw the reason, in milliseconds. An
 * engine that had its next item ready may still give that one.
 */
async function abortDuring(iterator: AsyncIterator<unknown>, controller: AbortController): Promise<number> {
  const reason = abortReason('conformance')
  const pulls = [iterator.next(), iterator.next()]
  const outcomes = Promise.all(pulls.map(pull => pull.then(() => undefined, (error: unknown) => error)))
  const startMs = performance.now()
  controller.abort(reason)
  expect(await outcomes).toContain(reason)
  return performance.now() - startMs
}

/** The bound of the issue; a busy test machine's event loop gets as much again. */
const ABORT_MS = 100

export interface ChatSubject {
  readonly engine: () => ChatEngine
  /** Messages that are answered with a few dozen words. */
  readonly messages: readonly ChatMessage[]
}

export function describeChatConformance(name: string, { engine, messages }: ChatSubject): void {
  const fresh = (): AbortSignal => new AbortController().signal
  const textOf = (events: readonly ChatEvent[]): string => events.map(event => event.type === 'text' ? event.text : '').join('')

  describe(`chat engine: ${name}`, () => {
    it('gives text, usage, and one finish at the end', async () => {
      const events = await collect(engine().complete(messages, { signal: fresh(), maxTokens: 40 }))
      expect(textOf(events)).not.toBe('')
      expect(events.filter(event => event.type === 'finish')).toHaveLength(1)
      expect(events.at(-1)?.type).toBe('finish')
      expect(events.filter(event => event.type === 'usage')).toHaveLength(1)
    })

    it('throws the reason of a signal that is aborted already', async () => {
      const reason = abortReason('before')
      await expect(collect(engine().complete(messages, { signal: AbortSignal.abort(reason) }))).rejects.toBe(reason)
    })

    it('throws the reason promptly in the middle, and answers the next one', async () => {
      const controller = new AbortController()
      const reply = engine().complete(messages, { signal: controller.signal })[Symbol.asyncIterator]()
      await reply.next()
      controller.abort(abortReason('conformance'))
      await expect(reply.next()).rejects.toBe(controller.signal.reason)
      const waiting = new AbortController()
      expect(await abortDuring(engine().complete(messages, { signal: waiting.signal })[Symbol.asyncIterator](), waiting)).toBeLessThan(ABORT_MS)
      const events = await collect(engine().complete(messages, { signal: fresh(), maxTokens: 20 }))
      expect(events.at(-1)?.type).toBe('finish')
    })

    it('is free again after a break', async () => {
      await breakAfterFirst(engine().complete(messages, { signal: fresh() }))
      const events = await collect(engine().complete(messages, { signal: fresh(), maxTokens: 20 }))
      expect(events.at(-1)?.type).toBe('finish')
    })

    it('two at once each get their own reply', async () => {
      const replies = await Promise.all([0, 1].map(() => collect(engine().complete(messages, { signal: fresh(), maxTokens: 20, temperature: 0 }))))
      for (const events of replies)
        expect(events.filter(event => event.type === 'finish')).toHaveLength(1)
      expect(textOf(replies[0] as ChatEvent[])).toBe(textOf(replies[1] as ChatEvent[]))
    })
  })
}

export interface TtsSubject {
  readonly engine: () => TtsEngine
}

export function describeTtsConformance(name: string, { engine }: TtsSubject): void {
  const fresh = (): AbortSignal => new AbortController().signal
  const pieces = (...texts: string[]): SpeechPiece[] => texts.map((text, index) => ({ index, text }))
  const hasSound = (chunks: readonly SpeechChunk[], piece: number): boolean => chunks.some(({ pieceIndex, samples }) => pieceIndex === piece && samples.length > 0)
  const lasts = (chunks: readonly SpeechChunk[]): number[] => chunks.filter(chunk => chunk.last).map(chunk => chunk.pieceIndex)

  describe(`voice: ${name}`, () => {
    it('speaks each piece, in order, with one last chunk each', async () => {
      const chunks = await collect(engine().synthesize(listed(pieces('Hello there.', 'How are you?', 'Good.')), { signal: fresh() }))
      expect(lasts(chunks)).toEqual([0, 1, 2])
      expect(chunks.map(chunk => chunk.pieceIndex)).toEqual([...chunks.map(chunk => chunk.pieceIndex)].sort((a, b) => a - b))
      // The end of a piece may be told without sound; everything before it is sound.
      expect(chunks.every(chunk => chunk.sampleRate > 0 && (chunk.last || chunk.samples.length > 0))).toBe(true)
      expect([0, 1, 2].map(piece => hasSound(chunks, piece))).toEqual([true, true, true])
    })

    it('nothing to pronounce gives an empty last chunk and no waiting', async () => {
      const chunks = await collect(engine().synthesize(listed(pieces(' ', 'Hello.', '')), { signal: fresh() }))
      expect(lasts(chunks)).toEqual([0, 1, 2])
      expect([0, 1, 2].map(piece => hasSound(chunks, piece))).toEqual([false, true, false])
    })

    it('no piece gives no sound', async () => {
      expect(await collect(engine().synthesize(listed<SpeechPiece>([]), { signal: fresh() }))).toEqual([])
    })

    it('throws the reason promptly while it waits for a piece, and lets the pieces go', async () => {
      const controller = new AbortController()
      const input = endless(...pieces('Hello.'))
      const speech = engine().synthesize(input.source, { signal: controller.signal })[Symbol.asyncIterator]()
      await speech.next()
      expect(await abortDuring(speech, controller)).toBeLessThan(ABORT_MS)
      await input.released
    })

    it('throws the reason promptly while it makes sound, and speaks the next reply', async () => {
      const controller = new AbortController()
      const long = 'The sea is deep and wide and blue and it never rests, '.repeat(20)
      const speech = engine().synthesize(endless(...pieces(long)).source, { signal: controller.signal })[Symbol.asyncIterator]()
      await speech.next()
      controller.abort(abortReason('conformance'))
      await expect(speech.next()).rejects.toBe(controller.signal.reason)
      expect(lasts(await collect(engine().synthesize(listed(pieces('Next.')), { signal: fresh() })))).toEqual([0])
    })

    it('lets the pieces go after a break', async () => {
      const input = endless(...pieces('Hello.', 'There.'))
      await breakAfterFirst(engine().synthesize(input.source, { signal: fresh() }))
      await input.released
    })

    it('fails with what the pieces fail with', async () => {
      const broken = new Error('no more pieces')
      async function* failing(): AsyncGenerator<SpeechPiece> {
        yield { index: 0, text: 'Hello.' }
        throw broken
      }
      await expect(collect(engine().synthesize(failing(), { signal: fresh() }))).rejects.toBe(broken)
    })

    it('two at once are both spoken whole', async () => {
      const both = await Promise.all([0, 1].map(() => collect(engine().synthesize(listed(pieces('Hello.', 'There.')), { signal: fresh() }))))
      expect(both.map(lasts)).toEqual([[0, 1], [0, 1]])
    })
  })
}

export interface AsrSubject {
  readonly engine: () => AsrEngine
  /** A few words spoken, 20 ms frames at 16 kHz. */
  readonly speech: () => readonly AudioFrame[]
  /** What is heard in it. */
  readonly heard: RegExp
}

export function describeAsrConformance(name: string, { engine, speech, heard }: AsrSubject): void {
  const fresh = (): AbortSignal => new AbortController().signal
  const finals = (events: readonly AsrEvent[]): string[] => events.flatMap(event => event.type === 'final' ? [event.text] : [])

  describe(`recogniser: ${name}`, () => {
    it('hears, and ends with one final', async () => {
      const events = await collect(engine().transcribe(listed(speech()), { signal: fresh() }))
      expect(finals(events)).toHaveLength(1)
      expect(events.at(-1)).toMatchObject({ type: 'final', text: expect.stringMatching(heard) as unknown })
    })

    it('throws the reason promptly while it waits for sound, and lets the frames go', async () => {
      const controller = new AbortController()
      const input = endless(...speech().slice(0, 20))
      const pulling = collect(engine().transcribe(input.source, { signal: controller.signal }))
      const outcome = pulling.then(() => undefined, (error: unknown) => error)
      await expect.poll(() => input.pulled(), { timeout: 5000 }).toBeGreaterThan(Math.min(20, speech().length))
      const startMs = performance.now()
      controller.abort(abortReason('conformance'))
      expect(await outcome).toBe(controller.signal.reason)
      expect(performance.now() - startMs).toBeLessThan(ABORT_MS)
      await input.released
    })

    it('throws the reason of a signal that is aborted already', async () => {
      const reason = abortReason('before')
      await expect(collect(engine().transcribe(listed(speech()), { signal: AbortSignal.abort(reason) }))).rejects.toBe(reason)
    })

    it('fails with what the frames fail with', async () => {
      const broken = new Error('no more frames')
      async function* failing(): AsyncGenerator<AudioFrame> {
        yield* speech().slice(0, 5)
        throw broken
      }
      await expect(collect(engine().transcribe(failing(), { signal: fresh() }))).rejects.toBe(broken)
    })

    it('two at once are heard whole, and nothing of one in the other', async () => {
      const [first, second] = await Promise.all([
        collect(engine().transcribe(listed(speech()), { signal: fresh() })),
        collect(engine().transcribe(listed(speech()), { signal: fresh() })),
      ])
      expect(finals(first as AsrEvent[])).toEqual(finals(second as AsrEvent[]))
    })
  })
}
