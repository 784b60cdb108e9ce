import type { DictationHarness, DictationHarnessOptions } from './harness'
import { describe, expect, it } from 'vitest'
import { TRANSIT_MS } from '../../../src-main/dictation/dictation-take'
import { AppError } from '../../../src-main/lib/app-error'
import { createFakeAsr, createFakeChat } from '../../fakes/fake-engines'
import { createDictationHarness, flush } from './harness'

const texts = (harness: DictationHarness): string[] => harness.injector.inserted.map(({ text }) => text)
const stored = (harness: DictationHarness) => harness.store.list()[0]
const hearing = (hears: string, options: DictationHarnessOptions = {}): DictationHarness => createDictationHarness({ asr: createFakeAsr({ hears }), ...options })

describe('a dictation', () => {
  it('is recorded, recognised, stored and inserted into the window that had the focus at key down', async () => {
    const harness = hearing('Hello there.')
    await harness.press()
    const target = harness.injector.focus
    harness.injector.focus = { id: '2', appId: 'Other', title: '', pid: 7 }
    await harness.speak(1_000)
    await harness.release()
    await harness.pass(TRANSIT_MS)
    await harness.runner.settled()
    expect(harness.injector.inserted).toMatchObject([{ text: 'Hello there.', target, options: { method: 'auto', chord: null, mayInsertNewlines: false } }])
    expect(stored(harness)).toMatchObject({ id: 'd-0', kind: 'dictation', end: 'inserted', rawText: 'Hello there.', finalText: 'Hello there.', takePath: '/takes/d-0.wav', durationMs: 1_000, how: 'pasted', confirmed: true, why: null, target: { appId: 'Editor', title: 'notes.txt' } })
    expect(harness.states()).toEqual(['recording', 'transcribing', 'inserting', 'idle'])
    expect(harness.view()).toMatchObject({ state: 'idle', outcome: null })
  })

  it('is in the history, whole, before the first key is sent', async () => {
    const harness = hearing('Hello there.')
    let open = (): void => {}
    harness.injector.gate = new Promise((resolve) => {
      open = resolve
    })
    await harness.dictate()
    expect(texts(harness)).toEqual([])
    expect(stored(harness)).toMatchObject({ end: 'pending', rawText: 'Hello there.', finalText: 'Hello there.' })
    open()
    await harness.runner.settled()
    expect(stored(harness)).toMatchObject({ end: 'inserted' })
  })

  it('is in the history while it is recorded, for the case that the program is killed', async () => {
    const harness = hearing('Hello there.')
    await harness.press()
    await harness.speak(500)
    expect(stored(harness)).toMatchObject({ id: 'd-0', end: 'pending', takePath: '/takes/d-0.wav', rawText: '' })
    await harness.release()
    await harness.pass(TRANSIT_MS)
    await harness.runner.settled()
    expect(harness.store.list()).toMatchObject([{ id: 'd-0', end: 'inserted' }])
  })

  it('of nothing types nothing, and keeps no entry of a moment\'s silence', async () => {
    const harness = hearing('')
    await harness.dictate(500)
    await harness.runner.settled()
    expect(texts(harness)).toEqual([])
    expect(harness.store.list()).toEqual([])
    expect(harness.deleted).toEqual(['/takes/d-0.wav'])
    expect(harness.view().outcome).toBe('no-speech')
  })

  it('keeps the recording where much was said and nothing recognised, to be tried again', async () => {
    const harness = hearing('')
    await harness.dictate(3_000)
    await harness.runner.settled()
    expect(stored(harness)).toMatchObject({ end: 'empty', takePath: '/takes/d-0.wav' })
    expect(harness.deleted).toEqual([])
  })

  it('tells a press that was too short to say anything', async () => {
    const harness = hearing('')
    await harness.dictate(100)
    await harness.runner.settled()
    expect(harness.view().outcome).toBe('too-short')
  })

  it('goes to the disk and is tried once more when the recogniser dies in the middle', async () => {
    const asr = createFakeAsr({ timing: 'manual' })
    const harness = createDictationHarness({ asr })
    await harness.press()
    const first = await asr.nextCall()
    await harness.speak(400)
    first.fail(new AppError('inference-child-lost', 'gone', { retryable: true }))
    await harness.speak(400)
    await harness.release()
    await harness.pass(500)
    const second = await asr.nextCall()
    second.finish('All of it.')
    await harness.runner.settled()
    expect(texts(harness)).toEqual(['All of it.'])
    expect(harness.events).toContainEqual({ type: 'notice', code: 'transcription-failed', errorCode: 'inference-child-lost' })
  })

  it('that fails for good is in the history with its recording, and can be tried again', async () => {
    const asr = createFakeAsr({ timing: 'manual' })
    const harness = createDictationHarness({ asr })
    await harness.dictate()
    ;(await asr.nextCall()).fail(new AppError('model-missing', 'no model'))
    await harness.runner.settled()
    expect(stored(harness)).toMatchObject({ end: 'failed', errorCode: 'model-missing', takePath: '/takes/d-0.wav' })
    expect(harness.view().outcome).toBe('model-missing')
    expect(harness.cues).toEqual(['start', 'stop', 'fail'])

    const again = harness.runner.retry('d-0', createFakeAsr({ hears: 'Now it is heard.' }))
    await again
    expect(stored(harness)).toMatchObject({ end: 'copied', errorCode: null, rawText: 'Now it is heard.', finalText: 'Now it is heard.' })
    expect(texts(harness)).toEqual([])
  })

  it('fails when the recogniser says nothing for too long', async () => {
    const asr = createFakeAsr({ timing: 'manual' })
    const harness = createDictationHarness({ asr })
    await harness.dictate()
    await harness.pass(25_000)
    await harness.runner.settled()
    expect(stored(harness)).toMatchObject({ end: 'failed', errorCode: 'timeout' })
    expect(harness.clock.pending).toBe(0)
  })

  it('tells that there is no microphone', async () => {
    const harness = createDictationHarness()
    harness.audio.breakMicrophone(new AppError('no-microphone', 'none'))
    await harness.dictate(100)
    await harness.runner.settled()
    expect(harness.view().outcome).toBe('no-microphone')
    expect(harness.store.list()).toMatchObject([{ end: 'failed', errorCode: 'no-microphone', takePath: null }])
  })

  it('goes on recording after the key until the voice falls silent, at most for the post-roll', async () => {
    const asr = createFakeAsr({ timing: 'manual' })
    const harness = createDictationHarness({ asr })
    await harness.press()
    const call = await asr.nextCall()
    call.emit({ type: 'speech-start', atMs: 0 })
    await harness.speak(500)
    await harness.release()
    await harness.pass(200)
    expect(harness.audio.takes).toEqual([{ id: 'd-0', stopped: false }])
    await harness.pass(220)
    expect(harness.audio.takes).toEqual([{ id: 'd-0', stopped: true }])
    call.finish('And the last word.')
    await harness.runner.settled()
    expect(texts(harness)).toEqual(['And the last word.'])
  })

  it('ends soon where the voice is silent already: what was said right before the key was let go is still on its way', async () => {
    const asr = createFakeAsr({ timing: 'manual' })
    const harness = createDictationHarness({ asr })
    await harness.press()
    const call = await asr.nextCall()
    call.emit({ type: 'speech-start', atMs: 0 }, { type: 'speech-end', atMs: 300 })
    await harness.speak(400)
    await harness.release()
    expect(harness.audio.takes).toEqual([{ id: 'd-0', stopped: false }])
    await harness.pass(TRANSIT_MS)
    expect(harness.audio.takes).toEqual([{ id: 'd-0', stopped: true }])
    call.finish('Done.')
    await harness.runner.settled()
  })

  it('hears a last word that comes in after the key was let go', async () => {
    const asr = createFakeAsr({ timing: 'manual' })
    const harness = createDictationHarness({ asr })
    await harness.press()
    const call = await asr.nextCall()
    call.emit({ type: 'speech-start', atMs: 0 }, { type: 'speech-end', atMs: 300 })
    await harness.speak(400)
    await harness.release()
    await harness.pass(60)
    call.emit({ type: 'speech-start', atMs: 440 })
    await harness.pass(200)
    expect(harness.audio.takes).toEqual([{ id: 'd-0', stopped: false }])
    call.emit({ type: 'speech-end', atMs: 600 })
    await harness.pass(20)
    expect(harness.audio.takes).toEqual([{ id: 'd-0', stopped: true }])
    call.finish('All of it is.')
    await harness.runner.settled()
    expect(texts(harness)).toEqual(['All of it is.'])
  })

  it('is taken to the clipboard with the reason where it cannot be inserted', async () => {
    const harness = hearing('For the old window.')
    harness.injector.report = { how: 'copied', confirmed: false, why: 'focus-moved' }
    await harness.dictate()
    await harness.runner.settled()
    expect(stored(harness)).toMatchObject({ end: 'copied', how: 'copied', why: 'focus-moved' })
    expect(harness.view().outcome).toBe('focus-moved')
  })

  it('is inserted although the history cannot be written', async () => {
    const harness = hearing('Said all the same.')
    harness.store.breakWith(new AppError('disk-full', 'full'))
    await harness.dictate()
    await harness.runner.settled()
    expect(texts(harness)).toEqual(['Said all the same.'])
    expect(harness.events).toContainEqual({ type: 'notice', code: 'store-failed', errorCode: 'disk-full' })
  })
})

describe('the keys', () => {
  it('pressed again while the former is still recognised begin another; both are inserted in their order', async () => {
    const asr = createFakeAsr({ timing: 'manual' })
    const harness = createDictationHarness({ asr })
    await harness.dictate()
    const first = await asr.nextCall()
    await harness.dictate()
    const second = await asr.nextCall()
    first.finish('One.')
    await flush()
    second.finish('Two.')
    await harness.runner.settled()
    expect(texts(harness).map(text => text.trim())).toEqual(['One.', 'Two.'])
  })

  it('keep the order of what was said, also when the second is recognised first', async () => {
    const asr = createFakeAsr({ timing: 'manual' })
    const harness = createDictationHarness({ asr })
    await harness.dictate()
    const first = await asr.nextCall()
    await harness.dictate()
    const second = await asr.nextCall()
    second.finish('Two.')
    await flush()
    expect(texts(harness)).toEqual([])
    first.finish('One.')
    await harness.runner.settled()
    expect(texts(harness)).toEqual(['One.', ' Two.'])
  })

  it('go on when an earlier one fails', async () => {
    const asr = createFakeAsr({ timing: 'manual' })
    const harness = createDictationHarness({ asr })
    await harness.dictate()
    const first = await asr.nextCall()
    await harness.dictate()
    const second = await asr.nextCall()
    second.finish('Two.')
    first.fail(new AppError('model-missing', 'no model'))
    await harness.runner.settled()
    expect(texts(harness)).toEqual(['Two.'])
  })

  it('that are believed to be held and are not end the take', async () => {
    const harness = hearing('The release was lost.')
    await harness.press()
    await harness.speak(500)
    harness.keyIsDown = false
    await harness.pass(2_000)
    await harness.runner.settled()
    expect(texts(harness)).toEqual(['The release was lost.'])
  })

  it('that are really held for long are left alone', async () => {
    const harness = hearing('A long one.')
    await harness.press()
    await harness.pass(60_000)
    expect(harness.view().state).toBe('recording')
    await harness.release()
    await harness.pass(TRANSIT_MS)
    await harness.runner.settled()
    expect(texts(harness)).toEqual(['A long one.'])
    expect(harness.clock.pending).toBe(0)
  })

  it('tapped latch it; silence ends it where that is wished', async () => {
    const asr = createFakeAsr({ timing: 'manual' })
    const harness = createDictationHarness({ asr, options: { keyMode: 'auto', silenceStopMs: 2_000 } })
    await harness.press()
    await harness.release()
    expect(harness.view()).toMatchObject({ state: 'recording', latched: true })
    const call = await asr.nextCall()
    await harness.pass(5_000)
    expect(harness.view().state).toBe('recording')
    call.emit({ type: 'speech-start', atMs: 0 }, { type: 'partial', text: 'So it goes', stableChars: 0, settled: false }, { type: 'speech-end', atMs: 900 })
    await harness.pass(1_900)
    expect(harness.view().state).toBe('recording')
    await harness.pass(200)
    expect(harness.view().state).toBe('transcribing')
    call.finish('So it goes.')
    await harness.runner.settled()
    expect(texts(harness)).toEqual(['So it goes.'])
    await harness.press()
    expect(harness.view().state).toBe('recording')
    harness.runner.cancel()
    await harness.runner.settled()
  })

  it('held end with the limit, after a warning, and what was said is inserted', async () => {
    const harness = hearing('Very long.', { options: { limitMs: 60_000 } })
    await harness.press()
    await harness.pass(30_000)
    expect(harness.view().endsInMs).toBe(30_000)
    await harness.pass(30_500)
    await harness.runner.settled()
    expect(texts(harness)).toEqual(['Very long.'])
    expect(harness.view().outcome).toBe('limit-reached')
    await harness.release()
    await harness.dictate()
    await harness.runner.settled()
    expect(harness.injector.inserted).toHaveLength(2)
  })

  it('cancelled by Esc insert nothing; what was recorded is in the history', async () => {
    const harness = hearing('Not this.')
    await harness.press()
    await harness.speak(1_500)
    harness.runner.cancel()
    await harness.release()
    await harness.runner.settled()
    expect(texts(harness)).toEqual([])
    expect(stored(harness)).toMatchObject({ end: 'cancelled', takePath: '/takes/d-0.wav', durationMs: 1_500 })
    expect(harness.view().outcome).toBe('cancelled')
  })

  it('by command: start and stop are idempotent, toggle changes', async () => {
    const harness = hearing('By a command.')
    harness.runner.stop()
    harness.runner.start()
    harness.runner.start()
    await harness.speak(600)
    expect(harness.view()).toMatchObject({ state: 'recording', latched: true })
    harness.runner.stop()
    harness.runner.stop()
    await harness.pass(TRANSIT_MS)
    await harness.runner.settled()
    harness.runner.toggle()
    await harness.speak(600)
    harness.runner.toggle()
    await harness.pass(TRANSIT_MS)
    await harness.runner.settled()
    expect(harness.injector.inserted).toHaveLength(2)
  })
})

describe('around it', () => {
  it('nothing is recorded while nothing may be, whoever asks for it', async () => {
    const harness = createDictationHarness()
    harness.mayBegin = false
    await harness.press()
    harness.runner.start()
    harness.runner.toggle()
    await harness.release()
    expect(harness.audio.takes).toEqual([])
    harness.mayBegin = true
    harness.runner.toggle()
    await flush()
    expect(harness.view()).toMatchObject({ state: 'recording', latched: true })
    harness.runner.cancel()
    await harness.runner.settled()
  })

  it('cues and other programs\' sound are held for the recording alone', async () => {
    const harness = hearing('Quiet, please.', { options: { media: 'pause' } })
    await harness.press()
    expect([harness.cues, harness.media]).toEqual([['start'], ['pause']])
    await harness.speak(500)
    await harness.release()
    await harness.pass(TRANSIT_MS)
    await harness.runner.settled()
    expect([harness.cues, harness.media]).toEqual([['start', 'stop'], ['pause', 'release']])
  })

  it('a program whose profile says never gets nothing, and nothing of it is kept', async () => {
    const harness = hearing('A secret.', { rules: { never: true } })
    await harness.dictate(2_000)
    await harness.runner.settled()
    expect(texts(harness)).toEqual([])
    expect(harness.store.list()).toEqual([])
    expect(harness.deleted).toEqual(['/takes/d-0.wav'])
    expect(harness.view().outcome).toBe('never-here')
    expect(harness.media).toEqual(['leave', 'release'])
  })

  it('what is dictated into a password field is not kept', async () => {
    const harness = hearing('Open sesame.')
    harness.context = { before: '', after: '', selected: '', isSecret: true }
    await harness.dictate(2_000)
    await harness.runner.settled()
    expect(harness.injector.inserted).toHaveLength(1)
    expect(harness.store.list()).toEqual([])
    expect(harness.store.saves).toEqual([])
    expect(harness.deleted).toEqual(['/takes/d-0.wav'])
  })

  it('nothing is kept where that is wished, but of what failed', async () => {
    const harness = hearing('Gone with the wind.', { options: { keepNothing: true } })
    await harness.dictate(2_000)
    await harness.runner.settled()
    expect(harness.store.list()).toEqual([])
    expect(harness.deleted).toEqual(['/takes/d-0.wav'])
    expect(harness.events.at(-2)).toMatchObject({ type: 'entry', kept: false })
  })

  it('the text at the cursor decides about spacing and capitals', async () => {
    const harness = hearing('And more of it.')
    harness.context = { before: 'This is all', after: '', selected: '', isSecret: false }
    await harness.dictate()
    await harness.runner.settled()
    expect(texts(harness)[0]).toMatch(/^ and more of it/)
  })

  it('numbers, fillers and the dictionary are applied', async () => {
    const harness = hearing('Um, ask post gress for twenty three rows.', { rules: { dictionary: [{ word: 'PostgreSQL', heard: ['post gress'], soundsLike: false }] } })
    await harness.dictate()
    await harness.runner.settled()
    expect(texts(harness)).toEqual(['Ask PostgreSQL for 23 rows.'])
    expect(stored(harness)).toMatchObject({ rawText: 'Um, ask post gress for twenty three rows.' })
  })
})

describe('what was corrected by hand', () => {
  const corrected = async (learn: boolean): Promise<DictationHarness> => {
    const harness = hearing('We use post gress for it.', { options: { learn } })
    await harness.dictate()
    await harness.runner.settled()
    harness.context = { before: 'We use Postgres for it.', after: '', selected: '', isSecret: false }
    await harness.dictate()
    await harness.runner.settled()
    return harness
  }

  it('is told at the next dictation into the same window, where that is wished', async () => {
    const { events } = await corrected(true)
    expect(events.filter(({ type }) => type === 'corrections')).toEqual([{ type: 'corrections', corrections: [{ heard: 'post gress', word: 'Postgres' }] }])
  })

  it('is not looked at otherwise', async () => {
    const { events } = await corrected(false)
    expect(events.filter(({ type }) => type === 'corrections')).toEqual([])
  })
})

describe('taking back', () => {
  it('the last insertion, by key', async () => {
    const harness = hearing('Not so.')
    await harness.dictate()
    await harness.runner.settled()
    harness.runner.undo()
    await harness.runner.settled()
    expect(harness.injector.undone).toEqual(['Not so.'])
    expect(harness.view().outcome).toBe('undone')
    harness.runner.undo()
    await harness.runner.settled()
    expect(harness.view().outcome).toBe('undo-nothing')
  })

  it('by the words "scratch that"; nothing is typed', async () => {
    let call = 0
    const asr = createFakeAsr({ hears: () => call++ === 0 ? 'Not so.' : 'Scratch that.' })
    const harness = createDictationHarness({ asr })
    await harness.dictate()
    await harness.runner.settled()
    await harness.dictate()
    await harness.runner.settled()
    expect(texts(harness)).toEqual(['Not so.'])
    expect(harness.injector.undone).toEqual(['Not so.'])
    expect(harness.view().outcome).toBe('undone')
  })

  it('is refused where something else was typed since', async () => {
    const harness = hearing('Not so.')
    await harness.dictate()
    await harness.runner.settled()
    harness.injector.undoOutcome = 'changed'
    harness.runner.undo()
    await harness.runner.settled()
    expect(harness.view().outcome).toBe('undo-changed')
  })

  it('and again: the last one where the focus is now', async () => {
    const harness = hearing('Once more.')
    await harness.dictate()
    await harness.runner.settled()
    harness.injector.focus = { id: '9', appId: 'Mail', title: '', pid: 1 }
    harness.runner.pasteLast()
    await harness.runner.settled()
    expect(harness.injector.inserted).toMatchObject([{ text: 'Once more.', target: { id: '1' } }, { text: 'Once more.', target: { id: '9' } }])
  })

  it('with nothing there says so', async () => {
    const harness = createDictationHarness()
    harness.runner.pasteLast()
    await harness.runner.settled()
    expect(harness.view().outcome).toBe('nothing-to-paste')
  })
})

describe('clean-up by a model', () => {
  it('inserts what the model made of it', async () => {
    const harness = hearing('so we should meet meet on monday', { chat: createFakeChat({ reply: 'So we should meet on Monday.' }), rules: { cleanup: 'light' } })
    await harness.dictate()
    await harness.runner.settled()
    expect(texts(harness)).toEqual(['So we should meet on Monday.'])
    expect(stored(harness)).toMatchObject({ cleanup: 'light', rawText: 'so we should meet meet on monday' })
    expect(harness.states()).toEqual(['recording', 'transcribing', 'cleaning', 'inserting', 'idle'])
  })

  it('that is slow offers the plain words, which the key takes', async () => {
    const chat = createFakeChat({ timing: 'manual' })
    const harness = hearing('We should meet on Monday.', { chat, rules: { cleanup: 'light' } })
    await harness.dictate()
    const call = await chat.nextCall()
    expect(harness.view().plainOffered).toBe(false)
    await harness.pass(1_600)
    expect(harness.view()).toMatchObject({ state: 'cleaning', plainOffered: true })
    await harness.press()
    await harness.release()
    await harness.runner.settled()
    expect(texts(harness)).toEqual(['We should meet on Monday.'])
    expect(call.signal.aborted).toBe(true)
    expect(harness.audio.takes).toHaveLength(1)
  })
})

describe('an instruction for the selected text', () => {
  it('replaces it; undo gives it back', async () => {
    const harness = hearing('Make it upper case.')
    harness.injector.selected = 'so it is'
    await harness.dictate(1_000, 'edit')
    await harness.runner.settled()
    expect(texts(harness)).toEqual(['SO IT IS'])
    expect(stored(harness)).toMatchObject({ kind: 'edit', end: 'inserted', rawText: 'Make it upper case.', finalText: 'SO IT IS' })
    harness.runner.undo()
    await harness.runner.settled()
    expect(harness.injector.undone).toEqual(['SO IT IS'])
    expect(texts(harness).at(-1)).toBe('so it is')
  })

  it('without a selection does nothing, and says so', async () => {
    const harness = hearing('Make it shorter.')
    await harness.dictate(1_000, 'edit')
    await harness.runner.settled()
    expect(texts(harness)).toEqual([])
    expect(harness.view().outcome).toBe('no-selection')
  })
})

describe('live text', () => {
  it('follows the stable words while the key is latched, and ends as the whole text', async () => {
    const asr = createFakeAsr({ timing: 'manual' })
    const harness = createDictationHarness({ asr, rules: { mode: 'live' }, options: { keyMode: 'toggle' } })
    await harness.press()
    await harness.release()
    const call = await asr.nextCall()
    call.emit({ type: 'partial', text: 'The quick br', stableChars: 12, settled: false })
    await flush()
    call.emit({ type: 'partial', text: 'The quick brown fox', stableChars: 12, settled: false })
    await flush()
    await harness.press()
    await harness.release()
    call.finish('The quick brown fox.')
    await harness.runner.settled()
    expect(harness.injector.shown).toEqual(['The quick br', 'The quick', 'The quick brown fox.'])
    expect(texts(harness)).toEqual(['The quick brown fox.'])
  })

  it('that cannot be written any more is not written twice: the whole is on the clipboard', async () => {
    const asr = createFakeAsr({ timing: 'manual' })
    const harness = createDictationHarness({ asr, rules: { mode: 'live' }, options: { keyMode: 'toggle' } })
    await harness.press()
    await harness.release()
    const call = await asr.nextCall()
    call.emit({ type: 'partial', text: 'One two ', stableChars: 8, settled: false })
    await flush()
    harness.injector.liveFails = true
    call.emit({ type: 'partial', text: 'One two three ', stableChars: 14, settled: false })
    await flush()
    await harness.press()
    await harness.release()
    call.finish('One two three four.')
    await harness.runner.settled()
    expect(harness.injector.shown).toEqual(['One two'])
    expect(harness.injector.inserted).toMatchObject([{ text: 'One two three four.', options: { method: 'copy' } }])
    expect(harness.view().outcome).toBe('focus-moved')
  })
})

it('the end of the program ends everything, and keeps what was recorded', async () => {
  const asr = createFakeAsr({ timing: 'manual' })
  const harness = createDictationHarness({ asr })
  await harness.press()
  await harness.speak(2_000)
  await harness.runner.dispose()
  expect(stored(harness)).toMatchObject({ end: 'cancelled', takePath: '/takes/d-0.wav' })
  await harness.press()
  expect(harness.view().state).toBe('idle')
  expect(harness.clock.pending).toBe(0)
})
