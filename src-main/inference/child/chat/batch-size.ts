/**
 * How many tokens of a prompt to compute at once. A batch cannot be stopped (the binding offers no way into it), so it
 * may take about `targetMs`; but what llama.cpp computes comes in blocks of sixteen, so a batch is never smaller. Per
 * token, sixteen are as fast as any more (3.8 ms on two cores), twelve take a quarter longer and eight half as long again.
 * Learns from each batch how fast the machine is at present.
 */
export interface BatchSize {
  /** Of so many tokens that are left. Everything, when what would remain is not worth a batch of its own. */
  next: (left: number, targetMs: number) => number
  /** How long a batch of so many tokens took. Gives it as a multiple of what was expected. */
  learn: (tokens: number, tookMs: number) => number
}

const BLOCK_TOKENS = 16
/** The library keeps room for the scores of a whole batch: 0.6 MB a token with a vocabulary of 150 000. */
export const MAX_BATCH_TOKENS = 128
/** Up to so much more is done in the same batch: two tokens alone take as long as eight with others. */
const STRETCH = 1.125
/** Weight of the newest measurement: one disturbed batch must not decide. */
const NEWEST = 0.3
const MOST_CHANGE = 4

export function createBatchSize(startMsPerToken: number): BatchSize {
  let msPerToken = startMsPerToken
  return {
    next(left, targetMs) {
      const blocks = Math.floor(targetMs / msPerToken / BLOCK_TOKENS)
      const size = Math.max(BLOCK_TOKENS, Math.min(MAX_BATCH_TOKENS, blocks * BLOCK_TOKENS))
      return left <= Math.min(MAX_BATCH_TOKENS, size * STRETCH) ? left : size
    },
    learn(tokens, tookMs) {
      const timesUsual = tookMs / (Math.max(tokens, BLOCK_TOKENS) * msPerToken)
      // Of a smaller batch the fixed cost is most: it says nothing about a larger one.
      if (tokens >= BLOCK_TOKENS)
        msPerToken += NEWEST * (Math.min(tookMs / tokens, MOST_CHANGE * msPerToken) - msPerToken)
      return timesUsual
    },
  }
}
