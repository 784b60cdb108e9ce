import type { DatabaseSyncInstance } from '@photostructure/sqlite'
import type { ConversationStore, StoredConversation, StoredTurn } from '../ports/conversation-store'
import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from '@photostructure/sqlite'
import { AppError } from '../lib/app-error'
import { diskError } from '../lib/disk-error'
import { readTurn, turnParameters } from './history-rows'
import { APPLICATION_ID, MIGRATIONS } from './migrations'
import { setAside } from './set-aside'

export interface OpenedHistory {
  readonly store: ConversationStore
  /** Where a broken database was put aside, or null. */
  readonly brokenFile: string | null
  /** Set: the disk cannot be written and the history lives in memory until the program ends. */
  readonly memoryOnly: AppError | null
}

export interface OpenHistoryOptions {
  readonly wallMs?: () => number
  /** For tests: the steps known to this program. */
  readonly migrations?: readonly string[]
}

/** SQLite's primary result codes, https://www.sqlite.org/rescode.html */
const SQLITE = { readonly: 8, ioError: 10, corrupt: 11, full: 13, cannotOpen: 14, constraint: 19, notADatabase: 26 } as const
/** SQLITE_CONSTRAINT_FOREIGNKEY */
const FOREIGN_KEY = 787
const CHECKED_WHOLE_BYTES = 32 * 1024 * 1024
/** Another process (the command line) may hold the file for the length of a write. */
const BUSY_MS = 3_000

class Unusable extends Error {}

function resultCode(error: unknown): number | undefined {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode : undefined
}

function classify(error: unknown, file: string): AppError {
  if (error instanceof AppError)
    return error
  const code = resultCode(error)
  switch (code === undefined ? undefined : code & 0xFF) {
    case SQLITE.full: return new AppError('disk-full', `The disk is full: make room, then try again: ${file}`, { cause: error, params: { path: file }, retryable: true })
    case SQLITE.readonly:
    case SQLITE.cannotOpen: return new AppError('read-only', `The history cannot be written: ${file}`, { cause: error, params: { path: file } })
    case SQLITE.corrupt:
    case SQLITE.notADatabase: return new AppError('database-broken', `The history is damaged: ${file}`, { cause: error, params: { path: file } })
    default: return diskError(error, file) ?? new AppError('internal', error instanceof Error ? error.message : String(error), { cause: error })
  }
}

/**
 * Opens the history, making or migrating it. A file that is no usable history is set aside under another name and a new one is
 * begun; a folder that cannot be written gives a history in memory. Throws `bad-input` for a file of a newer Parley, which is
 * left as it is.
 */
export function openHistory(file: string, options: OpenHistoryOptions = {}): OpenedHistory {
  const migrations = options.migrations ?? MIGRATIONS
  let brokenFile: string | null = null
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    let database
    try {
      database = openDatabase(file, migrations)
    }
    catch (error) {
      if (!(error instanceof Unusable) && classify(error, file).code !== 'database-broken')
        throw error
      brokenFile = setAside(file, options.wallMs?.() ?? Date.now(), ['-wal', '-shm'])
      database = openDatabase(file, migrations)
    }
    return { store: createStore(database, file), brokenFile, memoryOnly: null }
  }
  catch (error) {
    const failure = classify(error, file)
    if (failure.code !== 'read-only' && failure.code !== 'disk-full')
      throw failure
    return { store: createStore(openDatabase(':memory:', migrations), file), brokenFile, memoryOnly: failure }
  }
}

function openDatabase(file: string, migrations: readonly string[]): DatabaseSyncInstance {
  const database = new DatabaseSync(file, { timeout: BUSY_MS })
  try {
    const version = acceptedVersion(database, file, migrations.length)
    // FULL: what a method returned from survives a loss of power, at the price of one flush for each write.
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON')
    checkWhole(database, file)
    migrate(database, version, migrations)
    // A file that can only be read opens well, and would refuse the first turn.
    database.exec('BEGIN IMMEDIATE; ROLLBACK')
    return database
  }
  catch (error) {
    database.close()
    throw error
  }
}

/**
 * The first value of a query. By way of a function and `exec`, since a prepared statement of this library keeps the file open
 * until it is collected, and an open file cannot be set aside on Windows.
 */
function firstValue(database: DatabaseSyncInstance, expression: string, from: string): unknown {
  const found: unknown[] = []
  database.function('parley_found', (value: unknown) => {
    found.push(value)
    return null
  })
  database.exec(`SELECT parley_found(${expression}) FROM ${from}`)
  return found[0]
}

/** Looks before anything is written: the file may not be ours. */
function acceptedVersion(database: DatabaseSyncInstance, file: string, known: number): number {
  if (firstValue(database, 'count(*)', 'sqlite_schema') !== 0 && firstValue(database, 'application_id', 'pragma_application_id') !== APPLICATION_ID)
    throw new Unusable('another program\'s database')
  const version = firstValue(database, 'user_version', 'pragma_user_version') as number
  if (version > known)
    throw new AppError('bad-input', `The history was written by a newer Parley (version ${version}, this one knows ${known}). It is left as it is; use the newer Parley, or move ${file} away.`, { params: { path: file, version } })
  return version
}

function checkWhole(database: DatabaseSyncInstance, file: string): void {
  // Above this size a look at every page would be felt at start; damage is then noticed when it is met.
  if (file === ':memory:' || statSync(file).size > CHECKED_WHOLE_BYTES)
    return
  if (firstValue(database, 'quick_check', 'pragma_quick_check') !== 'ok')
    throw new Unusable('damaged')
}

function migrate(database: DatabaseSyncInstance, version: number, migrations: readonly string[]): void {
  for (let step = version; step < migrations.length; step++) {
    inTransaction(database, () => {
      database.exec(migrations[step] as string)
      database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${step + 1}`)
    })
  }
}

function inTransaction<T>(database: DatabaseSyncInstance, work: () => T): T {
  database.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    database.exec('COMMIT')
    return result
  }
  catch (error) {
    if (database.isTransaction)
      database.exec('ROLLBACK')
    throw error
  }
}

const CONVERSATION_COLUMNS = 'id, title, created_at_ms AS createdAtMs, updated_at_ms AS updatedAtMs'
const MAX_LISTED = 1_000

function createStore(database: DatabaseSyncInstance, file: string): ConversationStore {
  const sql = prepareAll(database)
  const guarded = <T>(work: () => T): T => {
    try {
      return work()
    }
    catch (error) {
      throw classify(error, file)
    }
  }
  return {
    listConversations: ({ limit = MAX_LISTED, search = '' } = {}) => guarded(() => {
      const wanted = search.trim()
      const rows = wanted === ''
        ? sql.list.all(limit)
        : sql.search.all({ match: matchExpression(wanted), like: `%${wanted.replace(/[\\%_]/g, '\\$&')}%`, limit })
      return (rows as StoredConversation[]).map(row => ({ ...row }))
    }),
    createConversation: conversation => guarded(() => {
      sql.create.run({ ...conversation })
    }),
    renameConversation: (id, title) => guarded(() => {
      if (sql.rename.run(title, id).changes === 0)
        throw new AppError('not-found', `There is no conversation ${id}.`)
    }),
    deleteConversation: id => guarded(() => inTransaction(database, () => {
      const paths = (sql.takesOnlyOf.all({ id }) as { path: string }[]).map(row => row.path)
      if (sql.delete.run(id).changes === 0)
        throw new AppError('not-found', `There is no conversation ${id}.`)
      return paths
    })),
    turns: conversationId => guarded(() => {
      if (sql.exists.get(conversationId) === undefined)
        throw new AppError('not-found', `There is no conversation ${conversationId}.`)
      return sql.turns.all(conversationId).map(readTurn)
    }),
    turn: turnId => guarded((): StoredTurn | undefined => {
      const row: unknown = sql.turn.get(turnId)
      return row === undefined ? undefined : readTurn(row)
    }),
    saveTurn: turn => guarded(() => {
      try {
        inTransaction(database, () => {
          sql.save.run(turnParameters(turn))
          sql.touch.run(turn.createdAtMs, turn.conversationId)
        })
      }
      catch (error) {
        if (resultCode(error) === FOREIGN_KEY)
          throw new AppError('not-found', `There is no conversation ${turn.conversationId}.`, { cause: error })
        throw error
      }
    }),
    closePending: () => guarded(() => Number(sql.closePending.run().changes)),
    [Symbol.dispose]() {
      if (!database.isOpen)
        return
      // So that the one file holds everything, to be copied or moved.
      database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
      database.close()
    },
  }
}

function prepareAll(database: DatabaseSyncInstance) {
  return {
    list: database.prepare(`SELECT ${CONVERSATION_COLUMNS} FROM conversations ORDER BY updated_at_ms DESC, id LIMIT ?`),
    // LIKE finds what no word index can: parts of words, and scripts without blanks.
    search: database.prepare(`
      SELECT ${CONVERSATION_COLUMNS} FROM conversations
      WHERE title LIKE :like ESCAPE '\\' OR id IN (
        SELECT conversation_id FROM turns WHERE seq IN (SELECT rowid FROM turns_text WHERE turns_text MATCH :match)
        UNION SELECT conversation_id FROM turns WHERE user_text LIKE :like ESCAPE '\\' OR reply_text LIKE :like ESCAPE '\\'
      ) ORDER BY updated_at_ms DESC, id LIMIT :limit`),
    create: database.prepare('INSERT INTO conversations (id, title, created_at_ms, updated_at_ms) VALUES (:id, :title, :createdAtMs, :updatedAtMs)'),
    rename: database.prepare('UPDATE conversations SET title = ? WHERE id = ?'),
    exists: database.prepare('SELECT 1 FROM conversations WHERE id = ?'),
    delete: database.prepare('DELETE FROM conversations WHERE id = ?'),
    takesOnlyOf: database.prepare(`
      SELECT DISTINCT take_path AS path FROM turns WHERE conversation_id = :id AND take_path IS NOT NULL
      AND take_path NOT IN (SELECT take_path FROM turns WHERE conversation_id <> :id AND take_path IS NOT NULL)`),
    turns: database.prepare('SELECT * FROM turns WHERE conversation_id = ? ORDER BY created_at_ms, seq'),
    turn: database.prepare('SELECT * FROM turns WHERE id = ?'),
    save: database.prepare(`
      INSERT INTO turns (id, conversation_id, created_at_ms, take_path, user_text, reply_text, heard_text, reasoning_text, reply_end, error_code, hops, engines, finish, prompt_tokens, completion_tokens, routes)
      VALUES (:id, :conversationId, :createdAtMs, :takePath, :userText, :replyText, :heardText, :reasoningText, :end, :errorCode, :hops, :engines, :finish, :promptTokens, :completionTokens, :routes)
      ON CONFLICT (id) DO UPDATE SET
        conversation_id = excluded.conversation_id, created_at_ms = excluded.created_at_ms, take_path = excluded.take_path,
        user_text = excluded.user_text, reply_text = excluded.reply_text, heard_text = excluded.heard_text,
        reasoning_text = excluded.reasoning_text, reply_end = excluded.reply_end, error_code = excluded.error_code,
        hops = excluded.hops, engines = excluded.engines, routes = excluded.routes,
        finish = excluded.finish, prompt_tokens = excluded.prompt_tokens, completion_tokens = excluded.completion_tokens`),
    touch: database.prepare('UPDATE conversations SET updated_at_ms = max(updated_at_ms, ?) WHERE id = ?'),
    closePending: database.prepare(`UPDATE turns SET reply_end = 'failed', error_code = coalesce(error_code, 'internal') WHERE reply_end = 'pending'`),
  }
}

/** Every word of the query as the beginning of a word, in any order; quoted, so that nothing in it is FTS5 syntax. */
function matchExpression(query: string): string {
  return query.split(/\s+/).map(word => `"${word.replaceAll('"', '""')}"*`).join(' ')
}
