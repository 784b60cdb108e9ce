import type { AppEvent, DictationEntryView, Envelope, FileJobView, ParleyBridge } from '@contract'
import fc from 'fast-check'
import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { changesBetween } from '../../../src-renderer/dictations/changes'
import { foldedText, groupByDay, instructionOf, isRewritten, outcomeOf, wordsOf } from '../../../src-renderer/dictations/entry'
import { PAGE_LENGTH, useDictations } from '../../../src-renderer/stores/dictations'
import { waterfallOf } from '../../../src-renderer/waterfall/geometry'
import { dictation, snapshot } from '../../support/renderer-harness/world'

/** Main's history, newest first, and what it was asked for. */
let history: DictationEntryView[] = []
let asked: unknown[] = []
/** Answers that are held back until the test lets them go. */
let held: (() => void)[] | null = null
let failing = false

const bridge: Pick<ParleyBridge, 'request'> = {
  async request(name, input) {
    asked.push([name, input])
    const answer = answerTo(name, input)
    const waiting = held
    if (waiting)
      await new Promise<void>(resolve => waiting.push(resolve))
    return answer as never
  },
}

function answerTo(name: string, input: unknown): Envelope<unknown> {
  if (failing)
    return { ok: false, error: { code: 'disk-full', message: '', params: {} } }
  if (name !== 'dictations.list')
    return { ok: true, value: undefined }
  const { search, beforeMs = Number.POSITIVE_INFINITY, limit } = input as { search: string, beforeMs?: number, limit: number }
  return { ok: true, value: history.filter(one => one.createdAtMs < beforeMs && one.finalText.includes(search)).slice(0, limit) }
}

beforeEach(() => {
  setActivePinia(createPinia())
  history = []
  asked = []
  held = null
  failing = false
  vi.stubGlobal('window', { parley: bridge })
})

function at(createdAtMs: number, part: Partial<DictationEntryView> = {}): DictationEntryView {
  return { ...dictation(`d${createdAtMs}`, part), createdAtMs }
}

function told(entry: DictationEntryView): AppEvent {
  return { type: 'dictation-entry', entry }
}

function many(count: number): DictationEntryView[] {
  return Array.from({ length: count }, (_, index) => at(count - index))
}

const times = (entries: readonly DictationEntryView[]): number[] => entries.map(({ createdAtMs }) => createdAtMs)
const settled = (): Promise<void> => new Promise(resolve => setTimeout(resolve))

function connected(): ReturnType<typeof useDictations> {
  const store = useDictations()
  store.applySnapshot(snapshot())
  return store
}

describe('the list of dictations', () => {
  it('asks for nothing and keeps nothing while nobody looks', () => {
    const store = connected()
    store.applyEvent(told(at(1)))
    expect([store.status, store.entries, asked]).toEqual(['closed', [], []])
  })

  it('is asked for once what main tells is heard, and once', async () => {
    history = [at(10)]
    const store = useDictations()
    await store.open()
    expect([store.status, asked]).toEqual(['loading', []])
    store.applySnapshot(snapshot())
    await settled()
    expect([times(store.entries), asked.length]).toEqual([[10], 1])
  })

  it('comes page by page, also where a page ends between two of the same millisecond', async () => {
    history = [...many(130).slice(0, PAGE_LENGTH), { ...at(81), id: 'twin' }, ...many(80)]
    const store = connected()
    await store.open()
    expect([store.entries.length, store.hasMore]).toEqual([PAGE_LENGTH, true])
    for (let page = 0; page < 4; page++)
      await store.more()
    expect([store.entries.map(({ id }) => id), store.hasMore]).toEqual([history.map(({ id }) => id), false])
    expect(new Set(store.entries.map(({ id }) => id)).size).toBe(131)
    const before = asked.length
    await store.more()
    expect(asked.length).toBe(before)
  })

  it('asks for one page at a time', async () => {
    history = many(200)
    const store = connected()
    await store.open()
    await Promise.all([store.more(), store.more(), store.more()])
    // The last one of a page is asked for again: another one may be of its millisecond.
    expect([asked.length, store.entries.length]).toEqual([2, 2 * PAGE_LENGTH - 1])
  })

  it('takes what main tells: new ones at their place, known ones in place, removed ones away', async () => {
    history = [at(30), at(20), at(10)]
    const store = connected()
    await store.open()
    store.applyEvent(told(at(40)))
    store.applyEvent(told(at(25)))
    store.applyEvent(told(at(20, { end: 'failed' })))
    store.applyEvent({ type: 'dictations-removed', ids: ['d10', 'unknown'] })
    expect([times(store.entries), store.entries[3]?.end, asked.length]).toEqual([[40, 30, 25, 20], 'failed', 1])
  })

  it('leaves one out that belongs to a later page', async () => {
    history = many(100)
    const store = connected()
    await store.open()
    store.applyEvent(told(at(3, { finalText: 'changed' })))
    expect(store.entries).toHaveLength(PAGE_LENGTH)
  })

  it('has main say whether a new one has the words of the search', async () => {
    history = [at(20, { finalText: 'tea' }), at(10, { finalText: 'coffee' })]
    const store = connected()
    await store.open(' tea ')
    expect(times(store.entries)).toEqual([20])
    history = [at(30, { finalText: 'more tea' }), ...history]
    store.applyEvent(told(at(30)))
    await settled()
    expect([times(store.entries), asked.at(-1)]).toEqual([[30, 20], ['dictations.list', { search: 'tea', limit: PAGE_LENGTH }]])
  })

  it('drops the answer to a search that is not wanted any more, and everything once it is closed', async () => {
    history = [at(20, { finalText: 'tea' }), at(10, { finalText: 'coffee' })]
    const store = connected()
    held = []
    const former = store.open('tea')
    const wanted = store.open('coffee')
    held[1]?.()
    await wanted
    held[0]?.()
    await former
    expect(times(store.entries)).toEqual([10])
    const late = store.open('tea')
    store.close()
    held[2]?.()
    await late
    expect([store.status, store.entries]).toEqual(['closed', []])
  })

  it('says that it could not be read', async () => {
    const store = connected()
    failing = true
    await expect(store.open()).rejects.toMatchObject({ code: 'disk-full' })
    expect(store.status).toBe('failed')
  })

  it('is as long after events were lost as it was before', async () => {
    history = many(150)
    const store = connected()
    await store.open()
    await store.more()
    store.applySnapshot(snapshot())
    await settled()
    expect([store.entries.length, asked.at(-1)]).toEqual([99, ['dictations.list', { search: '', limit: 99 }]])
  })

  it('is asked for again when a file is begun or done, and not for each step of it', async () => {
    const job: FileJobView = { id: 'f', name: 'a.wav', state: 'running', progress: 0, errorCode: null, dictationId: null }
    const store = connected()
    await store.open()
    const steps: Partial<FileJobView>[] = [{}, { dictationId: 'd' }, { dictationId: 'd', progress: 0.5 }, { dictationId: 'd', progress: 0.9 }, { dictationId: 'd', progress: 1, state: 'done' }]
    const counts: number[] = []
    for (const step of steps) {
      store.applyEvent({ type: 'files', files: [{ ...job, ...step }] })
      await settled()
      counts.push(asked.length)
    }
    expect(counts).toEqual([1, 2, 2, 2, 3])
  })
})

describe('what is done with a dictation', () => {
  it('plays one, and stops the one that plays at once', async () => {
    const store = connected()
    await store.togglePlaying('a')
    store.applyEvent({ type: 'dictation-playing', dictationId: 'a' })
    await store.togglePlaying('b')
    store.applyEvent({ type: 'dictation-playing', dictationId: 'b' })
    await store.togglePlaying('b')
    expect([store.playingId, asked]).toEqual([null, [
      ['dictations.play', { dictationId: 'a' }],
      ['dictations.play', { dictationId: 'b' }],
      ['dictations.play', { dictationId: null }],
    ]])
  })

  it('knows which are being recognised again, however it ends', async () => {
    const store = connected()
    held = []
    const both = [store.retry('a', 'openai'), store.retry('b', null)]
    expect([...store.retrying]).toEqual(['a', 'b'])
    held[0]?.()
    await both[0]
    expect([...store.retrying]).toEqual(['b'])
    held[1]?.()
    await both[1]
    held = null
    failing = true
    await store.retry('c', 'local').catch(() => {})
    expect([store.retrying.size, asked.length]).toEqual([0, 3])
  })
})

describe('an entry', () => {
  it.each([
    ['inserted', {}, null],
    ['inserted, unseen', { why: 'not-read', confirmed: false }, ['warning', 'dictations.end.unseen']],
    ['on the clipboard as wished', { end: 'copied', how: 'copied', why: 'copy-only' }, ['quiet', 'dictations.why.copy-only']],
    ['on the clipboard', { end: 'copied', how: 'copied', why: 'target-gone' }, ['warning', 'dictations.why.target-gone']],
    ['recognised again', { end: 'copied', how: null }, ['quiet', 'dictations.end.again']],
    ['cancelled', { end: 'cancelled' }, ['quiet', 'dictations.end.cancelled']],
    ['a file that was stopped', { kind: 'file', end: 'cancelled' }, ['quiet', 'dictations.end.fileStopped']],
    ['a file under way', { kind: 'file', end: 'pending' }, ['quiet', 'dictations.end.filePending']],
    ['silence', { end: 'empty' }, ['quiet', 'dictations.end.empty']],
    ['an edit without result', { kind: 'edit', end: 'failed' }, ['error', 'dictations.end.unchanged']],
    ['a failure', { end: 'failed', errorCode: 'timeout' }, ['error', null]],
  ] as const satisfies readonly (readonly [string, Partial<DictationEntryView>, unknown])[])('tells how it ended: %s', (_, part, expected) => {
    const found = outcomeOf(dictation('d', part))
    expect(found && [found.tone, found.key]).toEqual(expected)
  })

  it('shows the words as far as there are any', () => {
    const edit = dictation('e', { kind: 'edit', rawText: 'Shorter.', finalText: 'Ready.' })
    expect([wordsOf(edit), instructionOf(edit), isRewritten(edit)]).toEqual(['Ready.', 'Shorter.', false])
    const cut = dictation('c', { rawText: ' and another', finalText: '' })
    expect([wordsOf(cut), instructionOf(cut), isRewritten(cut)]).toEqual(['and another', null, false])
    expect(isRewritten(dictation('s', { rawText: 'so be it', finalText: ' so be it' }))).toBe(false)
    expect(isRewritten(dictation('s', { rawText: 'so be it', finalText: 'So be it' }))).toBe(true)
  })

  it('stands under its calendar day', () => {
    const day = (hours: number): number => new Date(2026, 2, 28, hours).getTime()
    const groups = groupByDay([at(day(50)), at(day(23)), at(day(0)), at(day(-1))])
    expect(groups.map(({ dayMs, entries }) => [new Date(dayMs).getDate(), entries.length])).toEqual([[30, 1], [28, 2], [27, 1]])
  })

  it('is folded where it is long, between words, and stays whole where it is short', () => {
    expect(foldedText('Six minutes.')).toBeNull()
    expect(foldedText('line\n'.repeat(20))).toBe('line\nline\nline\nline\nline\nline …')
    fc.assert(fc.property(fc.string({ unit: 'grapheme', maxLength: 3_000 }), (text) => {
      const folded = foldedText(text)
      if (folded === null) {
        expect(text.length).toBeLessThanOrEqual(420)
        return
      }
      const kept = folded.slice(0, -2)
      expect(text.startsWith(kept)).toBe(true)
      expect(folded.length).toBeLessThan(425)
      // No character is cut in two.
      expect(/[\uD800-\uDBFF]$/.test(kept)).toBe(false)
    }))
  })

  it('has its hops as bars', () => {
    const chart = waterfallOf(dictation('d').times, 'dictation')
    expect(chart?.rows.map(({ id, stage, tookMs }) => [id, stage, tookMs])).toEqual([
      ['captureEnd', 'hear', 12],
      ['transcript', 'hear', 84],
      ['formatted', 'think', 1],
      ['stored', 'write', 2],
      ['inserted', 'write', 29],
    ])
  })
})

describe('what was heard beside what was written', () => {
  it('marks what went out and what came in', () => {
    expect(changesBetween('um could you look at the post gres thing', 'Could you look at the PostgreSQL thing')).toEqual([
      { kind: 'out', text: 'um could' },
      { kind: 'in', text: 'Could' },
      { kind: 'same', text: 'you look at the' },
      { kind: 'out', text: 'post gres' },
      { kind: 'in', text: 'PostgreSQL' },
      { kind: 'same', text: 'thing' },
    ])
  })

  it('loses no word of either', () => {
    const text = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 40 }).map(words => words.join(' '))
    fc.assert(fc.property(text, text, (raw, final) => {
      const changes = changesBetween(raw, final) ?? []
      const without = (kind: 'in' | 'out'): string => changes.filter(change => change.kind !== kind).map(change => change.text).join(' ')
      expect([without('in'), without('out')]).toEqual([raw, final])
      // Nothing stands as changed that need not: two neighbours are never the same.
      expect(changes.every((change, index) => change.kind !== changes[index + 1]?.kind)).toBe(true)
    }))
  })

  it('is not compared where that would take long', () => {
    expect(changesBetween('word '.repeat(2_000), 'word')).toBeNull()
  })
})
