import type { DictationStore, StoredDictation } from '../../../src-main/ports/dictation-store'
import type { OpenedHistory } from '../../../src-main/storage/history-store'
import { Buffer } from 'node:buffer'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from '@photostructure/sqlite'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DICTATION_SQL } from '../../../src-main/storage/dictation-sql'
import { openHistory } from '../../../src-main/storage/history-store'

let root: string
let file: string
const opened: OpenedHistory[] = []

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'parley-test-'))
  file = join(root, 'history.sqlite')
})
afterEach(() => {
  closeAll()
  rmSync(root, { recursive: true, force: true })
})

function open(path = file): OpenedHistory {
  const history = openHistory(path)
  opened.push(history)
  return history
}

function closeAll(): void {
  for (const { store } of opened.splice(0))
    store[Symbol.dispose]()
}

function dictation(id: string, over: Partial<StoredDictation> = {}): StoredDictation {
  return {
    id,
    kind: 'dictation',
    createdAtMs: 1_000,
    takePath: null,
    durationMs: 2_000,
    rawText: '',
    finalText: '',
    end: 'inserted',
    errorCode: null,
    target: null,
    how: 'pasted',
    confirmed: true,
    why: null,
    cleanup: null,
    times: {},
    routes: {},
    ...over,
  }
}

const anyDictation: fc.Arbitrary<StoredDictation> = fc.record({
  id: fc.constantFrom('d1', 'd2', 'd3'),
  kind: fc.constantFrom('dictation', 'edit', 'file'),
  createdAtMs: fc.integer({ min: 0, max: 4e12 }),
  takePath: fc.option(fc.string()),
  durationMs: fc.nat(),
  rawText: fc.string({ unit: 'grapheme' }),
  finalText: fc.string({ unit: 'grapheme', maxLength: 500 }),
  end: fc.constantFrom('pending', 'inserted', 'copied', 'cancelled', 'empty', 'failed'),
  errorCode: fc.option(fc.constantFrom('timeout', 'internal')),
  target: fc.option(fc.record({ appId: fc.string(), title: fc.string({ unit: 'grapheme' }) })),
  how: fc.option(fc.constantFrom('pasted', 'typed', 'copied')),
  confirmed: fc.boolean(),
  why: fc.option(fc.constantFrom('copy-only', 'no-target', 'focus-moved', 'target-gone', 'keys-held', 'no-keys', 'not-read')),
  cleanup: fc.option(fc.string()),
  times: fc.record({ keyDownMs: fc.integer(), insertedMs: fc.double({ noNaN: true, noDefaultInfinity: true }).map(ms => ms === 0 ? 0 : ms) }, { requiredKeys: [] }),
  routes: fc.record({
    asr: fc.record({
      part: fc.constant('asr'),
      servedBy: fc.option(fc.string()),
      why: fc.constantFrom('only', 'fastest'),
      expectedMs: fc.option(fc.integer()),
      attempts: fc.constant([]),
      skipped: fc.array(fc.record({ serviceId: fc.string(), reason: fc.constantFrom('budget', 'offline') })),
    }),
  }, { requiredKeys: [] }),
})

describe('dictations', () => {
  it('come back as they were saved, once each, after a restart', () => {
    fc.assert(fc.property(fc.array(anyDictation, { maxLength: 6 }), (saved) => {
      rmSync(file, { force: true })
      const { dictations } = open()
      for (const one of saved)
        dictations.save(one)
      closeAll()
      const last = new Map(saved.map(one => [one.id, one]))
      const again = open().dictations
      expect(new Map(again.list().map(found => [found.id, found]))).toEqual(last)
      for (const [id, one] of last)
        expect(again.get(id)).toEqual(one)
      expect(again.get('other')).toBeUndefined()
      closeAll()
    }), { numRuns: 25 })
  })

  it('are given newest first, page by page', () => {
    const { dictations } = open()
    for (const [id, createdAtMs] of [['b', 5], ['a', 5], ['z', 1], ['c', 9]] as const)
      dictations.save(dictation(id, { createdAtMs }))
    dictations.save(dictation('b', { createdAtMs: 5, finalText: 'again' }))
    const ids = (query: Parameters<DictationStore['list']>[0]): string[] => dictations.list(query).map(({ id }) => id)
    expect([ids({}), ids({ limit: 2 }), ids({ beforeMs: 9, limit: 2 }), ids({ beforeMs: 5 }), ids({ beforeMs: 1 })])
      .toEqual([['c', 'a', 'b', 'z'], ['c', 'a'], ['a', 'b'], ['z'], []])
  })

  it('of them the last that was given to a program can be had again', () => {
    const { dictations } = open()
    expect(dictations.last()).toBeUndefined()
    dictations.save(dictation('old', { createdAtMs: 1 }))
    dictations.save(dictation('copied', { createdAtMs: 2, end: 'copied', how: 'copied' }))
    for (const end of ['pending', 'cancelled', 'empty', 'failed'] as const)
      dictations.save(dictation(end, { createdAtMs: 3, end }))
    dictations.save(dictation('from a file', { createdAtMs: 4, kind: 'file' }))
    expect(dictations.last()?.id).toBe('copied')
    dictations.save(dictation('edited', { createdAtMs: 5, kind: 'edit' }))
    expect(dictations.last()?.id).toBe('edited')
  })

  it('that were running when the program died are marked failed, and nothing else is', () => {
    const { dictations } = open()
    dictations.save(dictation('a', { end: 'pending', rawText: 'half', takePath: '/takes/a.wav' }))
    dictations.save(dictation('b', { end: 'cancelled' }))
    dictations.save(dictation('c', { end: 'pending', errorCode: 'timeout' }))
    expect([dictations.closePending(), dictations.closePending()]).toEqual([2, 0])
    expect(dictations.list().map(({ id, end, errorCode, rawText }) => [id, end, errorCode, rawText]).sort())
      .toEqual([['a', 'failed', 'internal', 'half'], ['b', 'cancelled', null, ''], ['c', 'failed', 'timeout', '']])
  })

  it('with values of a later version are shown without them', () => {
    open().dictations.save(dictation('a', { finalText: 'kept' }))
    closeAll()
    const raw = new DatabaseSync(file)
    raw.exec(`UPDATE dictations SET how = 'beamed', why = 'moon', times = '{"a":1,"b":"x"', routes = '[]'`)
    raw.close()
    expect(open().dictations.get('a')).toEqual(dictation('a', { finalText: 'kept', how: null }))
  })
})

describe('searching dictations', () => {
  it('finds words of either text and of the target, their beginnings and parts, without accents, and the newest text only', () => {
    const { dictations } = open()
    dictations.save(dictation('1', { createdAtMs: 1, rawText: 'um where is the café', finalText: 'Where is the café?' }))
    dictations.save(dictation('2', { createdAtMs: 2, finalText: '東京の天気は100%', target: { appId: 'XTerm', title: 'deploy@host: ~/harbour' } }))
    const find = (search: string, beforeMs?: number): string[] => dictations.list({ search, ...(beforeMs !== undefined && { beforeMs }) }).map(({ id }) => id)
    const looks = ['cafe', 'is where', 'um', 'CAFÉ', 'her', '天気', '100%', 'xterm', 'harbour', 'arbo', 'nowhere', '  ', 'whe harb']
    expect(Object.fromEntries(looks.map(search => [search, find(search)]))).toEqual({
      'cafe': ['1'],
      'is where': ['1'],
      'um': ['1'],
      'CAFÉ': ['1'],
      'her': ['1'],
      '天気': ['2'],
      '100%': ['2'],
      'xterm': ['2'],
      'harbour': ['2'],
      'arbo': ['2'],
      'nowhere': [],
      '  ': ['2', '1'],
      'whe harb': [],
    })
    expect(find('harbour', 2)).toEqual([])
    dictations.save(dictation('1', { createdAtMs: 1, finalText: 'Where is the quay?' }))
    expect([find('cafe'), find('quay')]).toEqual([[], ['1']])
  })

  it('takes any query without an error', () => {
    const { dictations } = open()
    dictations.save(dictation('1', { finalText: 'a % b _ c \\ d "e" AND OR NOT NEAR(' }))
    fc.assert(fc.property(fc.oneof(fc.string(), fc.constantFrom('"', '*', 'AND', 'NOT', '-', 'NEAR(', 'final_text:b', '%', '_', '\\', '(', '^', '\0')), (search) => {
      expect(dictations.list({ search }).length).toBeLessThanOrEqual(1)
    }), { numRuns: 200 })
    expect([dictations.list({ search: '\\ d' }).length, dictations.list({ search: 'x%' }).length]).toEqual([1, 0])
  })

  it('among very many finds a word in all of them, a part of a word in the newest 20,000, and sorts no more than it shows', () => {
    const { dictations } = open()
    fill(20_010)
    expect(dictations.list({ search: 'common', limit: 3 }).map(({ id }) => id)).toEqual(['d20009', 'd20008', 'd20007'])
    expect(dictations.list({ search: 'number3', limit: 20_010 }).map(({ id }) => id).at(-1)).toBe('d3')
    expect(dictations.list({ search: 'umber3', limit: 20_010 }).map(({ id }) => id).at(-1)).toBe('d30')
    const raw = new DatabaseSync(file)
    const plan = (sql: string): string[] => (raw.prepare(`EXPLAIN QUERY PLAN ${sql}`).all() as { detail: string }[]).map(({ detail }) => detail)
    const { list, search, last, closePending, get, takesOnlyOf, delete: remove } = DICTATION_SQL
    for (const sql of [list, search, last, closePending, get, takesOnlyOf, remove]) {
      // What is sorted inside the search are row numbers.
      if (sql !== search)
        expect(plan(sql).join('\n')).not.toContain('FOR ORDER BY')
      expect(plan(sql).filter(step => /SCAN (?!.*(?:USING|json_each|dictations_text|\(subquery))/.test(step))).toEqual([])
    }
    expect([plan(list), plan(search), plan(last), plan(closePending)].map(([first]) => /INDEX (\w+)/.exec(first ?? '')?.[1]))
      .toEqual(['dictations_by_time', 'dictations_by_time', 'dictations_given', 'dictations_pending'])
    raw.close()
  })
})

/** Straight into the database: by the store each would be flushed. */
function fill(count: number): void {
  const raw = new DatabaseSync(file)
  raw.exec('BEGIN')
  const insert = raw.prepare(`INSERT INTO dictations VALUES (NULL, ?, 'dictation', ?, NULL, 1, ?, '', 'inserted', NULL, NULL, NULL, NULL, 0, NULL, NULL, '{}', '{}')`)
  for (let at = 0; at < count; at++)
    insert.run(`d${at}`, at, `a common text number${at}`)
  raw.exec('COMMIT')
  raw.close()
}

describe('deleting dictations', () => {
  it('names only the recordings that nothing else needs', () => {
    const { store, dictations } = open()
    store.createConversation({ id: 'c', title: 'C', createdAtMs: 0, updatedAtMs: 0 })
    store.saveTurn({ id: 't', conversationId: 'c', createdAtMs: 0, takePath: '/takes/turn.wav', userText: '', replyText: '', heardText: null, reasoningText: '', end: 'complete', errorCode: null, hops: {}, engines: {}, finish: null, usage: null, routes: {} })
    const paths = { 1: '/takes/own.wav', 2: '/takes/own.wav', 3: '/takes/shared.wav', 4: '/takes/shared.wav', 5: '/takes/turn.wav', 6: null }
    for (const [id, takePath] of Object.entries(paths))
      dictations.save(dictation(id, { takePath }))
    expect(dictations.delete(['1', '2', '3', '5', '6', 'nowhere'])).toEqual(['/takes/own.wav'])
    expect(dictations.list().map(({ id }) => id)).toEqual(['4'])
    expect([dictations.delete([]), dictations.delete(['4'])]).toEqual([[], ['/takes/shared.wav']])
    dictations.save(dictation('7', { takePath: '/takes/turn.wav' }))
    expect(store.deleteConversation('c')).toEqual([])
    expect(dictations.delete(['7'])).toEqual(['/takes/turn.wav'])
  })

  it('leaves no word of them on the disk, neither in the rows nor in the index nor in the log', () => {
    const { dictations } = open()
    for (let at = 0; at < 60; at++)
      dictations.save(dictation(`other${at}`, { rawText: `ordinary text ${at}`.repeat(30) }))
    // The index writes words in small letters: each spelling tells where it was found.
    dictations.save(dictation('first', { rawText: 'XYLOPHONEBARRAGE', target: { appId: 'QUOKKAPAD', title: 'JUNIPERHOLLOW' } }))
    dictations.save(dictation('first', { rawText: `MARZIPANVOLCANO ${'KUMQUATPARADE '.repeat(2_000)}`, finalText: 'Walruswaltz', target: { appId: 'QUOKKAPAD', title: 'JUNIPERHOLLOW' } }))
    const secrets = ['XYLOPHONEBARRAGE', 'QUOKKAPAD', 'JUNIPERHOLLOW', 'MARZIPANVOLCANO', 'KUMQUATPARADE', 'Walruswaltz'].flatMap(word => [word, word.toLowerCase()])
    expect(onDisk(secrets)).toEqual(secrets)
    dictations.delete(['first'])
    expect(onDisk(secrets)).toEqual([])
    expect(onDisk(['ordinary'])).toEqual(['ordinary'])
    closeAll()
    expect(onDisk(secrets)).toEqual([])
    expect(open().dictations.list({ search: 'ordinary' })).toHaveLength(60)
  })
})

/** Those of the words that some file of the database has in it. */
function onDisk(words: readonly string[]): string[] {
  const bytes = Buffer.concat(readdirSync(root).map(name => readFileSync(join(root, name))))
  return words.filter(word => bytes.includes(word))
}

describe('a history with dictations', () => {
  it('of version 4 is read with all that is in it', () => {
    const old = new DatabaseSync(file)
    old.exec(readFileSync(join(__dirname, 'databases', 'v4.sql'), 'utf8'))
    old.close()
    const { dictations, brokenFile } = open()
    expect(brokenFile).toBeNull()
    expect(dictations.list()).toEqual([
      dictation('d2', { createdAtMs: 1_700_000_020_000, takePath: '/takes/d2.wav', durationMs: 900, end: 'pending', how: null, confirmed: false, cleanup: 'light' }),
      dictation('d1', { createdAtMs: 1_700_000_010_000, takePath: '/takes/d1.wav', durationMs: 2_300, rawText: 'the boat leaves at six', finalText: 'The boat leaves at six.', target: { appId: 'Gedit', title: 'harbour.txt' }, times: { transcriptMs: 35.5, insertedMs: 61 } }),
    ])
    expect(dictations.list({ search: 'harbour' }).map(({ id }) => id)).toEqual(['d1'])
  })

  it('of version 3 gets a place for them', () => {
    const old = new DatabaseSync(file)
    old.exec(readFileSync(join(__dirname, 'databases', 'v3.sql'), 'utf8'))
    old.close()
    const { dictations, store } = open()
    dictations.save(dictation('new', { finalText: 'hello' }))
    expect([dictations.list({ search: 'hello' }).length, store.turns('c1').length]).toEqual([1, 3])
  })

  it('after a crash has what a method returned from', () => {
    const { dictations } = open()
    dictations.save(dictation('d', { end: 'pending', rawText: 'said' }))
    const crashed = join(root, 'crashed')
    mkdirSync(crashed)
    for (const name of readdirSync(root).filter(found => found.startsWith('history')))
      copyFileSync(join(root, name), join(crashed, name))
    const again = open(join(crashed, 'history.sqlite')).dictations
    expect([again.get('d')?.rawText, again.closePending()]).toEqual(['said', 1])
  })

  it('in memory, because the folder cannot be written, works all the same', () => {
    writeFileSync(join(root, 'blocked'), '')
    const { dictations, memoryOnly } = open(join(root, 'blocked', 'history.sqlite'))
    dictations.save(dictation('d'))
    expect([memoryOnly?.code, dictations.delete(['d']), dictations.list(), existsSync(file)]).toEqual(['read-only', [], [], false])
  })

  it('that is closed says so', () => {
    const { dictations } = open()
    closeAll()
    expect(() => dictations.save(dictation('d'))).toThrow(expect.objectContaining({ name: 'AppError', code: 'internal' }))
  })
})
