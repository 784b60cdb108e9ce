/**
 * How many tokens of a prompt to compute at once: a batch cannot be stopped, so it may take about `targetMs`;
 * smaller ones waste what each batch costs on its own. Learns from each batch.
 */
export interface BatchSize {
  readonly tokens: number
  /** How long a batch of so many tokens took. Gives it as a multiple of what was expected. */
  learn: (tokens: number, tookMs: number) => number
}

const MIN_TOKENS = 8
/** The library keeps room for the scores of a whole batch: 0.6 MB a token with a vocabulary of 150 000. */
export const MAX_BATCH_TOKENS = 128
/** Weight of the newest measurement: one disturbed batch must not decide. */
const NEWEST = 0.3
const MOST_CHANGE = 4

export function createBatchSize(targetMs: number, startMsPerToken: number): BatchSize {
  let msPerToken = startMsPerToken
  return {
    get tokens() {
      return Math.max(MIN_TOKENS, Math.min(MAX_BATCH_TOKENS, Math.floor(targetMs / msPerToken)))
    },
    learn(tokens, tookMs) {
      const timesUsual = tookMs / (Math.max(tokens, MIN_TOKENS) * msPerToken)
      // Of a batch that small the fixed cost is most: it says nothing about a larger one.
      if (tokens >= MIN_TOKENS)
        msPerToken += NEWEST * (Math.min(tookMs / tokens, MOST_CHANGE * msPerToken) - msPerToken)
      return timesUsual
    },
  }
}
