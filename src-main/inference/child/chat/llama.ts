import type { GgufInsights, LlamaContext, LlamaContextSequence, LlamaModel, Token } from 'node-llama-cpp'
import type { InstalledModel } from '../../../ports/installed-model'
import type { ModelFacts, PromptSegment, Sampling } from './prompt-template'
import { AppError } from '../../../lib/app-error'
import { modelFile, opening } from '../model-file'
import { MAX_BATCH_TOKENS } from './batch-size'

/**
 * The only file that loads node-llama-cpp (ESM: by `import()`). A model with one sequence of tokens, whose computed
 * state is kept, cut and continued by the caller.
 */
export interface LanguageModel {
  readonly facts: ModelFacts
  /** Tokens the sequence can hold. */
  readonly contextTokens: number
  tokenise: (segment: PromptSegment) => number[]
  detokenise: (tokens: readonly number[], before: readonly number[]) => string
  /** The model says with it that it is done. */
  isEnd: (token: number) => boolean
  /** The tokens whose state is computed. */
  held: () => readonly number[]
  /** Takes `[from, to)` out; what follows moves forward, its state is kept. */
  erase: (from: number, to: number) => Promise<void>
  /** Computes the state of `tokens` after what is held. Cannot be stopped: keep it short. */
  evaluate: (tokens: readonly number[]) => Promise<void>
  /** Computes `tokens`, then gives one token for each pull; each is computed when the next is pulled. */
  generate: (tokens: readonly number[], sampling: Sampling) => AsyncGenerator<number, void, void>
  /** From the next step on; at most what it was loaded with. */
  useThreads: (threads: number) => void
  dispose: () => Promise<void>
}

export interface LanguageModelOptions {
  readonly maxThreads: number
  readonly contextTokens: number
}

/** Tokens looked back at for the repeat penalty: llama.cpp's own default. */
const PENALTY_TOKENS = 64

/** Throws `model-missing`, `model-corrupt`, `out-of-memory`. */
export async function loadLanguageModel(model: InstalledModel, options: LanguageModelOptions): Promise<LanguageModel> {
  const modelPath = modelFile(model, 'model')
  const { getLlama, GgufInsights, LlamaLogLevel } = await import('node-llama-cpp')
  const llama = await getLlama({ gpu: 'auto', build: 'never', logLevel: LlamaLogLevel.error, logger: () => {}, progressLogs: false, maxThreads: options.maxThreads })
  if (llama.gpu === false)
    estimateByFormula(GgufInsights.prototype)
  opening.emit(model.id)
  let native: LlamaModel
  let context: LlamaContext
  try {
    native = await llama.loadModel({ modelPath })
    context = await native.createContext({
      contextSize: Math.min(options.contextTokens, native.trainContextSize),
      sequences: 1,
      batchSize: MAX_BATCH_TOKENS,
      threads: { ideal: options.maxThreads, min: 1 },
    })
  }
  catch (error) {
    await llama.dispose()
    throw loadError(model, error)
  }
  const sequence = context.getSequence()
  return {
    facts: factsOf(native),
    contextTokens: context.contextSize,
    tokenise: ({ text, special }) => text === '' ? [] : native.tokenize(text, special, 'trimLeadingSpace'),
    detokenise: (tokens, before) => native.detokenize(tokens as Token[], false, before as Token[]),
    isEnd: token => native.isEogToken(token as Token),
    held: () => sequence.contextTokens,
    erase: (from, to) => sequence.eraseContextTokenRanges([{ start: from, end: to }]),
    evaluate: tokens => sequence.evaluateWithoutGeneratingNewTokens(tokens as Token[]),
    generate: (tokens, sampling) => generate(sequence, tokens as Token[], sampling),
    useThreads(threads) {
      // The library gives its one context all the threads that it may use.
      llama.maxThreads = threads
    },
    dispose: () => llama.dispose(),
  }
}

/**
 * Before it makes a model and before it makes a context, the library loads the model once more without its weights to
 * learn what memory it will take: each time a quarter of a second, for the vocabulary. That matters where layers are shared out to
 * a graphics card. On the processor its own formula will do: for weights the same figure, for a context a quarter more.
 */
function estimateByFormula(insights: GgufInsights): void {
  insights.estimateModelResourceRequirementsV2 = async function (this: GgufInsights, options) {
    return this.estimateModelResourceRequirements(options)
  }
  insights.estimateContextResourceRequirementsV2 = async function (this: GgufInsights, options) {
    return this.estimateContextResourceRequirements({ ...options, flashAttention: options.flashAttention === true })
  }
}

async function* generate(sequence: LlamaContextSequence, tokens: Token[], sampling: Sampling): AsyncGenerator<number, void, void> {
  const written: Token[] = []
  const source = sequence.evaluate(tokens, {
    temperature: sampling.temperature,
    topP: sampling.topP,
    topK: sampling.topK,
    yieldEogToken: true,
    ...(sampling.repeatPenalty === 1
      ? {}
      : { repeatPenalty: { punishTokens: () => written.slice(-PENALTY_TOKENS), penalty: sampling.repeatPenalty, maxPunishTokens: PENALTY_TOKENS } }),
  })
  for await (const token of source) {
    written.push(token)
    yield token
  }
}

function factsOf(native: LlamaModel): ModelFacts {
  const { general, tokenizer } = native.fileInfo.metadata
  return {
    name: general.name ?? '',
    chatTemplate: tokenizer.chat_template ?? '',
    startToken: native.tokens.shouldPrependBosToken ? native.tokens.bosString : null,
  }
}

function loadError(model: InstalledModel, cause: unknown): AppError {
  const params = { model: model.id }
  if (cause instanceof Error && /insufficient ?memory|too large for the available|failed to allocate/i.test(`${cause.name} ${cause.message}`))
    return new AppError('out-of-memory', `Not enough memory for a model: ${model.id}.`, { cause, params })
  return new AppError('model-corrupt', `A model cannot be loaded: ${model.id}.`, { cause, params })
}
