/**
 * Quotation marks and punctuation that a recogniser writes though nothing was said for them. After pure silence
 * Moonshine may begin as if it quoted: `"'What is …?'`.
 */

interface Mark {
  readonly at: number
  readonly double: boolean
  readonly opens: boolean
  readonly closes: boolean
  /** Rather an apostrophe (the dogs' home, goin' on): it closes a quote only when nothing else does. */
  readonly weak: boolean
}

interface Pair {
  readonly open: number
  readonly close: number
}

const DOUBLE = '"“”„«»'
const SINGLE = '\'‘’'
const ONLY_OPENS = '“„‘«'
const ONLY_CLOSES = '”»'
/** Before these an apostrophe stands for the letters left out. */
const ELIDED = /^(?:tis|twas|twere|twill|twould|tisn['’]t|twasn['’]t|em|cause|cuz|coz|bout|til|till|[nsdm]|nuff|round|neath|ll|re|ve|\p{N}0s|\p{N}{2})(?![\p{L}\p{N}])/iu
/** What may stand directly before an opening mark. */
const BEFORE_OPENER = /^[\s([{\p{Pd}"“”„«»'‘’]?$/u
/** Six foot two: 6'2". */
const INCHES = /\p{N}['’]\s?\p{N}{1,2}$/u
const WORD_CHAR = /[\p{L}\p{M}\p{N}]/u
/** A quote ends here, at the end of the text: what looks like an elision at its beginning opens it. */
const QUOTED_TO_END = /[.,!?…]['’]["”]?$/
const MINUS = /^[-−]\p{N}/u
/**
 * Punctuation before the first word: what stands alone, what begins no word (a full stop may: .NET, .5), a bracket
 * that is never closed.
 */
const LEADING = /^(?:[,;:!?…)\]}\p{Pd}*_~`|·•、。，！？]|\.{2}|\.(?![\p{L}\p{N}])|[^\P{P}#]+(?=\s|$)|[([{](?![^)\]}]*[)\]}]))/u

/** The text of a whole phrase without them. What is quoted within it stays quoted; marks around all of it are none of its words. */
export function withoutStrayMarks(text: string): string {
  return untilSame(text, each => tidy(each, pairs => pairs.filter(pair => encloses(each, pair))))
}

/**
 * The text of a guess at a phrase without any quotation mark: whether a quote is closed is known only when all of it is
 * decoded. Apostrophes stay.
 */
export function withoutQuotes(text: string): string {
  return untilSame(text, each => tidy(each, pairs => pairs))
}

/** How many of `words` there are up to a place where no quote is open, at `count` or later. */
export function quotedUntil(words: readonly string[], count: number): number {
  const { pairs } = marksIn(words.join(' '))
  const ends: number[] = []
  for (const word of words)
    ends.push((ends.at(-1) ?? -1) + 1 + word.length)
  const isOpen = (end: number): boolean => pairs.some(({ open, close }) => open < end && close >= end)
  let until = count
  while (until > 0 && until < words.length && isOpen(ends[until - 1] as number))
    until++
  return until
}

/** What goes may leave other marks at the edge: a quote within a quote. */
function untilSame(text: string, once: (text: string) => string): string {
  let before = text
  for (;;) {
    const after = once(before)
    if (after === before)
      return after
    before = after
  }
}

function tidy(text: string, unwanted: (pairs: readonly Pair[]) => readonly Pair[]): string {
  const { pairs, strays } = marksIn(text)
  const gone = new Set([...strays, ...unwanted(pairs).flatMap(({ open, close }) => [open, close])])
  const kept = text.split('').filter((_, at) => !gone.has(at)).join('').replace(/\s+/g, ' ').trim()
  return MINUS.test(kept) ? kept : kept.replace(LEADING, '').trim()
}

function encloses(text: string, { open, close }: Pair): boolean {
  return !WORD_CHAR.test(text.slice(0, open)) && !WORD_CHAR.test(text.slice(close + 1))
}

function marksIn(text: string): { pairs: Pair[], strays: number[] } {
  const pairs: Pair[] = []
  const strays: number[] = []
  const marks: Mark[] = []
  for (let at = 0; at < text.length; at++) {
    const mark = markAt(text, at)
    if (mark && !mark.opens && !mark.closes)
      strays.push(at)
    else if (mark)
      marks.push(mark)
  }
  for (const double of [true, false])
    match(text, marks.filter(mark => mark.double === double), pairs, strays)
  return { pairs, strays }
}

/** The mark at a place, and what its surroundings let it be; nothing for an apostrophe. */
function markAt(text: string, at: number): Mark | undefined {
  const char = text.charAt(at)
  const double = DOUBLE.includes(char)
  if (!double && !SINGLE.includes(char))
    return undefined
  const before = text.charAt(at - 1)
  const after = text.charAt(at + 1)
  if (WORD_CHAR.test(before) && WORD_CHAR.test(after))
    return double ? { at, double, opens: false, closes: false, weak: false } : undefined
  const opens = !ONLY_CLOSES.includes(char) && BEFORE_OPENER.test(before) && /\S/.test(after)
  const closes = !ONLY_OPENS.includes(char) && /\S/.test(before)
  if (opens && isElision(text, at))
    return undefined
  if (double && INCHES.test(text.slice(0, at)))
    return undefined
  return { at, double, opens, closes, weak: !double && /[sn]/i.test(before) && /^["”]?\s\S/.test(text.slice(at + 1)) }
}

function isElision(text: string, at: number): boolean {
  const quotesAll = QUOTED_TO_END.test(text) && !WORD_CHAR.test(text.slice(0, at))
  return '\'’'.includes(text.charAt(at)) && ELIDED.test(text.slice(at + 1)) && !quotesAll
}

/** Gives each opening mark of one kind its partner, before the next one opens; what has none is stray. */
function match(text: string, marks: readonly Mark[], pairs: Pair[], strays: number[]): void {
  let next = 0
  for (let mark = marks[next]; mark; mark = marks[next]) {
    next++
    if (!mark.opens) {
      if (isStrayCloser(text, mark))
        strays.push(mark.at)
      continue
    }
    const closers = closersAfter(text, marks, next)
    const partner = closers.find(each => !each.weak) ?? closers.find(each => mayCloseWeakly(text, mark, each))
    if (!partner) {
      strays.push(mark.at)
      continue
    }
    pairs.push({ open: mark.at, close: partner.at })
    const after = marks.indexOf(partner)
    strays.push(...marks.slice(next, after).filter(each => isStrayCloser(text, each)).map(each => each.at))
    next = after + 1
  }
}

/** What may close the mark before `from`. Nothing is quoted without a word in it. */
function closersAfter(text: string, marks: readonly Mark[], from: number): Mark[] {
  const begin = (marks[from - 1] as Mark).at + 1
  const closers: Mark[] = []
  for (const mark of marks.slice(from)) {
    const closes = mark.closes && WORD_CHAR.test(text.slice(begin, mark.at))
    if (mark.opens && !(closes && closers.length === 0))
      break
    if (closes)
      closers.push(mark)
  }
  return closers
}

/** At the beginning of a text, where most strays are, only a single word is quoted as far as an apostrophe. */
function mayCloseWeakly(text: string, open: Mark, close: Mark): boolean {
  return WORD_CHAR.test(text.slice(0, open.at)) || !/\s/.test(text.slice(open.at, close.at))
}

/** An apostrophe behind a letter may be a word's own (the dogs', goin', o'), but hardly at the end of the text on another one. */
function isStrayCloser(text: string, { at, double }: Mark): boolean {
  const before = text.charAt(at - 1)
  if (double || !WORD_CHAR.test(before))
    return true
  return !/[sn]/i.test(before) && !WORD_CHAR.test(text.slice(at + 1))
}
