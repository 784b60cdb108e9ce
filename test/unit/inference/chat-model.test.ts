import type { LanguageModel } from '../../../src-main/inference/child/chat/llama'
import type { ChatEvent, ChatMessage } from '../../../src-main/ports/chat-engine'
import { Buffer } from 'node:buffer'
import { describe, expect, it, vi } from 'vitest'
import { createChatModel } from '../../../src-main/inference/child/chat/chat-model'
import { chooseTemplate } from '../../../src-main/inference/child/chat/prompt-template'
import { createThreadChoice } from '../../../src-main/inference/child/chat/thread-choice'
import { ComputeGate } from '../../../src-main/inference/child/scheduler'
import { abortReason } from '../../../src-main/lib/abort'
import { createManualClock } from '../../fakes/manual-clock'

const END = 1000
/** Control tokens are one token each, as in a real vocabulary; everything else is bytes. */
const CONTROL: Readonly<Record<string, number>> = { '<|im_start|>': 1001, '<|im_end|>': END }

/** A language model that says a given reply and keeps a real record of its state. */
function scriptedModel(reply: string, contextTokens = 4096): LanguageModel & { computed: number[][], beforeStep: () => Promise<void>, shown: () => string } {
  const held: number[] = []
  return {
    facts: { name: 'Test', chatTemplate: '<|im_start|>', startToken: '<s>' },
    contextTokens,
    computed: [],
    beforeStep: async () => {},
    shown: () => held.map(token => Object.entries(CONTROL).find(([, id]) => id === token)?.[0] ?? String.fromCharCode(token)).join(''),
    tokenise: ({ text, special }) => special && text in CONTROL ? [CONTROL[text] as number] : [...Buffer.from(text)],
    detokenise: tokens => Buffer.from(tokens).toString('utf8'),
    isEnd: token => token === END,
    held: () => held,
    async erase(from, to) {
      held.splice(from, to - from)
    },
    async evaluate(tokens) {
      await this.beforeStep()
      this.computed.push([...tokens])
      held.push(...tokens)
    },
    async* generate(tokens) {
      let next = [...tokens]
      for (const token of [...Buffer.from(reply), END]) {
        await this.beforeStep()
        this.computed.push(next)
        held.push(...next)
        next = [token]
        yield token
      }
    },
    useThreads() {},
    async dispose() {},
  }
}

function chat(model: LanguageModel): ReturnType<typeof createChatModel> {
  return createChatModel(model, {
    gate: new ComputeGate({ shared: false }),
    clock: createManualClock(),
    threads: createThreadChoice({ maxThreads: 1, cores: 1, othersCores: () => 0 }),
  })
}

async function ask(model: ReturnType<typeof createChatModel>, messages: readonly ChatMessage[], options: { signal?: AbortSignal, maxTokens?: number } = {}): Promise<ChatEvent[]> {
  const events: ChatEvent[] = []
  await model.complete(messages, { signal: new AbortController().signal, emit: event => events.push(event), ...options })
  return events
}

const textOf = (events: readonly ChatEvent[]): string => events.map(event => event.type === 'text' ? event.text : '').join('')
const system: ChatMessage = { role: 'system', content: 'Be brief.' }
const user = (content: string): ChatMessage => ({ role: 'user', content })
const assistant = (content: string): ChatMessage => ({ role: 'assistant', content })

describe('chat model', () => {
  it('says the reply, usage, and one finish', async () => {
    const events = await ask(chat(scriptedModel('Größe: 5 m²')), [system, user('How tall?')])
    expect(textOf(events)).toBe('Größe: 5 m²')
    expect(events.slice(-2)).toEqual([
      { type: 'usage', promptTokens: 47, completionTokens: 14 },
      { type: 'finish', reason: 'stop' },
    ])
  })

  it('asks in ChatML with one start token and no other before it', async () => {
    const model = scriptedModel('')
    await ask(chat(model), [system, user('Hi'), assistant('Yes?'), user('A <|im_end|> b')])
    expect(model.shown()).toBe('<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nYes?<|im_end|>\n<|im_start|>user\nA <|im_end|> b<|im_end|>\n<|im_start|>assistant\n')
    // What a person typed is text: four messages end, and nothing else does.
    expect(model.held().filter(token => token === END)).toHaveLength(4)
  })

  it('computes only what is new in the next turn', async () => {
    const model = scriptedModel('Paris.')
    const conversation = chat(model)
    await ask(conversation, [system, user('Capital of France?')])
    model.computed = []
    await ask(conversation, [system, user('Capital of France?'), assistant('Paris.'), user('And Spain?')])
    const prompt = model.computed.slice(0, -'Paris.'.length).flat()
    expect(Buffer.from(prompt.filter(token => token < 256)).toString()).toBe('\nuser\nAnd Spain?\nassistant\n')
  })

  it('a prime leaves little to compute', async () => {
    const model = scriptedModel('Yes.')
    const conversation = chat(model)
    await conversation.prime([system, user('Is it ')], { signal: new AbortController().signal })
    model.computed = []
    await ask(conversation, [system, user('Is it so?')])
    expect(Buffer.from((model.computed[0] ?? []).filter(token => token < 256)).toString()).toBe('so?\nassistant\n')
  })

  it('after a prime with the very question one token is left to compute', async () => {
    const model = scriptedModel('Yes.')
    const conversation = chat(model)
    await conversation.prime([system, user('Is it so?')], { signal: new AbortController().signal })
    model.computed = []
    await ask(conversation, [system, user('Is it so?')])
    expect(model.computed[0]).toHaveLength(1)
  })

  it('a prime gives way to a reply, and is no failure', async () => {
    const model = scriptedModel('Yes.')
    const conversation = chat(model)
    let release = (): void => {}
    model.beforeStep = () => new Promise((resolve) => {
      release = resolve
    })
    const priming = conversation.prime([system, user('x'.repeat(200))], { signal: new AbortController().signal })
    const reply = ask(conversation, [system, user('Now?')])
    await vi.waitFor(() => expect(release).not.toBe(undefined))
    model.beforeStep = async () => {}
    await vi.waitFor(() => {
      release()
      expect(model.computed.length).toBeGreaterThan(0)
    })
    await priming
    expect(textOf(await reply)).toBe('Yes.')
    expect(model.computed.flat().filter(token => token === 'x'.charCodeAt(0)).length).toBeLessThan(200)
  })

  it('stops between two batches of a prompt on abort, with the reason', async () => {
    const model = scriptedModel('Yes.')
    const controller = new AbortController()
    const reason = abortReason('test')
    model.beforeStep = async () => {
      if (model.computed.length === 2)
        controller.abort(reason)
    }
    await expect(ask(chat(model), [system, user('x'.repeat(2000))], { signal: controller.signal })).rejects.toBe(reason)
    expect(model.computed.length).toBe(3)
  })

  it('stops after the token in hand on abort, and serves the next', async () => {
    const model = scriptedModel('A long reply.')
    const conversation = chat(model)
    const controller = new AbortController()
    const reason = abortReason('test')
    const events: ChatEvent[] = []
    await expect(conversation.complete([user('Hi')], {
      signal: controller.signal,
      emit: (event) => {
        events.push(event)
        if (events.length === 3)
          controller.abort(reason)
      },
    })).rejects.toBe(reason)
    expect(events).toHaveLength(3)
    expect(textOf(await ask(conversation, [user('Hi')]))).toBe('A long reply.')
  })

  it('serves two at once one after the other', async () => {
    const model = scriptedModel('One two three.')
    const conversation = chat(model)
    const [first, second] = await Promise.all([ask(conversation, [user('A')]), ask(conversation, [user('B')])])
    expect([textOf(first), textOf(second)]).toEqual(['One two three.', 'One two three.'])
  })

  it('is truncated at the most tokens', async () => {
    const events = await ask(chat(scriptedModel('A long reply.')), [user('Hi')], { maxTokens: 6 })
    expect(textOf(events)).toBe('A long')
    expect(events.at(-1)).toEqual({ type: 'finish', reason: 'length' })
  })

  it('is cut when it repeats itself', async () => {
    const events = await ask(chat(scriptedModel('I can help you with that. '.repeat(30))), [user('Hi')])
    expect(events.at(-1)).toEqual({ type: 'finish', reason: 'repetition' })
    expect(textOf(events).length).toBeLessThan(26 * 6)
  })

  it('is cut at a control token written out', async () => {
    const events = await ask(chat(scriptedModel('Yes.<|im_end|>\n<|im_start|>user\nNo')), [user('Hi')])
    expect(textOf(events)).toBe('Yes.')
    expect(events.at(-1)).toEqual({ type: 'finish', reason: 'stop' })
  })

  it('parts thinking from the reply', async () => {
    const events = await ask(chat(scriptedModel('<think>hm</think>\nYes.')), [user('Hi')])
    expect(textOf(events)).toBe('Yes.')
    expect(events.filter(event => event.type === 'reasoning').map(event => event.text).join('')).toBe('hm')
  })

  it('leaves out the oldest turns when the context is full', async () => {
    const model = scriptedModel('Yes.', 600)
    const history = Array.from({ length: 12 }, (_, i) => [user(`Question ${i} ${'q'.repeat(20)}`), assistant(`Answer ${i}.`)]).flat()
    await ask(chat(model), [system, ...history, user('Last?')], { maxTokens: 50 })
    expect(model.shown()).toContain('Be brief.')
    expect(model.shown()).toContain('Last?')
    expect(model.shown()).not.toContain('Question 0')
    expect(model.shown()).toContain('Answer 11.')
    expect(model.held().length).toBeLessThan(600)
  })

  it('refuses a message that no context holds', async () => {
    await expect(ask(chat(scriptedModel('Yes.', 600)), [user('x'.repeat(700))])).rejects.toMatchObject({ code: 'bad-input' })
  })
})

describe('prompt templates', () => {
  const show = (template: ReturnType<typeof chooseTemplate>, messages: readonly ChatMessage[]): string =>
    [...template.start, ...messages.flatMap(template.message), ...template.replyStart].map(segment => segment.text).join('')

  it('qwen3 is told not to think', () => {
    expect(show(chooseTemplate({ name: '', chatTemplate: '<|im_start|> enable_thinking', startToken: null }), [user('Hi')]))
      .toBe('<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n')
  })

  it('gemma knows users and models only', () => {
    expect(show(chooseTemplate({ name: '', chatTemplate: '<start_of_turn>', startToken: '<bos>' }), [system, user('Hi'), assistant('Yes?')]))
      .toBe('<bos><start_of_turn>user\nBe brief.<end_of_turn>\n<start_of_turn>user\nHi<end_of_turn>\n<start_of_turn>model\nYes?<end_of_turn>\n<start_of_turn>model\n')
  })

  it('a model with no format we know gets a dialogue', () => {
    const template = chooseTemplate({ name: '', chatTemplate: '', startToken: null })
    expect(show(template, [system, user('Hi')])).toBe('Be brief.\n\nUser: Hi\nAssistant:')
    expect(template.stops).toContain('\nUser:')
  })
})
