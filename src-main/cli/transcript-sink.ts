import type { TimedText } from '../text/subtitles'
import type { TranscriptFormat } from '../text/transcript-format'
import { once } from 'node:events'
import { createTranscriptText } from '../text/transcript-format'
import { createTranscriptFile } from './transcript-files'

type Whole = Parameters<ReturnType<typeof createTranscriptText>['end']>[0]

/** Where the transcript of one sound goes, as it comes. */
export interface Sink {
  phrase: (phrase: TimedText) => Promise<void>
  finish: (whole: Whole) => Promise<void>
  /** The sound was not heard to its end. Returns where the beginning is kept, if anywhere. Never throws. */
  abandon: (whole: Whole) => Promise<string | null>
}

/** The text alone, when all of it is there: what a script reads is whole, or nothing. */
export function textSink(stream: NodeJS.WritableStream, before: string, signal: AbortSignal): Sink {
  return {
    async phrase() {},
    finish: ({ text }) => write(stream, `${before}${text}\n`, signal),
    abandon: async () => null,
  }
}

export function streamSink(stream: NodeJS.WritableStream, format: TranscriptFormat, sound: string, signal: AbortSignal): Sink {
  const transcript = createTranscriptText(format, sound)
  return {
    phrase: phrase => write(stream, transcript.phrase(phrase), signal),
    finish: whole => write(stream, transcript.end(whole), signal),
    abandon: async () => null,
  }
}

/** Throws when the file may not be made. */
export async function fileSink(path: string, format: TranscriptFormat, sound: string, replace: boolean): Promise<Sink> {
  const file = await createTranscriptFile(path, { replace })
  const transcript = createTranscriptText(format, sound)
  let hasWords = false
  return {
    async phrase(phrase) {
      hasWords = true
      await file.write(transcript.phrase(phrase))
    },
    async finish(whole) {
      await file.write(transcript.end(whole))
      await file.finish()
    },
    async abandon(whole) {
      // Closed as if it ended here, so that what is kept can be read.
      if (hasWords)
        await file.write(transcript.end(whole)).catch(() => {})
      return file.abandon()
    },
  }
}

/** Holds back whoever writes while nobody reads. */
async function write(stream: NodeJS.WritableStream, text: string, signal: AbortSignal): Promise<void> {
  if (text !== '' && !stream.write(text))
    await once(stream, 'drain', { signal })
}
