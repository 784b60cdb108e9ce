import type { IncomingMessage, ServerResponse } from 'node:http'
import type { EnginePart } from '../../../src-main/ports/route'
import type { SkippingClock } from '../../support/service-world-clock'
import type { Fault, ShapedReply } from './faults'
import type { Listening, ListenOptions } from './listen'
import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import { drip } from './answer'
import { upTo, wholeOf } from './faults'
import { listen } from './listen'
import { hear } from './spoken-words'

/** A request as the service understood it. */
export interface FaultyRequest {
  readonly part: EnginePart
  readonly atMs: number
  /** What is to be spoken, or what was heard; of a chat the last message. */
  readonly text: string
}

export interface FaultyServiceOptions extends ListenOptions {
  readonly clock: Pick<SkippingClock, 'nowMs' | 'after' | 'quiet'>
  readonly reply: (request: FaultyRequest) => ShapedReply
  /** What goes wrong with the so many-th request (from 0). */
  readonly fault: (index: number, request: FaultyRequest) => Fault | null
}

export interface FaultyService extends Listening {
  readonly requests: readonly FaultyRequest[]
  /** Begun, and neither answered whole nor given up. */
  readonly inFlight: () => number
}

/** A service that does every part over HTTP on a loopback socket, and every part wrong. */
export async function startFaultyService({ clock, reply, fault, ...options }: FaultyServiceOptions): Promise<FaultyService> {
  const requests: FaultyRequest[] = []
  let inFlight = 0
  const listening = await listen((request, response) => {
    inFlight++
    response.once('close', () => inFlight--)
    response.on('error', () => {})
    answer(request, response).catch(() => response.destroy())
  }, options)

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const blocks: Buffer[] = []
    for await (const block of request)
      blocks.push(block as Buffer)
    const asked = { ...understood(request.url ?? '', Buffer.concat(blocks)), atMs: clock.nowMs() }
    const index = requests.push(asked) - 1
    await send(response, reply(asked), fault(index, asked), clock)
  }

  return { ...listening, requests, inFlight: () => inFlight }
}

function understood(path: string, body: Buffer): Pick<FaultyRequest, 'part' | 'text'> {
  if (path.endsWith('/audio/transcriptions'))
    return { part: 'asr', text: wordsIn(body).join(' ') }
  const asked = JSON.parse(body.toString('utf8')) as { readonly input?: string, readonly messages?: readonly { readonly content: string }[] }
  return path.endsWith('/audio/speech')
    ? { part: 'tts', text: asked.input ?? '' }
    : { part: 'chat', text: asked.messages?.at(-1)?.content ?? '' }
}

/** Of the WAV inside of a form. */
function wordsIn(body: Buffer): string[] {
  const at = body.indexOf('RIFF')
  const bytes = body.readUInt32LE(at + 40)
  return hear(Int16Array.from({ length: bytes >> 1 }, (_, i) => body.readInt16LE(at + 44 + i * 2)), 16_000)
}

async function send(response: ServerResponse, reply: ShapedReply, fault: Fault | null, clock: FaultyServiceOptions['clock']): Promise<void> {
  switch (fault?.type) {
    case 'status':
      response.writeHead(fault.status, { 'content-type': fault.contentType ?? 'application/json', ...fault.headers })
      response.end(fault.body ?? '{"error":{"message":"No."}}')
      return
    case 'instead':
      response.writeHead(200, { 'content-type': fault.contentType })
      response.end(fault.body)
      return
    case 'called':
      response.writeHead(200, { 'content-type': fault.contentType })
      response.end(wholeOf(reply))
      return
  }
  response.writeHead(200, { 'content-type': reply.contentType })
  switch (fault?.type) {
    case undefined:
      response.end(wholeOf(reply))
      return
    case 'drip':
      await drip(response, wholeOf(reply), fault.bytes)
      return
    case 'endless':
      await write(response, upTo(reply, fault.at, false))
      while (!response.destroyed) {
        await write(response, fault.block)
        if (fault.everyMs !== undefined)
          await pause(response, clock, fault.everyMs)
      }
      return
    case 'breaks':
      await write(response, upTo(reply, fault.at, fault.says === undefined && fault.how !== 'end'))
      // What came before has been shown, or is being heard.
      await clock.quiet()
      if (fault.says)
        await write(response, fault.says)
      if (fault.how === 'end')
        response.end()
      if (fault.how === 'cut')
        response.socket?.end()
      if (fault.how === 'reset')
        response.socket?.resetAndDestroy()
  }
}

/** Waits until it is on its way, or nobody wants it any more. */
async function write(response: ServerResponse, bytes: Uint8Array): Promise<void> {
  if (response.destroyed)
    return
  response.flushHeaders()
  if (bytes.length > 0 && !response.write(bytes))
    await either(response, once(response, 'drain'))
}

async function pause(response: ServerResponse, clock: FaultyServiceOptions['clock'], ms: number): Promise<void> {
  let cancel = (): void => {}
  await either(response, new Promise<void>(resolve => cancel = clock.after(ms, resolve)))
  cancel()
}

async function either(response: ServerResponse, promise: Promise<unknown>): Promise<void> {
  let onClose = (): void => {}
  const closed = new Promise<void>(resolve => onClose = resolve)
  response.once('close', onClose)
  await Promise.race([promise.catch(() => {}), response.destroyed ? null : closed])
  response.off('close', onClose)
}
