import type { ServerResponse } from 'node:http'

/** What goes wrong in a reply, and at which byte of its body. */
export type BodyFault
  = | { readonly type: 'reset', readonly atByte: number }
    | { readonly type: 'stall', readonly atByte: number }
    /** One piece of `bytes` (absent: one byte) each turn of the event loop. */
    | { readonly type: 'drip', readonly bytes?: number }
    /** The first part, and the rest when `until` resolves. */
    | { readonly type: 'hold', readonly atByte: number, readonly until: Promise<void> }
    | { readonly type: 'status', readonly status: number, readonly headers?: Readonly<Record<string, string>>, readonly body?: string }

export interface Answer {
  readonly contentType: string
  readonly body: Uint8Array
  readonly fault?: BodyFault
}

/** Sends it, with its fault. */
export async function sendAnswer(response: ServerResponse, { contentType, body, fault }: Answer): Promise<void> {
  if (fault?.type === 'status') {
    response.writeHead(fault.status, { 'content-type': 'application/json', ...fault.headers })
    response.end(fault.body ?? '')
    return
  }
  response.writeHead(200, { 'content-type': contentType })
  if (fault === undefined) {
    response.end(body)
    return
  }
  if (fault.type === 'drip') {
    await drip(response, body, fault.bytes)
    return
  }
  response.flushHeaders()
  const head = body.subarray(0, fault.atByte)
  if (head.length > 0)
    await new Promise<void>(resolve => response.write(head, () => resolve()))
  if (fault.type === 'reset')
    response.socket?.resetAndDestroy()
  if (fault.type === 'hold') {
    await fault.until
    response.end(body.subarray(fault.atByte))
  }
}

/** All of it, one piece of so many bytes each turn of the event loop, and the end. */
export async function drip(response: ServerResponse, body: Uint8Array, bytes = 1): Promise<void> {
  for (let at = 0; at < body.length && !response.destroyed; at += bytes) {
    response.write(body.subarray(at, at + bytes))
    await new Promise(resolve => setImmediate(resolve))
  }
  response.end()
}
