/** A message and the tokens it takes in the prompt. */
export interface TokenisedMessage<Token> {
  readonly role: 'system' | 'user' | 'assistant'
  readonly tokens: readonly Token[]
}

export interface FitOptions {
  /** Tokens the prompt may have. */
  readonly budget: number
  /**
   * Turns that were already left out for the last prompt of the same conversation. They stay out, so that the
   * prompt keeps its beginning and with it the state that was computed for it.
   */
  readonly droppedTurns: number
}

export interface Fit<Token> {
  readonly kept: readonly TokenisedMessage<Token>[]
  readonly droppedTurns: number
}

/** When turns must go, enough go for a while: each cut costs the state of what follows it. */
const REFILL = 0.6

/**
 * Leaves out whole turns, oldest first, until the prompt fits; the system's messages at the beginning and the last
 * turn stay. Null: these alone do not fit.
 */
export function fitTurns<Token>(messages: readonly TokenisedMessage<Token>[], options: FitOptions): Fit<Token> | null {
  const bodyAt = messages.findIndex(message => message.role !== 'system')
  const system = bodyAt < 0 ? messages : messages.slice(0, bodyAt)
  const turns = turnsOf(bodyAt < 0 ? [] : messages.slice(bodyAt))
  const systemTokens = count(system)
  const sizes = turns.map(count)
  const sizeFrom = (from: number): number => systemTokens + sizes.slice(from).reduce((sum, size) => sum + size, 0)
  const keepFrom = (from: number): Fit<Token> => ({ kept: [...system, ...turns.slice(from).flat()], droppedTurns: from })

  const last = Math.max(0, turns.length - 1)
  if (sizeFrom(last) > options.budget)
    return null
  const before = options.droppedTurns <= last ? options.droppedTurns : 0
  if (sizeFrom(before) <= options.budget)
    return keepFrom(before)
  let from = before
  while (from < last && sizeFrom(from) > options.budget * REFILL)
    from++
  return keepFrom(from)
}

/** A turn begins with a user's message and holds everything up to the next one. */
function turnsOf<Token>(messages: readonly TokenisedMessage<Token>[]): TokenisedMessage<Token>[][] {
  const turns: TokenisedMessage<Token>[][] = []
  for (const message of messages) {
    if (message.role === 'user' || turns.length === 0)
      turns.push([message])
    else
      (turns.at(-1) as TokenisedMessage<Token>[]).push(message)
  }
  return turns
}

function count<Token>(messages: readonly TokenisedMessage<Token>[]): number {
  return messages.reduce((sum, message) => sum + message.tokens.length, 0)
}

/**
 * How to get from what the context holds to what is wanted: erase `[eraseFrom, eraseTo)`, keep what is then the
 * first `kept` tokens, erase the rest, evaluate `wanted` from `kept` on.
 */
export interface ReusePlan {
  readonly eraseFrom: number
  readonly eraseTo: number
  readonly kept: number
}

/** A stretch after a gap is worth moving from this length on. */
const MIN_MOVED_TOKENS = 32

/**
 * The longest common beginning; and when turns in the middle were left out, also what follows the gap, moved forward.
 * At least the last wanted token stays to be evaluated: the reply grows from it.
 */
export function planReuse<Token>(held: readonly Token[], wanted: readonly Token[]): ReusePlan {
  const limit = Math.max(0, wanted.length - 1)
  let prefix = 0
  while (prefix < held.length && prefix < limit && held[prefix] === wanted[prefix])
    prefix++
  const none: ReusePlan = { eraseFrom: prefix, eraseTo: prefix, kept: prefix }
  let best = none
  for (let from = prefix + 1; from < held.length && held.length - from > best.kept - prefix; from++) {
    let length = 0
    while (from + length < held.length && prefix + length < limit && held[from + length] === wanted[prefix + length])
      length++
    if (length >= MIN_MOVED_TOKENS && prefix + length > best.kept)
      best = { eraseFrom: prefix, eraseTo: from, kept: prefix + length }
  }
  return best
}
