import type { ChatEvent, ChatFinish, ChatMessage, PrimeOptions } from '../../../ports/chat-engine'
import type { Clock } from '../../../ports/clock'
import type { ComputeGate } from '../scheduler'
import type { TokenisedMessage } from './context-plan'
import type { LanguageModel } from './llama'
import type { PromptTemplate, Sampling } from './prompt-template'
import type { ThreadChoice } from './thread-choice'
import { AppError } from '../../../lib/app-error'
import { createBatchSize } from './batch-size'
import { fitTurns, planReuse } from './context-plan'
import { chooseTemplate } from './prompt-template'
import { createReplyText } from './reply-text'

export interface CompleteOptions {
  readonly signal: AbortSignal
  readonly maxTokens?: number
  readonly temperature?: number
  /** Ends with `usage` and one `finish`. */
  readonly emit: (event: ChatEvent) => void
}

/** A language model as a conversation partner. Calls are served one after the other; all throw `signal.reason`. */
export interface ChatModel {
  complete: (messages: readonly ChatMessage[], options: CompleteOptions) => Promise<void>
  /** Computes the state of what a later `complete` will begin with. Gives way to any other call. */
  prime: (messages: readonly ChatMessage[], options: PrimeOptions) => Promise<void>
  warmUp: () => Promise<void>
  dispose: () => Promise<void>
}

export interface ChatModelOptions {
  readonly gate: ComputeGate
  readonly clock: Clock
  readonly threads: ThreadChoice
}

const DEFAULT_MAX_TOKENS = 512
/** What is stopped stops after the batch that is being computed, and the next request waits for that: within 50 ms, if the machine can. */
const BATCH_MS = 40
const START_MS_PER_TOKEN = 4

export function createChatModel(model: LanguageModel, { gate, clock, threads }: ChatModelOptions): ChatModel {
  const template = chooseTemplate(model.facts)
  const batch = createBatchSize(START_MS_PER_TOKEN)
  const encoder = createPromptEncoder(model, template)
  let last: Promise<unknown> = Promise.resolve()
  let primeInProgress: AbortController | undefined

  /** One at a time on the one sequence; a prime that runs or waits gives way. */
  function exclusive<T>(work: () => Promise<T>): Promise<T> {
    primeInProgress?.abort(new AppError('aborted', 'Superseded.'))
    primeInProgress = undefined
    const mine = last.then(work)
    last = mine.catch(() => {})
    return mine
  }

  /**
   * Brings the sequence to `wanted` without its last `leave` tokens, and gives what is left to compute. `beside`: while
   * speech is being decoded, on the other core.
   */
  async function approach(wanted: readonly number[], leave: number, signal: AbortSignal, beside = false): Promise<number[]> {
    const plan = planReuse(model.held(), wanted)
    if (plan.eraseTo > plan.eraseFrom)
      await model.erase(plan.eraseFrom, plan.eraseTo)
    if (model.held().length > plan.kept)
      await model.erase(plan.kept, model.held().length)
    let at = plan.kept
    for (;;) {
      if (beside)
        signal.throwIfAborted()
      else
        await gate.quiet(signal)
      const left = wanted.length - at
      const size = batch.next(left, BATCH_MS)
      if (left === 0 || left - size < leave)
        return wanted.slice(at)
      await computeBatch(wanted.slice(at, at + size), beside)
      at += size
    }
  }

  async function computeBatch(tokens: readonly number[], beside: boolean): Promise<void> {
    const startMs = clock.nowMs()
    const using = beside ? 1 : threads.batchThreads(startMs)
    model.useThreads(using)
    await model.evaluate(tokens)
    // What ran beside something else says nothing about how fast the machine is.
    if (beside)
      return
    const nowMs = clock.nowMs()
    threads.learnBatch(using, batch.learn(tokens.length, nowMs - startMs), nowMs)
  }

  /** The next token of the reply. The first one takes the rest of the prompt with it, so it teaches nothing. */
  async function step(source: AsyncGenerator<number, void, void>, first: boolean): Promise<IteratorResult<number, void>> {
    const startMs = clock.nowMs()
    const using = first ? threads.batchThreads(startMs) : threads.threads(startMs)
    model.useThreads(using)
    const next = await source.next()
    const nowMs = clock.nowMs()
    if (!first)
      threads.learnStep(using, nowMs - startMs, nowMs)
    return next
  }

  async function write(rest: readonly number[], sampling: Sampling, maxTokens: number, options: CompleteOptions): Promise<{ reason: ChatFinish, tokens: number }> {
    const reply = createReplyText(model, template.stops, options.emit)
    const source = model.generate(rest, sampling)
    let tokens = 0
    try {
      for (;;) {
        await gate.quiet(options.signal)
        const next = await step(source, tokens === 0)
        options.signal.throwIfAborted()
        if (next.done || model.isEnd(next.value)) {
          reply.flush()
          return { reason: 'stop', tokens }
        }
        tokens++
        const ended = reply.push(next.value)
        if (ended)
          return { reason: ended, tokens }
        if (tokens >= maxTokens) {
          reply.flush()
          return { reason: 'length', tokens }
        }
      }
    }
    finally {
      await source.return()
    }
  }

  async function complete(messages: readonly ChatMessage[], options: CompleteOptions): Promise<void> {
    options.signal.throwIfAborted()
    const maxTokens = Math.min(options.maxTokens ?? DEFAULT_MAX_TOKENS, Math.floor(model.contextTokens / 2))
    const prompt = encoder.encode(messages, { reserve: maxTokens, reply: true })
    const rest = await approach(prompt, 1, options.signal)
    const sampling = options.temperature === undefined ? template.sampling : { ...template.sampling, temperature: options.temperature }
    const { reason, tokens } = await write(rest, sampling, maxTokens, options)
    options.emit({ type: 'usage', promptTokens: prompt.length, completionTokens: tokens })
    options.emit({ type: 'finish', reason })
  }

  return {
    complete: (messages, options) => exclusive(() => complete(messages, options)),
    prime(messages, { signal, unfinished = false }) {
      const mine = new AbortController()
      const either = AbortSignal.any([signal, mine.signal])
      const done = exclusive(async () => {
        either.throwIfAborted()
        // A question gets the beginning of its reply too: if it stays as it is, one token is left to compute.
        const reply = !unfinished && messages.at(-1)?.role === 'user'
        const prompt = encoder.encode(messages, { reserve: DEFAULT_MAX_TOKENS, reply })
        await approach(prompt, 0, either, unfinished)
      })
      primeInProgress = mine
      return done.catch((error: unknown) => {
        // Giving way to another call is no failure: what was computed stays.
        if (!mine.signal.aborted || signal.aborted)
          throw error
      })
    },
    warmUp: () => exclusive(async () => {
      const source = model.generate(encoder.encode([{ role: 'user', content: 'Hi.' }], { reserve: 8, reply: true }), { ...template.sampling, temperature: 0 })
      await source.next()
      await source.return()
    }),
    dispose: () => exclusive(() => model.dispose()),
  }
}

interface PromptEncoder {
  /** `reserve`: tokens kept free for the reply. `reply`: ends where the model begins to write. Throws `bad-input`. */
  encode: (messages: readonly ChatMessage[], options: { readonly reserve: number, readonly reply: boolean }) => number[]
}

/** Tokens the sequence needs beyond prompt and reply. */
const CONTEXT_MARGIN = 8

function createPromptEncoder(model: LanguageModel, template: PromptTemplate): PromptEncoder {
  /** Where the conversation was cut last; its first question tells whether it is still the same one. */
  let cut = { conversation: '', droppedTurns: 0 }
  const replyStart = template.replyStart.flatMap(model.tokenise)
  const start = template.start.flatMap(model.tokenise)

  return {
    encode(messages, { reserve, reply }) {
      const tokenised: TokenisedMessage<number>[] = messages.map(message => ({
        role: message.role,
        tokens: template.message(message).flatMap(model.tokenise),
      }))
      const conversation = messages.find(message => message.role === 'user')?.content ?? ''
      const budget = model.contextTokens - reserve - CONTEXT_MARGIN - start.length - replyStart.length
      const fit = fitTurns(tokenised, { budget, droppedTurns: conversation === cut.conversation ? cut.droppedTurns : 0 })
      if (!fit)
        throw new AppError('bad-input', 'A message is longer than the model can read.', { params: { maxTokens: budget } })
      cut = { conversation, droppedTurns: fit.droppedTurns }
      return [...start, ...fit.kept.flatMap(message => message.tokens), ...(reply ? replyStart : [])]
    },
  }
}
