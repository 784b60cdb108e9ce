import type { ChatEvent } from '../../../../src-main/ports/chat-engine'
import type { ChatScript } from '../../../fakes/service-server/chat-scripts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ChatBody } from '../../../../src-main/engines/chat/chat-body'
import { toAppError } from '../../../../src-main/lib/app-error'
import { CHAT_SCRIPTS, joined } from '../../../fakes/service-server/chat-scripts'

/** How many splits each script is read in; all scripts together make more than 100,000. */
const SPLITS_EACH = Math.ceil(100_000 / Object.keys(CHAT_SCRIPTS).length)

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

function cut(bytes: Uint8Array, at: readonly number[]): Uint8Array[] {
  const places = [...new Set(at.map(place => place % (bytes.length + 1)))].sort((a, b) => a - b)
  return [0, ...places].map((from, index) => bytes.subarray(from, places[index] ?? bytes.length))
}

describe('the body of a chat reply', () => {
  for (const [name, script] of Object.entries(CHAT_SCRIPTS)) {
    const bytes = new TextEncoder().encode(script.body)
    const meant: Read = { events: script.means, failure: script.failure }

    it(`${name}: means the same in one piece, byte by byte, and in ${SPLITS_EACH} random splits`, () => {
      expect(read(script, [bytes])).toEqual(meant)
      expect(read(script, Array.from(bytes, byte => Uint8Array.of(byte)))).toEqual(meant)
      fc.assert(fc.property(fc.array(fc.nat({ max: Math.max(1, bytes.length) }), { maxLength: 8 }), (places) => {
        const got = read(script, cut(bytes, places))
        if (JSON.stringify(got) !== JSON.stringify(meant))
          expect(got).toEqual(meant)
      }), { numRuns: SPLITS_EACH })
    })
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
