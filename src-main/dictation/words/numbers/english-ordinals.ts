import type { Item } from './english-items'
import type { Token } from './tokens'
import { ordinalSuffix } from './english-reading'
import { endsClause, wordAt, wordBefore } from './tokens'

interface Change {
  readonly from: number
  readonly to: number
  readonly text: string
}

/** After which "the twenty second" is a place in an order, not a time of twenty seconds. */
const ORDERED = new Set([
  'century',
  'floor',
  'street',
  'avenue',
  'birthday',
  'anniversary',
  'amendment',
  'day',
  'week',
  'of',
  'place',
  'edition',
  'time',
  'president',
  'chapter',
  'element',
  'district',
  'precinct',
  'division',
  'regiment',
  'season',
  'episode',
  'annual',
])

/** From 10th on in digits; `listed`: a smaller one too, "ninth and tenth". */
export function writeOrdinal(tokens: readonly Token[], item: Extract<Item, { kind: 'ordinal' }>, listed: boolean): Change[] {
  const { from, to, value } = item
  const before = wordBefore(tokens, from)
  const next = wordAt(tokens, to)
  const written = [{ from, to, text: `${value}${ordinalSuffix(value)}` }]
  if (value < 10)
    return listed && value > 2 ? written : []
  // "a tenth of it", "the eleventh hour", "twenty first graders"
  const part = to === from + 1 && ['a', 'an', 'one'].includes(before) && (next === 'of' || endsClause(tokens, to))
  if (part || (value === 11 && next === 'hour') || next === 'grader' || next === 'graders')
    return []
  const seconds = value % 10 === 2 && value % 100 > 20 && tokens[to - 1]?.lower === 'second'
  return seconds && !ORDERED.has(next) && !(before === 'the' && endsClause(tokens, to)) ? [] : written
}
