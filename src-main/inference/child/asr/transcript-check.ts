/** What is wrong with a transcript, judged by the text and the amount of voice it came from. */
export type Fault = 'empty' | 'loop' | 'too-fast' | 'too-sparse'

/** Fast readers reach 20 to 22 letters a second; nobody speaks 32. */
const MAX_LETTERS_PER_SECOND = 32
/** Slow speech with pauses has 6 or more; below 3, words are missing. */
const MIN_LETTERS_PER_SECOND = 3
/** A digit is spoken as a word. */
const LETTERS_PER_DIGIT = 4

export function findFault(text: string, voiceMs: number): Fault | undefined {
  const words = wordsOf(text)
  const letters = weigh(words)
  if (letters === 0)
    return 'empty'
  const seconds = Math.max(voiceMs, 300) / 1000
  if (letters / seconds > MAX_LETTERS_PER_SECOND)
    return 'too-fast'
  if (findLoop(words))
    return 'loop'
  if (seconds > 2 && letters / seconds < MIN_LETTERS_PER_SECOND)
    return 'too-sparse'
  return undefined
}

/**
 * A number with a mark behind it before the first word: `10. Please …`, `2021, tell …`, `100% pleased …`. After silence Moonshine
 * hears one in the burst of a p or t, depending on how much silence there is.
 */
export function beginsWithLooseNumber(text: string): boolean {
  return /^\p{N}[\p{N}.,]*[.,:;!?%]\s+\p{L}/u.test(text)
}

/** Lower-case words without punctuation; the unit of every comparison of transcripts. */
export function wordsOf(text: string): string[] {
  return text.toLowerCase().replace(/[^\p{L}\p{N}'\s]/gu, ' ').split(/\s+/).filter(Boolean)
}

function weigh(words: readonly string[]): number {
  let letters = 0
  for (const word of words)
    letters += word.length + (LETTERS_PER_DIGIT - 1) * (word.match(/\p{N}/gu)?.length ?? 0)
  return letters
}

export interface Loop {
  /** Index of the first word that only repeats what stands before it. */
  readonly from: number
  /** Index after the last such word. */
  readonly to: number
  /** Words of the repeated group. */
  readonly period: number
}

/** How often a group of words must stand in a row to be a loop: people say "no, no, no", but no clause twice. */
function timesFor(period: number): number {
  if (period === 1)
    return 4
  return period <= 6 ? 3 : 2
}

/** The first group of words that is repeated in a row more often than people do. Linear for each period. */
export function findLoop(words: readonly string[]): Loop | undefined {
  for (let period = 1; period <= words.length / 2; period++) {
    let run = 0
    for (let i = period; i <= words.length; i++) {
      if (i < words.length && words[i] === words[i - period]) {
        run++
        continue
      }
      if (run >= period * (timesFor(period) - 1))
        return { from: i - run, to: i, period }
      run = 0
    }
  }
  return undefined
}

/** The text with each loop said once. */
export function withoutLoops(text: string): string {
  let tokens = text.split(/\s+/).filter(Boolean)
  for (;;) {
    const keyed = tokens.map(token => wordsOf(token).join('') || token)
    const loop = findLoop(keyed)
    if (!loop)
      return tokens.join(' ')
    tokens = [...tokens.slice(0, loop.from), ...tokens.slice(loop.to)]
  }
}

/**
 * Clean text out of the decoder's: byte tokens (`<0xE5>`) put together as UTF-8, spaces single. A sequence of
 * bytes that is no UTF-8 is left out.
 */
export function cleanText(raw: string): string {
  return raw
    .replace(/(?:<0x[0-9A-F]{2}>)+/gi, (run) => {
      const bytes = Uint8Array.from(run.match(/[0-9A-F]{2}(?=>)/gi) ?? [], hex => Number.parseInt(hex, 16))
      return new TextDecoder().decode(bytes).replaceAll('\uFFFD', '')
    })
    .replaceAll('\uFFFD', '')
    .replace(/\s+/g, ' ')
    .trim()
}
