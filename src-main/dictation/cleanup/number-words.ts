/** What a word says as a number; null: it says none. */
type Part
  = | { readonly type: 'unit' | 'teen' | 'tens', readonly value: number, readonly ordinal: boolean }
    | { readonly type: 'scale', readonly value: number, readonly ordinal: boolean }

const PARTS = new Map<string, Part>()

function define(type: Part['type'], words: string, values: (index: number) => number, ordinal: boolean): void {
  words.split(' ').forEach((word, index) => PARTS.set(word, { type, value: values(index), ordinal }))
}

define('unit', 'zero one two three four five six seven eight nine', index => index, false)
define('unit', 'zeroth first second third fourth fifth sixth seventh eighth ninth', index => index, true)
define('teen', 'ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen', index => index + 10, false)
define('teen', 'tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth', index => index + 10, true)
define('tens', 'twenty thirty forty fifty sixty seventy eighty ninety', index => index * 10 + 20, false)
define('tens', 'twentieth thirtieth fortieth fiftieth sixtieth seventieth eightieth ninetieth', index => index * 10 + 20, true)
define('scale', 'hundred thousand million billion', index => [100, 1e3, 1e6, 1e9][index] ?? 1, false)
define('scale', 'hundredth thousandth millionth billionth', index => [100, 1e3, 1e6, 1e9][index] ?? 1, true)

const DIGITS = /^\d+(?:\.\d+)?$/

export interface ReadNumber {
  /** In digits, with a point: `1250`, `3.10`. */
  readonly digits: string
  /** So many of the words. */
  readonly used: number
}

/**
 * Reads one number at the beginning of `words` (lower case, digits without thousands' marks, `5th` as `5`): "two hundred and five" is
 * 205, "twenty twenty" is 20 and the next one 20, "2.5 million" is 2500000. Null: there is none.
 */
export function readNumber(words: readonly string[]): ReadNumber | null {
  const first = words[0]
  if (first === undefined)
    return null
  const whole = DIGITS.test(first) ? readFigure(words, first) : readWords(words)
  return whole && readDecimals(words, whole)
}

/** "2.5 million", "2 hundred"; a figure alone stays as it is written. */
function readFigure(words: readonly string[], figure: string): ReadNumber {
  const next = PARTS.get(words[1] ?? '')
  if (next?.type !== 'scale' || next.ordinal)
    return { digits: figure, used: 1 }
  return { digits: scaled(figure, next.value), used: 2 }
}

function scaled(digits: string, scale: number): string {
  return String(Math.round(Number(digits) * scale * 100) / 100)
}

function readWords(words: readonly string[]): ReadNumber | null {
  let total = 0
  let current = 0
  let room = Infinity // what may follow is smaller than this
  let smallestScale = Infinity
  let used = 0
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as string
    const part = PARTS.get(word)
    if (!part) {
      // "two hundred and five"; in "five and six" the numbers are two.
      const next = PARTS.get(words[at + 1] ?? '')
      if (word === 'and' && used > 0 && room >= 100 && room < Infinity && next && next.type !== 'scale' && next.value > 0)
        continue
      break
    }
    if (part.type === 'scale') {
      if (part.value === 100) {
        if (current >= 100 || (used > 0 && current === 0))
          break
        current = (current || 1) * 100
        room = 100
      }
      else {
        if (part.value >= smallestScale || (used > 0 && current === 0))
          break
        total += (current || 1) * part.value
        smallestScale = part.value
        current = 0
        room = part.value
      }
    }
    else {
      if (used > 0 && (part.value >= room || part.value === 0))
        break
      current += part.value
      room = part.type === 'tens' ? 10 : 0
    }
    used = at + 1
    if (part.ordinal)
      break
  }
  return used === 0 ? null : { digits: String(total + current), used }
}

/** "three point one four", "two point five million" */
function readDecimals(words: readonly string[], whole: ReadNumber): ReadNumber {
  if (words[whole.used] !== 'point' || whole.digits.includes('.'))
    return whole
  let decimals = ''
  let at = whole.used + 1
  for (; at < words.length; at++) {
    const part = PARTS.get(words[at] as string)
    if (part?.type === 'unit' && !part.ordinal)
      decimals += part.value
    else if (/^\d+$/.test(words[at] as string))
      decimals += words[at]
    else break
  }
  if (decimals === '')
    return whole
  const digits = `${whole.digits}.${decimals}`
  const scale = PARTS.get(words[at] ?? '')
  return scale?.type === 'scale' && !scale.ordinal ? { digits: scaled(digits, scale.value), used: at + 1 } : { digits, used: at }
}

/**
 * Whether numbers that were said one after another are one that is written together: "twenty twenty four" 2024, "five thirty" 530,
 * "five five five one two" 55512. Two single digits are two numbers.
 */
export function isWrittenTogether(parts: readonly string[], whole: string): boolean {
  if (parts.length < 2 || parts.join('') !== whole)
    return false
  if (parts.every(part => part.length === 1))
    return parts.length >= 3
  return parts.length === 2 && (parts[0] as string).length <= 2 && (parts[1] as string).length === 2
}
