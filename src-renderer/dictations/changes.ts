export interface Change {
  /** `out`: heard, and not written; `in`: written, and not heard. */
  readonly kind: 'same' | 'out' | 'in'
  readonly text: string
}

/** More words than this are not compared: it would take longer than reading them. */
const MOST_WORDS = 1_500

/** The two texts as one, word by word, with what went out and what came in; null: they are too long to be compared. */
export function changesBetween(raw: string, final: string): readonly Change[] | null {
  const from = wordsIn(raw)
  const to = wordsIn(final)
  if (from.length > MOST_WORDS || to.length > MOST_WORDS)
    return null
  const lengths = commonLengths(from, to)
  const changes: { kind: Change['kind'], words: string[] }[] = []
  const add = (kind: Change['kind'], word: string): void => {
    const last = changes.at(-1)
    if (last?.kind === kind)
      last.words.push(word)
    else
      changes.push({ kind, words: [word] })
  }
  let i = 0
  let j = 0
  while (i < from.length || j < to.length) {
    if (i < from.length && j < to.length && from[i] === to[j]) {
      add('same', from[i] ?? '')
      i += 1
      j += 1
    }
    else if (j >= to.length || (i < from.length && at(lengths, to.length, i + 1, j) >= at(lengths, to.length, i, j + 1))) {
      add('out', from[i] ?? '')
      i += 1
    }
    else {
      add('in', to[j] ?? '')
      j += 1
    }
  }
  return changes.map(({ kind, words }) => ({ kind, text: words.join(' ') }))
}

function wordsIn(text: string): readonly string[] {
  return text.split(/\s+/).filter(word => word !== '')
}

function at(lengths: Uint16Array, columns: number, i: number, j: number): number {
  return lengths[i * (columns + 1) + j] ?? 0
}

/** For each pair of places: how many words the rests from there have in common, in order. */
function commonLengths(from: readonly string[], to: readonly string[]): Uint16Array {
  const columns = to.length
  const lengths = new Uint16Array((from.length + 1) * (columns + 1))
  for (let i = from.length - 1; i >= 0; i--) {
    for (let j = columns - 1; j >= 0; j--) {
      lengths[i * (columns + 1) + j] = from[i] === to[j]
        ? at(lengths, columns, i + 1, j + 1) + 1
        : Math.max(at(lengths, columns, i + 1, j), at(lengths, columns, i, j + 1))
    }
  }
  return lengths
}
