import type { ParentChannel } from '../../ports/child-channel'
import type { FromChild, RequestEvent, ToChild } from '../protocol'
import type { AsrSession, Loaders } from './loaders'
import type { TtsSession } from './tts/tts-model'
import process from 'node:process'
import { abortReason, raceAbort } from '../../lib/abort'
import { toAppError } from '../../lib/app-error'
import { assertNever } from '../../lib/assert-never'
import { ownSamples, PROTOCOL_VERSION, toWire, TTS_WINDOW_CHUNKS } from '../protocol'
import { createModelSlots } from './model-slots'

/** A request that runs: what later messages of its id are for. */
interface Running {
  readonly abort: AbortController
  readonly asr?: { readonly session: AsrSession, readonly finish: () => void }
  readonly tts?: TtsSession
}

export interface ServerOptions {
  readonly loaders: Loaders
  /** Frees what nothing refers to any more: the native models of sherpa-onnx have no other way to go. */
  readonly collectGarbage: () => void
}

/** Serves main's requests with the models it has loaded: the inference child but for its entry. */
export function serveInference(channel: ParentChannel, { loaders, collectGarbage }: ServerOptions): void {
  const running = new Map<number, Running>()
  const send = (message: FromChild): void => channel.send(message)
  const models = createModelSlots(loaders, { send, collectGarbage })

  /** Runs a request to its one `end` or `fail`. */
  function serve(id: number, begin: (abort: AbortController, tell: (payload: RequestEvent) => void) => { readonly done: Promise<void> } & Omit<Running, 'abort'>): void {
    const abort = new AbortController()
    const tell = (payload: RequestEvent): void => {
      if (!abort.signal.aborted)
        send({ type: 'event', id, payload })
    }
    const settle = (last: FromChild): void => {
      running.delete(id)
      send(last)
    }
    try {
      const { done, ...parts } = begin(abort, tell)
      running.set(id, { ...parts, abort })
      done.then(
        () => settle({ type: 'end', id }),
        (error: unknown) => settle({ type: 'fail', id, error: toWire(toAppError(error)) }),
      )
    }
    catch (error) {
      settle({ type: 'fail', id, error: toWire(toAppError(error)) })
    }
  }

  function startAsr({ id, language }: Extract<ToChild, { type: 'asr.start' }>): void {
    serve(id, ({ signal }, tell) => {
      const session = models.get('asr').createSession({
        emit: event => tell({ of: 'asr', event }),
        ...(language === undefined ? {} : { language }),
      })
      let finish = (): void => {}
      const finished = new Promise<void>((resolve, reject) => {
        finish = () => session.finish().then(resolve, reject)
      })
      signal.addEventListener('abort', () => session.cancel(), { once: true })
      return { done: raceAbort(finished, signal), asr: { session, finish } }
    })
  }

  function startChat({ id, messages, maxTokens, temperature }: Extract<ToChild, { type: 'chat.start' }>): void {
    serve(id, ({ signal }, tell) => ({
      done: models.get('chat').complete(messages, {
        signal,
        emit: event => tell({ of: 'chat', event }),
        ...(maxTokens === undefined ? {} : { maxTokens }),
        ...(temperature === undefined ? {} : { temperature }),
      }),
    }))
  }

  function startTts({ id, speed }: Extract<ToChild, { type: 'tts.start' }>): void {
    serve(id, ({ signal }, tell) => {
      const tts = models.get('tts').createSession({
        signal,
        speed,
        windowChunks: TTS_WINDOW_CHUNKS,
        emit: chunk => tell({ of: 'tts', chunk: { ...chunk, samples: ownSamples(chunk.samples) } }),
      })
      return { done: tts.done, tts }
    })
  }

  async function push({ id, samples }: Extract<ToChild, { type: 'asr.push' }>): Promise<void> {
    const request = running.get(id)
    if (!request?.asr)
      return
    try {
      request.asr.session.push(samples)
      await request.asr.session.drained()
      send({ type: 'event', id, payload: { of: 'asr-taken', samples: samples.length } })
    }
    catch (error) {
      request.abort.abort(error)
    }
  }

  function receive(message: ToChild): void {
    switch (message.type) {
      case 'load':
        return models.load(message.request, message.contextTokens)
      case 'unload':
        return models.unload(message.kind)
      case 'ping':
        return send({ type: 'pong', n: message.n, rssBytes: process.memoryUsage.rss() })
      case 'asr.start':
        return startAsr(message)
      case 'asr.push':
        void push(message)
        return
      case 'asr.finish':
        return running.get(message.id)?.asr?.finish()
      case 'chat.start':
        return startChat(message)
      case 'chat.prime':
        return serve(message.id, ({ signal }) => ({ done: models.get('chat').prime(message.messages, { signal, unfinished: message.unfinished }) }))
      case 'tts.start':
        return startTts(message)
      case 'tts.piece':
        return running.get(message.id)?.tts?.piece(message.index, message.text)
      case 'tts.taken':
        return running.get(message.id)?.tts?.taken()
      case 'tts.finish':
        return running.get(message.id)?.tts?.finish()
      case 'cancel':
        return running.get(message.id)?.abort.abort(abortReason('cancelled'))
      default:
        return assertNever(message)
    }
  }

  channel.messages.subscribe(message => receive(message as ToChild))
  send({ type: 'hello', version: PROTOCOL_VERSION })
}
