import { Buffer } from 'node:buffer'

/** Where in a reply something goes wrong: before its first output, in the middle, after its last one (before what says that it was all). */
export type Place = 'before' | 'middle' | 'after'
/** For the names of tests. */
export const NAMED_PLACES = [['before', 'before'], ['in the middle of', 'middle'], ['after', 'after']] as const
export const LATER_PLACES = [NAMED_PLACES[1], NAMED_PLACES[2]] as const

/** A whole reply, by what is made of it. */
export interface ShapedReply {
  readonly contentType: string
  /** Nothing is made of it. */
  readonly head: Uint8Array
  /** Something is made of each, and nothing of a half one; of samples of any two bytes (`samples`). */
  readonly outputs: readonly Uint8Array[]
  /** What says that this was all. */
  readonly end: Uint8Array
  readonly samples: boolean
}

/** How a connection breaks: RST; FIN in the middle of the body; the body ends as HTTP wants it; nothing more comes. */
export type Break = 'reset' | 'cut' | 'end' | 'stall'

export type Fault
  = | { readonly type: 'status', readonly status: number, readonly headers?: Readonly<Record<string, string>>, readonly contentType?: string, readonly body?: string }
  /** Something else altogether. */
    | { readonly type: 'instead', readonly contentType: string, readonly body: string }
  /** The reply up to a place, in the middle of an output; there it says something of its own (`says`), and breaks. */
    | { readonly type: 'breaks', readonly at: Place, readonly how: Break, readonly says?: Uint8Array }
  /** Byte by byte, or so many at a time. Nothing is wrong with it. */
    | { readonly type: 'drip', readonly bytes?: number }
  /** From a place on the same again and again, for as long as somebody reads it; at once, or every so often. */
    | { readonly type: 'endless', readonly at: Place, readonly block: Uint8Array, readonly everyMs?: number }
  /** The whole reply under another name. */
    | { readonly type: 'called', readonly contentType: string }

/** All of a reply up to a place. `half`: and half of what comes next, where nothing is made of a half. */
export function upTo({ head, outputs, samples }: ShapedReply, at: Place, half: boolean): Buffer {
  if (at === 'after')
    return Buffer.concat([head, ...outputs])
  const whole = at === 'before' ? 0 : Math.ceil(outputs.length / 2)
  const next = outputs[whole] ?? Buffer.alloc(0)
  // An odd number of bytes: half a sample is left over.
  const part = !half || (at === 'before' && samples) ? Buffer.alloc(0) : next.subarray(0, (next.length >> 2) * 2 + 1)
  return Buffer.concat([head, ...outputs.slice(0, whole), part])
}

export function wholeOf({ head, outputs, end }: ShapedReply): Buffer {
  return Buffer.concat([head, ...outputs, end])
}

function event(data: unknown): Buffer {
  return Buffer.from(`data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`)
}

const NOTHING = Buffer.alloc(0)
const SSE = 'text/event-stream'

/** Words with the white space in front of them: what a model writes at a time. */
export function tokensOf(text: string): string[] {
  return text.match(/\s*\S+/g) ?? []
}

export function chatDelta(content: string): Buffer {
  return event({ id: 'c1', object: 'chat.completion.chunk', choices: [{ index: 0, delta: { content }, finish_reason: null }] })
}

export function chatReply(text: string): ShapedReply {
  return {
    contentType: SSE,
    head: Buffer.concat([Buffer.from(': PROCESSING\n\n'), event({ id: 'c1', choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }] })]),
    outputs: tokensOf(text).map(chatDelta),
    end: Buffer.concat([event({ id: 'c1', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }), event('[DONE]')]),
    samples: false,
  }
}

export function transcriptJson(text: string): ShapedReply {
  const body = Buffer.from(JSON.stringify({ text, usage: { type: 'duration', seconds: 1 } }))
  // All of it is its end: nothing is made of it before.
  return { contentType: 'application/json', head: body.subarray(0, 10), outputs: [body.subarray(10, -1)], end: body.subarray(-1), samples: false }
}

export function transcriptEvents(text: string): ShapedReply {
  return {
    contentType: SSE,
    head: Buffer.from(': ok\n\n'),
    outputs: tokensOf(text).map(delta => event({ type: 'transcript.text.delta', delta })),
    end: event({ type: 'transcript.text.done', text }),
    samples: false,
  }
}

function bytesOf(samples: Int16Array): Buffer {
  const bytes = Buffer.alloc(samples.length * 2)
  samples.forEach((sample, i) => bytes.writeInt16LE(sample, i * 2))
  return bytes
}

/** Headerless 24 kHz. */
export function speechPcm(sounds: readonly Int16Array[]): ShapedReply {
  return { contentType: 'audio/pcm', head: NOTHING, outputs: sounds.map(bytesOf), end: NOTHING, samples: true }
}

/** A WAV whose sizes are not known beforehand. */
export function speechWav(sounds: readonly Int16Array[], rateHz: number): ShapedReply {
  const head = Buffer.alloc(44)
  head.write('RIFF', 0, 'latin1')
  head.writeUInt32LE(0xFFFFFFFF, 4)
  head.write('WAVEfmt ', 8, 'latin1')
  head.writeUInt32LE(16, 16)
  head.writeUInt16LE(1, 20)
  head.writeUInt16LE(1, 22)
  head.writeUInt32LE(rateHz, 24)
  head.writeUInt32LE(rateHz * 2, 28)
  head.writeUInt16LE(2, 32)
  head.writeUInt16LE(16, 34)
  head.write('data', 36, 'latin1')
  head.writeUInt32LE(0xFFFFFFFF, 40)
  return { contentType: 'audio/wav', head, outputs: sounds.map(bytesOf), end: NOTHING, samples: true }
}

export function speechEvents(sounds: readonly Int16Array[]): ShapedReply {
  return {
    contentType: SSE,
    head: Buffer.from(': ok\n\n'),
    outputs: sounds.map(samples => event({ type: 'speech.audio.delta', audio: bytesOf(samples).toString('base64') })),
    end: event({ type: 'speech.audio.done', usage: { total_tokens: 1 } }),
    samples: false,
  }
}
