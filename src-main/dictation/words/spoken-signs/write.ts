import type { Token } from '../tokens'
import type { SaidSign, SaidSigns } from './recognise'
import type { SignKind } from './table'
import { assertNever } from '../../../lib/assert-never'
import { capitalize, endsSentence, isCapitalized, plain, uncapitalize } from '../tokens'

/** Their full stop belongs to them. */
const ABBREVIATIONS = new Set('etc e.g i.e mr mrs ms dr prof a.m p.m u.s u.k inc ltd vs z.b usw bzw d.h'.split(' '))

interface Swallows {
  /** Of the recogniser's signs on the word before. */
  readonly before: 'all' | 'weak' | 'none'
  /** Of those on the name itself. */
  readonly own: 'all' | 'none'
}

const SWALLOWS: Readonly<Record<SignKind, Swallows>> = {
  mark: { before: 'all', own: 'all' },
  open: { before: 'none', own: 'all' },
  close: { before: 'weak', own: 'none' },
  join: { before: 'all', own: 'all' },
  spaced: { before: 'all', own: 'all' },
  prefix: { before: 'none', own: 'all' },
  suffix: { before: 'all', own: 'none' },
  at: { before: 'all', own: 'all' },
  line: { before: 'weak', own: 'all' },
  item: { before: 'weak', own: 'all' },
}

const QUOTES = /["'„“«¿¡]/u
const MARKS = /[,.;:!?…—–-]+/gu
const WEAK_MARKS = /[,;:—–-]+/gu

/** Writes words and signs one after another, with the blanks and capitals that the signs ask for. */
class SignWriter {
  readonly #parts: string[] = []
  /** The signs behind the last word, until it is known whether a spoken sign takes their place. */
  #tail = ''
  #lastWord = ''
  #isGlued = true
  #nextCase: 'upper' | 'lower' | null = null
  #isShouting = false
  #item = 0
  readonly #isLower: (word: string, next: string) => boolean

  constructor(isLower: (word: string, next: string) => boolean) {
    this.#isLower = isLower
  }

  word(token: Token, next: Token | undefined): void {
    // White space before the first word is the caller's.
    const space = this.#takeGlue() && (this.#parts.length === 0 || !token.space.includes('\n')) ? '' : token.space
    this.#flushTail()
    this.#parts.push(space, token.lead, this.#cased(token.word, next?.word ?? ''))
    this.#tail = token.tail
    this.#lastWord = token.word
  }

  sign(said: SaidSign, tokens: readonly Token[]): void {
    const kind = said.sign.kind
    const first = tokens[said.at] as Token
    const own = (tokens[said.at + said.count - 1] as Token).tail
    switch (kind) {
      case 'caps-on':
        this.#isShouting = true
        this.#keepSpace(first)
        return
      case 'caps-off':
        this.#isShouting = false
        this.#tail = endsSentence(own) && !endsSentence(this.#tail) ? this.#tail.replace(WEAK_MARKS, '') + own : this.#tail || own
        return
      case 'cap':
        this.#nextCase = 'upper'
        this.#keepSpace(first)
        return
      case 'no-space':
        this.#isGlued = true
        return
      default:
        this.#written(said, kind, first, own, tokens[said.at + said.count])
    }
  }

  #written(said: SaidSign, kind: SignKind, first: Token, own: string, next: Token | undefined): void {
    const { sign } = said
    // No comma stands before a bracket; before a quotation it does.
    const swallows: Swallows = kind === 'open' && !QUOTES.test(sign.text) ? { before: 'weak', own: 'all' } : SWALLOWS[kind]
    const swallowed = swallows.before === 'all' ? this.#tail : ''
    const atSentenceStart = this.#parts.length === 0 || endsSentence(this.#tail) || first.space.includes('\n')
    if (swallows.before !== 'none')
      this.#tail = ABBREVIATIONS.has(plain(this.#lastWord)) && sign.text !== '.' && this.#tail.startsWith('.') ? '.' : this.#tail.replace(swallows.before === 'all' ? MARKS : WEAK_MARKS, '')
    // "Where are you?" and left: behind the end of a quoted sentence stands no comma.
    const kept = kind === 'close' && endsSentence(this.#tail) ? own.replace(WEAK_MARKS, '') : own
    // "3:30", "16:9".
    const isRatio = sign.text === ':' && /\p{N}$/u.test(this.#lastWord) && /^\p{N}/u.test(next?.word ?? '')
    this.#flushTail()
    const wasGlued = this.#takeGlue()
    const space = wasGlued ? '' : (first.space || ' ')
    this.#tail = swallows.own === 'all' ? own.replace(MARKS, '') : kept
    this.#lastWord = ''
    switch (kind) {
      case 'mark':
      case 'close':
      case 'suffix':
        this.#parts.push(sign.text)
        break
      case 'open':
      case 'prefix':
        this.#parts.push(space, sign.text)
        this.#isGlued = true
        break
      case 'join':
        this.#parts.push(sign.text)
        this.#isGlued = true
        break
      case 'at':
        // "ask @john", but "john@example.com".
        this.#parts.push(next !== undefined && /\p{L}\.\p{L}/u.test(next.word) ? '' : space, sign.text)
        this.#isGlued = true
        break
      case 'spaced':
        this.#parts.push(space, sign.text)
        break
      case 'line':
        this.#parts.push(this.#parts.length === 0 ? sign.text.replace(/^\n+(?=- )/u, '') : sign.text)
        this.#item = sign.text === '\n\n' ? 0 : this.#item
        this.#isGlued = true
        break
      case 'item':
        this.#item++
        this.#parts.push(this.#parts.length === 0 ? '' : '\n', `${this.#item}. `)
        this.#isGlued = true
        break
      default:
        assertNever(kind)
    }
    this.#isGlued ||= isRatio || /\s$/u.test(sign.text)
    this.#nextCase = caseAfter(said, swallowed + (swallows.own === 'all' ? own : ''), atSentenceStart && isCapitalized(first.word))
  }

  end(): string {
    this.#flushTail()
    return this.#parts.join('')
  }

  #flushTail(): void {
    if (this.#tail !== '')
      this.#parts.push(this.#tail)
    this.#tail = ''
  }

  /** A modifier leaves no blank of its own at the beginning or behind an opening sign. */
  #keepSpace(first: Token): void {
    if (this.#parts.length > 0 && !this.#isGlued && first.space.includes('\n')) {
      this.#flushTail()
      this.#parts.push(first.space)
      this.#isGlued = true
    }
  }

  #takeGlue(): boolean {
    const isGlued = this.#isGlued
    this.#isGlued = false
    return isGlued
  }

  #cased(word: string, next: string): string {
    const wish = word === '' ? null : this.#nextCase
    if (word !== '')
      this.#nextCase = null
    if (this.#isShouting)
      return word.toUpperCase()
    if (wish === 'upper')
      return capitalize(word)
    return wish === 'lower' && isCapitalized(word) && this.#isLower(word, next) ? uncapitalize(word) : word
  }
}

/** The recogniser began a sentence where its sign stood; when a comma stands there now, the sentence goes on. */
function caseAfter(said: SaidSign, swallowed: string, wasCapital: boolean): 'upper' | 'lower' | null {
  if (said.sign.endsSentence === true || (said.sign.kind === 'open' && wasCapital))
    return 'upper'
  return endsSentence(swallowed) ? 'lower' : null
}

/** The text of `tokens` with what was said for signs written as signs. `isLower`: whether a word is lower-case in mid-sentence. */
export function writeSigns(tokens: readonly Token[], said: SaidSigns, isLower: (word: string, next: string) => boolean): string {
  const writer = new SignWriter(isLower)
  for (let i = 0; i < tokens.length;) {
    const sign = said.signs.get(i)
    if (sign !== undefined) {
      writer.sign(sign, tokens)
      i += sign.count
      continue
    }
    if (!said.escapes.has(i))
      writer.word(tokens[i] as Token, tokens[i + 1])
    i++
  }
  return writer.end()
}
