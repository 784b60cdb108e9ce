import type { ChatEvent, ChatFinish } from '../../ports/chat-engine'
import type { StreamEvent } from '../stream/event-decoder'
import { z } from 'zod'
import { createThinkSplitter } from '../../lib/think-splitter'
import { envelopeError, serviceError } from '../connection/service-failure'
import { ToolCallAssembler, toolCallDeltaSchema } from './tool-calls'

/**
 * What a chat service sends, made into `ChatEvent`s. Pure. The shapes are those seen at real services: text as a string or in
 * parts, null and missing fields everywhere, usage with or without choices, a whole message where a delta should be.
 */

const contentSchema = z.union([
  z.string(),
  z.array(z.looseObject({ text: z.string().nullish() })),
]).nullish().catch(null)

const messageSchema = z.looseObject({
  content: contentSchema,
  reasoning_content: z.string().nullish().catch(null),
  reasoning: z.string().nullish().catch(null),
  tool_calls: z.array(toolCallDeltaSchema).nullish().catch(null),
})

const chunkSchema = z.looseObject({
  error: z.unknown().optional(),
  choices: z.array(z.looseObject({
    index: z.number().nullish().catch(null),
    delta: messageSchema.nullish(),
    message: messageSchema.nullish(),
    text: z.string().nullish(),
    finish_reason: z.string().nullish().catch(null),
    error: z.unknown().optional(),
  })).nullish(),
  usage: z.looseObject({
    prompt_tokens: z.number().nullish().catch(null),
    completion_tokens: z.number().nullish().catch(null),
  }).nullish().catch(null),
})
type Chunk = z.infer<typeof chunkSchema>

export interface ChatReplyOptions {
  /** Name of the service, for messages. */
  readonly service: string
  /** Longest reply, thinking included, in UTF-16 units. */
  readonly maxChars: number
}

/** One reply as it comes in. `push` and `end` throw an `AppError` for an error that the service reports, and for what is no reply. */
export class ChatReply {
  readonly #options: ChatReplyOptions
  readonly #thinking = createThinkSplitter()
  readonly #tools = new ToolCallAssembler()
  #chars = 0
  #finish: ChatFinish | null = null
  #usage: ChatEvent | null = null
  #terminated = false

  constructor(options: ChatReplyOptions) {
    this.#options = options
  }

  /** The service says that no more follows: nothing is waited for. */
  get terminated(): boolean {
    return this.#terminated
  }

  /** The reply is complete; at most its usage is still to come. */
  get finished(): boolean {
    return this.#finish !== null && (this.#usage !== null || this.#terminated)
  }

  /** The text is over (a finish reason came). */
  get textOver(): boolean {
    return this.#finish !== null || this.#terminated
  }

  /** One event of the stream. */
  push({ type, data, cut }: StreamEvent): ChatEvent[] {
    if (this.#terminated || data.trim() === '')
      return []
    if (data.trim() === '[DONE]') {
      this.#terminated = true
      return []
    }
    const value = parseJson(data)
    if (type === 'error')
      throw envelopeError(errorIn(value) ?? value ?? data, this.#options.service)
    if (value === undefined && cut)
      return [] // half an event at the end of a stream that broke off
    return this.#take(value)
  }

  /** A body that is no stream: the whole reply at once. */
  whole(body: string): ChatEvent[] {
    const events = this.#take(parseJson(body))
    this.#terminated = true
    return events
  }

  /** After the last byte. Without a `finish` among the events the reply was cut. */
  end(): ChatEvent[] {
    const events = this.#split(this.#thinking.flush())
    if (this.#chars === 0 && this.#finish === null && !this.#terminated)
      throw serviceError('service-failed', `${this.#options.service} ended its reply before it began.`, { service: this.#options.service })
    for (const call of this.#tools.end()) {
      // Only of a stream that came to its end may a call be run at all.
      if (this.#finish === null && !this.#terminated)
        break
      if (call === null)
        throw serviceError('service-reply', `${this.#options.service} called a tool without a name, or with arguments that are no JSON object.`, { service: this.#options.service })
      events.push({ type: 'tool-call', id: call.id, name: call.name, argumentsJson: call.argumentsJson })
    }
    if (this.#usage)
      events.push(this.#usage)
    if (this.#finish !== null || this.#terminated)
      events.push({ type: 'finish', reason: this.#finish ?? 'stop' })
    return events
  }

  #take(value: unknown): ChatEvent[] {
    const { service } = this.#options
    const parsed = chunkSchema.safeParse(value)
    if (!parsed.success)
      throw serviceError('service-reply', `${service} sent something that is no chat reply.`, { service })
    const chunk = parsed.data
    const error = errorIn(chunk)
    if (error !== undefined)
      throw envelopeError(error, service)
    this.#note(chunk)
    return this.#words(chunk)
  }

  #note({ choices, usage }: Chunk): void {
    const { service } = this.#options
    if (usage && (usage.prompt_tokens != null || usage.completion_tokens != null))
      this.#usage = { type: 'usage', promptTokens: usage.prompt_tokens ?? 0, completionTokens: usage.completion_tokens ?? 0 }
    const reason = first(choices)?.finish_reason
    if (reason === 'error')
      throw serviceError('service-failed', `${service} reported an error.`, { service })
    if (reason != null && reason !== '')
      this.#finish = finishOf(reason)
  }

  #words({ choices }: Chunk): ChatEvent[] {
    const choice = first(choices)
    const message = choice?.delta ?? choice?.message
    const events: ChatEvent[] = []
    const reasoning = message?.reasoning_content || message?.reasoning || ''
    if (reasoning !== '')
      events.push(...this.#count([{ type: 'reasoning', text: reasoning }]))
    const text = textOf(message?.content) || choice?.text || ''
    if (text !== '')
      events.push(...this.#split(this.#thinking.push(text)))
    for (const call of message?.tool_calls ?? [])
      this.#tools.push(call)
    return events
  }

  #split(parts: readonly { readonly type: 'text' | 'reasoning', readonly text: string }[]): ChatEvent[] {
    return this.#count(parts.map(({ type, text }) => ({ type, text })))
  }

  #count(events: { type: 'text' | 'reasoning', text: string }[]): ChatEvent[] {
    const { service, maxChars } = this.#options
    for (const { text } of events)
      this.#chars += text.length
    if (this.#chars > maxChars)
      throw serviceError('too-large', `The reply of ${service} is longer than ${maxChars} characters.`, { service })
    return events
  }
}

function first(choices: Chunk['choices']): NonNullable<Chunk['choices']>[number] | undefined {
  return choices?.find(({ index }) => index == null || index === 0)
}

function textOf(content: z.infer<typeof contentSchema>): string {
  return typeof content === 'string' ? content : (content ?? []).map(({ text }) => text ?? '').join('')
}

function errorIn(value: unknown): unknown {
  if (typeof value !== 'object' || value === null)
    return undefined
  const own = 'error' in value ? value.error : undefined
  if (own != null && own !== '' && own !== false)
    return own
  const inChoice = 'choices' in value && Array.isArray(value.choices) ? (value.choices[0] as { error?: unknown } | undefined)?.error : undefined
  return inChoice ?? undefined
}

function finishOf(reason: string): ChatFinish {
  switch (reason) {
    case 'length':
    case 'max_tokens': return 'length'
    case 'content_filter': return 'filtered'
    default: return 'stop' // `stop`, `tool_calls`, `eos`, … : the model said it is done
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  }
  catch {
    return undefined
  }
}
