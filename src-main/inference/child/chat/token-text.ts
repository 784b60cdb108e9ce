/** Tokens put together to text: `before` are tokens that came before, for vocabularies where that matters. */
export type Detokenize<Token> = (tokens: readonly Token[], before: readonly Token[]) => string

export interface TokenText<Token> {
  /** The text that this token completes; empty while a character is unfinished. */
  push: (token: Token) => string
  /** What is left when no token follows; an unfinished character comes as U+FFFD. */
  flush: () => string
}

/** A character has at most four bytes, and a token at least one. */
const MAX_HELD_TOKENS = 4
const CONTEXT_TOKENS = 4
const REPLACEMENT = '\uFFFD'

/** Text from tokens that may end in the middle of a character: such a token waits for the next. */
export function createTokenText<Token>(detokenize: Detokenize<Token>): TokenText<Token> {
  let held: Token[] = []
  let before: Token[] = []

  function take(): string {
    const text = detokenize(held, before)
    before = [...before, ...held].slice(-CONTEXT_TOKENS)
    held = []
    return text
  }

  return {
    push(token) {
      held.push(token)
      if (held.length < MAX_HELD_TOKENS && detokenize(held, before).endsWith(REPLACEMENT))
        return ''
      return take()
    },
    flush: () => held.length === 0 ? '' : take(),
  }
}
