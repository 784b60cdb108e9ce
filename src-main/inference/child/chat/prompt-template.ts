import type { ChatMessage } from '../../../ports/chat-engine'

/** A stretch of prompt. Only `special` text may become control tokens: what people type never does. */
export interface PromptSegment {
  readonly text: string
  readonly special: boolean
}

export interface Sampling {
  readonly temperature: number
  readonly topP: number
  readonly topK: number
  /** 1: none. */
  readonly repeatPenalty: number
}

/** How a family of models is spoken to. */
export interface PromptTemplate {
  readonly name: 'chatml' | 'gemma' | 'plain'
  /** Put before the first message, once. */
  readonly start: readonly PromptSegment[]
  readonly message: (message: ChatMessage) => readonly PromptSegment[]
  /** After it the model writes. */
  readonly replyStart: readonly PromptSegment[]
  readonly stops: readonly string[]
  readonly sampling: Sampling
}

/** What a model file says about itself. */
export interface ModelFacts {
  readonly name: string
  readonly chatTemplate: string
  /** Text of the start token, when the vocabulary wants one before everything. */
  readonly startToken: string | null
}

const special = (text: string): PromptSegment => ({ text, special: true })
const plain = (text: string): PromptSegment => ({ text, special: false })

/** Values from the models' own generation_config.json where they have one. */
const DEFAULT_SAMPLING: Sampling = { temperature: 0.7, topP: 0.8, topK: 20, repeatPenalty: 1.1 }

/**
 * ChatML has no start token of its own. In SmolLM2 `<|im_start|>` *is* the start token: prepending one more, as
 * the vocabulary asks for, doubles it, and the model answers nonsense. So none is ever prepended here.
 */
function chatml(facts: ModelFacts): PromptTemplate {
  // Qwen3: an empty thought before the reply means "do not think"; a spoken answer cannot wait for it.
  const noThinking = facts.chatTemplate.includes('enable_thinking')
  return {
    name: 'chatml',
    start: [],
    message: ({ role, content }) => [special('<|im_start|>'), plain(`${role}\n`), plain(content), special('<|im_end|>'), plain('\n')],
    replyStart: [
      special('<|im_start|>'),
      plain('assistant\n'),
      ...(noThinking ? [special('<think>\n\n</think>\n\n')] : []),
    ],
    stops: ['<|im_end|>', '<|im_start|>', '<|endoftext|>'],
    sampling: DEFAULT_SAMPLING,
  }
}

/** Gemma knows no system role: what is told to it there stands before the first question, as in its own template. */
function gemma(facts: ModelFacts): PromptTemplate {
  return {
    name: 'gemma',
    start: facts.startToken ? [special(facts.startToken)] : [],
    message: ({ role, content }) => role === 'assistant'
      ? [special('<start_of_turn>'), plain('model\n'), plain(content), special('<end_of_turn>'), plain('\n')]
      : [special('<start_of_turn>'), plain('user\n'), plain(content), special('<end_of_turn>'), plain('\n')],
    replyStart: [special('<start_of_turn>'), plain('model\n')],
    stops: ['<end_of_turn>', '<start_of_turn>'],
    sampling: { temperature: 1, topP: 0.95, topK: 64, repeatPenalty: 1 },
  }
}

/** For a model that names no format we know: a dialogue as text. */
function dialogue(facts: ModelFacts): PromptTemplate {
  return {
    name: 'plain',
    start: facts.startToken ? [special(facts.startToken)] : [],
    message: ({ role, content }) => [plain(role === 'system' ? `${content}\n\n` : `${role === 'user' ? 'User' : 'Assistant'}: ${content}\n`)],
    replyStart: [plain('Assistant:')],
    stops: ['\nUser:', '\nAssistant:'],
    sampling: DEFAULT_SAMPLING,
  }
}

export function chooseTemplate(facts: ModelFacts): PromptTemplate {
  if (facts.chatTemplate.includes('<|im_start|>'))
    return chatml(facts)
  if (facts.chatTemplate.includes('<start_of_turn>'))
    return gemma(facts)
  return dialogue(facts)
}
