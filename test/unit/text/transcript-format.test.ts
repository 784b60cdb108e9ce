import type { TimedText } from '../../../src-main/text/subtitles'
import type { TranscriptFormat } from '../../../src-main/text/transcript-format'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createTranscriptText, TRANSCRIPT_FORMATS } from '../../../src-main/text/transcript-format'

const PHRASES: readonly TimedText[] = [
  { startMs: 480, endMs: 2_100.4, text: 'Is 3 < 4 & "five" --> six?' },
  { startMs: 3_600_000, endMs: 3_601_999.6, text: 'Ünïcödé, 漢字 🙂.' },
]
const TEXT = PHRASES.map(({ text }) => text).join(' ')

function written(format: TranscriptFormat, phrases: readonly TimedText[] = PHRASES, text = TEXT): string {
  const transcript = createTranscriptText(format, 'talk.wav')
  return phrases.map(phrase => transcript.phrase(phrase)).join('') + transcript.end({ text, durationMs: 3_602_000.4 })
}

describe('a transcript as', () => {
  it('txt is the text', () => {
    expect(written('txt')).toBe(`${TEXT}\n`)
    expect(written('txt', [{ startMs: 0, endMs: 1, text: '東京です。' }, { startMs: 1, endMs: 2, text: '晴れです。' }, { startMs: 2, endMs: 3, text: 'OK' }])).toBe('東京です。晴れです。 OK\n')
  })

  it('srt has numbers, commas in its times, and no arrow but its own', () => {
    expect(written('srt')).toBe([
      '1',
      '00:00:00,480 --> 00:00:02,100',
      'Is 3 < 4 & "five" -> six?',
      '',
      '2',
      '01:00:00,000 --> 01:00:02,000',
      'Ünïcödé, 漢字 🙂.',
      '',
      '',
    ].join('\n'))
  })

  it('vtt has its head, points in its times, and its signs escaped', () => {
    expect(written('vtt')).toBe([
      'WEBVTT',
      '',
      '00:00:00.480 --> 00:00:02.100',
      'Is 3 &lt; 4 &amp; "five" --&gt; six?',
      '',
      '01:00:00.000 --> 01:00:02.000',
      'Ünïcödé, 漢字 🙂.',
      '',
      '',
    ].join('\n'))
  })

  it('json is one document on one line', () => {
    const json = written('json')
    expect(json.indexOf('\n')).toBe(json.length - 1)
    expect(JSON.parse(json)).toEqual({
      file: 'talk.wav',
      durationMs: 3_602_000,
      text: TEXT,
      segments: [{ startMs: 480, endMs: 2_100, text: PHRASES[0]?.text }, { startMs: 3_600_000, endMs: 3_602_000, text: PHRASES[1]?.text }],
    })
  })

  it('nothing is what it is where nothing was said', () => {
    expect(TRANSCRIPT_FORMATS.map(format => written(format, [], ''))).toEqual(['\n', '', 'WEBVTT\n\n', '{"file":"talk.wav","segments":[],"durationMs":3602000,"text":""}\n'])
  })

  it('one phrase is what a service gives that tells none', () => {
    expect(JSON.parse(written('json', [], 'All of it.'))).toMatchObject({ segments: [{ startMs: 0, endMs: 3_602_000, text: 'All of it.' }] })
    expect(written('txt', [], 'All of it.')).toBe('All of it.\n')
    expect(written('srt', [], 'All of it.')).toBe('1\n00:00:00,000 --> 01:00:02,000\nAll of it.\n\n')
  })

  it('vtt and srt is well-formed whatever is said', () => {
    const block = /^(?:\d+\n)?\d{2,}:\d\d:\d\d[,.]\d{3} --> \d{2,}:\d\d:\d\d[,.]\d{3}\n[^\n]+(?:\n[^\n]+)?$/u
    fc.assert(fc.property(fc.array(fc.record({ startMs: fc.nat(4e8), endMs: fc.nat(4e8), text: fc.oneof(fc.string(), fc.constantFrom('-->', '---->', '\n\n1\n00:00', 'NOTE', '<i>&amp;', '\r\n')) })), (phrases) => {
      for (const format of ['srt', 'vtt'] as const) {
        const blocks = written(format, phrases, '').split('\n\n')
        expect(blocks.pop()).toBe('')
        if (format === 'vtt')
          expect(blocks.shift()).toBe('WEBVTT')
        for (const cue of blocks) {
          expect(cue).toMatch(block)
          expect(cue.split('-->')).toHaveLength(2)
        }
      }
    }))
  })
})
