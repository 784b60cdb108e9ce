import type { DictationQuery, DictationStore, StoredDictation } from '../ports/dictation-store'
import type { HistoryDatabase } from './history-database'
import { dictationParameters, readDictation } from './dictation-rows'
import { DICTATION_SQL } from './dictation-sql'
import { likePattern, matchExpression } from './search-terms'

const MAX_LISTED = 1_000
/** Parts of words are looked for in so many of the newest: no index finds them, and nobody waits for a search. Whole words are found in all. */
const SCANNED_FOR_PARTS = 20_000

/** On the connection of the history, whose store closes it. */
export function createDictationStore({ connection, guarded, transaction, checkpoint }: HistoryDatabase): DictationStore {
  const sql = prepareAll(connection)

  /** The log still has the pages as they were, with the words in them. */
  function emptyLog(): void {
    try {
      checkpoint()
    }
    catch {
      // They are deleted all the same; a full disk keeps the log until there is room.
    }
  }

  return {
    save: dictation => guarded(() => {
      sql.save.run(dictationParameters(dictation))
    }),
    get: id => guarded(() => readOne(sql.get.get({ id }))),
    list: ({ limit = MAX_LISTED, search = '', beforeMs = Number.POSITIVE_INFINITY }: DictationQuery = {}) => guarded(() => {
      const wanted = search.trim()
      const rows = wanted === ''
        ? sql.list.all({ limit, beforeMs })
        : sql.search.all({ limit, beforeMs, match: matchExpression(wanted), like: likePattern(wanted), scanned: SCANNED_FOR_PARTS })
      return rows.map(readDictation)
    }),
    last: () => guarded(() => readOne(sql.last.get())),
    delete: ids => guarded(() => {
      const named = { ids: JSON.stringify(ids) }
      const { takes, changes } = transaction(() => ({
        takes: (sql.takesOnlyOf.all(named) as { path: string }[]).map(({ path }) => path),
        changes: sql.delete.run(named).changes,
      }))
      if (changes !== 0)
        emptyLog()
      return takes
    }),
    closePending: () => guarded(() => Number(sql.closePending.run().changes)),
  }
}

function readOne(row: unknown): StoredDictation | undefined {
  return row === undefined ? undefined : readDictation(row)
}

function prepareAll(connection: HistoryDatabase['connection']) {
  return {
    save: connection.prepare(DICTATION_SQL.save),
    get: connection.prepare(DICTATION_SQL.get),
    list: connection.prepare(DICTATION_SQL.list),
    search: connection.prepare(DICTATION_SQL.search),
    last: connection.prepare(DICTATION_SQL.last),
    takesOnlyOf: connection.prepare(DICTATION_SQL.takesOnlyOf),
    delete: connection.prepare(DICTATION_SQL.delete),
    closePending: connection.prepare(DICTATION_SQL.closePending),
  }
}
