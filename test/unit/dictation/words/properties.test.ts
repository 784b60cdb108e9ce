import type { FormatOptions } from '../../../../src-main/dictation/words/types'
import { performance } from 'node:perf_hooks'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { format, textOf } from './support'

/** Words that no rule is about: not stammered, no sign, no command, no filler. */
const WORDS = 'zebra quartz yonder marble lantern Berlin iPhone isn\'t state-of-the-art naïve 42 3.5 漢字 école don’t NATO über wombat'.split(' ')
const SIGNS = ['', '', '', '', ',', '.', '?', '!', ';', ':', '…', ' —', '"']
const sentence = fc.array(fc.tuple(fc.constantFrom(...WORDS), fc.constantFrom(...SIGNS)), { minLength: 1, maxLength: 40 })
  .map(words => words.map(([word, sign]) => word + sign).join(' '))
/** Everything that rules are about, thrown together. */
const SPOKEN = ['um', 'uh,', 'the', 'the', 'I', 'I', 'comma', 'period.', 'new line', 'open quote', 'close quote', 'quote', 'unquote', 'hyphen', 'slash', 'all caps', 'end caps', 'cap', 'no space', 'scratch that.', 'literal', 'th-', 'parlay', 'post gress', 'bullet point', 'a', 'of', 'key', 'numbered item', '"', '(', '—', '\n', '♪', '[Music]', '\uE000', 'at sign', 'percent sign', '...']
const anything = fc.array(fc.oneof(fc.constantFrom(...SPOKEN, ...WORDS), fc.string({ maxLength: 6 })), { maxLength: 40 }).map(parts => parts.join(' '))

const DICTIONARY: FormatOptions['dictionary'] = [{ word: 'Parley', heard: ['parlay'], soundsLike: true }, { word: 'PostgreSQL', heard: ['post gress'], soundsLike: true }]
const EVERYTHING: Partial<FormatOptions> = { spokenPunctuation: true, dictionary: DICTIONARY, snippets: [{ name: 'address', text: 'x' }] }

const context = fc.record({ before: fc.oneof(sentence, fc.constantFrom('', ' ', '\n', '(', '"', 'a "', '- ', '漢', 'e.g. ')), after: fc.oneof(sentence, fc.constantFrom('', ' ', '\n', ')', ', so', '漢')), selected: fc.constant(''), isSecret: fc.boolean() })

function bag(text: string): string[] {
  return (text.match(/[\p{L}\p{M}\p{N}'’.-]*[\p{L}\p{M}\p{N}]/gu) ?? []).map(word => word.toLowerCase()).sort()
}

describe('whatever is said', () => {
  it('never loses or adds a word that no rule is about', () => {
    fc.assert(fc.property(sentence, fc.option(context), (heard, context) => {
      expect(bag(textOf(heard, { ...EVERYTHING, context }))).toEqual(bag(heard))
    }), { numRuns: 400 })
  })

  it('gives the same for its own output', () => {
    fc.assert(fc.property(sentence, (heard) => {
      const once = textOf(heard, EVERYTHING)
      expect(textOf(once, EVERYTHING)).toBe(once)
    }), { numRuns: 400 })
  })

  it('gives the same for its own output with fillers, stutters and the dictionary', () => {
    const stammered = fc.array(fc.constantFrom('um,', 'uh', 'the', 'I', 'and', 'in the', 'was', 'parlay', 'post gress', 'zebra.', 'Berlin,', 'th- the', 'so,', 'hmm.'), { maxLength: 30 }).map(parts => parts.join(' '))
    fc.assert(fc.property(stammered, (heard) => {
      const once = textOf(heard, { dictionary: DICTIONARY, scratchThat: false })
      const twice = textOf(once, { dictionary: DICTIONARY, scratchThat: false })
      expect(textOf(twice, { dictionary: DICTIONARY, scratchThat: false })).toBe(twice)
    }), { numRuns: 300 })
  })

  it('never throws, never ends in a blank but before a word, and never leaves a mark of its own', () => {
    fc.assert(fc.property(anything, fc.option(context), fc.constantFrom('en', 'de', 'fr', 'es', 'ja', ''), (heard, context, language) => {
      const { text, command } = format(heard, { ...EVERYTHING, context, language })
      expect(text).not.toMatch(/[\uE000-\uEFFF]/u)
      if (context === null || context.after === '' || context.isSecret)
        expect(text).not.toMatch(/ $/u)
      if (command === 'undo')
        expect(text).toBe('')
    }), { numRuns: 600 })
  })
})

describe('time', () => {
  const kinds: Record<string, string> = {
    'plain text': 'The quick zebra, um, went to the the parlay in Berlin. ',
    'signs': 'hello comma quote there period new line unquote open paren a slash b close paren ',
    'no signs at all': 'zebra quartz yonder marble lantern wombat ',
    'one word': 'the ',
    'brackets': '( [ * < ',
    'dots': 'a . . . , , ... ',
    'scratches': 'Meet at five. Scratch that. ',
    'dashes': 'a-a-a-a — - b- ',
  }
  it.each(Object.entries(kinds))('grows no faster than the text: %s', (_, part) => {
    const once = (words: number): number => {
      const heard = part.repeat(Math.ceil(words / part.trim().split(/\s+/u).length))
      const start = performance.now()
      textOf(heard, EVERYTHING)
      return performance.now() - start
    }
    let [short, long] = [Infinity, Infinity]
    for (let i = 0; i < 6; i++) {
      short = Math.min(short, once(2_000))
      long = Math.min(long, once(32_000))
    }
    // Sixteen times the words; quadratic growth would be 256 times the time.
    expect(long / Math.max(short, 0.5)).toBeLessThan(80)
  })
})
