import type { FileJobView } from '../../../src-main/contract'
import type { FileTranscripts } from '../../../src-main/core/file-transcripts'
import type { AudioFrame } from '../../../src-main/ports/audio-frame'
import type { StoredDictation } from '../../../src-main/ports/dictation-store'
import type { FakeAsrScript } from '../../fakes/fake-engines'
import { describe, expect, it } from 'vitest'
import { createFileTranscripts } from '../../../src-main/core/file-transcripts'
import { AppError } from '../../../src-main/lib/app-error'
import { silentLogger } from '../../../src-main/ports/logger'
import { createFakeAsr } from '../../fakes/fake-engines'
import { createManualClock } from '../../fakes/manual-clock'

/** Sounds on a disk that does not exist: a length in milliseconds, or why they cannot be read. */
type Disk = Readonly<Record<string, number | AppError>>

function desk(disk: Disk, script: FakeAsrScript = {}, over: { readonly save?: (dictation: StoredDictation) => void, readonly lengthKnown?: boolean } = {}) {
  const clock = createManualClock()
  const asr = createFakeAsr(script)
  const saved = new Map<string, StoredDictation>()
  const reading = { open: 0, frames: 0 }
  const logged: unknown[] = []
  async function* read(path: string, { signal }: { readonly signal: AbortSignal }): AsyncGenerator<AudioFrame, void, undefined> {
    const length = disk[path] ?? new AppError('not-found', 'There is no such sound file.')
    if (typeof length !== 'number')
      throw length
    reading.open++
    try {
      for (let ms = 0; ms < length; ms += 20) {
        signal.throwIfAborted()
        reading.frames++
        clock.advance(20)
        yield { samples: new Int16Array(320), sampleRate: 16_000, capturedAtMs: ms }
      }
    }
    finally {
      reading.open--
    }
  }
  let id = 0
  const files = createFileTranscripts({
    asr,
    read,
    durationOf: async path => typeof disk[path] === 'number' && over.lengthKnown !== false ? disk[path] : null,
    store: { save: over.save ?? (dictation => void saved.set(dictation.id, dictation)) },
    clock,
    logger: { ...silentLogger, warn: (message, fields) => void logged.push([message, fields]) },
    newId: () => `id${++id}`,
  })
  const told: FileJobView[] = []
  files.changes.subscribe(view => told.push(view))
  return { files, asr, clock, saved, told, reading, logged }
}

/** Resolves once nothing waits or runs. */
function over(files: FileTranscripts): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (files.jobs().every(({ state }) => state !== 'waiting' && state !== 'running')) {
        unsubscribe()
        resolve()
      }
    }
    const unsubscribe = files.changes.subscribe(look)
    look()
  })
}

const phrase = (text: string, index: number) => ({ type: 'phrase', text, index, startMs: index * 1_000, endMs: index * 1_000 + 900 }) as const

describe('sound files that are dropped', () => {
  it('are written down one after the other, in their order, and stored', async () => {
    const { files, asr, saved, reading } = desk({ '/a/one.wav': 400, '/b/two.wav': 200 }, { hears: call => call === 0 ? 'first' : '' })
    expect(files.add(['/a/one.wav', '/b/two.wav']).map(({ name, state }) => [name, state])).toEqual([['one.wav', 'running'], ['two.wav', 'waiting']])
    await over(files)
    expect(files.jobs()).toEqual([
      { id: 'id1', name: 'one.wav', state: 'done', progress: 1, errorCode: null, dictationId: 'id3' },
      { id: 'id2', name: 'two.wav', state: 'done', progress: 1, errorCode: null, dictationId: 'id4' },
    ])
    expect([...saved.values()].map(({ kind, rawText, finalText, end, takePath, target, durationMs }) => ({ kind, rawText, finalText, end, takePath, target, durationMs }))).toEqual([
      { kind: 'file', rawText: 'first', finalText: 'first', end: 'inserted', takePath: null, target: { appId: '', title: 'one.wav' }, durationMs: 400 },
      { kind: 'file', rawText: '', finalText: '', end: 'empty', takePath: null, target: { appId: '', title: 'two.wav' }, durationMs: 200 },
    ])
    expect([asr.calls.length, asr.calls.every(({ outcome }) => outcome === 'ended'), reading.open]).toEqual([2, true, 0])
  })

  it('tell how far they are, a few times a second, and never backwards', async () => {
    const { files, told } = desk({ '/long.wav': 4_000 })
    files.add(['/long.wav'])
    await over(files)
    const progress = told.filter(({ state }) => state === 'running').map(({ progress: done }) => done).filter(done => done !== null)
    expect(progress.length).toBeGreaterThan(5)
    expect(progress.length).toBeLessThan(30)
    expect(progress).toEqual(progress.toSorted((a, b) => a - b))
    expect(progress.at(-1)).toBeLessThanOrEqual(1)
    expect(told.at(-1)).toMatchObject({ state: 'done', progress: 1 })
  })

  it('whose length is not known tell no progress, and are stored with the length they had', async () => {
    const { files, told, saved } = desk({ '/stream.wav': 1_000 }, {}, { lengthKnown: false })
    files.add(['/stream.wav'])
    await over(files)
    expect(new Set(told.filter(({ state }) => state === 'running').map(({ progress }) => progress))).toEqual(new Set([null]))
    expect([...saved.values()].map(({ durationMs }) => durationMs)).toEqual([1_000])
  })

  it('that are no sound fail with what is wrong, leave no entry, and the next goes on', async () => {
    const { files, saved, asr, logged } = desk({ '/my secret letter.txt': new AppError('not-audio', 'This is not a WAV file.'), '/good.wav': 100 })
    files.add(['/my secret letter.txt', '/gone.wav', '/good.wav'])
    await over(files)
    expect(files.jobs().map(({ state, errorCode, dictationId }) => [state, errorCode, dictationId])).toEqual([
      ['failed', 'not-audio', null],
      ['failed', 'not-found', null],
      ['done', null, 'id4'],
    ])
    expect([asr.calls.length, saved.size]).toEqual([1, 1])
    expect(JSON.stringify(logged)).not.toContain('letter')
  })

  it('keep on the disk what was heard so far, without writing all the time', async () => {
    const { files, asr, clock, saved } = desk({ '/long.wav': 100 }, { timing: 'manual' })
    files.add(['/long.wav'])
    const call = await asr.nextCall()
    await call.inputEnded
    const texts: string[] = []
    for (const [index, text] of ['One.', 'Two.', 'Three.', 'Four.'].entries()) {
      clock.advance(3_000)
      call.emit(phrase(text, index))
      await pulled(call)
      texts.push(saved.get('id2')?.rawText ?? '')
    }
    expect(texts).toEqual(['', 'One. Two.', 'One. Two.', 'One. Two. Three. Four.'])
    call.finish('One. Two. Three. Four.')
    await over(files)
    expect(saved.get('id2')).toMatchObject({ rawText: 'One. Two. Three. Four.', end: 'inserted' })
  })

  it('that fail on the way keep what was heard', async () => {
    const { files, asr, saved } = desk({ '/long.wav': 100, '/next.wav': 100 }, { timing: 'manual' })
    files.add(['/long.wav', '/next.wav'])
    const call = await asr.nextCall()
    call.emit(phrase('Half of it.', 0))
    await pulled(call)
    call.fail(new AppError('service-failed', 'The service failed.'))
    const next = await asr.nextCall()
    next.end()
    await over(files)
    expect(files.jobs().map(({ state, errorCode }) => [state, errorCode])).toEqual([['failed', 'service-failed'], ['failed', 'internal']])
    expect([...saved.values()].map(({ rawText, finalText, end, errorCode }) => [rawText, finalText, end, errorCode])).toEqual([['Half of it.', 'Half of it.', 'failed', 'service-failed'], ['', '', 'failed', 'internal']])
  })

  it('that are stopped keep what was heard, and let the recogniser and the file go', async () => {
    const { files, asr, saved, reading } = desk({ '/long.wav': 100, '/waiting.wav': 100, '/last.wav': 100 }, { timing: 'manual' })
    files.add(['/long.wav', '/waiting.wav', '/last.wav'])
    const call = await asr.nextCall()
    call.emit(phrase('Half of it.', 0))
    await pulled(call)
    files.stop('id2')
    files.stop('id1')
    files.stop('nobody')
    const last = await asr.nextCall()
    last.finish('All of it.')
    await over(files)
    files.stop('id3')
    expect(files.jobs().map(({ state, errorCode }) => [state, errorCode])).toEqual([['stopped', null], ['stopped', null], ['done', null]])
    expect([...saved.values()].map(({ rawText, end, errorCode }) => [rawText, end, errorCode])).toEqual([['Half of it.', 'cancelled', null], ['All of it.', 'inserted', null]])
    expect([call.outcome, asr.calls.length, reading.open]).toEqual(['aborted', 2, 0])
  })

  it('fail when the disk is full, and the next is tried', async () => {
    const full = new AppError('disk-full', 'The disk is full.', { retryable: true })
    let room = false
    const { files, saved } = desk({ '/a.wav': 100, '/b.wav': 100 }, {}, {
      save(dictation) {
        if (!room)
          throw full
        saved.set(dictation.id, dictation)
      },
    })
    files.changes.subscribe(({ state }) => room ||= state === 'failed')
    files.add(['/a.wav', '/b.wav'])
    await over(files)
    expect(files.jobs().map(({ state, errorCode }) => [state, errorCode])).toEqual([['failed', 'disk-full'], ['done', null]])
  })

  it('are all stopped when the program closes, and none is taken after it', async () => {
    const { files, asr, reading, saved } = desk({ '/long.wav': 100, '/waiting.wav': 100 }, { timing: 'manual' })
    files.add(['/long.wav', '/waiting.wav'])
    const call = await asr.nextCall()
    await files[Symbol.asyncDispose]()
    expect(files.jobs().map(({ state }) => state)).toEqual(['stopped', 'stopped'])
    expect([call.outcome, reading.open, [...saved.values()].map(({ end }) => end)]).toEqual(['aborted', 0, ['cancelled']])
    expect(() => files.add(['/more.wav'])).toThrow(expect.objectContaining({ code: 'aborted' }))
    await files[Symbol.asyncDispose]()
  })

  it('that are over are forgotten after a hundred more', async () => {
    const { files } = desk({ '/a.wav': 20 })
    for (let round = 0; round < 3; round++) {
      files.add(Array.from<string>({ length: 60 }).fill('/a.wav'))
      await over(files)
    }
    expect(files.jobs()).toHaveLength(160)
  })
})

/** Resolves once all that was emitted was taken, and what it brings is done. */
async function pulled(call: { readonly waiting: number }): Promise<void> {
  do
    await new Promise(setImmediate)
  while (call.waiting > 0)
}
