import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createAgreement } from '../../../../src-main/inference/child/asr/agreement'
import { decodePhrase } from '../../../../src-main/inference/child/asr/phrase-decoder'
import { quotedUntil, withoutQuotes, withoutStrayMarks } from '../../../../src-main/inference/child/asr/stray-marks'

/** Words in speech marks, elisions, punctuation: what a recogniser may put together, and what it hardly does. */
const pieces = fc.constantFrom('What', 'is', 'it', 'boss', 'dogs\'', 'don\'t', '\'tis', '\'em', '\'90s', 'goin\'', '5', '-5', '.NET', '"', '\'', '“', '”', '‘', '’', '"\'', '\'"', ' ', ' ', ' ', ',', '.', '?', '...', '—', '(', ')', '*')
const texts = fc.array(pieces, { maxLength: 16 }).map(parts => parts.join('').replace(/\s+/g, ' ').trim())
/** Text that reads well: sentences, some of them with something quoted in them. */
const words = fc.constantFrom('what', 'is', 'a', 'harbour', 'don\'t', 'bees\'', 'rock', '\'em', '42')
const clause = fc.array(words, { minLength: 1, maxLength: 4 }).map(each => each.join(' '))
const sentence = fc.tuple(clause, fc.option(clause), clause).map(([before, quoted, after]) => `So ${before}${quoted === null ? '' : ` "well ${quoted}"`} ${after} then.`)
const proper = fc.array(sentence, { minLength: 1, maxLength: 3 }).map(each => each.join(' '))

/** Those of feet and inches aside. */
const quotesIn = (text: string): number => (text.replace(/\d['’]\s?\d{1,2}["“”„]/g, '').match(/["“”]|(?<![\p{L}\p{N}])‘/gu) ?? []).length
const doublesIn = (text: string): number => quotesIn(text.replaceAll('‘', ''))
const lettersOf = (text: string): string => text.replace(/[^\p{L}\p{N} ]/gu, '').replace(/\s+/g, ' ').trim()

describe('marks for which nothing was said', () => {
  it.each([
    ['\'What is the capital of France?', 'What is the capital of France?'],
    ['"What is the capital of France?', 'What is the capital of France?'],
    ['"\'What is the capital of France?\'', 'What is the capital of France?'],
    ['"What is the capital of France?"', 'What is the capital of France?'],
    ['“What is the capital of France?”', 'What is the capital of France?'],
    ['\'Tell me about the boss\'s dogs', 'Tell me about the boss\'s dogs'],
    ['What is the capital of France?"', 'What is the capital of France?'],
    ['What is the capital of France\'.', 'What is the capital of France.'],
    ['‘What is it', 'What is it'],
    ['"', ''],
    ['\'" ...', ''],
    ['\'What is the dogs\' home?', 'What is the dogs\' home?'],
    ['- What is it?', 'What is it?'],
    ['... and then, " he left', 'and then, he left'],
    [', (what is it', 'what is it'],
    ['\'12 times 7 is what?\'', '12 times 7 is what?'],
    ['\'Cause of death?\'', 'Cause of death?'],
    ['He said, "what is it', 'He said, what is it'],
  ])('%s: %s', (text, clean) => {
    expect([withoutStrayMarks(text), withoutQuotes(text)]).toEqual([clean, clean])
  })

  it.each([
    '\'Tis the season.',
    '\'Cause I said so.',
    'Give \'em to me.',
    'Wait \'til nine.',
    'The music of the \'90s.',
    '\'90s music, please.',
    'Rock \'n\' roll.',
    'Don\'t you like O\'Brien\'s?',
    'These are the dogs\'',
    'What are you doin\' at the dogs\' home?',
    'A bunch o\' flowers.',
    'He is 6\'2".',
    '-5 plus 7.',
    '.NET is what?',
    '$5, please.',
    '#1 is what?',
    '(Well) what is it?',
    'What\'s up (again)?',
    '',
  ])('stays: %s', (text) => {
    expect([withoutStrayMarks(text), withoutQuotes(text)]).toEqual([text, text])
  })

  it.each([
    ['"Go home," he said.', 'Go home, he said.'],
    ['He said, "go home."', 'He said, go home.'],
    ['What does \'ad hoc\' mean?', 'What does ad hoc mean?'],
    ['She said, "what does \'ad hoc\' mean?"', 'She said, what does ad hoc mean?'],
    ['The word \'dogs\' is long.', 'The word dogs is long.'],
    ['“Yes” and “no”.', 'Yes and no.'],
  ])('stays in a phrase, and not in a guess: %s', (text, guess) => {
    expect([withoutStrayMarks(text), withoutQuotes(text)]).toEqual([text, guess])
  })

  it('of a proper text changes nothing, and takes away what stands around it, before or behind it', () => {
    const stray = fc.constantFrom('"', '\'', '“', '‘', '"\'', '- ', '... ', ', ')
    fc.assert(fc.property(proper, stray, fc.constantFrom('', '"', '\'', '”', '\'"'), (text, before, behind) => {
      expect(withoutStrayMarks(text)).toBe(text)
      expect(withoutStrayMarks(`${before}${text}${behind}`)).toBe(text)
    }))
  })

  it('of anything leaves every letter, is done in one go, and leaves no half of a pair and nothing before the first word', () => {
    fc.assert(fc.property(texts, (text) => {
      for (const clean of [withoutStrayMarks, withoutQuotes]) {
        const after = clean(text)
        expect(lettersOf(after)).toBe(lettersOf(text))
        expect(clean(after)).toBe(after)
        expect(after).toMatch(/^(?:$|[\p{L}\p{N}"“'‘’(]|-\p{N}|\.[\p{L}\p{N}])/u)
        expect(doublesIn(after) % 2).toBe(0)
      }
      expect(quotesIn(withoutQuotes(text))).toBe(0)
    }), { numRuns: 2000 })
  })

  it('leaves stable words as they were told, and never half a quote in what is told', () => {
    const told = fc.oneof(
      fc.record({ whole: fc.constant(false), text: fc.oneof(texts, proper) }),
      fc.record({ whole: fc.constant(true), text: proper }),
    )
    fc.assert(fc.property(proper, fc.array(told, { maxLength: 12 }), fc.integer({ min: 2, max: 3 }), (spoken, heard, rounds) => {
      const agreement = createAgreement({ rounds, holdBack: 1 })
      const growing = spoken.split(' ').map((_, index, all) => ({ whole: index % 5 === 4, text: `"'${all.slice(0, index + 1).join(' ')}` }))
      let stable = ''
      for (const { whole, text } of [...growing, ...heard]) {
        const agreed = whole ? agreement.replace(withoutStrayMarks(text)) : agreement.update(withoutQuotes(text))
        const now = agreed.text.slice(0, agreed.stableChars)
        expect(agreed.stableChars).toBe(now.length)
        expect(now === '' || /^(?: |$)/.test(agreed.text.slice(agreed.stableChars))).toBe(true)
        if (!whole)
          expect(`${now} `.startsWith(stable === '' ? '' : `${stable} `)).toBe(true)
        expect(doublesIn(agreed.text) % 2).toBe(0)
        expect(doublesIn(now) % 2).toBe(0)
        stable = now
      }
    }), { numRuns: 500 })
  })

  it('counts words up to where no quote is open', () => {
    const said = 'He said "go home now" again'.split(' ')
    expect([0, 1, 2, 3, 4, 5, 6].map(count => quotedUntil(said, count))).toEqual([0, 1, 2, 5, 5, 5, 6])
  })

  it('are gone from a decoded phrase, also where a loop was cut', async () => {
    const decode = (text: string): Promise<{ text: string }> => decodePhrase({ voiceMs: 3000, certain: true, framed: () => new Float32Array(1) }, { main: async () => text }, () => true)
    expect((await decode('"\'What is the weather like tomorrow?\'')).text).toBe('What is the weather like tomorrow?')
    expect((await decode('He said "go on go on go on go on go on go on"')).text).not.toMatch(/^[^"]*"[^"]*$/)
  })
})
