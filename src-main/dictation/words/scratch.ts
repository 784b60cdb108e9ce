import type { Token } from './tokens'
import { baseLanguage, capitalize, endsSentence, isCapitalized, plain, tokenize, untokenize } from './tokens'

interface ScratchWords {
  /** Takes back what was said before. */
  readonly command: readonly string[]
  /** Said before the command they belong to it: "no, scratch that". */
  readonly leadIns: ReadonlySet<string>
  /** Before or behind these it is no command, where the recogniser gave no signs: "to scratch that", "scratch that off". */
  readonly neverBehind: ReadonlySet<string>
  readonly onlyBefore: ReadonlySet<string>
}

function set(list: string): ReadonlySet<string> {
  return new Set(list.split(' '))
}

const NONE = set('')
const TABLES: Readonly<Record<string, ScratchWords>> = {
  en: {
    command: ['scratch', 'that'],
    leadIns: set('no wait actually oh sorry okay ok hmm um uh well'),
    neverBehind: set('to you i we they he she can could will would should must may might not don\'t didn\'t and or just please let\'s cannot can\'t'),
    onlyBefore: set('i i\'m i\'ll we we\'ll you he she they it it\'s let\'s make please what when how'),
  },
  de: { command: ['streich', 'das'], leadIns: set('nein halt moment ach doch'), neverBehind: NONE, onlyBefore: NONE },
  fr: { command: ['efface', 'ça'], leadIns: set('non attends pardon en fait'), neverBehind: NONE, onlyBefore: NONE },
  es: { command: ['borra', 'eso'], leadIns: set('no espera perdón'), neverBehind: NONE, onlyBefore: NONE },
}

/** Without any sign in the text it is not known where the sentence began: so much may be taken back, more stays. */
const MOST_UNPUNCTUATED = 15

function isAt(tokens: readonly Token[], at: number, command: readonly string[]): boolean {
  return command.every((word, i) => {
    const token = tokens[at + i]
    return token !== undefined && plain(token.word) === word && token.lead === '' && (i === command.length - 1 || token.tail === '')
  })
}

function endsClause(token: Token): boolean {
  return /[,.;:!?…—–]/u.test(token.tail)
}

/** The whole text is nothing but the command: "Scratch that.", "No, scratch that." */
export function isScratchCommand(text: string, language: string): boolean {
  const table = TABLES[baseLanguage(language)]
  if (table === undefined || text.length > 80)
    return false
  const tokens = tokenize(text)
  let commands = 0
  for (let i = 0; i < tokens.length;) {
    if (isAt(tokens, i, table.command)) {
      commands++
      i += table.command.length
    }
    else if (table.leadIns.has(plain((tokens[i] as Token).word))) {
      i++
    }
    else {
      return false
    }
  }
  return commands > 0
}

/** A clause of its own: with signs or line breaks around it, or, in a text without any sign, between words that fit. */
function isCommand(tokens: readonly Token[], at: number, table: ScratchWords, hasSigns: boolean): boolean {
  if (!isAt(tokens, at, table.command))
    return false
  const [before, first, last, next] = [tokens[at - 1], tokens[at], tokens[at + table.command.length - 1], tokens[at + table.command.length]] as [Token | undefined, Token, Token, Token | undefined]
  // At the beginning there is nothing in this dictation to take back: it is text.
  if (before === undefined)
    return false
  if (hasSigns)
    return (endsClause(before) || first.space.includes('\n')) && (endsClause(last) || next === undefined || next.space.includes('\n'))
  return !table.neverBehind.has(plain(before.word)) && at <= MOST_UNPUNCTUATED && (next === undefined || table.onlyBefore.has(plain(next.word)))
}

/** Where the sentence begins that the command takes back. */
function scratchedFrom(kept: readonly Token[], starts: number[], table: ScratchWords): number {
  const endsHere = (): boolean => kept.length === 0 || endsSentence((kept.at(-1) as Token).tail)
  let start = starts.pop() ?? 0
  if (!endsHere() && kept.slice(start).every(token => table.leadIns.has(plain(token.word))))
    start = starts.pop() ?? 0
  return start
}

/** Takes back, at each "scratch that", the sentence before it. */
export function applyScratches(text: string, language: string): string {
  const table = TABLES[baseLanguage(language)]
  if (table === undefined)
    return text
  const tokens = tokenize(text)
  const hasSigns = tokens.some(token => endsClause(token) || token.space.includes('\n'))
  const kept: Token[] = []
  const starts: number[] = []
  let resume: { readonly space: string, readonly capital: boolean } | null = null
  for (let i = 0; i < tokens.length;) {
    if (isCommand(tokens, i, table, hasSigns)) {
      const from = scratchedFrom(kept, starts, table)
      const first = kept[from]
      if (first !== undefined)
        resume = { space: first.space, capital: isCapitalized(first.word) }
      kept.length = from
      i += table.command.length
      continue
    }
    const token = { ...tokens[i] as Token }
    const before = kept.at(-1)
    if (resume !== null) {
      token.space = resume.space
      token.word = resume.capital ? capitalize(token.word) : token.word
    }
    if (before === undefined || resume !== null || endsSentence(before.tail) || token.space.includes('\n'))
      starts.push(kept.length)
    resume = null
    kept.push(token)
    i++
  }
  // White space at the ends was said as well: "new line".
  return kept.length === 0 ? '' : (/^\s*/u.exec(text) as RegExpExecArray)[0] + untokenize(kept) + (/\s*$/u.exec(text) as RegExpExecArray)[0]
}
