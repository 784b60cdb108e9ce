import { Buffer } from 'node:buffer'
import { AppError } from '../../lib/app-error'

/** Moonshine adds these to Llama's vocabulary: <<ST_0>> to <<ST_767>>. */
const SPECIAL_TOKENS = 768
const LLAMA_TOKENS = 32_000

/**
 * Llama's vocabulary out of the source text of `llama-tokenizer-js`, which embeds it as the base64 of lines, one token a line,
 * the line feed itself being written as its byte token. The text is read as data; nothing in it runs.
 */
export function readLlamaVocabulary(source: string): string[] {
  const embedded = /\bllama_vocab_base64\s*=\s*"([A-Za-z0-9+/=]+)"/.exec(source)?.[1]
  if (embedded === undefined)
    throw new AppError('model-corrupt', 'The tokenizer\'s source holds no vocabulary.')
  const tokens = Buffer.from(embedded, 'base64').toString('utf8').split('\n')
  if (tokens.length !== LLAMA_TOKENS)
    throw new AppError('model-corrupt', `The tokenizer's vocabulary has ${tokens.length} tokens where ${LLAMA_TOKENS} are right.`)
  return tokens
}

/** The tokens file sherpa-onnx reads for Moonshine: lines `base64(token) TAB id`. */
export function moonshineTokens(vocabulary: readonly string[]): string {
  const special = Array.from({ length: SPECIAL_TOKENS }, (_, at) => `<<ST_${at}>>`)
  return [...vocabulary, ...special]
    .map((token, id) => `${Buffer.from(token, 'utf8').toString('base64')}\t${id}\n`)
    .join('')
}
