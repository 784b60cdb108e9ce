import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { countWords, piecesOf } from '../../../../src-main/dictation/cleanup/pieces'

function together(text: string, words: number): string {
  return piecesOf(text, words).map(piece => piece.text + piece.separator).join('')
}

describe('pieces', () => {
  it('end with sentences and lines', () => {
    expect(piecesOf('One two. Three four! Five six?\n\nSeven. Eight nine ten.', 4)).toEqual([
      { text: 'One two. Three four!', separator: ' ' },
      { text: 'Five six?', separator: '\n\n' },
      { text: 'Seven. Eight nine ten.', separator: '' },
    ])
  })

  it('of a long sentence end with a comma, or else between words', () => {
    expect(piecesOf('a b c d, e f g h, i j k l', 4).map(piece => piece.text)).toEqual(['a b c d,', 'e f g h,', 'i j k l'])
    expect(piecesOf('a b c d e f g h i j', 4).map(piece => piece.text)).toEqual(['a b c d', 'e f g h', 'i j'])
  })

  it('of a script without blanks end with its marks', () => {
    const text = '今天下午三点我们开会。请大家准时参加！谢谢。'
    expect(countWords(text)).toBe(10)
    expect(piecesOf(text, 6).map(piece => piece.text)).toEqual(['今天下午三点我们开会。', '请大家准时参加！谢谢。'])
  })

  it('put together are the text, and none is much too long', () => {
    const unit = fc.constantFrom('word', 'a', ' ', ' ', ' ', '\n', '. ', ', ', '? ', '…', '漢', '。', '"')
    fc.assert(fc.property(fc.array(unit, { maxLength: 200 }).map(units => units.join('')), fc.integer({ min: 2, max: 20 }), (text, words) => {
      expect(together(text, words)).toBe(text)
      for (const piece of piecesOf(text, words)) {
        expect(piece.text).not.toContain('\n')
        expect(piece.separator.trim()).toBe('')
        expect(piece.text.match(/\S+/g)?.length ?? 0).toBeLessThanOrEqual(words * 1.5)
      }
    }))
  })
})
