import type { ChatEvent } from '../../../../src-main/ports/chat-engine'
import type { ChatScript } from '../../../fakes/service-server/chat-scripts'
import { describe, expect, it } from 'vitest'
import { ChatBody } from '../../../../src-main/engines/chat/chat-body'
import { toAppError } from '../../../../src-main/lib/app-error'
import { CHAT_SCRIPTS, joined } from '../../../fakes/service-server/chat-scripts'
import { byteByByte, forRandomSplits, splitsEach, splitsLimitMs } from '../../../support/splits'

const SPLITS_EACH = splitsEach(Object.keys(CHAT_SCRIPTS).length)

interface Read {
  readonly events: readonly ChatEvent[]
  readonly failure: string | undefined
}

function read({ contentType }: ChatScript, pieces: readonly Uint8Array[]): Read {
  const events: ChatEvent[] = []
  try {
    const body = new ChatBody({ service: 'Test', contentType })
    for (const piece of pieces) {
      for (const event of body.push(piece))
        events.push(event)
      if (body.reply.terminated || body.reply.finished)
        break
    }
    for (const event of body.end())
      events.push(event)
    return { events: joined(events), failure: undefined }
  }
  catch (error) {
    return { events: joined(events), failure: toAppError(error).code }
  }
}

describe('the body of a chat reply', () => {
  for (const [name, script] of Object.entries(CHAT_SCRIPTS)) {
    const bytes = new TextEncoder().encode(script.body)
    const meant: Read = { events: script.means, failure: script.failure }

    it(`${name}: means the same in one piece, byte by byte, and in ${SPLITS_EACH} random splits`, () => {
      expect(read(script, [bytes])).toEqual(meant)
      expect(read(script, byteByByte(bytes))).toEqual(meant)
      const wanted = JSON.stringify(meant)
      forRandomSplits(bytes, SPLITS_EACH, (pieces) => {
        const got = read(script, pieces)
        if (JSON.stringify(got) !== wanted)
          expect(got).toEqual(meant)
      })
    }, splitsLimitMs(SPLITS_EACH))
  }

  it('refuses an event without an end', () => {
    const body = new ChatBody({ service: 'Test', contentType: 'text/event-stream' })
    const block = new TextEncoder().encode('x'.repeat(64 * 1024))
    expect([...body.push(new TextEncoder().encode('data: '))]).toEqual([])
    expect(() => {
      for (let i = 0; i < 40; i++)
        expect([...body.push(block)]).not.toBeNull()
    }).toThrow(expect.objectContaining({ code: 'too-large' }))
  })

  it('refuses a reply without an end', () => {
    const body = new ChatBody({ service: 'Test', contentType: 'text/event-stream' })
    const block = new TextEncoder().encode(`data: ${JSON.stringify({ choices: [{ delta: { content: 'x'.repeat(32 * 1024) } }] })}\n\n`)
    expect(() => {
      for (let i = 0; i < 40; i++)
        expect([...body.push(block)]).not.toBeNull()
    }).toThrow(expect.objectContaining({ code: 'too-large' }))
  })

  it('takes time in proportion to the bytes, however small they come', () => {
    const events = `data: ${JSON.stringify({ choices: [{ delta: { content: 'word ' } }] })}\n\n`.repeat(2_000)
    const bytes = new TextEncoder().encode(events)
    let pushed = 0
    const body = new ChatBody({ service: 'Test', contentType: 'text/event-stream' })
    for (let at = 0; at < bytes.length; at += 7)
      pushed += [...body.push(bytes.subarray(at, at + 7))].length
    expect(pushed).toBe(2_000)
  })
})
