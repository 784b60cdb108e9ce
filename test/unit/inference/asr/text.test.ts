import type { AgreedText } from '../../../../src-main/inference/child/asr/agreement'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createAgreement } from '../../../../src-main/inference/child/asr/agreement'
import { TakeText, whole } from '../../../../src-main/inference/child/asr/take-text'
import { cleanText, findFault, findLoop, withoutLoops, wordsOf } from '../../../../src-main/inference/child/asr/transcript-check'

describe('what is wrong with a transcript', () => {
  it.each([
    ['', 2000, 'empty'],
    ['…', 2000, 'empty'],
    ['today today today today today today today today', 500, 'too-fast'],
    ['and so on and so on and so on and so on', 4000, 'loop'],
    ['I will show you how to make a demo. I will show you how to make a demo.', 6000, 'loop'],
    ['the the the the', 2000, 'loop'],
    ['Yes.', 4000, 'too-sparse'],
    ['Yes.', 400, undefined],
    ['No, no, no, that is not it.', 2000, undefined],
    ['It was the best of times. It was the worst of times. It was the age of wisdom.', 6000, undefined],
    ['10001 90210 01803', 7100, undefined],
    ['Twenty-three skidoo, twenty-three skidoo!', 3000, undefined],
  ] as const)('%j in %d ms: %s', (text, voiceMs, fault) => {
    expect(findFault(text, voiceMs)).toBe(fault)
  })

  it('finds a repeated group wherever it stands, and leaves the rest whole', () => {
    const words = fc.uniqueArray(fc.stringMatching(/^[a-z]{2,8}$/), { minLength: 3, maxLength: 40 })
    fc.assert(fc.property(words, fc.nat(), fc.nat(), fc.integer({ min: 4, max: 9 }), (unique, a, b, times) => {
      const from = a % unique.length
      const period = 1 + b % (unique.length - from)
      const group = unique.slice(from, from + period)
      const looped = [...unique.slice(0, from), ...Array.from<string[]>({ length: times }).fill(group).flat(), ...unique.slice(from + period)]
      expect(findLoop(unique)).toBeUndefined()
      expect(findLoop(looped)).toEqual({ from: from + period, to: from + period * times, period })
      expect(withoutLoops(looped.join(' '))).toBe(unique.join(' '))
    }))
  })

  it('says a looping clause once, with its punctuation', () => {
    expect(withoutLoops('So, here we go again now. Here we go again now. here we go again now, friends.')).toBe('So, here we go again now. friends.')
  })

  it('puts byte tokens together and spaces right', () => {
    expect(cleanText(' caf<0xC3><0xA9>  au\nlait <0xE5><0xBE>')).toBe('café au lait')
    expect(cleanText('<0xe5><0xbe><0x88>')).toBe('很')
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const bytes = [...new TextEncoder().encode(text)].map(byte => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`).join('')
      expect(cleanText(bytes)).toBe(text.replace(/\s+/g, ' ').trim().replaceAll('\uFFFD', ''))
    }))
  })

  it('compares words without case and punctuation', () => {
    expect(wordsOf('It\'s 2:30 — go, "Bob"!')).toEqual(['it\'s', '2', '30', 'go', 'bob'])
  })
})

describe('local agreement', () => {
  const stableOf = ({ text, stableChars }: AgreedText): string => text.slice(0, stableChars)

  it('holds back the last word and waits for the rounds', () => {
    const agreement = createAgreement({ rounds: 3, holdBack: 1 })
    expect([
      agreement.update('The quick'),
      agreement.update('The quick brown fox'),
      agreement.update('The quick brown fox jumps over'),
      agreement.update('The quick brown fox jumps over the dog'),
    ].map(stableOf)).toEqual(['', '', 'The', 'The quick brown'])
    agreement.reset()
    expect(agreement.update('The quick brown fox')).toEqual({ text: 'The quick brown fox', stableChars: 0 })
  })

  it('keeps stable words against later hypotheses, which go on where they fit', () => {
    const agreement = createAgreement({ rounds: 2, holdBack: 0 })
    agreement.update('The quick brown')
    agreement.update('The quick brown fox')
    expect([
      agreement.update('The quack brown fox jumps'),
      agreement.update('Then the quick brown fox jumps over'),
      agreement.update('The brown'),
      agreement.update(''),
    ].map(({ text }) => text)).toEqual(['The quick brown fox jumps', 'The quick brown fox jumps over', 'The quick brown fox jumps', 'The quick brown fox jumps'])
  })

  it('gives way to a decode of the whole phrase, word for word', () => {
    const agreement = createAgreement({ rounds: 2, holdBack: 0 })
    agreement.update('I want two')
    agreement.update('I want two apples')
    expect(agreement.replace('I want to eat.')).toEqual({ text: 'I want to eat.', stableChars: 'I want to'.length })
    expect(agreement.update('I want to eat. Apples')).toEqual({ text: 'I want to eat. Apples', stableChars: 'I want to eat.'.length })
  })

  it('never takes a stable word back nor changes one, whatever the hypotheses say', () => {
    const words = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 12 }).map(each => each.join(' '))
    fc.assert(fc.property(fc.array(words, { maxLength: 20 }), fc.integer({ min: 2, max: 4 }), fc.integer({ min: 0, max: 3 }), (hypotheses, rounds, holdBack) => {
      const agreement = createAgreement({ rounds, holdBack })
      let before = ''
      for (const hypothesis of hypotheses) {
        const agreed = agreement.update(hypothesis)
        const stable = stableOf(agreed)
        expect(`${stable} `.startsWith(before === '' ? '' : `${before} `)).toBe(true)
        expect(stable === '' || `${agreed.text} `.charAt(agreed.stableChars) === ' ').toBe(true)
        before = stable
      }
    }))
  })
})

describe('the text of a take', () => {
  it('tells phrases in order, each once, joined by single spaces, however decodes end', () => {
    fc.assert(fc.property(
      fc.array(fc.constantFrom('', 'One.', 'Two three.', 'four'), { maxLength: 12 }).chain(texts =>
        fc.record({ texts: fc.constant(texts), order: fc.shuffledSubarray(texts.map((_, index) => index), { minLength: texts.length }) })),
      ({ texts, order }) => {
        const told: { text: string, index: number }[] = []
        const take = new TakeText(({ text, index }) => told.push({ text, index }))
        const resolvers = texts.map((_, index) => take.open({ hypothesis: whole('guess'), startMs: index, endMs: index + 1, voiceMs: 100 }))
        for (const index of order) {
          resolvers[index]?.(texts[index] as string)
          resolvers[index]?.('never this')
        }
        const said = texts.filter(Boolean)
        expect(told).toEqual(said.map((text, index) => ({ text, index })))
        expect({ text: take.committed, open: take.openCount, speechMs: take.speechMs }).toEqual({ text: said.join(' '), open: 0, speechMs: said.length * 100 })
      },
    ))
  })

  it('shows the guess of a phrase until it is decoded', () => {
    const take = new TakeText(() => {})
    const first = take.open({ hypothesis: { text: 'guess one', stableChars: 5 }, startMs: 0, endMs: 1, voiceMs: 1 })
    const second = take.open({ hypothesis: whole(''), startMs: 1, endMs: 2, voiceMs: 1 })
    second('Two.')
    expect(take.withTail({ text: 'and then', stableChars: 3 })).toEqual({ text: 'guess one Two. and then', stableChars: 5 })
    first('One.')
    expect(take.withTail({ text: 'and then', stableChars: 3 })).toEqual({ text: 'One. Two. and then', stableChars: 'One. Two. and'.length })
    expect(take.withTail({ text: 'and', stableChars: 0 }).stableChars).toBe('One. Two.'.length)
    expect(take.withTail(whole(''))).toEqual(whole('One. Two.'))
  })
})
