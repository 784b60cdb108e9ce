const BELOW_TWENTY = [
  'zero',
  'one',
  'two',
  'three',
  'four',
  'five',
  'six',
  'seven',
  'eight',
  'nine',
  'ten',
  'eleven',
  'twelve',
  'thirteen',
  'fourteen',
  'fifteen',
  'sixteen',
  'seventeen',
  'eighteen',
  'nineteen',
]
const TENS = ['', '', 'twenty', 'thirty', 'forty', 'fifty', 'sixty', 'seventy', 'eighty', 'ninety']

export interface Spelling {
  /** "one hundred and five" */
  readonly and: boolean
  /** Between tens and digits: "twenty-three". */
  readonly hyphen: boolean
  /** After "thousand" and "million" where hundreds follow, as it is written out in full. */
  readonly comma: boolean
}

/** A whole number below a thousand million, as it is said. */
export function spell(value: number, spelling: Spelling): string {
  if (value === 0)
    return 'zero'
  const millions = Math.floor(value / 1e6)
  const thousands = Math.floor(value / 1000) % 1000
  const rest = value % 1000
  const groups: string[] = []
  if (millions > 0)
    groups.push(`${spellGroup(millions, spelling)} million`)
  if (thousands > 0)
    groups.push(`${spellGroup(thousands, spelling)} thousand`)
  if (rest > 0)
    groups.push(`${spelling.and && rest < 100 && groups.length > 0 ? 'and ' : ''}${spellGroup(rest, spelling)}`)
  return groups.reduce((said, group) => `${said}${spelling.comma && / hundred|thousand/.test(group) ? ',' : ''} ${group}`)
}

function spellGroup(value: number, { and, hyphen }: Spelling): string {
  const hundreds = Math.floor(value / 100)
  const rest = value % 100
  const words: string[] = hundreds > 0 ? [`${BELOW_TWENTY[hundreds]} hundred`] : []
  if (hundreds > 0 && rest > 0 && and)
    words.push('and')
  if (rest >= 20)
    words.push(`${TENS[Math.floor(rest / 10)]}${rest % 10 > 0 ? `${hyphen ? '-' : ' '}${BELOW_TWENTY[rest % 10]}` : ''}`)
  else if (rest > 0)
    words.push(BELOW_TWENTY[rest] ?? '')
  return words.join(' ')
}

/** How it is written: words up to nine, also of millions, commas from 10,000 on. */
export function written(value: number): string {
  if (value < 10)
    return BELOW_TWENTY[value] ?? ''
  if (value % 1e6 === 0)
    return value < 1e7 ? `${BELOW_TWENTY[value / 1e6]} million` : `${value / 1e6} million`
  return value < 10_000 ? String(value) : value.toLocaleString('en-US')
}
