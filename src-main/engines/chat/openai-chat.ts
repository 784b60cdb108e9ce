import type { ChatEngine, ChatEvent, ChatMessage, ChatOptions } from '../../ports/chat-engine'
import type { Clock } from '../../ports/clock'
import type { Deadlines } from '../connection/deadlines'
import type { ServiceClient, ServiceReply } from '../connection/service-client'
import { raceAbort } from '../../lib/abort'
import { AppError, toAppError } from '../../lib/app-error'
import { ChatBody } from './chat-body'

export interface OpenAiChatOptions {
  readonly client: ServiceClient
  readonly clock: Clock
  readonly model: string
  /** `complete`: the service answers in one piece, at `/auto/route` (a router) instead of `/chat/completions`. */
  readonly kind?: 'stream' | 'complete'
  readonly firstByteMs?: number
  readonly betweenMs?: number
  /** Slowest speed that is still waited for, in tokens a second: with the reply's longest length it bounds the whole. */
  readonly tokensPerSecond?: () => number | null
}

const FIRST_BYTE_MS = 20_000
const BETWEEN_MS = 15_000
const DEFAULT_TOKENS = 1024
/** Half of what a model on a laptop's processor writes. */
const SLOW_TOKENS_PER_SECOND = 4
/** A little above the longest expected generation. */
const WHOLE_MARGIN = 1.25
/** After the finish reason only the usage may follow: it is not worth more waiting than this. */
const USAGE_MS = 250
/** So often a stream with ids is gone on with. */
const MOST_RESUMES = 3
/** When the service says nothing about it (`retry:`). */
const RESUME_MS = 250
const LONGEST_RESUME_MS = 2_000

/** Chat by any service that speaks OpenAI's `POST /chat/completions`. One attempt a call. */
export function createOpenAiChat(options: OpenAiChatOptions): ChatEngine {
  const { client, model } = options
  const service = client.endpoint.name
  let usageRefused = false

  async function ask(messages: readonly ChatMessage[], chat: ChatOptions, signal: AbortSignal, lastEventId?: string): Promise<ServiceReply> {
    const whole = options.kind === 'complete'
    const body = JSON.stringify({
      model,
      messages,
      ...(chat.maxTokens !== undefined && { max_tokens: chat.maxTokens }),
      ...(chat.temperature !== undefined && { temperature: chat.temperature }),
      ...(!whole && { stream: true, ...(!usageRefused && { stream_options: { include_usage: true } }) }),
    })
    return await client.request({
      method: 'POST',
      path: whole ? '/auto/route' : '/chat/completions',
      headers: { 'content-type': 'application/json', ...(lastEventId !== undefined && { 'last-event-id': lastEventId }) },
      body,
      accept: whole ? 'application/json' : 'text/event-stream, application/json',
      signal,
      deadlines: deadlinesFor(options, chat),
    })
  }

  /** Some services refuse `stream_options` with 400: once more without, and never again with. */
  async function request(messages: readonly ChatMessage[], chat: ChatOptions, signal: AbortSignal): Promise<ServiceReply> {
    try {
      return await ask(messages, chat, signal)
    }
    catch (error) {
      const { code, params } = toAppError(error)
      if (usageRefused || options.kind === 'complete' || code !== 'service-refused' || (params['status'] !== 400 && params['status'] !== 422))
        throw error
      usageRefused = true
      return await ask(messages, chat, signal)
    }
  }

  /** Null: it cannot be gone on with. Throws on abort alone. */
  async function goOn(body: ChatBody, messages: readonly ChatMessage[], chat: ChatOptions, signal: AbortSignal): Promise<ServiceReply | null> {
    const from = body.resumeFrom
    if (from === null)
      return null
    try {
      await pause(options.clock, from.retryMs ?? RESUME_MS, signal)
      const reply = await ask(messages, chat, signal, from.lastEventId)
      if (body.resume(reply.contentType))
        return reply
      reply[Symbol.dispose]()
      return null
    }
    catch {
      chat.signal.throwIfAborted()
      return null
    }
  }

  return {
    id: `${client.endpoint.id}:${model}`,
    async* complete(messages, chat) {
      const { signal } = chat
      // A signal of its own: what follows the finish is cut off without the caller's turn being stopped.
      using tail = usageLimit(options.clock, signal)
      let reply = await request(messages, chat, tail.signal)
      const body = openBody(reply, service)
      for (let resumed = 0; ; resumed++) {
        let failure: unknown = null
        try {
          using open = reply
          yield* readBody(body, open, tail, signal)
        }
        catch (error) {
          if (signal.aborted)
            throw error
          failure = tail.passed ? null : error
        }
        // Broken off, or over without its end: only ids make it possible to go on.
        const next = resumed < MOST_RESUMES && (failure === null || toAppError(failure).retryable) ? await goOn(body, messages, chat, tail.signal) : null
        if (next === null) {
          if (failure !== null)
            throw failure
          break
        }
        reply = next
      }
      for (const event of body.end()) {
        yield event
        signal.throwIfAborted()
      }
    },
  }
}

/** A page instead of a reply is refused, and its connection is let go. */
function openBody(reply: ServiceReply, service: string): ChatBody {
  try {
    return new ChatBody({ service, contentType: reply.contentType })
  }
  catch (error) {
    reply[Symbol.dispose]()
    throw error
  }
}

/** What comes, until it is over or cut off after its finish. */
async function* readBody(body: ChatBody, reply: ServiceReply, tail: UsageLimit, signal: AbortSignal): AsyncGenerator<ChatEvent, void, undefined> {
  for await (const bytes of reply.chunks()) {
    for (const event of body.push(bytes)) {
      yield event
      signal.throwIfAborted()
    }
    if (body.reply.finished || body.reply.terminated) {
      reply.release()
      return
    }
    if (body.reply.textOver)
      tail.start()
  }
}

async function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  let cancel = (): void => {}
  try {
    await raceAbort(new Promise<void>((resolve) => {
      cancel = clock.after(Math.min(ms, LONGEST_RESUME_MS), resolve)
    }), signal)
  }
  finally {
    cancel()
  }
}

function deadlinesFor({ firstByteMs = FIRST_BYTE_MS, betweenMs = BETWEEN_MS, tokensPerSecond, kind }: OpenAiChatOptions, { maxTokens = DEFAULT_TOKENS }: ChatOptions): Deadlines {
  const longestMs = (maxTokens / Math.min(tokensPerSecond?.() ?? SLOW_TOKENS_PER_SECOND, SLOW_TOKENS_PER_SECOND * 10)) * 1000 * WHOLE_MARGIN
  const wholeMs = firstByteMs + longestMs
  // Who answers in one piece sends its first byte with its last.
  return kind === 'complete' ? { firstByteMs: wholeMs, betweenMs, wholeMs } : { firstByteMs, betweenMs, wholeMs }
}

interface UsageLimit extends Disposable {
  readonly signal: AbortSignal
  readonly passed: boolean
  start: () => void
}

function usageLimit(clock: Clock, outer: AbortSignal): UsageLimit {
  const controller = new AbortController()
  const onOuter = (): void => controller.abort(outer.reason)
  if (outer.aborted)
    onOuter()
  outer.addEventListener('abort', onOuter, { once: true })
  let cancel: (() => void) | null = null
  let passed = false
  return {
    signal: controller.signal,
    get passed() {
      return passed
    },
    start() {
      cancel ??= clock.after(USAGE_MS, () => {
        passed = true
        controller.abort(new AppError('aborted', 'nothing more is waited for'))
      })
    },
    [Symbol.dispose]() {
      cancel?.()
      outer.removeEventListener('abort', onOuter)
    },
  }
}
