import { Buffer } from 'node:buffer'
import { joinTexts } from '../../lib/join-texts'
import { pcmBytes } from '../../lib/wav-format'

/** What a server made of an item, under one of its ids. */
interface Transcript {
  readonly id: string | null
  live: string
  text: string | null
}

/**
 * A stretch of a take that is committed as one: its sound, kept until its text is there so that it can be sent again,
 * and what was heard in it.
 */
export class RealtimeItem {
  /** Position in the take. */
  startMs: number
  /** Something in it rises above silence. Before that none of it is sent. */
  loud = false
  /** Nothing more is added to it. */
  closed = false
  /** The server was told so, on this connection. */
  committed = false
  /** It has taken note. */
  acknowledged = false
  /** Its beginning was told, where a server wants that. */
  started = false
  readonly #rateHz: number
  #blocks: Int16Array[] = []
  #samples = 0
  #sentBlocks = 0
  #transcripts: Transcript[] = []
  #kept = ''
  #text: string | null = null

  constructor(startMs: number, rateHz: number) {
    this.startMs = startMs
    this.#rateHz = rateHz
  }

  get lengthMs(): number {
    return this.#samples / this.#rateHz * 1000
  }

  /** Its text; null while it is not known. */
  get text(): string | null {
    return this.#text
  }

  /** What may be shown of it. After a drop it does not get shorter. */
  get shown(): string {
    if (this.#text !== null)
      return this.#text
    const live = this.#live()
    return live.length >= this.#kept.length ? live : this.#kept
  }

  get anySent(): boolean {
    return this.#sentBlocks > 0
  }

  get allSent(): boolean {
    return this.#sentBlocks === this.#blocks.length
  }

  add(samples: Int16Array): void {
    if (samples.length === 0)
      return
    this.#blocks.push(samples)
    this.#samples += samples.length
  }

  /** Silence in front of the voice, beyond what is worth sending, is let go. */
  trimTo(leadMs: number): void {
    const most = leadMs / 1000 * this.#rateHz
    while (this.#samples - (this.#blocks[0]?.length ?? 0) >= most && this.#blocks.length > 1) {
      const gone = this.#blocks.shift()?.length ?? 0
      this.#samples -= gone
      this.startMs += gone / this.#rateHz * 1000
    }
  }

  /** A server refuses less than 100 ms: silence after it does no harm. */
  close(leastMs: number): void {
    const missing = Math.ceil(leastMs / 1000 * this.#rateHz) - this.#samples
    if (missing > 0)
      this.add(new Int16Array(missing))
    this.closed = true
  }

  /** The next sound to send, at most about `mostMs` of it. */
  take(mostMs: number): Buffer {
    const taken: Buffer[] = []
    let samples = 0
    for (let block = this.#blocks[this.#sentBlocks]; block && samples / this.#rateHz * 1000 < mostMs; block = this.#blocks[this.#sentBlocks]) {
      taken.push(pcmBytes(block))
      samples += block.length
      this.#sentBlocks++
    }
    return Buffer.concat(taken)
  }

  /** Everything is to be sent again, on a new connection. */
  rewind(): void {
    this.#kept = this.shown
    this.#sentBlocks = 0
    this.#transcripts = []
    this.committed = false
    this.acknowledged = false
    this.started = false
  }

  /** Null, of a server that does not say which item it speaks of: any that is not finished. */
  has(id: string | null): boolean {
    return this.#find(id) !== undefined
  }

  bind(id: string | null): void {
    this.#transcripts.push({ id, live: '', text: null })
  }

  hear(id: string | null, delta: string): void {
    const transcript = this.#find(id)
    if (transcript && transcript.text === null)
      transcript.live += delta
  }

  /** `text` null: what was heard in pieces is the text. */
  complete(id: string | null, text: string | null): void {
    const transcript = this.#find(id)
    if (transcript && transcript.text === null)
      transcript.text = text ?? transcript.live
  }

  /** Whether it has its text by now. Its sound is let go then. Gives the ids that are done with. */
  settle(): string[] {
    if (this.#text !== null || !this.committed || !this.acknowledged || this.#transcripts.some(({ text }) => text === null))
      return []
    this.#text = this.#live()
    this.#blocks = []
    this.#sentBlocks = 0
    return this.#transcripts.flatMap(({ id }) => id === null ? [] : [id])
  }

  #find(id: string | null): Transcript | undefined {
    return this.#transcripts.find(transcript => id === null ? transcript.text === null : transcript.id === id)
  }

  #live(): string {
    return joinTexts(this.#transcripts.map(({ text, live }) => text ?? live))
  }
}
