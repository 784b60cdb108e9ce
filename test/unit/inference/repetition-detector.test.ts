import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRepetitionDetector } from '../../../src-main/inference/child/chat/repetition-detector'

/** How many characters in, or -1: fed in pieces of `size`. */
function foundAt(text: string, size = 3): number {
  const detector = createRepetitionDetector()
  for (let at = 0; at < text.length; at += size) {
    if (detector.push(text.slice(at, at + size)))
      return at
  }
  return -1
}

describe('repetition detector', () => {
  it.each([
    ['a sentence', 'I am happy to help you with that today. '.repeat(6)],
    ['a clause', 'and then we went home '.repeat(8)],
    ['a word', 'yes '.repeat(40)],
    ['a numbered list of the same', Array.from({ length: 12 }, (_, i) => `${i + 1}. Check the cable and try again.\n`).join('')],
    ['a line with other lines between', Array.from({ length: 6 }, (_, i) => `The sea is deep and blue. Number ${['one', 'two', 'three', 'four', 'five', 'six'][i]} is here now.\n`).join('')],
    ['letters with no space', 'ha'.repeat(120)],
    ['a long paragraph', 'Water boils when it is hot enough, and it freezes when it gets cold; between the two it flows from the hills to the sea, and rises again. '.repeat(4)],
    ['after a good beginning', `The moon is a rocky body that circles the Earth. ${'It is round. It is far. '.repeat(10)}`],
  ])('finds %s', (_, text) => {
    expect(foundAt(text)).toBeGreaterThan(0)
  })

  it.each([
    ['emphasis', 'No, no, no, never, never, never! Very, very, very good.'],
    ['counting', `${Array.from({ length: 60 }, (_, i) => i + 1).join(' ')} `],
    ['a table\'s rule', `${'-'.repeat(300)}\n${'='.repeat(200)} `],
    ['a list', Array.from({ length: 12 }, (_, i) => `${i + 1}. ${['Milk', 'Bread', 'Eggs', 'Salt', 'Oil', 'Rice', 'Tea', 'Figs', 'Nuts', 'Corn', 'Peas', 'Beans'][i]} from the shop.\n`).join('')],
    ['a refrain', 'Row, row, row your boat, gently down the stream. Merrily, merrily, merrily, merrily, life is but a dream. Row, row, row your boat, gently down the stream. '],
    ['short answers', 'Yes. No. Yes. No. Yes. Maybe. '],
    ['a question and its like', 'What is the capital of France? The capital of France is Paris. What is the capital of Spain? The capital of Spain is Madrid. What is the capital of Italy? The capital of Italy is Rome. '],
  ])('leaves %s', (_, text) => {
    expect(foundAt(text)).toBe(-1)
  })

  it('finds a loop before it has gone on for long', () => {
    const loop = 'It is a very good idea to do so. '
    const at = foundAt(loop.repeat(50))
    expect(at).toBeLessThan(loop.length * 5)
  })

  it('does not depend on how the text is cut', () => {
    const text = `The answer is short. ${'Please tell me more about it. '.repeat(6)}`
    const whole = createRepetitionDetector().push(text)
    fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 40, maxLength: 40 }), (sizes) => {
      const detector = createRepetitionDetector()
      let found = false
      let at = 0
      for (const size of sizes) {
        found = detector.push(text.slice(at, at + size)) || found
        at += size
      }
      found = detector.push(text.slice(at)) || found
      expect(found).toBe(whole)
    }))
  })
})
