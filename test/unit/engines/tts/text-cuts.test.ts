import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cutAtWords } from '../../../../src-main/engines/tts/text-cuts'

describe('cutting a long text', () => {
  it('leaves a short one as it is', () => {
    expect(cutAtWords('Hello there.', 4096)).toEqual(['Hello there.'])
    expect(cutAtWords('', 4096)).toEqual([''])
  })

  it('cuts at white space, the last that fits', () => {
    expect(cutAtWords('one two three', 9)).toEqual(['one two ', 'three'])
    expect(cutAtWords('one two three', 7)).toEqual(['one two', ' three'])
  })

  it('cuts between the words of a script that has no spaces', () => {
    const pieces = cutAtWords('私は東京に住んでいます', 6)
    const words = [...new Intl.Segmenter(undefined, { granularity: 'word' }).segment('私は東京に住んでいます')].map(({ index }) => index)
    expect(pieces.join('')).toBe('私は東京に住んでいます')
    expect(words).toContain(pieces[0]?.length)
  })

  it('never inside of a character, however long a word is', () => {
    const family = '👩‍👩‍👧'
    for (const piece of cutAtWords(family.repeat(20), 30))
      expect(piece.length % family.length).toBe(0)
  })

  it('loses nothing, and every piece fits', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme', maxLength: 400 }), fc.integer({ min: 20, max: 60 }), (text, max) => {
      const pieces = cutAtWords(text, max)
      expect(pieces.join('')).toBe(text)
      expect(pieces.every(piece => piece.length <= max && (piece !== '' || text === ''))).toBe(true)
    }), { numRuns: 300 })
  })
})
