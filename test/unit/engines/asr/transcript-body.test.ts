import type { TranscriptScript } from '../../../fakes/service-server/transcriptions'
import { describe, expect, it } from 'vitest'
import { TranscriptBody } from '../../../../src-main/engines/asr/transcript-body'
import { toAppError } from '../../../../src-main/lib/app-error'
import { TRANSCRIPT_SCRIPTS } from '../../../fakes/service-server/transcriptions'
import { byteByByte, forRandomSplits, splitsEach, splitsLimitMs } from '../../../support/splits'

const SPLITS_EACH = splitsEach(Object.keys(TRANSCRIPT_SCRIPTS).length)

function read({ contentType }: TranscriptScript, pieces: readonly Uint8Array[]): { readonly text: string, readonly failure: string | undefined } {
  try {
    const body = new TranscriptBody({ service: 'Test', contentType })
    for (const piece of pieces) {
      body.push(piece)
      if (body.done)
        break
    }
    return { text: body.end(), failure: undefined }
  }
  catch (error) {
    return { text: '', failure: toAppError(error).code }
  }
}

describe('the body of a transcript', () => {
  for (const [name, script] of Object.entries(TRANSCRIPT_SCRIPTS)) {
    const bytes = new TextEncoder().encode(script.body)
    const meant = { text: script.means, failure: script.failure }
    it(`${name}: means the same in one piece, byte by byte, and in ${SPLITS_EACH} random splits`, () => {
      expect(read(script, [bytes])).toEqual(meant)
      expect(read(script, byteByByte(bytes))).toEqual(meant)
      forRandomSplits(bytes, SPLITS_EACH, (pieces) => {
        const got = read(script, pieces)
        if (got.text !== meant.text || got.failure !== meant.failure)
          expect(got).toEqual(meant)
      })
    }, splitsLimitMs(SPLITS_EACH))
  }

  it('tells what was heard so far', () => {
    const body = new TranscriptBody({ service: 'Test', contentType: 'text/event-stream' })
    const encoder = new TextEncoder()
    body.push(encoder.encode('data: {"type":"transcript.text.delta","delta":"Good"}\n\n'))
    expect(body.live).toBe('Good')
    body.push(encoder.encode('data: {"type":"transcript.text.delta","delta":" day"}\n\n'))
    expect(body.live).toBe('Good day')
    expect(body.done).toBe(false)
  })

  it('a reply without an end ends', () => {
    const body = new TranscriptBody({ service: 'Test', contentType: 'text/plain' })
    const block = new TextEncoder().encode('word '.repeat(20_000))
    expect(() => {
      for (;;)
        body.push(block)
    }).toThrow(expect.objectContaining({ code: 'too-large' }))
  })
})
