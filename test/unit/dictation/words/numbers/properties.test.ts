import type { Spelling } from './speller'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { writeNumbers } from '../../../../../src-main/dictation/words/numbers'
import * as examples from './examples'
import { spell, written } from './speller'

function write(text: string): string {
  return writeNumbers(text, { language: 'en' })
}

/** How many texts of each kind. */
const RUNS = Number(process.env['PARLEY_SPLITS'] ?? 3000)
const spelling = fc.record<Spelling>({ and: fc.boolean(), hyphen: fc.boolean(), comma: fc.boolean() })

const NUMBER_WORDS = (
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fifteen sixteen nineteen twenty thirty forty fifty ninety '
  + 'hundred thousand million billion oh o double triple point minus negative and a to or by of out in first second third fifth ninth tenth twelfth twentieth hundredth'
).split(' ')
const AROUND = (
  'dollars dollar euros pounds pence cents sterling percent per cent pm p.m. am p m o\'clock in the morning evening at night sharp until between March May may march July Friday of '
  + 'since version room chapter page number error code is half quarter past hours kilometers degrees minutes people nineties hundreds eighties Elm Main Street street avenue '
  + 'my no this not century hour graders vision hindsight out'
).split(' ')
const SPELLED = 'dot at com org example john www underscore dash plus slash colon https md readme js uk co email to send info look w'.split(' ')
const DIGITS = ['5', '23', '1984', '1,000', '3.5', '10', '30', '$5', '10:30', '50%', '5th', 'e.g.', 'example.com', '24/7', '2 million', '-5']
const gap = fc.oneof({ weight: 12, arbitrary: fc.constant(' ') }, fc.constantFrom(', ', '-', '. ', '  ', '\n', ' — ', ' (', '; ', ',', '.'))

function sentence(words: readonly string[], maxLength = 14): fc.Arbitrary<string> {
  return fc.array(fc.tuple(fc.constantFrom(...words), gap), { minLength: 1, maxLength })
    .map(pairs => pairs.map(([word, after], i) => i === pairs.length - 1 ? word : word + after).join(''))
}

/** A machine may be busy with something else. */
const LIMIT_MS = 60_000

describe('cardinals', { timeout: LIMIT_MS }, () => {
  it('are read back from each way to say them', () => {
    fc.assert(fc.property(fc.oneof(fc.nat(999_999_999), fc.nat(9999), fc.nat(999_999), fc.nat(999).map(value => value * 1000), fc.nat(999).map(value => value * 1_000_000)), spelling, (value, how) => {
      expect(write(`It is ${spell(value, how)}.`)).toBe(`It is ${written(value)}.`)
    }), { numRuns: RUNS })
  })

  it('are all read up to 9999, in each way', () => {
    const wrong: string[] = []
    for (const and of [true, false]) {
      for (const hyphen of [true, false]) {
        for (let value = 0; value < 10_000; value++) {
          const said = spell(value, { and, hyphen, comma: false })
          if (write(said) !== written(value))
            wrong.push(said)
        }
      }
    }
    expect(wrong).toEqual([])
  })
})

describe('what was written', { timeout: LIMIT_MS }, () => {
  it.each([
    ['numbers', sentence(NUMBER_WORDS)],
    ['numbers and what stands around them', sentence([...NUMBER_WORDS, ...AROUND, ...DIGITS])],
    ['addresses', sentence([...SPELLED, ...DIGITS, 'two', 'ninety', 'nine', 'oh'])],
    ['everything', sentence([...NUMBER_WORDS, ...AROUND, ...SPELLED, ...DIGITS], 40)],
  ])('stays as it is: %s', (_, text) => {
    fc.assert(fc.property(text, (said) => {
      const once = write(said)
      expect(write(once)).toBe(once)
    }), { numRuns: RUNS })
  })
})

describe('what is no number', { timeout: LIMIT_MS }, () => {
  const SOME_WORDS = ['Words', 'often', 'someone', 'It\'s', 'Ünïcödé', '漢字', '🙂', 'to', 'too', 'for', 'won', 'and', 'a', 'the', 'state-of-the-art', 'e.g.', 'Mrs.', 'at', 'of', 'it', 'oh', '"quoted"', '(so)', 'dollars', 'percent', 'point', 'minus', 'first']

  it('is neither changed, dropped nor moved', () => {
    const words = fc.array(fc.tuple(fc.constantFrom(...SOME_WORDS), gap), { maxLength: 30 }).map(pairs => pairs.flat().join(''))
    fc.assert(fc.property(words, (text) => {
      expect(write(text)).toBe(text)
    }), { numRuns: RUNS })
  })

  it('is neither changed, dropped nor moved, whatever the characters are', () => {
    const characters = fc.string({ unit: fc.oneof(fc.constantFrom(...'abc .,;:!?\'"()-–—…@/$%\n'), fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 })), maxLength: 60 })
    fc.assert(fc.property(characters, (text) => {
      fc.pre(!/\d/.test(text))
      expect(write(text)).toBe(text)
    }), { numRuns: RUNS })
  })

  it('stays between and around the numbers of a text', () => {
    const PLAIN = ['apples', 'are', 'nice', 'Anna', 'said', 'Ünïcödé', 'when', 'we', 'left', 'home', 'state-of-the-art']
    const piece = fc.tuple(fc.constantFrom(...PLAIN), fc.oneof(fc.nat(999_999), fc.nat(99)), fc.constantFrom(...PLAIN), fc.constantFrom(' ', '. ', '; ', '\n', ' (', '!? '), spelling)
    fc.assert(fc.property(fc.array(piece, { maxLength: 10 }), (pieces) => {
      const said = pieces.map(([a, value, b, after, how]) => `${a} ${spell(value, how)} ${b}${after}`).join('')
      const expected = pieces.map(([a, value, b, after]) => `${a} ${written(value)} ${b}${after}`).join('')
      expect(write(said)).toBe(expected)
    }), { numRuns: RUNS / 4 })
  })

  it('stays between a number and its signs', () => {
    for (const [before, after] of [['', '.'], ['', ','], ['(', ')'], ['“', '”'], ['"', '"'], ['', '?'], ['', '!'], ['', ';'], ['…', '…'], ['— ', ' —'], ['', '...'], ['*', '*'], ['\n', '\n']])
      expect(write(`so ${before}twenty three${after} then`)).toBe(`so ${before}23${after} then`)
  })
})

describe('languages', () => {
  it.each(['de', 'fr', 'ja', '', 'eng', 'und'])('%j has no rules: nothing is changed', (language) => {
    expect(writeNumbers('twenty three dollars at example dot com', { language })).toBe('twenty three dollars at example dot com')
  })

  it.each(['en', 'EN', 'en-GB', 'en_US'])('%j is English', (language) => {
    expect(writeNumbers('twenty three', { language })).toBe('23')
  })
})

describe('a long text', { timeout: LIMIT_MS }, () => {
  const LONG: readonly (readonly [string, string])[] = [
    ['prose', 'on March fifth nineteen eighty twenty three people paid five dollars at ten thirty to john dot smith at example dot com and '],
    ['digits', 'five '],
    ['years', 'nineteen '],
    ['thousands', 'one thousand '],
    ['hundreds', 'a hundred and '],
    ['lists', 'ten, '],
    ['spans', 'ten to '],
    ['dots', 'a dot '],
    ['numbers and dots', 'one dot '],
    ['points', 'one point '],
    ['paths', 'example dot com slash '],
    ['slashes', 'slash '],
    ['between', 'between one and '],
    ['months', 'March '],
    ['oh', 'oh '],
    ['double', 'double '],
    ['hyphens', 'ten-'],
    ['at', 'john at '],
    ['signs', '..., '],
    ['letters', 'w '],
    ['minus', 'minus five to '],
    ['times', 'three thirty to '],
  ]

  /** The quickest of several: what the machine does besides only adds. */
  function quickestMs(text: string): number {
    let quickest = Number.POSITIVE_INFINITY
    for (let i = 0; i < 5; i++) {
      const startMs = performance.now()
      write(text)
      quickest = Math.min(quickest, performance.now() - startMs)
    }
    return quickest
  }

  it.each(LONG)('takes time in proportion to its length: %s', (_, words) => {
    const few = words.repeat(Math.ceil(6000 / words.length))
    quickestMs(few)
    // Eight times the text: 64 times as long if it were quadratic.
    expect(quickestMs(few.repeat(8)) / quickestMs(few)).toBeLessThan(24)
  })
})

it('shows at least 300 examples', () => {
  expect(Object.values(examples).flat().length).toBeGreaterThanOrEqual(300)
})
