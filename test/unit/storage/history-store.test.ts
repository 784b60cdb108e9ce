import type { ConversationStore, StoredTurn } from '../../../src-main/ports/conversation-store'
import type { RouteReport } from '../../../src-main/ports/route'
import { Buffer } from 'node:buffer'
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from '@photostructure/sqlite'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openHistory } from '../../../src-main/storage/history-store'
import { MIGRATIONS } from '../../../src-main/storage/migrations'

let root: string
let file: string
const opened: ConversationStore[] = []

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'parley-test-'))
  file = join(root, 'data', 'history.sqlite')
})
afterEach(() => {
  for (const store of opened.splice(0))
    store[Symbol.dispose]()
  rmSync(root, { recursive: true, force: true })
})

function open(): ReturnType<typeof openHistory> {
  const history = openHistory(file, { wallMs: () => Date.UTC(2026, 0, 2, 3, 4, 5) })
  opened.push(history.store)
  return history
}

function turn(id: string, over: Partial<StoredTurn> = {}): StoredTurn {
  return {
    id,
    conversationId: 'c',
    createdAtMs: 1_000,
    takePath: null,
    userText: '',
    replyText: '',
    heardText: null,
    reasoningText: '',
    end: 'complete',
    errorCode: null,
    hops: {},
    engines: {},
    finish: null,
    usage: null,
    routes: {},
    ...over,
  }
}

function withConversation(id = 'c', createdAtMs = 1_000): ConversationStore {
  const { store } = open()
  store.createConversation({ id, title: `Title of ${id}`, createdAtMs, updatedAtMs: createdAtMs })
  return store
}

const routeArbitrary: fc.Arbitrary<RouteReport> = fc.record({
  part: fc.constant('chat'),
  servedBy: fc.option(fc.string()),
  why: fc.constantFrom('only', 'fastest'),
  expectedMs: fc.option(fc.integer()),
  attempts: fc.array(fc.record({
    serviceId: fc.string(),
    model: fc.string(),
    outcome: fc.constantFrom('served', 'failed'),
    errorCode: fc.option(fc.constantFrom('timeout', 'offline')),
    startMs: fc.integer(),
    firstOutputMs: fc.option(fc.integer()),
    endMs: fc.option(fc.integer()),
    hedge: fc.boolean(),
    delivery: fc.option(fc.constantFrom('stream', 'whole')),
  })),
  skipped: fc.array(fc.record({ serviceId: fc.string(), reason: fc.constantFrom('budget', 'offline') })),
})

const anyTurn: fc.Arbitrary<StoredTurn> = fc.record({
  id: fc.constantFrom('t1', 't2', 't3'),
  conversationId: fc.constant('c'),
  createdAtMs: fc.integer({ min: 0, max: 4e12 }),
  takePath: fc.option(fc.string()),
  userText: fc.string({ unit: 'grapheme' }),
  replyText: fc.string({ unit: 'grapheme', maxLength: 500 }),
  heardText: fc.option(fc.string({ unit: 'grapheme' })),
  reasoningText: fc.string(),
  end: fc.constantFrom('pending', 'complete', 'truncated', 'failed', 'interrupted'),
  errorCode: fc.option(fc.constantFrom('timeout', 'internal')),
  hops: fc.record({ keyDownMs: fc.integer(), firstTokenMs: fc.double({ noNaN: true, noDefaultInfinity: true }).map(ms => ms === 0 ? 0 : ms) }, { requiredKeys: [] }),
  engines: fc.record({ asr: fc.string(), tts: fc.string() }, { requiredKeys: [] }),
  finish: fc.option(fc.constantFrom('stop', 'length')),
  usage: fc.option(fc.record({ promptTokens: fc.nat(), completionTokens: fc.nat() })),
  routes: fc.record({ chat: routeArbitrary }, { requiredKeys: [] }),
})

describe('turns', () => {
  it('come back as they were saved, once each, after a restart', () => {
    fc.assert(fc.property(fc.array(anyTurn, { maxLength: 6 }), (turns) => {
      rmSync(join(root, 'data'), { recursive: true, force: true })
      const store = withConversation()
      for (const saved of turns)
        store.saveTurn(saved)
      store[Symbol.dispose]()
      const last = new Map(turns.map(saved => [saved.id, saved]))
      const again = open().store
      expect(new Map(again.turns('c').map(found => [found.id, found]))).toEqual(last)
      for (const [id, saved] of last)
        expect(again.turn(id)).toEqual(saved)
      expect(again.turn('other')).toBeUndefined()
      again[Symbol.dispose]()
    }), { numRuns: 25 })
  })

  it('are given oldest first, in the order of saving when their times are the same', () => {
    const store = withConversation()
    for (const [id, createdAtMs] of [['b', 5], ['a', 5], ['z', 1], ['c', 9]] as const)
      store.saveTurn(turn(id, { createdAtMs }))
    store.saveTurn(turn('b', { createdAtMs: 5, replyText: 'again' }))
    expect(store.turns('c').map(found => found.id)).toEqual(['z', 'b', 'a', 'c'])
  })

  it('belong to a conversation that exists', () => {
    const store = withConversation()
    expect(() => store.saveTurn(turn('t', { conversationId: 'nowhere' }))).toThrow(expect.objectContaining({ code: 'not-found' }))
    expect(() => store.turns('nowhere')).toThrow(expect.objectContaining({ code: 'not-found' }))
    expect(store.turn('t')).toBeUndefined()
  })

  it('that were running when the program died are marked failed, and nothing else is', () => {
    const store = withConversation()
    store.saveTurn(turn('a', { end: 'pending', replyText: 'half' }))
    store.saveTurn(turn('b', { end: 'interrupted' }))
    store.saveTurn(turn('c', { end: 'pending', errorCode: 'timeout' }))
    expect([store.closePending(), store.closePending()]).toEqual([2, 0])
    expect(store.turns('c').map(found => [found.id, found.end, found.errorCode, found.replyText])).toEqual([['a', 'failed', 'internal', 'half'], ['b', 'interrupted', null, ''], ['c', 'failed', 'timeout', '']])
  })
})

describe('conversations', () => {
  it('are listed by their last turn, newest first', () => {
    const store = withConversation('c', 1_000)
    store.createConversation({ id: 'd', title: 'D', createdAtMs: 2_000, updatedAtMs: 2_000 })
    expect(store.listConversations().map(found => found.id)).toEqual(['d', 'c'])
    store.saveTurn(turn('t', { createdAtMs: 3_000 }))
    expect(store.listConversations()).toEqual([{ id: 'c', title: 'Title of c', createdAtMs: 1_000, updatedAtMs: 3_000 }, { id: 'd', title: 'D', createdAtMs: 2_000, updatedAtMs: 2_000 }])
    expect(store.listConversations({ limit: 1 }).map(found => found.id)).toEqual(['c'])
    store.saveTurn(turn('t', { createdAtMs: 500 }))
    expect(store.listConversations()[0]?.updatedAtMs).toBe(3_000)
  })

  it('can be renamed, and not when they are not there', () => {
    const store = withConversation()
    store.renameConversation('c', 'Tides')
    expect(store.listConversations()[0]?.title).toBe('Tides')
    expect(() => store.renameConversation('x', 'X')).toThrow(expect.objectContaining({ code: 'not-found' }))
  })

  it('take their turns with them, and name only the recordings nobody else needs', () => {
    const store = withConversation()
    store.createConversation({ id: 'd', title: 'D', createdAtMs: 0, updatedAtMs: 0 })
    store.saveTurn(turn('1', { takePath: '/takes/own.wav' }))
    store.saveTurn(turn('2', { takePath: '/takes/own.wav' }))
    store.saveTurn(turn('3', { takePath: '/takes/shared.wav', userText: 'findable' }))
    store.saveTurn(turn('4', { takePath: '/takes/shared.wav', conversationId: 'd' }))
    store.saveTurn(turn('5'))
    expect(store.deleteConversation('c')).toEqual(['/takes/own.wav'])
    expect([store.turn('1'), store.turn('4')?.id, store.listConversations({ search: 'findable' })]).toEqual([undefined, '4', []])
    expect(() => store.deleteConversation('c')).toThrow(expect.objectContaining({ code: 'not-found' }))
  })
})

describe('search', () => {
  it('finds words of both sides, their beginnings, without accents, in any order, and the newest text only', () => {
    const store = withConversation()
    store.createConversation({ id: 'd', title: 'Kitchen', createdAtMs: 0, updatedAtMs: 0 })
    store.saveTurn(turn('1', { userText: 'Where is the café?', replyText: 'Round the corner.' }))
    store.saveTurn(turn('2', { conversationId: 'd', userText: '東京の天気', replyText: 'C++ is not 100% "easy"' }))
    const find = (search: string): string[] => store.listConversations({ search }).map(found => found.id).sort()
    expect(find('cafe')).toEqual(['c'])
    expect(find('corn round')).toEqual(['c'])
    expect(find('CAFÉ')).toEqual(['c'])
    expect(find('kitch')).toEqual(['d'])
    expect(find('天気')).toEqual(['d'])
    expect(find('100%')).toEqual(['d'])
    expect(find('orner')).toEqual(['c'])
    expect(find('harbour')).toEqual([])
    store.saveTurn(turn('1', { userText: 'Where is the harbour?', replyText: '' }))
    expect([find('cafe'), find('harbour')]).toEqual([[], ['c']])
    expect(find('  ')).toEqual(['c', 'd'])
  })

  it('takes any query without an error', () => {
    const store = withConversation()
    store.saveTurn(turn('1', { userText: 'a % b _ c \\ d "e" AND OR NOT NEAR(' }))
    fc.assert(fc.property(fc.oneof(fc.string(), fc.constantFrom('"', '*', 'AND', 'NOT', '-', 'NEAR(', 'a:b', '%', '_', '\\', '(', '^', '\0')), (search) => {
      expect(store.listConversations({ search }).length).toBeLessThanOrEqual(1)
    }), { numRuns: 200 })
    expect(store.listConversations({ search: '\\ d' })).toHaveLength(1)
    expect(store.listConversations({ search: 'x%' })).toEqual([])
  })
})

describe('a database of an earlier version', () => {
  it.each(MIGRATIONS.map((_, at) => at + 1))('of version %i is brought up to date with all that is in it', (version) => {
    mkdirSync(join(root, 'data'))
    const old = new DatabaseSync(file)
    old.exec(readFileSync(join(__dirname, 'databases', `v${version}.sql`), 'utf8'))
    old.close()
    const { store, brokenFile } = open()
    expect(brokenFile).toBeNull()
    expect(store.listConversations().map(found => [found.id, found.title])).toEqual([['c1', 'About tides'], ['c2', 'Empty']])
    expect(store.turns('c1')).toEqual([
      turn('t1', { conversationId: 'c1', createdAtMs: 1_700_000_000_000, takePath: '/takes/t1.wav', userText: 'What makes the tide?', replyText: 'The moon, mostly.', hops: { keyDownMs: -2_100, transcriptMs: 35.5 }, engines: { asr: 'moonshine-base-en', chat: 'qwen' } }),
      turn('t2', { conversationId: 'c1', createdAtMs: 1_700_000_005_000, userText: 'And the sun?', replyText: 'The sun too, but', heardText: 'The sun', end: 'interrupted' }),
      turn('t3', { conversationId: 'c1', createdAtMs: 1_700_000_006_000, takePath: '/takes/t3.wav', userText: 'Why?', end: 'pending' }),
    ])
    expect([store.listConversations({ search: 'moon' }).length, store.closePending()]).toEqual([1, 1])
    store.saveTurn(turn('t4', { conversationId: 'c1', userText: 'after' }))
    store[Symbol.dispose]()
    const raw = new DatabaseSync(file)
    expect(Object.values(raw.prepare('PRAGMA user_version').get() as object)).toEqual([MIGRATIONS.length])
    expect(Object.values(raw.prepare('PRAGMA integrity_check').get() as object)).toEqual(['ok'])
    raw.close()
  })

  it('stays as it was when a step fails half-way', () => {
    withConversation()[Symbol.dispose]()
    const steps = [...MIGRATIONS, 'CREATE TABLE half (x); INSERT INTO nowhere VALUES (1)']
    expect(() => openHistory(file, { migrations: steps })).toThrow(expect.objectContaining({ code: 'internal' }))
    const { store, brokenFile } = open()
    expect([brokenFile, store.listConversations().length]).toEqual([null, 1])
  })
})

describe('a database that cannot be used', () => {
  const aside = (): string => join(root, 'data', 'history.broken-20260102T030405Z.sqlite')

  it.each([
    ['is no database', () => 'not a database at all '.repeat(500)],
    ['is cut to a few bytes', () => 'SQLite format 3\0'],
    ['has its first page torn', () => {
      const good = readFileSync(file)
      good.fill(0xAA, 20, 3_000)
      return good
    }],
    ['has a page torn further in', () => {
      const good = readFileSync(file)
      good.fill(0x55, 4_096 * 2)
      return good
    }],
  ])('because it %s is set aside, and a new one begun', (_, content) => {
    const store = withConversation()
    for (let at = 0; at < 50; at++)
      store.saveTurn(turn(`t${at}`, { userText: 'word '.repeat(200) }))
    store[Symbol.dispose]()
    const bytes = content()
    for (const suffix of ['-wal', '-shm'])
      rmSync(file + suffix, { force: true })
    writeFileSync(file, bytes)
    const broken = open()
    expect([broken.brokenFile, broken.memoryOnly, broken.store.listConversations()]).toEqual([aside(), null, []])
    expect(readFileSync(aside()).equals(Buffer.from(bytes as string))).toBe(true)
    broken.store.createConversation({ id: 'new', title: '', createdAtMs: 0, updatedAtMs: 0 })
    broken.store[Symbol.dispose]()
    expect([open().brokenFile, readdirSync(join(root, 'data')).filter(name => name.endsWith('.sqlite'))]).toEqual([null, ['history.broken-20260102T030405Z.sqlite', 'history.sqlite']])
  })

  it('because it is another program\'s is set aside, not written into', () => {
    mkdirSync(join(root, 'data'))
    const other = new DatabaseSync(file)
    other.exec('CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)')
    other.close()
    expect(open().brokenFile).toBe(aside())
    const kept = new DatabaseSync(aside())
    expect({ ...kept.prepare('SELECT x FROM theirs').get() as object }).toEqual({ x: 1 })
    kept.close()
  })

  it('because a newer Parley wrote it is left exactly as it is', () => {
    withConversation()[Symbol.dispose]()
    const raw = new DatabaseSync(file)
    raw.exec(`PRAGMA user_version = ${MIGRATIONS.length + 1}`)
    raw.close()
    const before = [readFileSync(file).toString('hex'), ...readdirSync(join(root, 'data'))]
    expect(() => open()).toThrow(expect.objectContaining({ code: 'bad-input', message: expect.stringContaining('newer Parley') as string }))
    expect([readFileSync(file).toString('hex'), ...readdirSync(join(root, 'data'))]).toEqual(before)
  })

  it('because the folder cannot be written: the history lives in memory, and it is said why', () => {
    writeFileSync(join(root, 'data'), 'a file')
    const { store, memoryOnly, brokenFile } = open()
    expect([memoryOnly?.code, brokenFile]).toEqual(['read-only', null])
    store.createConversation({ id: 'c', title: '', createdAtMs: 0, updatedAtMs: 0 })
    store.saveTurn(turn('t'))
    expect(store.turns('c')).toHaveLength(1)
    expect(readFileSync(join(root, 'data'), 'utf8')).toBe('a file')
  })
})

describe('a program that was killed', () => {
  it('has lost nothing of what a method returned from', () => {
    const store = withConversation()
    store.saveTurn(turn('t', { userText: 'said' }))
    // What a crash leaves on disk: the file and its write-ahead log, never closed.
    const crashed = join(root, 'crashed')
    mkdirSync(crashed)
    for (const name of readdirSync(join(root, 'data')))
      copyFileSync(join(root, 'data', name), join(crashed, name))
    const again = openHistory(join(crashed, 'history.sqlite'))
    opened.push(again.store)
    expect([again.brokenFile, again.store.turn('t')?.userText]).toEqual([null, 'said'])
  })
})

describe('disposing', () => {
  it('may happen twice, and leaves everything in the one file', () => {
    const store = withConversation()
    store[Symbol.dispose]()
    store[Symbol.dispose]()
    const copy = join(root, 'copy.sqlite')
    copyFileSync(file, copy)
    const again = openHistory(copy)
    opened.push(again.store)
    expect(again.store.listConversations()).toHaveLength(1)
  })

  it('keeps the history readable by nobody else', () => {
    withConversation()
    expect(statSync(join(root, 'data')).mode & 0o077).toBe(0)
  })
})
