import type { Harness } from './harness'
import { afterEach, describe, expect, it } from 'vitest'
import { AppError } from '../../../src-main/lib/app-error'
import { frame } from '../../fakes/fake-audio-device'
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

/** Speaks two pieces of 100 ms and 150 ms; the model would go on. */
async function speaking(): Promise<Harness> {
  const h = createHarness({ timing: 'manual', asr: createFakeAsr({ hears: 'Next?' }) })
  h.runner.ask('Why?')
  const chat = await h.chat.nextCall()
  chat.say('Ten letts.', ' Fifteen letters.', ' And')
  await flush()
  const tts = await h.tts.nextCall()
  tts.speak({ index: 0, text: 'Ten letts.' })
  tts.speak({ index: 1, text: 'Fifteen letters' })
  await flush()
  return h
}

describe('interruption', () => {
  it('field 49: the history keeps what was heard, and the model is told no more', async () => {
    const h = await speaking()
    await h.pass(140)
    await h.press()
    await h.speak(500)
    await h.release()
    await h.pass(100)
    const [first] = h.turns()
    expect([first?.end, first?.replyText, first?.heardText]).toEqual(['interrupted', 'Ten letts. Fifteen letters. And', 'Ten letts.'])
    expect(h.chat.calls[1]?.messages).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Why?' },
      { role: 'assistant', content: 'Ten letts.…' },
      { role: 'user', content: 'Next?' },
    ])
    expect(h.chat.primed.at(-1)).toEqual(h.chat.calls[1]?.messages.slice(0, -1))
  })

  it('field 49: nothing was heard yet', async () => {
    const h = createHarness({ timing: 'manual' })
    h.runner.ask('Why?')
    const chat = await h.chat.nextCall()
    chat.say('Because.')
    await flush()
    h.runner.stop()
    await flush()
    expect([chat.outcome, h.tts.calls[0]?.outcome, h.turns().map(({ end, heardText, replyText }) => [end, heardText, replyText])])
      .toEqual(['aborted', 'aborted', [['interrupted', '', 'Because.']]])
    h.runner.ask('And now?')
    await flush()
    expect(h.chat.calls[1]?.messages.slice(1, -1)).toEqual([])
  })

  it('field 34: silence is asked for before anything else happens', async () => {
    const h = await speaking()
    const order: string[] = []
    h.runner.events.subscribe((event) => {
      if (event.type === 'state')
        order.push(`state ${event.state}`)
    })
    const call = h.chat.calls[0]
    call?.signal.addEventListener('abort', () => order.push(`generation aborted, playback ${h.audio.playbacks[0]?.report ? 'over' : 'told to stop'}`))
    await h.press()
    expect([order, h.audio.playbacks[0]?.report?.interrupted, h.audio.takes]).toEqual([
      ['state listening', 'generation aborted, playback told to stop'],
      true,
      [{ id: 'id-2', stopped: false }],
    ])
  })

  it('field 50: an interrupted reply is stored once as such, before what follows', async () => {
    const h = await speaking()
    await h.pass(140)
    await h.press()
    await h.speak(500)
    await h.release()
    await h.pass(2_000)
    h.chat.calls[1]?.say('Yes.')
    h.chat.calls[1]?.finish()
    await flush()
    h.tts.calls[1]?.speak({ index: 0, text: 'Yes.' })
    h.tts.calls[1]?.end()
    await h.pass(1_000)
    const finals = h.store.writes.filter(({ end }) => end !== 'pending').map(({ id, end }) => [id, end])
    expect([finals, h.turns().map(({ id }) => id)]).toEqual([[['id-1', 'interrupted'], ['id-2', 'complete']], ['id-1', 'id-2']])
  })

  it('field 51: what an older turn still tells is dropped', async () => {
    const h = await speaking()
    const old = h.chat.calls[0]
    h.runner.ask('Next?')
    await flush()
    old?.say(' More')
    old?.finish()
    await h.pass(300)
    const after = h.events.slice(h.events.findIndex(event => event.type === 'state' && event.turnId === 'id-2'))
    expect(after.filter(event => event.type !== 'turn' && 'turnId' in event && event.turnId === 'id-1')).toEqual([])
  })

  it('field 52: interrupted before the first sound, the next reply is heard', async () => {
    const h = createHarness({ timing: 'manual' })
    h.runner.ask('Why?')
    const first = await h.chat.nextCall()
    first.say('Because.')
    await flush()
    h.runner.ask('And now?')
    const second = await h.chat.nextCall()
    second.say('So it is.')
    second.finish()
    await flush()
    h.tts.calls[1]?.speak({ index: 0, text: 'So it is.' })
    h.tts.calls[1]?.end()
    await h.pass(1_000)
    expect(h.turns().map(({ end }) => end)).toEqual(['interrupted', 'complete'])
    expect(h.audio.playbacks.at(-1)?.report).toMatchObject({ interrupted: false, lastPieceIndex: 0 })
  })

  it('field 52: a loudspeaker that hangs holds up neither the end of the turn nor the next one', async () => {
    let plays = 0
    const h = createHarness({
      chat: createFakeChat({ reply: 'So it is.' }),
      deps: { speaker: { play: () => plays++ === 0 ? new Promise(() => {}) : Promise.resolve({ playedMs: 100, lastPieceIndex: 0, interrupted: false }) } },
    })
    h.runner.ask('Why?')
    await h.pass(100)
    h.runner.ask('And now?')
    await h.pass(1_000)
    expect(h.turns().map(({ end, heardText }) => [end, heardText])).toEqual([['interrupted', ''], ['complete', null]])
  })

  it('field 53: an utterance that is finalised twice is answered once', async () => {
    const h = createHarness({ timing: 'manual' })
    await h.press()
    const call = await h.asr.nextCall()
    await h.release()
    call.emit({ type: 'final', text: 'Why?', speechMs: 300 }, { type: 'final', text: 'Why?', speechMs: 300 })
    call.end()
    await h.pass(100)
    expect([h.chat.calls.length, h.turns().length]).toEqual([1, 1])
  })

  it('field 55: its own voice in the pre-roll is not given to the recogniser', async () => {
    const given = async (untilPressMs: number): Promise<number[]> => {
      const { audio } = createHarness()
      const h: Harness = createHarness({
        timing: 'manual',
        deps: {
          microphone: {
            async startTake(id) {
              const take = await audio.microphone.startTake(id)
              audio.speak(...[-500, -200, -20, 0, 20].map(offsetMs => frame(h.clock.nowMs() + offsetMs, 1_000)))
              return take
            },
          },
        },
      })
      h.runner.ask('Why?')
      const chat = await h.chat.nextCall()
      chat.say('Ten letts.')
      chat.finish()
      await flush()
      h.tts.calls[0]?.speak({ index: 0, text: 'Ten letts.' })
      h.tts.calls[0]?.end()
      await h.pass(untilPressMs)
      await h.press()
      return h.asr.calls[0]?.frames.map(({ capturedAtMs }) => Math.round(capturedAtMs - h.clock.nowMs())) ?? []
    }
    // The voice sounds for 100 ms.
    expect([await given(60), await given(300), await given(1_000)]).toEqual([[0, 20], [-200, -20, 0, 20], [-500, -200, -20, 0, 20]])
  })

  it('the stop button does the same without a new take', async () => {
    const h = await speaking()
    await h.pass(140)
    h.runner.stop()
    await h.pass(100)
    expect([h.state(), h.turns().map(({ end, heardText }) => [end, heardText]), h.audio.takes]).toEqual(['idle', [['interrupted', 'Ten letts.']], []])
  })

  it('with the voice off, all that was written was known', async () => {
    const h = createHarness({ timing: 'manual', settings: { voiceEnabled: false } })
    h.runner.ask('Why?')
    const chat = await h.chat.nextCall()
    chat.say('Because of')
    await flush()
    h.runner.ask('And?')
    await flush()
    expect([h.turns()[0]?.heardText, h.chat.calls[1]?.messages[2]]).toEqual([null, { role: 'assistant', content: 'Because of…' }])
  })

  it('field 56: nothing is kept of the turns that are over', async () => {
    const h = createHarness()
    for (let i = 0; i < 30; i++) {
      h.runner.ask(`Question ${i}?`)
      await h.pass(i % 2 === 0 ? 100 : 1_000)
    }
    h.runner.stop()
    await h.pass(2_000)
    await h.runner.settled()
    expect({ timers: h.clock.pending, open: [...h.chat.calls, ...h.tts.calls].filter(({ outcome }) => outcome === 'open').length, stored: h.turns().length })
      .toEqual({ timers: 0, open: 0, stored: 30 })
    expect(h.turns().every(({ end }) => end === 'complete' || end === 'interrupted')).toBe(true)
  })
})

describe('how a reply ends', () => {
  it('field 59: a stream that ends without a finish is a truncated reply', async () => {
    const h = createHarness({ chat: createFakeChat({ reply: [{ type: 'text', text: 'Half a' }] }) })
    h.runner.ask('Why?')
    await h.pass(1_000)
    expect(h.turns().map(({ end, replyText }) => [end, replyText])).toEqual([['truncated', 'Half a']])
  })

  it('out of tokens, or cut for repeating itself, is truncated', async () => {
    for (const finish of ['length', 'repetition'] as const) {
      const h = createHarness({ chat: createFakeChat({ reply: 'So it', finish }) })
      h.runner.ask('Why?')
      await h.pass(1_000)
      expect(h.turns().map(({ end }) => end)).toEqual(['truncated'])
    }
  })

  it('a model that fails: what was written is kept as failed', async () => {
    const h = createHarness({ timing: 'manual' })
    h.runner.ask('Why?')
    const chat = await h.chat.nextCall()
    chat.say('Because')
    await flush()
    chat.fail(new AppError('out-of-memory', 'No memory.'))
    await flush()
    expect([h.eventsOf('state').at(-1), h.turns().map(({ end, errorCode, replyText }) => [end, errorCode, replyText])]).toEqual([
      { type: 'state', state: 'failed', turnId: 'id-1', latched: false, errorCode: 'out-of-memory', hint: null },
      [['failed', 'out-of-memory', 'Because']],
    ])
  })

  it('a process that dies before anything was heard: the reply begins again, once', async () => {
    const h = createHarness({ timing: 'manual' })
    h.runner.ask('Why?')
    const first = await h.chat.nextCall()
    first.say('Because of')
    await flush()
    first.fail(lost())
    await flush()
    const second = await h.chat.nextCall()
    second.say('It is so.')
    second.finish()
    await flush()
    const voice = h.tts.calls.at(-1)
    voice?.speak({ index: 0, text: 'It is so.' })
    voice?.end()
    await h.pass(1_000)
    expect(h.turns().map(({ end, replyText }) => [end, replyText])).toEqual([['complete', 'It is so.']])
    const shown = h.events.flatMap(event => event.type === 'turn' ? [`turn "${event.turn.replyText}"`] : event.type === 'tokens' ? [`${event.offset}+${event.text}`] : [])
    expect(h.eventsOf('notice').map(({ code }) => code)).toEqual(['inference-restarted'])
    expect(shown).toEqual(['turn ""', '0+Because of', 'turn ""', '0+It is so.', 'turn "It is so."'])
  })

  it('a reply that begins again is heard only when the loudspeaker is free', async () => {
    let playing = 0
    let most = 0
    const h: Harness = createHarness({
      timing: 'manual',
      watchSpeaker: speaker => ({
        async play(chunks, options) {
          most = Math.max(most, ++playing)
          const report = await speaker.play(chunks, options)
          // A real loudspeaker has sound on its way.
          if (report.interrupted)
            await new Promise<void>(resolve => h.clock.after(80, resolve))
          playing--
          return report
        },
      }),
    })
    h.runner.ask('Why?')
    const first = await h.chat.nextCall()
    first.say('Because.')
    await flush()
    first.fail(lost())
    await flush()
    const second = await h.chat.nextCall()
    second.say('It is so.')
    second.finish()
    await h.pass(200)
    h.tts.calls.at(-1)?.speak({ index: 0, text: 'It is so.' })
    h.tts.calls.at(-1)?.end()
    await h.pass(500)
    expect([most, h.turns().map(({ end }) => end)]).toEqual([1, ['complete']])
  })

  it('a process that dies twice fails the turn', async () => {
    const h = createHarness({ timing: 'manual' })
    h.runner.ask('Why?')
    for (let i = 0; i < 2; i++) {
      const call = await h.chat.nextCall()
      call.fail(lost())
      await flush()
    }
    expect([h.chat.calls.length, h.turns().map(({ end, errorCode }) => [end, errorCode])]).toEqual([2, [['failed', 'inference-child-lost']]])
  })

  it('a process that dies when a part was heard: nothing is said twice', async () => {
    const h = await speaking()
    await h.pass(140)
    h.chat.calls[0]?.fail(lost())
    await h.pass(100)
    expect([h.chat.calls.length, h.turns().map(({ end, errorCode, replyText }) => [end, errorCode, replyText])]).toEqual([
      1,
      [['failed', 'inference-child-lost', 'Ten letts. Fifteen letters. And']],
    ])
  })

  it('each stage that hangs ends in failed, with what there is', async () => {
    const silent = createHarness({ timing: 'manual' })
    silent.runner.ask('Why?')
    await silent.pass(46_000)
    expect(silent.turns().map(({ end, errorCode }) => [end, errorCode])).toEqual([['failed', 'timeout']])

    const stuck = createHarness({ timing: 'manual' })
    await stuck.press()
    await stuck.speak(1_000)
    await stuck.release()
    await stuck.pass(21_000)
    expect(stuck.turns().map(({ end, errorCode, takePath }) => [end, errorCode, takePath])).toEqual([['failed', 'timeout', '/takes/id-1.wav']])
  })
})

describe('a voice that fails', () => {
  it('loses not a word of the text', async () => {
    const h = createHarness({ timing: 'manual' })
    h.runner.ask('Why?')
    const chat = await h.chat.nextCall()
    chat.say('One.')
    await flush()
    h.tts.calls[0]?.fail(new AppError('model-corrupt', 'Broken.'))
    await flush()
    chat.say(' Two.')
    chat.finish()
    await h.pass(100)
    expect([h.eventsOf('notice'), h.turns().map(({ end, replyText, errorCode }) => [end, replyText, errorCode])]).toEqual([
      [{ type: 'notice', code: 'voice-failed', turnId: 'id-1', errorCode: 'model-corrupt' }],
      [['complete', 'One. Two.', null]],
    ])
  })

  it('no loudspeaker: the reply is written', async () => {
    const h = createHarness({ chat: createFakeChat({ reply: 'One. Two.' }) })
    h.audio.breakSpeaker(new AppError('no-speaker', 'There is none.'))
    h.runner.ask('Why?')
    await h.pass(500)
    await h.runner.settled()
    expect([h.eventsOf('notice').map(({ code, errorCode }) => [code, errorCode]), h.turns().map(({ end, replyText }) => [end, replyText]), h.tts.calls.map(({ outcome }) => outcome === 'open')])
      .toEqual([[['voice-failed', 'no-speaker']], [['complete', 'One. Two.']], [false]])
  })

  it('a process that dies in the middle of speaking: the voice goes on with the next piece', async () => {
    const h = createHarness({ timing: 'manual' })
    h.runner.ask('Why?')
    const chat = await h.chat.nextCall()
    chat.say('One.', ' Two.', ' Three.')
    chat.finish()
    await flush()
    const first = await h.tts.nextCall()
    first.speak({ index: 0, text: 'One.' })
    first.emit({ samples: new Int16Array(100), sampleRate: 22_050, pieceIndex: 1, last: false })
    first.fail(lost())
    await h.pass(500)
    const second = await h.tts.nextCall()
    second.speak({ index: 2, text: 'Three.' })
    second.end()
    await h.pass(500)
    expect([second.pieces.map(({ index }) => index), h.audio.playbacks[0]?.chunks.map(({ pieceIndex, last }) => [pieceIndex, last]), h.turns().map(({ end }) => end), h.eventsOf('notice')])
      .toEqual([[2], [[0, true], [1, false], [1, true], [2, true]], ['complete'], []])
  })
})

describe('a voice that a service makes', () => {
  it('is not asked once more when it fails: whoever routes it has tried what there is', async () => {
    const h = createHarness({ timing: 'manual' })
    h.runner.ask('Why?')
    const chat = await h.chat.nextCall()
    chat.say('One.', ' Two.')
    chat.finish()
    await flush()
    const first = await h.tts.nextCall()
    first.speak({ index: 0, text: 'One.' })
    first.fail(new AppError('timeout', 'Nothing came.', { retryable: true }))
    await h.pass(500)
    expect([h.tts.calls.length, h.eventsOf('notice').map(({ code, errorCode }) => [code, errorCode]), h.turns().map(({ end, replyText }) => [end, replyText])])
      .toEqual([1, [['voice-failed', 'timeout']], [['complete', 'One. Two.']]])
  })
})

describe('what is kept', () => {
  it('a disk that takes nothing costs the history, not the answer', async () => {
    const h = createHarness({ chat: createFakeChat({ reply: 'So it is.' }) })
    h.store.breakWrites(new AppError('disk-full', 'Full.'))
    h.runner.ask('Why?')
    await h.pass(1_000)
    await h.runner.settled()
    expect([h.eventsOf('turn').at(-1)?.turn.end, h.eventsOf('notice').map(({ code, errorCode }) => [code, errorCode])[0], h.audio.playbacks.length]).toEqual(['complete', ['store-failed', 'disk-full'], 1])
  })

  it('what a full disk refused is written when it takes it again', async () => {
    const h = createHarness({ settings: { voiceEnabled: false } })
    h.store.breakWrites(new AppError('disk-full', 'Full.'))
    h.runner.ask('Why?')
    await h.pass(100)
    expect(h.turns()).toEqual([])
    h.store.breakWrites(null)
    h.runner.ask('And now?')
    await h.pass(100)
    expect(h.turns().map(({ userText, end }) => [userText, end])).toEqual([['Why?', 'complete'], ['And now?', 'complete']])
  })

  it('what a full disk refused is remembered all the same: the model is told of it', async () => {
    const h = createHarness({ chat: createFakeChat({ reply: 'So it is.' }), settings: { voiceEnabled: false } })
    h.store.breakWrites(new AppError('disk-full', 'Full.'))
    h.runner.ask('Why?')
    await h.pass(100)
    h.runner.ask('And now?')
    await h.pass(100)
    expect(h.chat.calls.at(-1)?.messages.slice(1).map(({ content }) => content)).toEqual(['Why?', 'So it is.', 'And now?'])
  })

  it('what a full disk refused can be run again, also while it still does', async () => {
    const h = createHarness({ settings: { voiceEnabled: false } })
    h.store.breakWrites(new AppError('disk-full', 'Full.'))
    h.runner.ask('Why?')
    await h.pass(100)
    const id = h.eventsOf('turn').at(-1)?.turn.id as string
    for (const fault of [new AppError('disk-full', 'Full.'), null]) {
      h.store.breakWrites(fault)
      await h.runner.retry(id)
      await h.pass(100)
      expect(h.eventsOf('turn').at(-1)?.turn).toMatchObject({ id, userText: 'Why?', end: 'complete' })
    }
    expect(h.turns().map(({ userText, end }) => [userText, end])).toEqual([['Why?', 'complete']])
  })

  it('a conversation that was deleted meanwhile is made again for its turn', async () => {
    const h = createHarness()
    h.runner.ask('First?')
    await h.pass(1_000)
    h.store.deleteConversation(h.runner.conversationId)
    h.runner.ask('Second?')
    await h.pass(1_000)
    expect([h.turns().map(({ userText, end }) => [userText, end]), h.store.listConversations().map(({ title }) => title)]).toEqual([[['Second?', 'complete']], ['Second?']])
  })

  it('a long reply is put on disk while it is written', async () => {
    const h = createHarness({ timing: 'manual', settings: { voiceEnabled: false } })
    h.runner.ask('Why?')
    const chat = await h.chat.nextCall()
    for (let i = 0; i < 50; i++) {
      chat.say('word ')
      await h.pass(100)
    }
    expect(h.store.writes.map(({ replyText, end }) => [replyText.length, end])).toEqual([[0, 'pending'], [105, 'pending'], [205, 'pending']])
  })

  it('turns belong to the conversation that was open when they began', async () => {
    const h = createHarness({ timing: 'manual', settings: { voiceEnabled: false } })
    h.runner.openConversation('a')
    h.runner.ask('Why?')
    const chat = await h.chat.nextCall()
    h.runner.openConversation('b')
    chat.say('So.')
    chat.finish()
    await flush()
    expect(h.turns().map(({ conversationId, end }) => [conversationId, end])).toEqual([['a', 'complete']])
  })

  it('retry from text answers in place, with what went before', async () => {
    const h = createHarness({ chat: createFakeChat({ reply: (_, call) => `Answer ${call}.` }) })
    for (const question of ['A?', 'B?', 'C?']) {
      h.runner.ask(question)
      await h.pass(1_000)
    }
    await h.runner.retry('id-2')
    await h.pass(1_000)
    expect(h.turns().map(({ userText, replyText }) => [userText, replyText])).toEqual([['A?', 'Answer 0.'], ['B?', 'Answer 3.'], ['C?', 'Answer 2.']])
    expect(h.chat.calls.at(-1)?.messages.map(({ content }) => content)).toEqual(['Be brief.', 'A?', 'Answer 0.', 'B?'])
  })

  it('a retry that gives nothing leaves what was there', async () => {
    let fails = false
    const good = createFakeChat({ reply: 'So it is.' })
    const h = createHarness({
      deps: {
        chat: {
          id: 'flaky',
          async* complete(messages, options) {
            if (fails)
              throw new AppError('model-missing', 'Gone.')
            yield* good.complete(messages, options)
          },
        },
      },
    })
    h.runner.ask('Why?')
    await h.pass(1_000)
    const [before] = h.turns()
    fails = true
    await h.runner.retry('id-1')
    await h.pass(1_000)
    expect([h.state(), h.turns()]).toEqual(['failed', [before]])
  })

  it('the running turn can be run again: its end does not overwrite the new run', async () => {
    const h = await speaking()
    await h.runner.retry('id-1')
    await flush()
    const second = await h.chat.nextCall()
    second.say('Anew.')
    second.finish()
    await flush()
    h.tts.calls.at(-1)?.speak({ index: 0, text: 'Anew.' })
    h.tts.calls.at(-1)?.end()
    await h.pass(1_000)
    expect(h.turns().map(({ id, end, replyText }) => [id, end, replyText])).toEqual([['id-1', 'complete', 'Anew.']])
  })

  it('a take that was deleted: the retry goes from the text', async () => {
    const h = createHarness({
      asr: createFakeAsr({ hears: 'Why?' }),
      deps: {

        async* readTake() {
          throw new AppError('not-found', 'Deleted.')
        },
      },
    })
    await h.press()
    await h.speak(400)
    await h.release()
    await h.pass(2_000)
    await h.runner.retry('id-1')
    await h.pass(2_000)
    expect([h.chat.calls.length, h.turns().map(({ end, userText }) => [end, userText])]).toEqual([2, [['complete', 'Why?']]])
  })

  it('retry of what is not there rejects; a blank question throws', async () => {
    const h = createHarness()
    await expect(h.runner.retry('nothing')).rejects.toMatchObject({ code: 'not-found' })
    expect(() => h.runner.ask('  ')).toThrow(expect.objectContaining({ code: 'bad-input' }))
  })

  it('dispose ends the running turn as interrupted, closes everything and does nothing more', async () => {
    const h = await speaking()
    await h.pass(140)
    const disposed = h.runner.dispose()
    await h.pass(100)
    await disposed
    h.runner.keyDown(h.clock.nowMs())
    await h.pass(1_000)
    expect({ turns: h.turns().map(({ end }) => end), takes: h.audio.takes, timers: h.clock.pending, open: [...h.chat.calls, ...h.tts.calls].filter(({ outcome }) => outcome === 'open').length })
      .toEqual({ turns: ['interrupted'], takes: [], timers: 0, open: 0 })
  })

  it('the logs hold no word of what was said, asked or answered', async () => {
    const h = createHarness({ timing: 'manual', asr: createFakeAsr({ hears: 'secretquestion' }) })
    await h.press()
    await h.speak(200)
    await h.release()
    await h.pass(100)
    const chat = await h.chat.nextCall()
    chat.say('secretanswer.')
    await flush()
    h.tts.calls[0]?.fail(new AppError('model-corrupt', 'Broken.'))
    chat.fail(new AppError('out-of-memory', 'No memory.'))
    await h.pass(100)
    expect(h.logs.length).toBeGreaterThan(0)
    expect(JSON.stringify(h.logs)).not.toMatch(/secret/)
  })

  it('a listener that throws does not stop the turn', async () => {
    const h = createHarness({ chat: createFakeChat({ reply: 'So it is.' }) })
    h.runner.events.subscribe(() => {
      throw new Error('listener')
    })
    h.runner.ask('Why?')
    await h.pass(1_000)
    expect(h.turns().map(({ end }) => end)).toEqual(['complete'])
  })
})
