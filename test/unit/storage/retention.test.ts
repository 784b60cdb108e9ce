import type { DictationStore, StoredDictation } from '../../../src-main/ports/dictation-store'
import { describe, expect, it } from 'vitest'
import { abortReason } from '../../../src-main/lib/abort'
import { expireDictations, keptSinceMs } from '../../../src-main/storage/retention'

const DAY_MS = 86_400_000
const NOW_MS = 1_000 * DAY_MS

function fifty(ageDays: number): number[] {
  return Array.from<number>({ length: 50 }).fill(ageDays)
}

/** A store of ids by their age, each with a recording. */
function storeOf(agesDays: readonly number[]): Pick<DictationStore, 'list' | 'delete'> & { readonly left: () => number[] } {
  const kept = new Map(agesDays.map((age, at) => [`d${at}`, NOW_MS - age * DAY_MS]))
  return {
    left: () => [...kept.values()].map(atMs => (NOW_MS - atMs) / DAY_MS),
    list: ({ beforeMs = Infinity, limit = Infinity } = {}) => [...kept].filter(([, atMs]) => atMs < beforeMs).slice(0, limit).map(([id, createdAtMs]) => ({ id, createdAtMs }) as StoredDictation),
    delete: ids => ids.filter(id => kept.delete(id)).map(id => `/takes/${id}.wav`),
  }
}

describe('how long dictations are kept', () => {
  it('is so many days, or for ever', () => {
    expect([keptSinceMs(30, NOW_MS), keptSinceMs(0, NOW_MS), keptSinceMs(-1, NOW_MS)]).toEqual([970 * DAY_MS, null, null])
  })

  it('deletes what is older, with its recordings, a few at a time, and tells which', async () => {
    const dictations = storeOf([0, 29, 30, ...fifty(31)])
    const removed: string[][] = []
    const takes: string[] = []
    const count = await expireDictations({
      dictations,
      deleteTakes: async paths => takes.push(...paths),
      keepDays: 30,
      wallMs: NOW_MS,
      signal: new AbortController().signal,
      onRemoved: ids => removed.push([...ids]),
    })
    expect({ count, left: dictations.left(), steps: removed.map(({ length }) => length), takes: takes.length }).toEqual({ count: 50, left: [0, 29, 30], steps: [20, 20, 10], takes: 50 })
    expect(takes).toEqual(removed.flat().map(id => `/takes/${id}.wav`))
  })

  it('deletes nothing when everything is to be kept, and stops when it is told to', async () => {
    const dictations = storeOf(fifty(400))
    const stop = new AbortController()
    const expiry = { dictations, deleteTakes: async () => {}, wallMs: NOW_MS, signal: stop.signal, onRemoved: () => stop.abort(abortReason('quit')) }
    expect(await expireDictations({ ...expiry, keepDays: 0 })).toBe(0)
    await expect(expireDictations({ ...expiry, keepDays: 30 })).rejects.toMatchObject({ code: 'aborted' })
    expect(dictations.left()).toHaveLength(30)
  })
})
