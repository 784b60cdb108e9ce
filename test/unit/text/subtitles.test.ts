import type { Cue, TimedText } from '../../../src-main/text/subtitles'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CueMaker, cueTexts, LINE_COLUMNS, SHORTEST_MS } from '../../../src-main/text/subtitles'

function cuesOf(phrases: readonly TimedText[]): Cue[] {
  const maker = new CueMaker()
  return [...phrases.flatMap(phrase => maker.push(phrase)), ...maker.end()]
}

const phrase = (startMs: number, endMs: number, text: string): TimedText => ({ startMs, endMs, text })
const bare = (text: string): string => text.replaceAll(/\s/gu, '')

const anyText = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 300 }),
  fc.array(fc.constantFrom('a', 'word', 'sentence.', 'clause,', 'state-of-the-art', 'Donaudampfschifffahrtsgesellschaftskapitänsmütze', '🙂', '東京の天気は晴れです。', 'สวัสดีครับ', 'https://example.com/a/very/long/address/that/fits/on/no/line', '3.14159')).map(words => words.join(' ')),
)

describe('the lines of a cue', () => {
  it('are two of 42 columns at most, and lose nothing', () => {
    fc.assert(fc.property(anyText, (text) => {
      const cues = cueTexts(text)
      expect(bare(cues.flat().join(''))).toBe(bare(text))
      for (const lines of cues) {
        expect([1, 2]).toContain(lines.length)
        for (const line of lines) {
          expect(line).toBe(line.trim())
          expect(line).not.toBe('')
          expect([...new Intl.Segmenter().segment(line)].length).toBeLessThanOrEqual(LINE_COLUMNS)
        }
      }
    }))
  })

  it('are one where that is enough', () => {
    expect(cueTexts('This line has exactly forty-two characters')).toEqual([['This line has exactly forty-two characters']])
    expect([cueTexts(''), cueTexts(' \n ')]).toEqual([[], []])
  })

  it('are as even as can be, and part at a clause where there is one', () => {
    expect(cueTexts('When the tide goes out, the boats lie on the sand till noon.')).toEqual([['When the tide goes out,', 'the boats lie on the sand till noon.']])
    expect(cueTexts('one two three four five six seven eight nine ten eleven')).toEqual([['one two three four five six', 'seven eight nine ten eleven']])
  })

  it('end with a sentence where one ends, else with a clause, and leave no forlorn word', () => {
    expect(cueTexts('The first of them is a sentence of its own, as you can see. The second goes on for somewhat longer than that, and then it ends as well.')).toEqual([
      ['The first of them is a sentence', 'of its own, as you can see.'],
      ['The second goes on for somewhat longer', 'than that, and then it ends as well.'],
    ])
    const [first, second] = cueTexts(`${'word '.repeat(17)}end.`)
    expect(second?.join(' ').length).toBeGreaterThan(16)
    expect(first).toHaveLength(2)
  })

  it('of scripts without blanks end where a word ends, and count two columns a sign', () => {
    const cues = cueTexts('東京の天気は今日も晴れです。明日は雨が降るかもしれませんので、傘を持って行くことをお勧めします。気をつけてください。')
    expect(cues.flat().every(line => line.length <= LINE_COLUMNS / 2)).toBe(true)
    expect(cues[0]?.join('')).toMatch(/[。、]$/u)
    expect(cues.flat().some(line => /^[。、]/u.test(line))).toBe(false)
  })
})

describe('cues', () => {
  it('never overlap, last long enough, keep the order and all the words', () => {
    const anyPhrases = fc.array(fc.tuple(fc.nat(20_000), fc.nat(8_000), anyText)).map((all) => {
      let atMs = 0
      return all.map(([gap, length, text]) => {
        const startMs = atMs + gap / 10
        atMs = startMs + length
        return phrase(startMs, atMs, text)
      })
    })
    fc.assert(fc.property(anyPhrases, (phrases) => {
      const cues = cuesOf(phrases)
      expect(bare(cues.flatMap(({ lines }) => lines).join(''))).toBe(bare(phrases.map(({ text }) => text).join('')))
      for (const [at, { startMs, endMs }] of cues.entries()) {
        expect(endMs - startMs).toBeGreaterThanOrEqual(SHORTEST_MS)
        expect(startMs).toBeGreaterThanOrEqual(cues[at - 1]?.endMs ?? 0)
      }
    }))
  })

  it('share the time of a long phrase by their characters', () => {
    const sentence = 'This is a sentence of fifty characters, more or less. '
    expect(cuesOf([phrase(10_000, 20_000, sentence.repeat(2))]).map(({ startMs, endMs }) => [startMs, endMs])).toEqual([[10_000, 15_000], [15_000, 20_000]])
  })

  it('show what is too short together with what follows at once, and longer where there is a pause', () => {
    expect(cuesOf([phrase(0, 300, 'Yes.'), phrase(400, 2_000, 'I think so.'), phrase(5_000, 5_200, 'No.'), phrase(5_900, 8_000, 'Never.'), phrase(9_000, 9_100, 'End.')])).toEqual([
      { startMs: 0, endMs: 2_000, lines: ['Yes. I think so.'] },
      { startMs: 5_000, endMs: 5_700, lines: ['No.'] },
      { startMs: 5_900, endMs: 8_000, lines: ['Never.'] },
      { startMs: 9_000, endMs: 9_700, lines: ['End.'] },
    ])
  })

  it('come one phrase behind, whatever was said before', () => {
    const maker = new CueMaker()
    expect([maker.push(phrase(0, 1_000, 'One.')).length, maker.push(phrase(1_000, 2_000, ' ')).length, maker.push(phrase(2_000, 3_000, 'Two.')).length, maker.end().length, maker.end().length]).toEqual([0, 0, 1, 1, 0])
  })

  it('of a phrase of an hour are made in no time', () => {
    const text = 'word '.repeat(9_000)
    const beganMs = performance.now()
    expect(cuesOf([phrase(0, 3_600_000, text)]).length).toBeGreaterThan(500)
    expect(performance.now() - beganMs).toBeLessThan(2_000)
  })
})
