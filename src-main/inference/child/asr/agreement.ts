/**
 * Local agreement: words that successive hypotheses of a growing phrase have in common are stable.
 * The last words of a hypothesis are guesses at cut-off sound and never count.
 */
export interface Agreement {
  /** Takes the next hypothesis; returns how many of its leading characters are stable. */
  update: (text: string) => number
  /** The hypothesis whose beginning is being agreed on belongs to another phrase now. */
  reset: () => void
}

export interface AgreementOptions {
  /** Hypotheses in a row that must agree. */
  readonly rounds: number
  /** Words at the end of a hypothesis that are not trusted. */
  readonly holdBack: number
}

export function createAgreement({ rounds, holdBack }: AgreementOptions): Agreement {
  let recent: string[][] = []
  return {
    update(text) {
      const words = text.split(' ').filter(Boolean)
      recent = [...recent, words].slice(-rounds)
      if (recent.length < rounds)
        return 0
      let count = 0
      const limit = Math.min(...recent.map(each => each.length - holdBack))
      while (count < limit && recent.every(each => each[count] === words[count]))
        count++
      return words.slice(0, count).join(' ').length
    },
    reset() {
      recent = []
    },
  }
}
