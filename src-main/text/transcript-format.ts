import type { Cue, TimedText } from './subtitles'
import { assertNever } from '../lib/assert-never'
import { isUnspaced } from '../lib/join-texts'
import { CueMaker } from './subtitles'

export const TRANSCRIPT_FORMATS = ['txt', 'srt', 'vtt', 'json'] as const
export type TranscriptFormat = (typeof TRANSCRIPT_FORMATS)[number]

/**
 * Writes down a sound as it is heard: what the functions return, one after the other, is the file. Nothing but the phrase
 * of the moment is kept. Lines end with a line feed; there is no byte order mark.
 */
export interface TranscriptText {
  phrase: (phrase: TimedText) => string
  /** `text`: all that was said, for who heard no phrases of it. */
  end: (whole: { readonly text: string, readonly durationMs: number }) => string
}

/** `name`: what the JSON calls the sound. */
export function createTranscriptText(format: TranscriptFormat, name: string): TranscriptText {
  switch (format) {
    case 'txt': return withPhrases(plainText())
    case 'srt': return withPhrases(cueText('', srtCue))
    case 'vtt': return withPhrases(cueText('WEBVTT\n\n', vttCue))
    case 'json': return withPhrases(jsonText(name))
    default: return assertNever(format)
  }
}

/** Not every service tells phrases: then all that was said is one. */
function withPhrases(inner: TranscriptText): TranscriptText {
  let any = false
  const phrase = (given: TimedText): string => {
    any ||= given.text.trim() !== ''
    return inner.phrase(given)
  }
  return {
    phrase,
    end: whole => `${any ? '' : phrase({ startMs: 0, endMs: whole.durationMs, text: whole.text })}${inner.end(whole)}`,
  }
}

function plainText(): TranscriptText {
  let last: string | undefined
  return {
    phrase({ text }) {
      const next = text.trim()
      if (next === '')
        return ''
      const isJoined = last === undefined || (isUnspaced(last) && isUnspaced(next[0]))
      last = next.at(-1)
      return isJoined ? next : ` ${next}`
    },
    end: () => '\n',
  }
}

function cueText(head: string, write: (cue: Cue, number: number) => string): TranscriptText {
  const maker = new CueMaker()
  let begun = false
  let count = 0
  const text = (cues: readonly Cue[]): string => {
    const before = begun ? '' : head
    begun = true
    return before + cues.map(cue => write(cue, ++count)).join('')
  }
  return {
    phrase: phrase => text(maker.push(phrase)),
    end: () => text(maker.end()),
  }
}

/** SubRip has no way to escape: an arrow in the text would be taken for times, and is written shorter. */
function srtCue({ startMs, endMs, lines }: Cue, number: number): string {
  return `${number}\n${clockTime(startMs, ',')} --> ${clockTime(endMs, ',')}\n${lines.join('\n').replaceAll(/-{2,}>/g, '->')}\n\n`
}

/** https://www.w3.org/TR/webvtt1/#webvtt-cue-text-span */
function vttCue({ startMs, endMs, lines }: Cue): string {
  const text = lines.join('\n').replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  return `${clockTime(startMs, '.')} --> ${clockTime(endMs, '.')}\n${text}\n\n`
}

/** `01:02:03.456`; more than 99 hours have more digits. */
function clockTime(ms: number, mark: ',' | '.'): string {
  const whole = Math.max(0, Math.round(ms))
  const part = (unitMs: number, most: number, digits: number): string => String(Math.floor(whole / unitMs) % most).padStart(digits, '0')
  return `${part(3_600_000, Infinity, 2)}:${part(60_000, 60, 2)}:${part(1_000, 60, 2)}${mark}${part(1, 1_000, 3)}`
}

/** One document on one line; the phrases come before the text, which is known at the end. */
function jsonText(name: string): TranscriptText {
  let count = 0
  const head = (): string => count === 0 ? `{"file":${JSON.stringify(name)},"segments":[` : ''
  return {
    phrase({ startMs, endMs, text }) {
      if (text.trim() === '')
        return ''
      const before = head() || ','
      count++
      return before + JSON.stringify({ startMs: Math.round(startMs), endMs: Math.round(endMs), text: text.trim() })
    },
    end: ({ text, durationMs }) => `${head()}],"durationMs":${Math.round(durationMs)},"text":${JSON.stringify(text)}}\n`,
  }
}
