import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fenceOf } from '../../../../src-main/dictation/cleanup/fence'
import { unwrap } from '../../../../src-main/dictation/cleanup/unwrap'

const FENCE = fenceOf('q7')

describe('what models put around a text', () => {
  it.each([
    ['its marks', '<text-q7>\nHello Anna.\n</text-q7>'],
    ['the marks of the examples', '<text-e0x4>Hello Anna.</text-e0x4>'],
    ['a mark that is not whole', 'Hello Anna.\n</text-q7'],
    ['more after the mark', '<text-q7>\nHello Anna.\n</text-q7>\nI removed the filler words.'],
    ['an announcement', 'Here is the cleaned-up text:\n\nHello Anna.'],
    ['an announcement with courtesy', 'Sure! Here\'s the text with correct punctuation:\nHello Anna.'],
    ['courtesy alone', 'Certainly! Hello Anna.'],
    ['a label', 'Corrected text: Hello Anna.'],
    ['quotation marks', '"Hello Anna."'],
    ['curly ones', '“Hello Anna.”'],
    ['a code fence', '```text\nHello Anna.\n```'],
    ['several of them', 'Sure, here is the corrected version:\n\n```\n"Hello Anna."\n```\n\nLet me know if you need anything else.'],
    ['an explanation', 'Hello Anna.\n\nNote: I removed "um".'],
    ['white space', '\r\n  Hello Anna. \n'],
  ])('%s', (_, reply) => expect(unwrap(reply, 'um hello anna', FENCE)).toBe('Hello Anna.'))
})

describe('what the text has itself', () => {
  it.each([
    ['quotation marks', '"Hello Anna."', '"hello anna"'],
    ['quotations inside', '"Yes" and "no"', 'yes and no'],
    ['an announcement', 'Here is the text: it is short.', 'here is the text: it is short'],
    ['courtesy', 'Sure! I will come.', 'Sure! I will come'],
    ['a code fence', '```\na\n```', '```\na\n```'],
    ['a note below', 'Hello.\n\nNote: it is late.', 'Hello\n\nNote: it is late'],
  ])('%s stay', (_, reply, source) => expect(unwrap(reply, source, FENCE)).toBe(reply))

  it('is never touched inside', () => {
    fc.assert(fc.property(fc.array(fc.constantFrom('one', 'two', 'sure', 'here', 'note'), { minLength: 2, maxLength: 20 }), (words) => {
      const text = `Well ${words.join(' ')}.`
      expect(unwrap(text, text, FENCE)).toBe(text)
      expect(unwrap(FENCE.wrap(text), text, FENCE)).toBe(text)
    }))
  })
})
