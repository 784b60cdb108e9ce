import type { Token } from '../tokens'
import type { SignTable, SpokenSign } from './table'
import { endsSentence, isCapitalized, plain } from '../tokens'

/** A sign that was said: `count` tokens from `at` on. */
export interface SaidSign {
  readonly at: number
  readonly count: number
  readonly sign: SpokenSign
}

export interface SaidSigns {
  readonly signs: ReadonlyMap<number, SaidSign>
  /** Tokens that only said that what follows is a word. */
  readonly escapes: ReadonlySet<number>
}

interface Name {
  readonly words: readonly string[]
  readonly sign: SpokenSign
}

/** By the first word; the longest name first. */
const indexes = new WeakMap<SignTable, ReadonlyMap<string, readonly Name[]>>()

function indexOf(table: SignTable): ReadonlyMap<string, readonly Name[]> {
  const known = indexes.get(table)
  if (known !== undefined)
    return known
  const index = new Map<string, Name[]>()
  for (const sign of table.signs) {
    for (const name of sign.names) {
      // Recognisers also write "semi-colon" and "new-line".
      for (const words of name.includes(' ') ? [name.split(' '), [name.replaceAll(' ', '-')]] : [[name]]) {
        const first = words[0] as string
        index.set(first, [...index.get(first) ?? [], { words, sign }])
      }
    }
  }
  for (const names of index.values())
    names.sort((a, b) => b.words.length - a.words.length)
  indexes.set(table, index)
  return index
}

function isSaidAt(tokens: readonly Token[], at: number, words: readonly string[]): boolean {
  return words.every((word, i) => {
    const token = tokens[at + i]
    if (token === undefined || plain(token.word) !== word || (i > 0 && token.space.includes('\n')))
      return false
    // "new, line" is no name; a quote or a bracket inside it neither.
    return (i === 0 || token.lead === '') && (i === words.length - 1 || token.tail === '')
  })
}

/** What stands around a name, as far as it belongs to the same clause; empty: nothing does. */
interface Surroundings {
  readonly before: string
  readonly beforeAsWritten: string
  readonly twoBefore: string
  readonly next: string
  readonly nextToken: Token | undefined
  /** Something follows in the same sentence. */
  readonly goesOn: boolean
  readonly startsSentence: boolean
}

function surroundings(tokens: readonly Token[], at: number, count: number): Surroundings {
  const [two, one, first, last, next] = [tokens[at - 2], tokens[at - 1], tokens[at] as Token, tokens[at + count - 1] as Token, tokens[at + count]]
  const isNear = one !== undefined && one.tail === '' && !first.space.includes('\n')
  const isTwoNear = isNear && two !== undefined && two.tail === '' && !one.space.includes('\n')
  const isNextNear = next !== undefined && last.tail === '' && !next.space.includes('\n') && next.lead === ''
  return {
    before: isNear ? plain(one.word) : '',
    beforeAsWritten: isNear ? one.word : '',
    twoBefore: isTwoNear ? plain(two.word) : '',
    next: isNextNear ? plain(next.word) : '',
    nextToken: next,
    goesOn: next !== undefined && !endsSentence(last.tail) && !next.space.includes('\n'),
    startsSentence: one === undefined || endsSentence(one.tail) || first.space.includes('\n'),
  }
}

/** The name is a noun here: somebody speaks of the sign, or means another thing. */
function isNoun(around: Surroundings, sign: SpokenSign, table: SignTable): boolean {
  const { before, twoBefore, next } = around
  const isDetermined = table.determiners.has(twoBefore) || table.demonstratives.has(twoBefore)
  // "20 percent sign of it": behind a number there is nothing else that it could be.
  if (sign.kind === 'suffix' && /\p{N}$/u.test(before))
    return false
  if (table.determiners.has(before) || sign.notBehind?.has(before) === true)
    return true
  if (table.nounFollowers.has(next) || sign.notBefore?.has(next) === true)
    return true
  if (table.clauseEnds.has(`${twoBefore} ${before}`))
    return false
  if (sign.hardlyBehind?.has(before) === true)
    return next !== '' || isDetermined || table.prepositions.has(twoBefore)
  if (table.verbs.has(next) && (around.startsSentence || table.demonstratives.has(before)))
    return true
  return isDetermined && (table.adjectives.has(before) || table.adjectiveForm?.test(around.beforeAsWritten) === true)
}

/** "with cap john": before a lower-case word that could be a name, and where no noun "cap" is likely. */
function isCap(around: Surroundings, functionWord: (word: string) => boolean): boolean {
  return around.next !== '' && /^\p{L}/u.test(around.next) && !functionWord(around.next) && !isCapitalized(around.nextToken?.word ?? '')
    && (around.before === '' || functionWord(around.before))
}

function isSign(tokens: readonly Token[], at: number, name: Name, table: SignTable, functionWord: (word: string) => boolean): boolean {
  const around = surroundings(tokens, at, name.words.length)
  if (isNoun(around, name.sign, table))
    return false
  switch (name.sign.kind) {
    case 'cap':
      return isCap(around, functionWord)
    case 'no-space':
      return around.next !== '' && around.before !== ''
    // At the end it is the noun: "a hundred yard dash", "one bullet point".
    case 'spaced':
      return around.nextToken !== undefined || tokens.length === name.words.length
    case 'line':
      return around.nextToken !== undefined || !name.sign.text.endsWith('- ')
    case 'prefix':
    case 'caps-on':
      return around.goesOn
    default:
      return true
  }
}

/** Of the halves of "quote … unquote" only those that have another half, with something between. */
function withoutUnpaired(said: SaidSign[]): SaidSign[] {
  const closesLater: boolean[] = []
  let closes = false
  for (let i = said.length - 1; i >= 0; i--) {
    closesLater[i] = closes
    closes ||= said[i]?.sign.kind === 'close' && said[i]?.sign.text === '"'
  }
  let isOpen = false
  return said.filter(({ sign }, i) => {
    if (sign.paired === 'first' && !closesLater[i])
      return false
    if (sign.paired === 'second' && !isOpen)
      return false
    if (sign.text === '"')
      isOpen = sign.kind === 'open'
    return true
  })
}

/** Finds the names that are signs where they stand. `late`: only those that are looked for after numbers, or only the others. */
export function findSaidSigns(tokens: readonly Token[], table: SignTable, late: boolean, functionWord: (word: string) => boolean): SaidSigns {
  const index = indexOf(table)
  const said: SaidSign[] = []
  const escapes = new Set<number>()
  for (let i = 0; i < tokens.length;) {
    const token = tokens[i] as Token
    const name = token.lead === '' || !/["'“«„([{]/u.test(token.lead)
      ? index.get(plain(token.word))?.find(name => isSaidAt(tokens, i, name.words))
      : undefined
    const before = tokens[i - 1]
    if (name === undefined) {
      i++
    }
    else if (before !== undefined && before.tail === '' && table.escapes.has(plain(before.word))) {
      if ((name.sign.late === true) === late)
        escapes.add(i - 1)
      i += name.words.length
    }
    else {
      if ((name.sign.late === true) === late && isSign(tokens, i, name, table, functionWord))
        said.push({ at: i, count: name.words.length, sign: name.sign })
      i += name.words.length
    }
  }
  return { signs: new Map(withoutUnpaired(said).map(sign => [sign.at, sign])), escapes }
}
