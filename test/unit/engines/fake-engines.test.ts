import { describe, expect, it } from 'vitest'
import { abortReason } from '../../../src-main/lib/abort'
import { createFakeAsr, createFakeChat, createFakeTts } from '../../fakes/fake-engines'

async function* from<T>(...items: T[]): AsyncGenerator<T> {
  yield* items
}

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = []
  for await (const item of source)
    items.push(item)
  return items
}

const frame = { samples: new Int16Array(320), sampleRate: 16_000, capturedAtMs: 0 }

describe('fake engines', () => {
  it('says a reply word by word and finishes once', async () => {
    const chat = createFakeChat({ reply: 'One two. ' })
    const events = await all(chat.complete([{ role: 'user', content: 'x' }], { signal: new AbortController().signal }))
    expect(events).toEqual([
      { type: 'text', text: 'One' },
      { type: 'text', text: ' two. ' },
      { type: 'usage', promptTokens: 10, completionTokens: 10 },
      { type: 'finish', reason: 'stop' },
    ])
    expect(chat.calls[0]?.outcome).toBe('ended')
  })

  it('hears when the frames end', async () => {
    const asr = createFakeAsr({ hears: n => n === 0 ? 'first' : '' })
    const signal = new AbortController().signal
    expect((await all(asr.transcribe(from(frame, frame), { signal }))).at(-1)).toEqual({ type: 'final', text: 'first', speechMs: 40 })
    expect(await all(asr.transcribe(from(frame), { signal }))).toEqual([{ type: 'final', text: '', speechMs: 0 }])
  })

  it('speaks each piece with one last chunk', async () => {
    const tts = createFakeTts({ sampleRateHz: 1000, msPerCharacter: 10 })
    const chunks = await all(tts.synthesize(from({ index: 0, text: 'abc' }, { index: 1, text: ' ' }), { signal: new AbortController().signal }))
    expect(chunks.map(chunk => [chunk.pieceIndex, chunk.samples.length, chunk.last])).toEqual([[0, 30, true], [1, 0, true]])
  })

  it('manual: nothing comes before the test says so, and abort throws the reason', async () => {
    const chat = createFakeChat({ timing: 'manual' })
    const controller = new AbortController()
    const reply = chat.complete([], { signal: controller.signal })[Symbol.asyncIterator]()
    const first = reply.next()
    const call = await chat.nextCall()
    call.say('Hello')
    expect(await first).toEqual({ done: false, value: { type: 'text', text: 'Hello' } })
    const second = reply.next()
    const reason = abortReason('test')
    controller.abort(reason)
    await expect(second).rejects.toBe(reason)
    expect(call.outcome).toBe('aborted')
  })

  it('manual voice: break lets go of the pieces', async () => {
    const tts = createFakeTts({ timing: 'manual' })
    let released = false
    async function* pieces(): AsyncGenerator<{ index: number, text: string }> {
      try {
        yield { index: 0, text: 'a' }
        yield { index: 1, text: 'b' }
      }
      finally {
        released = true
      }
    }
    const chunks = tts.synthesize(pieces(), { signal: new AbortController().signal })[Symbol.asyncIterator]()
    const reading = chunks.next()
    const call = await tts.nextCall()
    call.speak({ index: 0, text: 'a' })
    expect((await reading).value?.pieceIndex).toBe(0)
    await chunks.return?.()
    expect(call.outcome).toBe('broken')
    await call.closed
    await Promise.resolve()
    expect(released).toBe(true)
  })
})
