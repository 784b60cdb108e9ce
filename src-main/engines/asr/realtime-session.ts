import type { AsrEvent } from '../../ports/asr-engine'
import type { AudioFrame } from '../../ports/audio-frame'
import type { RealtimeSetup } from './realtime-dialect'
import type { ServerEvent } from './realtime-events'
import { assertNever } from '../../lib/assert-never'
import { joinTexts } from '../../lib/join-texts'
import { appendMessage, commitMessage, isSingleItem, rateOf, setupMessage, startMessage } from './realtime-dialect'
import { readServerEvent } from './realtime-events'
import { RealtimeItem } from './realtime-item'
import { isLoud, lengthMs, RateConverter } from './take-sound'

/** What is known of one connection, over all the takes that use it. */
export interface LinkMemory {
  /** The set-up that was sent. */
  setup: string | null
  /** The server says which item a commit became. */
  acknowledges: boolean
  /** Items that are done with: what comes late for them is nobody's. */
  readonly done: Set<string>
}

export function createLinkMemory(): LinkMemory {
  return { setup: null, acknowledges: false, done: new Set() }
}

export interface RealtimeSessionOptions extends RealtimeSetup {
  /** Name of the service, for messages. */
  readonly service: string
  /** Absent: as the dialect says. */
  readonly rateHz?: number
  /**
   * What was said is committed at the first pause of `pauseMs` after `afterMs`, so that at the end of a long take only its
   * last part is left to be heard. Null: once, at the end. In a dialect without ids always null.
   */
  readonly commitAtPause?: { readonly afterMs: number, readonly pauseMs: number } | null
}

const COMMIT_AT_PAUSE = { afterMs: 15_000, pauseMs: 500 }
/** Servers refuse a commit of less than 100 ms. */
const LEAST_COMMIT_MS = 120
/** Silence in front of a voice that is sent along. */
const LEAD_MS = 500
/** As much sound in one message; what was held back during the handshake comes in larger ones than what is spoken. */
const MOST_APPEND_MS = 500
const MOST_ORPHANS = 1_000

/**
 * The state of one take at a realtime service: sound in, messages to send out; messages received in, what is heard out.
 * It knows no socket and no time. When a connection drops, what has no text yet is sent again on the next one.
 */
export class RealtimeSession {
  readonly #options: RealtimeSessionOptions
  readonly #rateHz: number
  readonly #setup: string
  readonly #commitAtPause: { readonly afterMs: number, readonly pauseMs: number } | null
  readonly #converter: RateConverter
  readonly #items: RealtimeItem[] = []
  #open: RealtimeItem | null = null
  #link: LinkMemory | null = null
  /** Said of an id before it was told whose it is. */
  #orphans: ServerEvent[] = []
  #positionMs = 0
  #quietMs = 0
  #speechMs = 0
  #ended = false
  #phrases = 0
  #phraseTexts = 0
  #told = ''

  constructor(options: RealtimeSessionOptions) {
    this.#options = options
    this.#rateHz = options.rateHz ?? rateOf(options.dialect)
    this.#setup = setupMessage(options)
    this.#commitAtPause = isSingleItem(options.dialect) ? null : options.commitAtPause === undefined ? COMMIT_AT_PAUSE : options.commitAtPause
    this.#converter = new RateConverter(this.#rateHz)
  }

  /** The frames have ended and all of them have their text. */
  get over(): boolean {
    return this.#ended && this.#items.every(({ text }) => text !== null)
  }

  /** Sound was given that has no text yet. */
  get owes(): boolean {
    return this.#items.some(({ text, loud }) => loud && text === null)
  }

  /** Length of what was given so far. */
  get lengthMs(): number {
    return this.#positionMs
  }

  push(frame: AudioFrame): void {
    const samples = this.#converter.push(frame)
    const ms = lengthMs(frame)
    const item = this.#current()
    item.add(samples)
    this.#positionMs += ms
    if (isLoud(frame.samples)) {
      item.loud = true
      this.#quietMs = 0
      this.#speechMs += ms
      return
    }
    this.#quietMs += ms
    if (!item.loud)
      item.trimTo(LEAD_MS)
    else if (this.#commitAtPause && item.lengthMs >= this.#commitAtPause.afterMs && this.#quietMs >= this.#commitAtPause.pauseMs)
      this.#close(item)
  }

  /** No more frames come. */
  end(): void {
    if (this.#ended)
      return
    const item = this.#current()
    item.add(this.#converter.flush())
    this.#ended = true
    if (item.loud)
      this.#close(item)
    else
      this.#items.pop()
    this.#open = null
  }

  /** A connection is there: new, or one that served another take before. */
  opened(link: LinkMemory): void {
    this.#link = link
    this.#orphans = []
    for (const item of this.#items) {
      if (item.text === null)
        item.rewind()
    }
  }

  /** It is gone. */
  dropped(): void {
    this.#link = null
  }

  /** The next message to send; null: there is none at present. */
  next(): string | null {
    const link = this.#link
    if (link === null)
      return null
    if (link.setup !== this.#setup) {
      link.setup = this.#setup
      return this.#setup
    }
    for (const item of this.#items) {
      if (item.text !== null || !item.loud)
        continue
      const start = item.started ? null : startMessage(this.#options.dialect)
      item.started = true
      if (start !== null)
        return start
      if (!item.allSent)
        return appendMessage(item.take(MOST_APPEND_MS))
      if (item.closed && !item.committed) {
        item.committed = true
        return commitMessage(this.#options.dialect)
      }
    }
    return null
  }

  /** What the server said, as far as it is news. Throws its error, or `service-reply`. `expired`: a new connection is wanted. */
  received(data: string): { readonly events: readonly AsrEvent[], readonly expired: boolean } {
    const event = readServerEvent(data, this.#options.service)
    if (event.type === 'failed')
      throw event.error
    if (event.type === 'expired')
      return { events: [], expired: true }
    this.#apply(event)
    for (const item of this.#items) {
      for (const id of item.settle())
        this.#link?.done.add(id)
    }
    return { events: this.#news(), expired: false }
  }

  /** The last event. Only when it is over. */
  final(): AsrEvent {
    return { type: 'final', text: joinTexts(this.#items.map(({ text }) => text ?? '')), speechMs: this.#speechMs }
  }

  #current(): RealtimeItem {
    if (this.#open === null) {
      this.#open = new RealtimeItem(this.#positionMs, this.#rateHz)
      this.#items.push(this.#open)
    }
    return this.#open
  }

  #close(item: RealtimeItem): void {
    item.close(LEAST_COMMIT_MS)
    this.#open = null
  }

  #apply(event: ServerEvent): void {
    switch (event.type) {
      case 'committed': return this.#acknowledge(event.id)
      case 'nothing-to-commit': return this.#nothingIn()
      case 'delta': {
        const item = this.#itemOf(event)
        return item?.hear(event.id, event.delta)
      }
      case 'completed': {
        const item = this.#itemOf(event)
        if (!item)
          return
        item.complete(event.id, event.text)
        // A server that takes note of no commit has answered it all the same.
        if (this.#link?.acknowledges === false && item.committed)
          item.acknowledged = true
        return
      }
      case 'expired':
      case 'failed':
      case 'other':
        return
      default: assertNever(event)
    }
  }

  #acknowledge(id: string): void {
    if (this.#link === null || this.#link.done.has(id))
      return
    this.#link.acknowledges = true
    const item = this.#items.find(candidate => candidate.has(id))
      ?? this.#items.find(({ committed, acknowledged, text }) => committed && !acknowledged && text === null)
      // It has cut by itself, what it was asked not to do.
      ?? this.#items.find(({ anySent, text }) => anySent && text === null)
    if (!item)
      return
    if (!item.has(id))
      item.bind(id)
    item.acknowledged ||= item.committed
    const orphans = this.#orphans
    this.#orphans = []
    for (const orphan of orphans)
      this.#apply(orphan)
  }

  /** The server had cut by itself, so that at the commit nothing was left. */
  #nothingIn(): void {
    const item = this.#items.find(({ committed, acknowledged, text }) => committed && !acknowledged && text === null)
    if (item)
      item.acknowledged = true
  }

  /** Whose transcript it is; null when that is not known, or it is nobody's. */
  #itemOf(event: Extract<ServerEvent, { type: 'delta' | 'completed' }>): RealtimeItem | null {
    const { id } = event
    const known = this.#items.find(item => item.text === null && item.has(id))
    if (known)
      return known
    if (this.#link === null || (id !== null && this.#link.done.has(id)))
      return null
    const candidates = this.#items.filter(({ anySent, acknowledged, text }) => anySent && !acknowledged && text === null)
    const [first] = candidates
    if (!first || (id !== null && this.#link.acknowledges && candidates.length > 1)) {
      if (this.#orphans.length < MOST_ORPHANS)
        this.#orphans.push(event)
      return null
    }
    first.bind(id)
    return first
  }

  #news(): AsrEvent[] {
    const events: AsrEvent[] = []
    for (let item = this.#items[this.#phrases]; item && item.text !== null; item = this.#items[this.#phrases]) {
      this.#phrases++
      if (item.text.trim() !== '')
        events.push({ type: 'phrase', text: item.text, index: this.#phraseTexts++, startMs: item.startMs, endMs: item.startMs + item.lengthMs })
    }
    const text = joinTexts(this.#items.map(({ shown }) => shown))
    const settled = this.#items.every(item => item.text !== null || !item.loud)
    // At its end the final text says it all.
    if ((text !== this.#told || (settled && events.length > 0)) && !this.over) {
      const stable = joinTexts(this.#items.slice(0, this.#phrases).map(item => item.text ?? ''))
      events.push({ type: 'partial', text, stableChars: stable.length, settled })
    }
    this.#told = text
    return events
  }
}
