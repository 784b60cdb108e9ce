import type { SpeechSegment } from '../../../src-main/ports/speech-text'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createSpeechText } from '../../../src-main/text/speech-text'

function segments(deltas: readonly string[]): SpeechSegment[] {
  const speech = createSpeechText()
  return [...deltas.flatMap(delta => speech.push(delta)), ...speech.end()]
}

function pieces(text: string): string[] {
  return segments([text]).map(segment => segment.text)
}

/** The pieces of a text that stands late in a reply, where the first ones do not have to be short any more. */
function laterPieces(text: string): string[] {
  return pieces(`One. Two. Three. ${text}`).slice(3)
}

/** Cuts `text` at the given places. */
function split(text: string, cuts: readonly number[]): string[] {
  const places = [...new Set(cuts.map(cut => cut % (text.length + 1)))].sort((a, b) => a - b)
  return [0, ...places].map((place, i) => text.slice(place, places[i] ?? text.length))
}

const SAMPLES = [
  'Dr. Smith met Mrs. Jones in 1980. They spoke, e.g. about pi, which is 3.14159, and paid $3.50 for it.',
  'The answer is **42.** Really? "Yes." It is state-of-the-art, i.e. new.',
  '# Title\n\n- one\n- two\n\n1. First step\n2. Second step\n\n```js\nlet a = 1. \n// x\n```\nDone. See [the docs. Really](https://example.com/a.b) now.',
  '| Name | Age |\n|---|---|\n| Anna | 5 |\n| Bob | 7 |\n\nThat is all.',
  '今日は天気がいいです。散歩に行きましょう！「はい。」と言った。',
  'Wow!!! 🙂👩‍👩‍👧 Nice… and so on… Then J. F. Kennedy said no. No. 5 is alive.',
  'A very long sentence without any mark that goes on and on because nobody ever taught it where to stop and so it keeps going until the listener is asleep and even then it is not done yet which is a pity.',
  'Use `a.b. c` and **bold** and https://www.example.org/x?y=1. Then <b>stop</b>.',
]

const fragment = fc.constantFrom(...SAMPLES, ' ', '\n', '. ', '.', '“', '```', '`', '[', '](', '|', '…', '3.', '14', 'Mr', ', and ', '。')
const reply = fc.array(fragment, { maxLength: 12 }).map(parts => parts.join(''))

describe('speech text', () => {
  it('gives the same pieces however the tokens are cut', () => {
    fc.assert(fc.property(reply, fc.array(fc.nat(), { maxLength: 60 }), (text, cuts) => {
      expect(segments(split(text, cuts))).toEqual(segments([text]))
    }), { numRuns: 500 })
  })

  it('field 47: the pieces tile the reply, so nothing of the text is lost', () => {
    fc.assert(fc.property(reply, fc.array(fc.nat(), { maxLength: 20 }), (text, cuts) => {
      const speech = createSpeechText()
      const all: SpeechSegment[] = []
      for (const delta of split(text, cuts))
        all.push(...speech.push(delta), ...(delta.length % 3 === 0 ? speech.flushIdle() : []))
      all.push(...speech.end())
      let expected = 0
      for (const segment of all) {
        expect(segment.sourceStart).toBe(expected)
        expect(segment.sourceEnd).toBeGreaterThan(segment.sourceStart)
        expect(segment.text).not.toBe('')
        expected = segment.sourceEnd
      }
      expect(expected).toBeLessThanOrEqual(text.length)
    }), { numRuns: 300 })
  })

  it('field 42: does not cut inside numbers, titles, abbreviations and compounds', () => {
    expect(laterPieces('It costs $3.50 and pi is 3.14159, as Mrs. Smith says. She likes e.g. state-of-the-art tools. Next.'))
      .toEqual(['It costs $3.50 and pi is 3.14159, as Mrs. Smith says.', 'She likes e.g. state-of-the-art tools.', 'Next.'])
  })

  it('field 42: a number cut between tokens stays whole', () => {
    expect(segments(['It is $3.', '5 today. Good.']).map(s => s.text)).toEqual(['It is $3.5 today.', 'Good.'])
  })

  it('field 43: a year ends a sentence', () => {
    expect(laterPieces('He was born there in 1980. The town is small.')).toEqual(['He was born there in 1980.', 'The town is small.'])
  })

  it('field 44: full-width stops end sentences with no space', () => {
    expect(pieces('今日は天気がいいです。散歩に行きましょう！「はい。」と言った。'))
      .toEqual(['今日は天気がいいです。', '散歩に行きましょう！', '「はい。」', 'と言った。'])
  })

  it('field 45: a finished sentence is not held back when no token follows', () => {
    const speech = createSpeechText()
    expect(speech.push('It is blue.')).toEqual([])
    expect(speech.flushIdle().map(s => s.text)).toEqual(['It is blue.'])
    expect(speech.push(' And it is')).toEqual([])
    expect(speech.flushIdle()).toEqual([])
    expect(speech.flushIdle().map(s => s.text)).toEqual(['And it is'])
    expect(speech.end()).toEqual([])
  })

  it('field 45: an unfinished number or title waits once, then is said all the same', () => {
    const speech = createSpeechText()
    speech.push('It costs $3.')
    expect(speech.flushIdle()).toEqual([])
    expect(speech.push('5 now').concat(speech.end()).map(s => s.text)).toEqual(['It costs $3.5 now'])
  })

  it('field 46: markdown, links, tables, code and emoji are made speakable', () => {
    expect(pieces(SAMPLES[2] as string)).toEqual([
      'Title',
      'one',
      'two',
      '1, First step',
      '2, Second step',
      'The code is on the screen.',
      'Done.',
      'See the docs. Really now.',
    ])
    expect(pieces(SAMPLES[3] as string)).toEqual(['Name, Age.', 'Anna, 5.', 'Bob, 7.', 'That is all.'])
  })

  it('field 48: what cannot be spoken is skipped and joins the next piece\'s source', () => {
    const all = segments(['---\n🙂🙂\nHello there.'])
    expect(all).toEqual([{ text: 'Hello there.', sourceStart: 0, sourceEnd: 21 }])
    expect(segments(['🙂\n***\n'])).toEqual([])
  })

  it('says at once that there is code, and passes over it', () => {
    const speech = createSpeechText()
    expect(speech.push('Here it is:\n```ts\n').map(s => s.text)).toEqual(['Here it is:', 'The code is on the screen.'])
    expect(speech.push('const a = 1. Then.\n')).toEqual([])
    expect(speech.flushIdle()).toEqual([])
    expect(speech.push('```\nThat was it. ').concat(speech.end()).map(s => s.text)).toEqual(['That was it.'])
  })

  it('begins with a few words, then lets the pieces grow to whole sentences', () => {
    expect(pieces('The sky looks blue, because air scatters short waves, more than long ones, so that we see blue. Later sentences stay whole, even with commas, as they should. Yes.')).toEqual([
      'The sky looks blue,',
      'because air scatters short waves,',
      'more than long ones, so that we see blue.',
      'Later sentences stay whole, even with commas, as they should.',
      'Yes.',
    ])
  })

  it.each([
    ['The capital of France is Paris.', ['The capital of France', 'is Paris.']],
    ['A spider has eight legs.', ['A spider', 'has eight legs.']],
    ['It takes the moon approximately 27.3 days to complete one orbit.', ['It takes the moon approximately 27.3 days', 'to complete one orbit.']],
    ['The sky looks blue because of the air.', ['The sky looks blue', 'because of the air.']],
    ['Once upon a time, there was a small boat.', ['Once upon a time,', 'there was a small boat.']],
  ])('cuts the first words where a speaker would pause: %s', (text, expected) => {
    expect(pieces(text)).toEqual(expected)
  })

  it('bounds a piece without any mark', () => {
    const all = pieces(`${'word '.repeat(200)}`)
    expect(all[0]?.length).toBeLessThanOrEqual(60)
    expect(Math.max(...all.map(piece => piece.length))).toBeLessThanOrEqual(300)
    expect(pieces('x'.repeat(2000)).length).toBeGreaterThan(3)
  })

  it('is linear in the length of the reply', () => {
    const speech = createSpeechText()
    let count = 0
    for (let i = 0; i < 40_000; i++)
      count += speech.push(i % 12 === 11 ? '. Yes' : ' word').length
    expect(count).toBeGreaterThan(3_000)
  })
})
