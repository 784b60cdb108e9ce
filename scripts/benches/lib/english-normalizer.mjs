/**
 * English as published word error rates compare it: without fillers, contractions written out, numbers as digits,
 * American spelling. After the idea of the normaliser that came with Whisper (Radford et al. 2022, appendix C), with
 * the rules that short spoken clips need.
 */
const FILLERS = /\b(?:hmm|mm|mhm|mmm|uh|um|er|ah)\b/g

const CONTRACTIONS = [
  [/\bwon't\b/g, 'will not'],
  [/\bcan't\b/g, 'can not'],
  [/\bcannot\b/g, 'can not'],
  [/\blet's\b/g, 'let us'],
  [/\bain't\b/g, 'aint'],
  [/\by'all\b/g, 'you all'],
  [/\bwanna\b/g, 'want to'],
  [/\bgonna\b/g, 'going to'],
  [/\bgotta\b/g, 'got to'],
  [/\bmr\b/g, 'mister'],
  [/\bmrs\b/g, 'missus'],
  [/\bdr\b/g, 'doctor'],
  [/\bprof\b/g, 'professor'],
  [/\bokay\b/g, 'ok'],
  [/\balright\b/g, 'all right'],
  [/\b(\w+)'s (been|got)\b/g, '$1 has $2'],
  [/n't\b/g, ' not'],
  [/'re\b/g, ' are'],
  [/'s\b/g, ' is'],
  [/'d\b/g, ' would'],
  [/'ll\b/g, ' will'],
  [/'ve\b/g, ' have'],
  [/'m\b/g, ' am'],
]

const SPELLINGS = [
  [/\b(colo|favo|hono|labo|neighbo|behavio|harbo|humo|rumo|flavo|endeavo|savio)ur/g, '$1r'],
  [/\b((?:centi|kilo|milli)?met|(?:milli)?lit|cent|theat|fib)re(s?)\b/g, '$1er$2'],
  [/\b(\w+?)(?<!\b(?:[wr]|adv|rev|surpr|exerc|prom|superv|prec|no|pra|ra|wise|otherw|likew|m))is(e|es|ed|ing|ation)\b/g, (word, stem, end) => IZE.has(stem) ? `${stem}iz${end}` : word],
  [/\bgrey\b/g, 'gray'],
  [/\b(travel|cancel|label|model|signal)l(ed|ing|er)\b/g, '$1$2'],
]
const IZE = new Set(['real', 'organ', 'recogn', 'apolog', 'critic', 'emphas', 'minim', 'maxim', 'author', 'civil', 'util', 'special', 'general', 'memor'])

const SMALL = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve', 'thirteen', 'fourteen', 'fifteen', 'sixteen', 'seventeen', 'eighteen', 'nineteen']
const TENS = ['', '', 'twenty', 'thirty', 'forty', 'fifty', 'sixty', 'seventy', 'eighty', 'ninety']
const SCALES = new Map([['thousand', 1e3], ['million', 1e6], ['billion', 1e9]])

export function normalizeEnglish(text) {
  let result = text.toLowerCase().replaceAll('’', '\'').replace(/\[[^\]]*\]|\([^)]*\)/g, '')
  result = result.replace(FILLERS, '')
  for (const [pattern, replacement] of CONTRACTIONS)
    result = result.replace(pattern, replacement)
  result = result
    .replace(/(\d),(?=\d{3}\b)/g, '$1')
    .replace(/(\d)\s*%/g, '$1 percent')
    .replace(/[^\p{L}\p{N}\s.]/gu, ' ')
    .replace(/\.(?!\d)/g, ' ')
  for (const [pattern, replacement] of SPELLINGS)
    result = result.replace(pattern, replacement)
  return digits(result.split(/\s+/).filter(Boolean)).join(' ')
}

/** Spelled numbers become digits: `twenty three` 23, `two hundred and five` 205; digits in a row stay apart. */
function digits(words) {
  const result = []
  let open = null
  const close = () => {
    if (open)
      result.push(String(open.total + open.part))
    open = null
  }
  for (const [index, word] of words.entries()) {
    const small = SMALL.indexOf(word)
    const ten = TENS.indexOf(word)
    if (small >= 0) {
      if (open && ((open.last === 'ten' && small > 0 && small < 10) || open.last === 'scale')) {
        open.part += small
      }
      else {
        close()
        open = { total: 0, part: small }
      }
      open.last = 'small'
    }
    else if (word && ten >= 2) {
      if (open?.last === 'scale') {
        open.part += ten * 10
      }
      else {
        close()
        open = { total: 0, part: ten * 10 }
      }
      open.last = 'ten'
    }
    else if (open && word === 'hundred') {
      open.part = Math.max(1, open.part) * 100
      open.last = 'scale'
    }
    else if (open && SCALES.has(word)) {
      open.total += Math.max(1, open.part) * SCALES.get(word)
      open.part = 0
      open.last = 'scale'
    }
    else if (open?.last === 'scale' && word === 'and' && (SMALL.includes(words[index + 1]) || TENS.includes(words[index + 1]))) {
      continue
    }
    else {
      close()
      result.push(word)
    }
  }
  close()
  return result
}
