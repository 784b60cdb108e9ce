import { afterEach, describe, expect, it } from 'vitest'
import { AppError } from '../../../src-main/lib/app-error'
import { createFakeAsr, createFakeChat } from '../../fakes/fake-engines'
import { createHarness, flush } from './harness'

const unhandled: unknown[] = []
process.on('unhandledRejection', reason => unhandled.push(reason))
afterEach(async () => {
  await flush()
  expect(unhandled.splice(0)).toEqual([])
})

function lost(): AppError {
  return new AppError('inference-child-lost', 'The process died.', { retryable: true })
}

describe('turn runner: a spoken turn', () => {
  it('goes from the key to a stored, spoken answer', async () => {
    const h = createHarness({
      asr: createFakeAsr({ hears: 'What is the capital of France?' }),
      chat: createFakeChat({ reply: 'It is Paris. A big city.' }),
    })
    await h.press()
    await h.speak(1_000)
    await h.release()
    await h.pass(2_000)
    await h.runner.settled()

    const [turn] = h.turns()
    expect(turn).toEqual({
      id: 'id-1',
      conversationId: 'id-0',
      createdAtMs: 1_700_000_000_000,
      takePath: '/takes/id-1.wav',
      userText: 'What is the capital of France?',
      replyText: 'It is Paris. A big city.',
      heardText: null,
      reasoningText: '',
      end: 'complete',
      errorCode: null,
      hops: expect.objectContaining({ keyDownMs: -1_000, transcriptMs: 0, requestMs: 0, firstTokenMs: 0, firstPieceMs: 0, firstAudioMs: 0, firstSoundMs: 0, replyEndMs: 0, playbackEndMs: expect.any(Number) as number }),
      engines: { asr: 'fake-asr', chat: 'fake-chat', tts: 'fake-tts' },
      finish: 'stop',
      usage: { promptTokens: 10, completionTokens: 10 },
      routes: {},
    })
    expect(h.eventsOf('state').map(({ state }) => state)).toEqual(['listening', 'transcribing', 'thinking', 'speaking', 'idle'])
    expect(h.eventsOf('tokens').map(({ text }) => text).join('')).toBe('It is Paris. A big city.')
    expect(h.eventsOf('spoken').map(({ text }) => text)).toEqual(['It is Paris.', ' A big city.'])
    expect(h.store.listConversations().map(({ title }) => title)).toEqual(['What is the capital of France?'])
    expect(h.chat.calls[0]?.messages).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'What is the capital of France?' },
    ])
    expect(h.eventsOf('capture')).toEqual([{ type: 'capture', turnId: 'id-1', durationMs: 1_000, preRollMs: 0, missingFrames: 0 }])
  })

  it('reads the prompt and what went before while the user speaks', async () => {
    const h = createHarness()
    await h.press()
    expect(h.chat.primed).toEqual([[{ role: 'system', content: 'Be brief.' }]])
  })

  it('leaves nothing open: timers, takes, engines', async () => {
    const h = createHarness()
    await h.press()
    await h.speak(200)
    await h.release()
    await h.pass(3_000)
    await h.runner.settled()
    await h.pass(2_000)
    expect({
      timers: h.clock.pending,
      takes: h.audio.takes.filter(({ stopped }) => !stopped),
      open: [...h.asr.calls, ...h.chat.calls, ...h.tts.calls].filter(({ outcome }) => outcome === 'open').length,
      ends: h.turns().map(({ end }) => end),
    }).toEqual({ timers: 0, takes: [], open: 0, ends: ['complete'] })
  })

  it('tells tokens at most every 8 ms, the first at once', async () => {
    const h = createHarness({ timing: 'manual', settings: { voiceEnabled: false } })
    h.runner.ask('Why?')
    const call = await h.chat.nextCall()
    for (let i = 0; i < 20; i++) {
      call.say('a')
      await flush()
      h.clock.advance(1)
    }
    const texts = h.eventsOf('tokens').map(({ offset, text }) => [offset, text.length])
    expect(texts).toEqual([[0, 1], [1, 7], [8, 8]])
    call.finish()
    await flush()
    expect(h.eventsOf('tokens').at(-1)).toMatchObject({ offset: 16, text: 'aaaa' })
  })

  it('goes on with speculation off as well', async () => {
    const h = createHarness({ asr: createFakeAsr({ hears: 'Why?' }), settings: { speculate: false } })
    await h.press()
    await h.speak(100)
    await h.release()
    await h.pass(3_000)
    expect([h.turns().map(({ end }) => end), h.chat.calls.length]).toEqual([['complete'], 1])
  })

  it('says nothing aloud when the voice is off', async () => {
    const h = createHarness({ settings: { voiceEnabled: false } })
    h.runner.ask('Why?')
    await h.pass(100)
    await h.runner.settled()
    expect([h.turns().map(({ end, heardText }) => [end, heardText]), h.audio.playbacks, h.tts.calls]).toEqual([[['complete', null]], [], []])
  })

  it('field 45: a piece that waits for its end is said when no token comes', async () => {
    const h = createHarness({ timing: 'manual' })
    h.runner.ask('Why?')
    const call = await h.chat.nextCall()
    call.say('Because of the')
    await h.pass(240)
    expect(h.tts.calls).toHaveLength(0)
    await h.pass(20)
    expect(h.tts.calls[0]?.pieces.map(({ text }) => text)).toEqual(['Because of the'])
  })

  it('field 48: a reply with nothing to say aloud is not waited for', async () => {
    const h = createHarness({ chat: createFakeChat({ reply: [{ type: 'text', text: '   ' }, { type: 'finish', reason: 'stop' }] }) })
    h.runner.ask('Why?')
    await h.pass(100)
    await h.runner.settled()
    expect([h.turns().map(({ end }) => end), h.audio.playbacks]).toEqual([['complete'], []])
  })

  it('keeps what the model thought aloud, unspoken', async () => {
    const h = createHarness({ chat: createFakeChat({ reply: [{ type: 'reasoning', text: 'Hm.' }, { type: 'text', text: 'So.' }, { type: 'finish', reason: 'stop' }] }) })
    h.runner.ask('Why?')
    await h.pass(1_000)
    expect([h.turns().map(({ reasoningText, replyText }) => [reasoningText, replyText]), h.eventsOf('spoken').map(({ text }) => text)]).toEqual([[['Hm.', 'So.']], ['So.']])
  })
})

describe('turn runner: nothing was said', () => {
  it('field 40: an empty transcript makes no request, and says why', async () => {
    const h = createHarness({ asr: createFakeAsr({ hears: '' }) })
    await h.press()
    await h.speak(1_000)
    await h.release()
    await h.pass(100)
    expect([h.chat.calls.length, h.turns(), h.eventsOf('state').at(-1)]).toEqual([0, [], { type: 'state', state: 'idle', turnId: null, latched: false, errorCode: null, hint: 'no-speech' }])
  })

  it('a very short press with no speech says that it was too short', async () => {
    const h = createHarness({ asr: createFakeAsr({ hears: '' }) })
    await h.press()
    await h.pass(80)
    await h.release()
    await h.pass(100)
    expect([h.chat.calls.length, h.turns(), h.eventsOf('state').at(-1)?.hint]).toEqual([0, [], 'too-short'])
  })

  it('field 9: Esc keeps the take, and the turn in the history, unanswered', async () => {
    const h = createHarness({ timing: 'manual' })
    await h.press()
    const call = await h.asr.nextCall()
    call.emit({ type: 'speech-start', atMs: 0 })
    await h.speak(400)
    h.runner.cancel()
    await h.pass(100)
    await h.release()
    await h.pass(100)
    expect({
      turns: h.turns().map(({ end, errorCode, takePath }) => ({ end, errorCode, takePath })),
      requests: h.chat.calls.length,
      state: h.state(),
      takes: h.audio.takes,
    }).toEqual({
      turns: [{ end: 'interrupted', errorCode: 'aborted', takePath: '/takes/id-1.wav' }],
      requests: 0,
      state: 'idle',
      takes: [{ id: 'id-1', stopped: true }],
    })
  })

  it('field 9: a cancelled take can be answered later', async () => {
    const h = createHarness({ asr: createFakeAsr({ hears: 'Why?' }) })
    await h.press()
    await h.speak(1_200)
    h.runner.cancel()
    await h.release()
    await h.runner.retry('id-1')
    await h.pass(2_000)
    expect(h.turns().map(({ id, end, userText }) => [id, end, userText])).toEqual([['id-1', 'complete', 'Why?']])
  })

  it('field 5: quick taps while a take is processed leave nothing behind', async () => {
    const h = createHarness({ timing: 'manual' })
    for (let i = 0; i < 6; i++) {
      await h.press()
      await h.pass(40)
      await h.release()
      await h.pass(20)
    }
    expect(h.state()).toBe('transcribing')
    h.asr.calls.at(-1)?.finish('')
    await h.pass(3_000)
    await h.runner.settled()
    expect({ state: h.state(), open: h.asr.calls.filter(({ outcome }) => outcome === 'open').length, takes: h.audio.takes.filter(({ stopped }) => !stopped) })
      .toEqual({ state: 'idle', open: 0, takes: [] })
  })
})

describe('turn runner: the key', () => {
  it('field 3: a held key is never cut, a release that was lost is found', async () => {
    const h = createHarness({ timing: 'manual' })
    await h.press()
    await h.pass(60_000)
    expect(h.state()).toBe('listening')
    h.keyDown = false
    await h.pass(2_100)
    expect(h.state()).toBe('transcribing')
  })

  it('field 3: a system that does not answer counts as a held key', async () => {
    const h = createHarness({ timing: 'manual', deps: { keyIsDown: () => new Promise(() => {}) } })
    await h.press()
    await h.pass(10_000)
    expect(h.state()).toBe('listening')
    await h.release()
    expect(h.state()).toBe('transcribing')
  })

  it('toggle: a press begins, the next one ends the take', async () => {
    const h = createHarness({ asr: createFakeAsr({ hears: 'Why?' }), settings: { mode: 'toggle' } })
    await h.press()
    await h.release()
    expect(h.eventsOf('state').at(-1)).toMatchObject({ state: 'listening', latched: true })
    await h.speak(500)
    await h.press()
    await h.release()
    await h.pass(2_000)
    expect(h.turns().map(({ end }) => end)).toEqual(['complete'])
  })
})

describe('turn runner: recording and recognition', () => {
  it('field 26: the last word is recorded while it is heard', async () => {
    const h = createHarness({ timing: 'manual' })
    await h.press()
    const call = await h.asr.nextCall()
    call.emit({ type: 'speech-start', atMs: 0 })
    await h.speak(500)
    await h.release()
    expect(h.audio.takes).toEqual([{ id: 'id-1', stopped: false }])
    await h.speak(160)
    call.emit({ type: 'speech-end', atMs: 600 })
    await flush()
    expect([h.audio.takes, call.frames.length]).toEqual([[{ id: 'id-1', stopped: true }], 33])
  })

  it('fields 38 and 39: a recogniser that fails leaves the take, and the turn to try again', async () => {
    let fails = true
    const asr = createFakeAsr({ hears: 'Why?' })
    const h = createHarness({
      deps: {
        asr: {
          id: 'flaky',
          async* transcribe(frames, options) {
            if (fails)
              throw new AppError('model-missing', 'No model.')
            yield* asr.transcribe(frames, options)
          },
        },
      },
    })
    await h.press()
    await h.speak(1_000)
    expect(h.eventsOf('state').at(-1)).toMatchObject({ state: 'listening', errorCode: 'model-missing' })
    await h.release()
    await h.pass(1_000)
    expect(h.turns().map(({ end, errorCode, takePath }) => [end, errorCode, takePath])).toEqual([['failed', 'model-missing', '/takes/id-1.wav']])

    fails = false
    await h.runner.retry('id-1')
    await h.pass(2_000)
    expect(h.turns().map(({ id, end, userText }) => [id, end, userText])).toEqual([['id-1', 'complete', 'Why?']])
  })

  it('who was asked while the key was held is kept when the take is heard again from the disk', async () => {
    const attempt = { model: 'm', startMs: 0, firstOutputMs: null, endMs: 1, hedge: false, delivery: null } as const
    const route = { part: 'asr', why: 'only', expectedMs: null, skipped: [] } as const
    const asr = createFakeAsr({ hears: 'Why?' })
    let calls = 0
    const h = createHarness({
      deps: {
        asr: {
          id: 'router',
          async* transcribe(frames, options) {
            if (calls++ === 0) {
              options.onRoute?.({ ...route, servedBy: null, attempts: [{ ...attempt, serviceId: 'a', outcome: 'failed', errorCode: 'timeout' }] })
              throw new AppError('timeout', 'Late.', { retryable: true })
            }
            options.onRoute?.({ ...route, servedBy: 'b', attempts: [{ ...attempt, serviceId: 'b', outcome: 'served', errorCode: null }] })
            yield* asr.transcribe(frames, options)
          },
        },
      },
    })
    await h.press()
    await h.speak(1_000)
    await h.release()
    await h.pass(2_000)
    const [turn] = h.turns()
    expect([turn?.userText, turn?.engines.asr, turn?.routes.asr?.servedBy]).toEqual(['Why?', 'b:m', 'b'])
    expect(turn?.routes.asr?.attempts.map(({ serviceId, errorCode }) => [serviceId, errorCode])).toEqual([['a', 'timeout'], ['b', null]])
  })

  it('a recogniser that dies while the key is held costs nothing: the take is decoded from disk', async () => {
    const h = createHarness({ timing: 'manual' })
    await h.press()
    const first = await h.asr.nextCall()
    await h.speak(400)
    first.fail(lost())
    await h.speak(400)
    await h.release()
    await h.pass(500)
    const second = await h.asr.nextCall()
    second.finish('Why?')
    await h.pass(100)
    h.chat.calls[0]?.say('So.')
    h.chat.calls[0]?.finish()
    await flush()
    h.tts.calls[0]?.speak({ index: 0, text: 'So.' })
    h.tts.calls[0]?.end()
    await h.pass(1_000)
    expect(h.turns().map(({ end, userText, replyText }) => [end, userText, replyText])).toEqual([['complete', 'Why?', 'So.']])
  })

  it('no microphone: the turn fails with its code, nothing is stored', async () => {
    const h = createHarness()
    h.audio.breakMicrophone(new AppError('no-microphone', 'There is none.'))
    await h.press()
    await h.release()
    await h.pass(100)
    expect([h.eventsOf('state').at(-1), h.turns()]).toEqual([{ type: 'state', state: 'failed', turnId: 'id-1', latched: false, errorCode: 'no-microphone', hint: null }, []])
    h.audio.breakMicrophone(undefined)
    await h.press()
    expect(h.state()).toBe('listening')
  })

  it('field 27: a microphone that fails in the middle: what was captured is answered', async () => {
    const h = createHarness({ asr: createFakeAsr({ hears: 'Why?' }) })
    const { microphone } = h.audio
    const runner = createHarness({
      asr: h.asr,
      deps: {
        microphone: {
          async startTake(id) {
            const take = await microphone.startTake(id)
            return {
              ...take,
              async* frames() {
                yield { samples: new Int16Array(320), sampleRate: 16_000, capturedAtMs: 0 }
                throw new AppError('device-lost', 'Unplugged.')
              },
            }
          },
        },
      },
    })
    await runner.press()
    await runner.pass(2_000)
    expect([runner.turns().map(({ end, userText }) => [end, userText]), runner.eventsOf('notice')]).toEqual([
      [['complete', 'Why?']],
      [{ type: 'notice', code: 'capture-failed', turnId: 'id-1', errorCode: 'device-lost' }],
    ])
  })

  it('a disk that does not take the recording: it is answered all the same, and told', async () => {
    const { audio } = createHarness()
    const h = createHarness({
      asr: createFakeAsr({ hears: 'Why?' }),
      deps: {
        microphone: {
          async startTake(id) {
            const take = await audio.microphone.startTake(id)
            return { ...take, frames: signal => take.frames(signal), stop: async () => ({ ...await take.stop(), fileError: new AppError('disk-full', 'Full.') }) }
          },
        },
      },
    })
    await h.press()
    await h.pass(500)
    await h.release()
    await h.pass(2_000)
    // Half a recording would only be misunderstood when it is run again.
    expect(h.turns().map(({ takePath, userText }) => [takePath, userText])).toEqual([[null, 'Why?']])
    const heard = h.asr.calls.length
    await h.runner.retry('id-1')
    await h.pass(2_000)
    expect([h.asr.calls.length, h.turns().map(({ userText }) => userText)]).toEqual([heard, ['Why?']])
    expect([h.turns().map(({ end }) => end), h.eventsOf('notice').map(({ code, errorCode }) => [code, errorCode]), h.eventsOf('capture').map(event => Object.keys(event).sort())]).toEqual([
      ['complete'],
      [['take-not-saved', 'disk-full']],
      [['durationMs', 'missingFrames', 'preRollMs', 'turnId', 'type']],
    ])
  })

  it('from the first word on a crash leaves the turn with its take', async () => {
    const h = createHarness({ timing: 'manual' })
    await h.press()
    const call = await h.asr.nextCall()
    expect(h.turns()).toEqual([])
    call.emit({ type: 'partial', text: 'what is', stableChars: 4, settled: false })
    await flush()
    expect([h.turns().map(({ end, userText, takePath }) => [end, userText, takePath]), h.store.listConversations().map(({ title }) => title)])
      .toEqual([[['pending', 'what is', '/takes/id-1.wav']], ['']])
  })
})

describe('turn runner: speculation', () => {
  async function pausing() {
    const h = createHarness({ timing: 'manual' })
    await h.press()
    const asr = await h.asr.nextCall()
    asr.emit({ type: 'speech-start', atMs: 0 }, { type: 'speech-end', atMs: 500 }, { type: 'partial', text: 'Why is that?', stableChars: 12, settled: true })
    await flush()
    return { h, asr, chat: await h.chat.nextCall() }
  }

  it('begins at a settled partial, unseen, and is taken over at key up', async () => {
    const { h, asr, chat } = await pausing()
    chat.say('So it', ' is. And')
    await flush()
    expect([h.eventsOf('tokens'), h.eventsOf('turn').map(({ turn }) => turn.replyText), h.audio.playbacks, h.tts.calls.map(({ pieces }) => pieces)])
      .toEqual([[], [''], [], [[{ index: 0, text: 'So it is.' }]]])
    h.tts.calls[0]?.speak({ index: 0, text: 'So it is.' })
    await h.pass(200)
    expect([h.audio.playbacks, h.store.writes.map(({ replyText }) => replyText)]).toEqual([[], ['']])

    await h.release()
    asr.finish('Why is that?')
    await flush()
    expect({
      tokens: h.eventsOf('tokens').map(({ offset, text }) => [offset, text]),
      state: h.state(),
      requests: h.chat.calls.length,
      hops: h.eventsOf('hops').at(-1)?.hops,
    }).toEqual({
      tokens: [[0, 'So it is. And']],
      state: 'speaking',
      requests: 1,
      hops: { keyDownMs: -200, captureEndMs: 0, transcriptMs: 0, requestMs: -200, firstTokenMs: -200, firstPieceMs: -200, firstAudioMs: -200, firstSoundMs: 0 },
    })
  })

  it('only the first piece is made ahead', async () => {
    const { h, chat } = await pausing()
    chat.say('One. Two. Three.')
    await flush()
    expect(h.tts.calls[0]?.pieces).toEqual([{ index: 0, text: 'One.' }])
  })

  it('a voice that goes on throws it away, and so does another text', async () => {
    const { h, asr, chat } = await pausing()
    chat.say('So it is.')
    await flush()
    asr.emit({ type: 'speech-start', atMs: 900 })
    await h.pass(299)
    expect(chat.outcome).toBe('open')
    await h.pass(1)
    expect([chat.outcome, h.tts.calls[0]?.outcome, h.eventsOf('tokens')]).toEqual(['aborted', 'aborted', []])

    asr.emit({ type: 'speech-end', atMs: 1_500 }, { type: 'partial', text: 'Why is that? And', stableChars: 16, settled: true })
    await flush()
    asr.emit({ type: 'partial', text: 'Why is that? And how', stableChars: 16, settled: false })
    await flush()
    expect(h.chat.calls.map(({ outcome }) => outcome)).toEqual(['aborted', 'aborted'])
  })

  it('a click that passes for a voice does not', async () => {
    const { h, asr, chat } = await pausing()
    chat.say('So it is.')
    await flush()
    asr.emit({ type: 'speech-start', atMs: 900 })
    await h.pass(200)
    asr.emit({ type: 'speech-end', atMs: 950 }, { type: 'partial', text: 'Why is that?', stableChars: 12, settled: true })
    await h.pass(1_000)
    await h.release()
    asr.finish('Why is that?')
    await flush()
    expect([h.chat.calls.length, chat.outcome, h.eventsOf('tokens').map(({ text }) => text)]).toEqual([1, 'open', ['So it is.']])
  })

  it('a different final text throws it away', async () => {
    const { h, asr, chat } = await pausing()
    chat.say('So it is.')
    await h.release()
    asr.finish('Why is that so?')
    await flush()
    const second = h.chat.calls[1]
    expect([chat.outcome, second?.messages.at(-1)?.content, h.eventsOf('tokens')]).toEqual(['aborted', 'Why is that so?', []])
  })

  it('one that failed is begun again, without a word', async () => {
    const { h, asr, chat } = await pausing()
    chat.fail(lost())
    await h.release()
    asr.finish('Why is that?')
    await flush()
    expect([h.chat.calls.length, h.state(), h.eventsOf('notice')]).toEqual([2, 'thinking', []])
  })

  it('is thrown away by Esc, and leaves nothing open', async () => {
    const { h, chat } = await pausing()
    chat.say('So it is.')
    await flush()
    h.runner.cancel()
    await flush()
    expect([chat.outcome, h.tts.calls.map(({ outcome }) => outcome), h.audio.playbacks]).toEqual(['aborted', ['aborted'], []])
  })

  it('can be switched off', async () => {
    const h = createHarness({ timing: 'manual', settings: { speculate: false } })
    await h.press()
    const asr = await h.asr.nextCall()
    asr.emit({ type: 'partial', text: 'Why?', stableChars: 4, settled: true })
    await flush()
    expect(h.chat.calls).toEqual([])
  })
})
