import type { StoredTurn } from '../../../src-main/ports/conversation-store'
import type { TtsEngine } from '../../../src-main/ports/tts-engine'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { historyMessages, rememberedReply, TITLE_CHARS, titleOf } from '../../../src-main/conversation/history'
import { HopRecorder } from '../../../src-main/conversation/hops'
import { startPlayback } from '../../../src-main/conversation/playback'
import { TokenBatcher } from '../../../src-main/conversation/token-batch'
import { createVoice } from '../../../src-main/conversation/voice-stream'
import { createManualClock } from '../../fakes/manual-clock'
import { flush } from './harness'

const turn: StoredTurn = {
  id: 't',
  conversationId: 'c',
  createdAtMs: 0,
  takePath: null,
  userText: 'Why?',
  replyText: 'So it is.',
  heardText: null,
  reasoningText: '',
  end: 'complete',
  errorCode: null,
  hops: {},
  engines: {},
  finish: null,
  usage: null,
  routes: {},
}

describe('what the model is told', () => {
  it('by how a reply ended', () => {
    const told = (fields: Partial<StoredTurn>): string => rememberedReply({ ...turn, ...fields })
    expect({
      complete: told({}),
      truncated: told({ end: 'truncated' }),
      failed: told({ end: 'failed', errorCode: 'timeout' }),
      failedEmpty: told({ end: 'failed', replyText: '' }),
      interrupted: told({ end: 'interrupted', heardText: 'So it' }),
      unheard: told({ end: 'interrupted', heardText: '' }),
      interruptedInWriting: told({ end: 'interrupted', heardText: null }),
      cancelled: told({ end: 'interrupted', heardText: '', errorCode: 'aborted', replyText: '' }),
      alreadyBrokenOff: told({ end: 'interrupted', heardText: 'So it...' }),
      pending: told({ end: 'pending' }),
    }).toEqual({
      complete: 'So it is.',
      truncated: 'So it is.…',
      failed: 'So it is.…',
      failedEmpty: '',
      interrupted: 'So it…',
      unheard: '',
      interruptedInWriting: 'So it is.…',
      cancelled: '',
      alreadyBrokenOff: 'So it...',
      pending: '',
    })
  })

  it('questions and answers alternate, the last 24 turns, after the prompt', () => {
    const turns = Array.from({ length: 30 }, (_, i) => ({ ...turn, userText: i === 29 ? ' ' : `Q${i}` }))
    const messages = historyMessages('Be brief.', turns)
    expect(messages.map(({ role }) => role)).toEqual(['system', ...Array.from({ length: 24 }).fill(['user', 'assistant']).flat()])
    expect([messages[1]?.content, messages.at(-2)?.content, historyMessages(' ', []).length]).toEqual(['Q5', 'Q28', 0])
  })
})

describe('titles', () => {
  it('are the first words of the question', () => {
    expect([titleOf(' What is\n the capital of France? '), titleOf('one two three four five six seven eight nine ten, eleven twelve thirteen')])
      .toEqual(['What is the capital of France?', 'one two three four five six seven eight nine ten, eleven…'])
  })

  it('have at most 60 characters, whatever is asked, and no half character', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (question) => {
      const title = titleOf(question)
      expect(title.length).toBeLessThanOrEqual(TITLE_CHARS)
      expect(() => encodeURIComponent(title)).not.toThrow()
    }))
  })
})

describe('hops', () => {
  it('are told relative to key up, the first mark counts, and none while the key is held', () => {
    const hops = new HopRecorder()
    hops.mark('keyDown', 100)
    expect(hops.times()).toEqual({})
    hops.release(1_100)
    hops.release(9_000)
    hops.mark('firstToken', 1_250.126)
    hops.mark('firstToken', 5_000)
    expect(hops.times()).toEqual({ keyDownMs: -1_000, firstTokenMs: 150.13 })
    hops.clearReply()
    expect(hops.times()).toEqual({ keyDownMs: -1_000 })
  })
})

describe('token batches', () => {
  it('put together are the text, in order, no two within 8 ms of one another', () => {
    const deltas = fc.array(fc.record({ kind: fc.constantFrom('text' as const), text: fc.string(), waitMs: fc.nat(30) }))
    fc.assert(fc.property(deltas, (all) => {
      const clock = createManualClock()
      const told: { atMs: number, offset: number, text: string }[] = []
      const batch = new TokenBatcher(clock, ({ offset, text }) => told.push({ atMs: clock.nowMs(), offset, text }))
      for (const { kind, text, waitMs } of all) {
        batch.push(kind, text)
        clock.advance(waitMs)
      }
      clock.advance(8)
      let length = 0
      for (const [i, { atMs, offset, text }] of told.entries()) {
        expect(offset).toBe(length)
        length += text.length
        if (i > 0)
          expect(atMs - (told[i - 1]?.atMs ?? 0)).toBeGreaterThanOrEqual(8)
      }
      expect(told.map(({ text }) => text).join('')).toBe(all.map(({ text }) => text).join(''))
      expect(clock.pending).toBe(0)
    }))
  })
})

/** A voice as a plain generator: it sees an abort only when it is asked for more. */
function plainVoice(log: string[]): TtsEngine {
  return {
    id: 'plain',
    async* synthesize(pieces) {
      log.push('open')
      try {
        for await (const { index } of pieces) {
          log.push(`made ${index}`)
          yield { samples: new Int16Array(10), sampleRate: 16_000, pieceIndex: index, last: true }
        }
      }
      finally {
        log.push('closed')
      }
    },
  }
}

describe('voice', () => {
  function createTest() {
    const log: string[] = []
    const controller = new AbortController()
    const voice = createVoice(plainVoice(log), createManualClock(), {
      signal: controller.signal,
      speed: 1,
      conversationId: 'c',
      onRoute: () => {},
      onFirstAudio: () => log.push('first audio'),
      onFailed: error => log.push(`failed ${String(error)}`),
    })
    return { log, controller, voice }
  }

  it('makes the first piece before anybody listens, and no other', async () => {
    const { log, voice } = createTest()
    for (let index = 0; index < 4; index++)
      voice.say({ index, text: 'a' })
    await flush()
    expect(log).toEqual(['open', 'made 0', 'first audio'])
    const chunks = voice.chunks[Symbol.asyncIterator]()
    expect([await chunks.next(), await chunks.next()].map(({ value }) => value && value.pieceIndex)).toEqual([0, 1])
  })

  it('closes the engine on an abort, wherever that stands', async () => {
    for (const heard of [0, 1]) {
      const { log, controller, voice } = createTest()
      voice.say({ index: 0, text: 'a' })
      voice.say({ index: 1, text: 'b' })
      await flush()
      const chunks = voice.chunks[Symbol.asyncIterator]()
      for (let i = 0; i < heard; i++)
        await chunks.next()
      controller.abort()
      await flush()
      expect(log.at(-1)).toBe('closed')
    }
  })

  it('closes the engine when the listener leaves', async () => {
    const { log, voice } = createTest()
    voice.say({ index: 0, text: 'a' })
    voice.say({ index: 1, text: 'b' })
    const chunks = voice.chunks[Symbol.asyncIterator]()
    await chunks.next()
    await chunks.return?.()
    await flush()
    expect(log.at(-1)).toBe('closed')
  })
})

describe('playback', () => {
  const nothing = (async function* () {})()
  const options = { volume: 1, onStarted() {}, onPiece() {}, onEnded() {} }

  it('begins when the one before has let go of the loudspeaker', async () => {
    let release = (): void => {}
    const plays: string[] = []
    const after = new Promise<void>((resolve) => {
      release = resolve
    })
    const play = async () => {
      plays.push('play')
      return { playedMs: 0, lastPieceIndex: null, interrupted: false }
    }
    startPlayback({ play }, nothing, createManualClock(), { ...options, after })
    await flush()
    expect(plays).toEqual([])
    release()
    await flush()
    expect(plays).toEqual(['play'])
  })

  it('of a loudspeaker that gives no report, what was begun before the last piece counts as heard', async () => {
    const clock = createManualClock()
    const playback = startPlayback({
      play(_, { onPiece }) {
        onPiece?.(0, 0)
        onPiece?.(1, 0)
        onPiece?.(2, 0)
        return new Promise(() => {})
      },
    }, nothing, clock, { ...options, after: Promise.resolve() })
    await flush()
    playback.stop()
    const heard = playback.lastHeard()
    clock.advance(500)
    expect(await heard).toBe(1)
  })
})
