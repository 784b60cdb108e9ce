import type { DecodeLanes } from './decode-lanes'
import type { DecodedPhrase, PhraseDecoders, PhraseSound } from './phrase-decoder'
import type { PhraseSpan } from './segmenter'
import { decodePhrase } from './phrase-decoder'

export interface PhraseDecodesParts {
  readonly lanes: DecodeLanes
  readonly decoders: PhraseDecoders
  readonly soundOf: (span: PhraseSpan) => PhraseSound
  /** A text is there that was not before. */
  readonly onText: () => void
}

interface Job {
  readonly promise: Promise<DecodedPhrase>
  text: string | undefined
  /** The phrase was finished: now every attempt is worth it. */
  needed: boolean
}

/** The decodes of whole phrases: begun at each pause of the running one, needed when it is finished. */
export class PhraseDecodes {
  readonly #parts: PhraseDecodesParts
  /** Decodes of the running phrase as it stood at each of its pauses, by extent. */
  #jobs = new Map<string, Job>()
  /** Finished phrases that wait for a decode begun at their pause. */
  readonly #pending = new Set<Promise<void>>()
  #failure: unknown
  #closed = false
  #stop: () => void = () => {}
  readonly #stopped = new Promise<void>((resolve) => {
    this.#stop = resolve
  })

  constructor(parts: PhraseDecodesParts) {
    this.#parts = parts
  }

  /** The text of the running phrase as it stood at a pause, when that is decoded. */
  textOf(span: PhraseSpan): string | undefined {
    return this.#jobs.get(keyOf(span))?.text
  }

  /** At a pause the phrase as it stands is decoded at once: if nothing more is said, it is the final text. */
  settle(span: PhraseSpan, isCurrent: () => boolean): void {
    const key = keyOf(span)
    if (this.#closed || this.#jobs.has(key))
      return
    const sound = this.#parts.soundOf(span)
    this.#parts.lanes.early(async () => {
      const job: Job = { text: undefined, needed: false, promise: this.#decode(sound, () => job.needed || isCurrent()) }
      const jobs = this.#jobs
      jobs.set(key, job)
      const decoded = await job.promise.catch(() => undefined)
      // A failure stays in the list as begun: it is not tried again at this pause, but when the phrase is finished.
      if (decoded?.complete)
        job.text = decoded.text
      else if (decoded)
        jobs.delete(key)
      this.#parts.onText()
    }, isCurrent)
  }

  /** Decodes a finished phrase; the decode begun at its pause is used instead, when there is one. `done` is called once. */
  need(span: PhraseSpan, done: (text: string) => void): void {
    const begun = this.#jobs.get(keyOf(span))
    if (begun?.text !== undefined)
      return done(begun.text)
    const sound = this.#parts.soundOf(span)
    const again = (): void => this.#needNow(sound, done)
    if (!begun)
      return again()
    begun.needed = true
    const waiting = begun.promise.then(({ text, complete }) => complete ? done(text) : again(), again).finally(() => {
      this.#pending.delete(waiting)
      this.#parts.onText()
    })
    this.#pending.add(waiting)
  }

  /** What was begun at the pauses of the phrase before is of no more use. */
  nextPhrase(): void {
    this.#jobs = new Map()
  }

  /** Resolves when every finished phrase has its text. Throws what made a decode fail twice. */
  async finished(): Promise<void> {
    await this.#parts.lanes.drained(0)
    while (this.#pending.size > 0 && this.#failure === undefined && !this.#closed) {
      await Promise.race([...this.#pending, this.#stopped])
      await this.#parts.lanes.drained(0)
    }
    if (this.#failure !== undefined)
      throw this.#failure
  }

  close(): void {
    this.#closed = true
    this.#stop()
    this.#jobs.clear()
  }

  #decode(sound: PhraseSound, stillWanted: () => boolean): Promise<DecodedPhrase> {
    return decodePhrase(sound, this.#parts.decoders, stillWanted)
  }

  #needNow(sound: PhraseSound, done: (text: string) => void): void {
    const decode = (): Promise<DecodedPhrase> => this.#decode(sound, () => !this.#closed)
    this.#parts.lanes.need(async () => {
      // A single failure costs nothing; the second is the take's.
      const { text } = await decode().catch(() => decode()).catch((error: unknown) => {
        this.#failure ??= error
        return { text: '' }
      })
      done(text)
      this.#parts.onText()
    })
  }
}

function keyOf(span: PhraseSpan): string {
  return `${span.start}-${span.end}`
}
