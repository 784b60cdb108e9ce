import type { Buffer } from 'node:buffer'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Listening } from './listen'
import { setTimeout as delay } from 'node:timers/promises'
import { WebSocketServer } from 'ws'
import { listen } from './listen'

/** How the server does its parts, until it is told otherwise. */
export interface AssistantBehaviour {
  /** What it says it heard in a take. */
  readonly transcript: string
  /** Tokens of the reply, in order. */
  readonly tokens: readonly string[]
  /** Thinking aloud before the reply. */
  readonly reasoning?: readonly string[]
  readonly tokenEveryMs?: number
  /** The sound of a piece: a whole WAV. Absent: it is refused. */
  readonly soundOf: (text: string) => Promise<Uint8Array>
  /** The so many-th request for a voice (from 1) is reset after so many bytes. */
  readonly voiceBreaks?: { readonly request: number, readonly atByte: number }
  /** Answered instead of anything else, key and all. */
  readonly refuse?: { readonly status: number, readonly body: string }
}

export interface AssistantServer extends AsyncDisposable {
  readonly baseUrl: string
  readonly listening: Listening
  /** Path and key of every request. */
  readonly seen: readonly { readonly path: string, readonly authorization: string | undefined }[]
  /** Appended sound in the realtime sessions, in bytes. */
  readonly heardBytes: () => number
  behave: (behaviour: Partial<AssistantBehaviour>) => void
}

/** One service that does all three parts on a loopback socket: realtime ASR, chat over SSE, speech in chunks. */
export async function startAssistantServer(initial: AssistantBehaviour): Promise<AssistantServer> {
  const seen: { readonly path: string, readonly authorization: string | undefined }[] = []
  let behaviour = initial
  let heardBytes = 0
  let voices = 0
  const listening = await listen((request, response) => void answer(request, response))
  const sockets = new WebSocketServer({ noServer: true })

  function note({ url, headers }: IncomingMessage): void {
    seen.push({ path: (url ?? '').replace(/\?.*/, ''), authorization: headers.authorization })
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    note(request)
    const blocks: Buffer[] = []
    for await (const block of request)
      blocks.push(block as Buffer)
    const { refuse } = behaviour
    if (refuse) {
      response.writeHead(refuse.status, { 'content-type': 'application/json' }).end(refuse.body.replace('KEY', request.headers.authorization ?? ''))
      return
    }
    const text = new TextDecoder().decode(Uint8Array.from(blocks.flatMap(block => [...block])))
    if (request.url?.endsWith('/chat/completions'))
      await chat(response)
    else if (request.url?.endsWith('/audio/speech'))
      await speak(response, String((JSON.parse(text) as { input?: unknown }).input))
    else
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ data: [{ id: 'one' }] }))
  }

  async function chat(response: ServerResponse): Promise<void> {
    const { tokens, reasoning = [], tokenEveryMs = 0 } = behaviour
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const deltas = [...reasoning.map(text => ({ reasoning_content: text })), ...tokens.map(content => ({ content }))]
    for (const delta of deltas) {
      if (response.destroyed)
        return
      response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta }] })}\n\n`)
      await delay(tokenEveryMs)
    }
    response.end(`data: ${JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })}\n\ndata: [DONE]\n\n`)
  }

  async function speak(response: ServerResponse, text: string): Promise<void> {
    const breaks = ++voices === behaviour.voiceBreaks?.request ? behaviour.voiceBreaks : null
    const sound = await behaviour.soundOf(text)
    response.writeHead(200, { 'content-type': 'audio/wav' })
    for (let at = 0; at < sound.length; at += 4_000) {
      if (breaks && at >= breaks.atByte) {
        response.socket?.resetAndDestroy()
        return
      }
      response.write(sound.subarray(at, at + 4_000))
      await delay(1)
    }
    response.end()
  }

  listening.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    note(request)
    sockets.handleUpgrade(request, socket, head, (client) => {
      let items = 0
      let bytes = 0
      const send = (message: object): void => client.send(JSON.stringify(message))
      send({ type: 'session.created' })
      client.on('message', (data) => {
        const message = JSON.parse((data as Buffer).toString('utf8')) as { readonly type: string, readonly audio?: string }
        if (message.type === 'session.update')
          send({ type: 'session.updated' })
        if (message.type === 'input_audio_buffer.append') {
          bytes += (message.audio ?? '').length * 0.75
          heardBytes += (message.audio ?? '').length * 0.75
        }
        if (message.type !== 'input_audio_buffer.commit')
          return
        const id = `item-${++items}`
        // A quarter of a second at 24 kHz is no question.
        const text = bytes > 12_000 ? behaviour.transcript : ''
        bytes = 0
        send({ type: 'input_audio_buffer.committed', item_id: id })
        for (const word of text.split(/(?= )/))
          send({ type: 'conversation.item.input_audio_transcription.delta', item_id: id, delta: word })
        send({ type: 'conversation.item.input_audio_transcription.completed', item_id: id, transcript: text })
      })
    })
  })

  return {
    baseUrl: `${listening.origin}/v1`,
    listening,
    seen,
    heardBytes: () => heardBytes,
    behave(next) {
      behaviour = { ...initial, ...next }
      voices = 0
    },
    async [Symbol.asyncDispose]() {
      for (const client of sockets.clients)
        client.terminate()
      await listening.close()
    },
  }
}
