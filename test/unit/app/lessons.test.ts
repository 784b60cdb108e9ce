import type { DictionaryEntry, Snapshot } from '../../../src-main/contract'
import { describe, expect, it } from 'vitest'
import { createLessons } from '../../../src-main/app/lessons'
import { createStateHub } from '../../../src-main/app/state-hub'
import { defaultSettings } from '../../../src-main/contract'
import { createManualClock } from '../../fakes/manual-clock'

const POSTGRES = { heard: 'post gress', word: 'Postgres' }

function world(dictionary: DictionaryEntry[] = []) {
  const settings = { ...defaultSettings, dictation: { ...defaultSettings.dictation, dictionary } }
  const hub = createStateHub({ settings, corrections: [], notices: [] } as unknown as Omit<Snapshot, 'seq'>, createManualClock())
  const saved: DictionaryEntry[][] = []
  const lessons = createLessons(hub, () => settings, async next => saved.push(next))
  return { hub, lessons, saved, offered: () => hub.snapshot().corrections }
}

describe('words that were corrected', () => {
  it('are offered once, and learned when that is agreed', async () => {
    const { hub, lessons, offered, saved } = world()
    lessons.offer([POSTGRES])
    lessons.offer([POSTGRES])
    expect(offered()).toEqual([POSTGRES])
    expect(hub.snapshot().notices).toMatchObject([{ code: 'correction', params: POSTGRES }])
    expect(saved).toEqual([])
    await lessons.learn(POSTGRES)
    expect(saved).toEqual([[{ word: 'Postgres', heard: ['post gress'], soundsLike: false }]])
    expect(offered()).toEqual([])
  })

  it('that are in the dictionary, or were refused, are not offered', () => {
    const known = world([{ word: 'Postgres', heard: ['post gress'], soundsLike: false }])
    known.lessons.offer([POSTGRES])
    expect(known.offered()).toEqual([])
    const refused = world()
    refused.lessons.offer([POSTGRES])
    refused.lessons.dismiss(POSTGRES)
    refused.lessons.offer([POSTGRES])
    expect(refused.offered()).toEqual([])
  })

  it('are added to the entry of their word', async () => {
    const { lessons, saved } = world([{ word: 'Postgres', heard: ['post grass'], soundsLike: true }])
    await lessons.learn(POSTGRES)
    expect(saved).toEqual([[{ word: 'Postgres', heard: ['post grass', 'post gress'], soundsLike: true }]])
  })

  it('are never more than can be read', () => {
    const { lessons, offered } = world()
    lessons.offer(Array.from({ length: 25 }, (_, i) => ({ heard: `a${i}`, word: `b${i}` })))
    expect(offered()).toHaveLength(10)
    expect(offered().at(-1)).toEqual({ heard: 'a24', word: 'b24' })
  })
})
