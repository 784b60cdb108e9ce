import type { InferenceHost } from '../../src-main/inference/inference-host'
import type { ChatEvent, ChatMessage } from '../../src-main/ports/chat-engine'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createInferenceHost } from '../../src-main/inference/inference-host'
import { systemClock } from '../../src-main/ports/clock'
import { silentLogger } from '../../src-main/ports/logger'
import { collect, describeChatConformance } from '../support/engine-conformance'
import { inferenceChildSpawner } from '../support/inference-child'
import { isInstalled, QWEN, SMOLLM2 } from '../support/local-models'

let host: InferenceHost

/** Small, so that it is soon full. */
const CONTEXT_TOKENS = 1024

beforeAll(async () => {
  host = createInferenceHost({ spawn: await inferenceChildSpawner(), clock: systemClock, logger: silentLogger, models: { chat: QWEN }, options: { contextTokens: CONTEXT_TOKENS } })
  host.start()
  await host.ready('chat')
})

afterAll(() => host[Symbol.asyncDispose]())

const SYSTEM: ChatMessage = { role: 'system', content: 'You are a voice assistant. Answer in one short sentence, with no markup.' }
const user = (content: string): ChatMessage => ({ role: 'user', content })
const fresh = (): AbortSignal => new AbortController().signal
const textOf = (events: readonly ChatEvent[]): string => events.map(event => event.type === 'text' ? event.text : '').join('')
function ask(messages: readonly ChatMessage[], options: { maxTokens?: number, temperature?: number } = {}): Promise<ChatEvent[]> {
  return collect(host.chat.complete(messages, { signal: fresh(), temperature: 0, ...options }))
}

describe('the language model in its process', () => {
  it('knows the capital of France, with and without a system prompt', async () => {
    expect(textOf(await ask([SYSTEM, user('What is the capital of France?')]))).toContain('Paris')
    const events = await ask([user('What is the capital of France?')])
    expect(textOf(events)).toContain('Paris')
    expect(events.at(-1)).toEqual({ type: 'finish', reason: 'stop' })
  })

  it('takes part in a conversation', async () => {
    const history: ChatMessage[] = [SYSTEM, user('My name is Alma.'), { role: 'assistant', content: 'Nice to meet you, Alma.' }, user('What is my name?')]
    expect(textOf(await ask(history))).toContain('Alma')
  })

  it('writes whole characters in any script', async () => {
    const text = textOf(await ask([user('Write the Japanese word for cat in kanji and the word for "thank you" in Greek, and one emoji of a cat.')], { maxTokens: 60 }))
    expect(text).not.toContain('\uFFFD')
    expect(text).toMatch(/[\u0370-\u03FF\u3040-\u30FF\u4E00-\u9FFF]/)
  })

  it('a prime makes the reply the same and its start no later', async () => {
    const messages = [SYSTEM, ...Array.from({ length: 4 }, (_, i) => [user(`Tell me something about the number ${i}.`), { role: 'assistant', content: `The number ${i} is a number like every other one, and people count with it.` } as const]).flat(), user('What is the capital of Italy?')]
    await ask([user('Something else.')], { maxTokens: 1 })
    const cold = await firstTextMs(messages)
    await ask([user('Something else.')], { maxTokens: 1 })
    await host.chat.prime(messages.slice(0, -1), { signal: fresh() })
    const primed = await firstTextMs(messages)
    expect(primed.text).toBe(cold.text)
    expect(primed.ms).toBeLessThan(cold.ms / 2)
  })

  it('a prime that is no longer wanted stops at once', async () => {
    const controller = new AbortController()
    const priming = host.chat.prime([SYSTEM, user('word '.repeat(400))], { signal: controller.signal }).then(() => undefined, (error: unknown) => error)
    await ask([user('Hello')], { maxTokens: 1 }) // the prime gives way, so this does not wait for 400 words
    expect(await priming).toBeUndefined()
    const again = host.chat.prime([SYSTEM, user('other '.repeat(400))], { signal: controller.signal }).then(() => undefined, (error: unknown) => error)
    controller.abort(new Error('enough'))
    expect(await again).toBe(controller.signal.reason)
  })

  it('goes on when the conversation is longer than the context', async () => {
    const long = Array.from({ length: 12 }, (_, i) => [user(`Question ${i}: ${'what about this and that and the other thing? '.repeat(4)}`), { role: 'assistant', content: `Answer ${i}: ${'it is as it is. '.repeat(9)}` } as const]).flat()
    const events = await ask([SYSTEM, ...long, user('What is the capital of France?')], { maxTokens: 40 })
    expect(textOf(events)).toContain('Paris')
    const usage = events.find(event => event.type === 'usage')
    const promptTokens = usage?.type === 'usage' ? usage.promptTokens : Number.NaN
    expect(promptTokens).toBeLessThan(CONTEXT_TOKENS)
    expect(promptTokens).toBeGreaterThan(CONTEXT_TOKENS / 4)
  })

  it('says that a message is too long instead of losing its beginning', async () => {
    await expect(ask([user('word '.repeat(1200))])).rejects.toMatchObject({ code: 'bad-input' })
  })
})

async function firstTextMs(messages: readonly ChatMessage[]): Promise<{ ms: number, text: string }> {
  const startMs = performance.now()
  let ms = Number.NaN
  let text = ''
  for await (const event of host.chat.complete(messages, { signal: fresh(), temperature: 0, maxTokens: 30 })) {
    if (event.type !== 'text')
      continue
    if (text === '')
      ms = performance.now() - startMs
    text += event.text
  }
  return { ms, text }
}

describeChatConformance('llama.cpp', { engine: () => host.chat, messages: [user('Describe the sea in three sentences.')] })

describe.skipIf(!isInstalled(SMOLLM2))('the small language model', () => {
  it('knows the capital of France: its start token is not doubled', async () => {
    host.setModels({ chat: SMOLLM2 })
    await host.ready('chat')
    expect(textOf(await ask([user('What is the capital of France?')], { maxTokens: 60 }))).toContain('Paris')
    expect(textOf(await ask([SYSTEM, user('What is the capital of France?')], { maxTokens: 60 }))).toContain('Paris')
  })
})
