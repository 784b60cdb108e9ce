import type { Item } from './english-items'
import type { NumberElement } from './english-run'
import type { Token } from './tokens'
import { AFTER_TIME, MONTHS } from './english-words'
import { endsClause, wordAt, wordBefore } from './tokens'

/** How two numbers hang together: "five to ten", "five, ten". */
export type Link = 'to' | 'by' | 'or' | 'and' | 'out of' | 'comma' | 'comma-and'

/** Numbers that are written alike: `links[i]` is between the items i and i + 1. */
export interface Chain {
  readonly items: readonly Item[]
  readonly links: readonly Link[]
}

export function readChains(tokens: readonly Token[], items: readonly Item[]): Chain[] {
  const kept = keepPairs(tokens, items)
  const chains: { items: Item[], links: Link[] }[] = []
  for (const item of kept) {
    const chain = chains.at(-1)
    const before = chain?.items.at(-1)
    const link = before === undefined ? null : linkOf(tokens, before, item)
    if (chain === undefined || link === null) {
      chains.push({ items: [item], links: [] })
    }
    else {
      chain.items.push(item)
      chain.links.push(link)
    }
  }
  return chains
}

/** "ten to five" and "two or three hundred" stay as they were said. */
function keepPairs(tokens: readonly Token[], items: readonly Item[]): Item[] {
  const keep = new Set<number>()
  items.forEach((item, i) => {
    const next = items[i + 1]
    if (item.kind !== 'amount' || next?.kind !== 'amount' || !isListed(tokens, item) || !isListed(tokens, next))
      return
    const link = linkBetween(tokens, item.to, next.from)
    const span = link === 'to' || link === 'or' || (link === 'and' && wordBefore(tokens, item.from) === 'between')
    if ((link === 'to' && isTimeTold(tokens, item.number, next.number)) || (span && isSharedScale(tokens, item.number, next.number))) {
      keep.add(i)
      keep.add(i + 1)
    }
  })
  return items.map(({ from, to }, i) => keep.has(i) ? { kind: 'kept', from, to } : items[i]!)
}

function linkOf(tokens: readonly Token[], item: Item, next: Item): Link | null {
  return item.kind === next.kind && isListed(tokens, item) && isListed(tokens, next) ? linkBetween(tokens, item.to, next.from) : null
}

/** Not a year and not a day: "in 1980 and five years later". */
function isListed(tokens: readonly Token[], item: Item): boolean {
  if (item.kind === 'ordinal')
    return true
  if (item.kind !== 'amount' || item.number.bareArticle)
    return false
  const { value, digits, from } = item.number
  const year = Number.isInteger(value) && value >= 1000 && value <= 2099 && !digits.includes(',')
  return !year && !MONTHS.has(wordBefore(tokens, from))
}

function linkBetween(tokens: readonly Token[], from: number, to: number): Link | null {
  if (from === to)
    return tokens[to]?.gap === 'comma' ? 'comma' : null
  const word = tokens[from]?.lower
  const soft = wordAt(tokens, from) !== ''
  if (wordAt(tokens, to) === '')
    return null
  if (to - from === 2)
    return soft && word === 'out' && wordAt(tokens, from + 1) === 'of' ? 'out of' : null
  if (to - from > 2)
    return null
  if (tokens[from]?.gap === 'comma')
    return word === 'and' || word === 'or' ? 'comma-and' : null
  return soft && (word === 'to' || word === 'by' || word === 'or' || word === 'and') ? word : null
}

function isTimeTold(tokens: readonly Token[], first: NumberElement, second: NumberElement): boolean {
  if (![5, 10, 20, 25].includes(first.value) || !Number.isInteger(second.value) || second.value < 1 || second.value > 12)
    return false
  return endsClause(tokens, second.to) || AFTER_TIME.has(wordAt(tokens, second.to))
}

function isSharedScale(tokens: readonly Token[], first: NumberElement, second: NumberElement): boolean {
  if (second.literal)
    return false
  const last = tokens[second.to - 1]?.lower
  const scale = last === 'hundred' ? 100 : last === 'thousand' ? 1000 : 0
  return scale > 0 && first.value < second.value / scale
}
