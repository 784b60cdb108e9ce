import type { AsrEvent } from '../../ports/asr-engine'

/** What is told while a take is running, before its final text. */
export type LiveEvent = Extract<AsrEvent, { type: 'speech-start' | 'speech-end' | 'partial' }>

/** One recognition: the built-in one that follows along, or an attempt of a service by its number. */
export type HearingSource = 'follower' | number

/**
 * One account of a take out of several recognitions of it. The voice is told by one of them; the text is that of one
 * at a time, and goes over to another only where it does not get shorter by that. Pure.
 */
export class AsrMerge {
  readonly #lost = new Set<HearingSource>()
  #follows: boolean
  #promoted = false
  #voice: HearingSource | null
  #speaking = false
  #shown: { readonly source: HearingSource, readonly length: number } | null = null

  constructor(follows: boolean) {
    this.#follows = follows
    this.#voice = follows ? 'follower' : null
  }

  /** What is to be told of it, if anything. */
  take(source: HearingSource, event: LiveEvent): LiveEvent | null {
    return event.type === 'partial' ? this.#text(source, event) : this.#speech(source, event)
  }

  /** Nothing more comes of it. */
  lost(source: HearingSource): void {
    this.#lost.add(source)
    if (source === 'follower')
      this.#follows = false
    if (this.#voice === source)
      this.#voice = this.#follows ? 'follower' : null
  }

  /** The one that follows along is the one that will answer: its word is good. */
  promote(): void {
    this.#promoted = true
  }

  #speech(source: HearingSource, event: Exclude<LiveEvent, { type: 'partial' }>): LiveEvent | null {
    this.#voice ??= source
    const begins = event.type === 'speech-start'
    if (this.#voice !== source || begins === this.#speaking)
      return null
    this.#speaking = begins
    return event
  }

  #text(source: HearingSource, event: Extract<LiveEvent, { type: 'partial' }>): LiveEvent | null {
    const provisional = source === 'follower' && !this.#promoted
    const told: LiveEvent = provisional ? { ...event, stableChars: 0, settled: false } : event
    const length = event.text.trim().length
    if (this.#shown !== null && this.#shown.source !== source) {
      const mayPass = this.#shown.source === 'follower' || this.#lost.has(this.#shown.source)
      const shorter = length < this.#shown.length && !told.settled
      if (!mayPass || shorter)
        return null
    }
    this.#shown = { source, length }
    return told
  }
}
