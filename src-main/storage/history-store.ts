import type { DatabaseSyncInstance } from '@photostructure/sqlite'
import type { ConversationStore, StoredConversation, StoredTurn } from '../ports/conversation-store'
import type { DictationStore } from '../ports/dictation-store'
import type { HistoryDatabase } from './history-database'
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { AppError } from '../lib/app-error'
import { createDictationStore } from './dictation-store'
import { openDatabase, Unusable } from './history-database'
import { readTurn, turnParameters } from './history-rows'
import { MIGRATIONS } from './migrations'
import { likePattern, matchExpression } from './search-terms'
import { setAside } from './set-aside'
import { isForeignKeyFault, sqliteError } from './sqlite-faults'

export interface OpenedHistory {
  /** Disposing it closes the file for both stores. */
  readonly store: ConversationStore
  readonly dictations: DictationStore
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
      if (!(error instanceof Unusable) && sqliteError(error, file).code !== 'database-broken')
        throw error
      brokenFile = setAside(file, options.wallMs?.() ?? Date.now(), ['-wal', '-shm'])
      database = openDatabase(file, migrations)
    }
    return { ...storesOn(database), brokenFile, memoryOnly: null }
  }
  catch (error) {
    const failure = sqliteError(error, file)
    if (failure.code !== 'read-only' && failure.code !== 'disk-full')
      throw failure
    return { ...storesOn(openDatabase(':memory:', migrations, file)), brokenFile, memoryOnly: failure }
  }
}

function storesOn(database: HistoryDatabase): Pick<OpenedHistory, 'store' | 'dictations'> {
  return { store: createStore(database), dictations: createDictationStore(database) }
}

const CONVERSATION_COLUMNS = 'id, title, created_at_ms AS createdAtMs, updated_at_ms AS updatedAtMs'
const MAX_LISTED = 1_000

function createStore({ connection, guarded, transaction, checkpoint }: HistoryDatabase): ConversationStore {
  const sql = prepareAll(connection)
  return {
    listConversations: ({ limit = MAX_LISTED, search = '' } = {}) => guarded(() => {
      const wanted = search.trim()
      const rows = wanted === ''
        ? sql.list.all(limit)
        : sql.search.all({ match: matchExpression(wanted), like: likePattern(wanted), limit })
      return (rows as StoredConversation[]).map(row => ({ ...row }))
    }),
    createConversation: conversation => guarded(() => {
      sql.create.run({ ...conversation })
    }),
    renameConversation: (id, title) => guarded(() => {
      if (sql.rename.run(title, id).changes === 0)
        throw new AppError('not-found', `There is no conversation ${id}.`)
    }),
    deleteConversation: id => guarded(() => transaction(() => {
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
        transaction(() => {
          sql.save.run(turnParameters(turn))
          sql.touch.run(turn.createdAtMs, turn.conversationId)
        })
      }
      catch (error) {
        if (isForeignKeyFault(error))
          throw new AppError('not-found', `There is no conversation ${turn.conversationId}.`, { cause: error })
        throw error
      }
    }),
    closePending: () => guarded(() => Number(sql.closePending.run().changes)),
    [Symbol.dispose]() {
      if (!connection.isOpen)
        return
      // So that the one file holds everything, to be copied or moved.
      checkpoint()
      connection.close()
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
      AND take_path NOT IN (SELECT take_path FROM turns WHERE conversation_id <> :id AND take_path IS NOT NULL)
      AND NOT EXISTS (SELECT 1 FROM dictations WHERE dictations.take_path = turns.take_path)`),
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
