import type { DictationQuery, DictationStore } from '../ports/dictation-store'
import type { HistoryDatabase } from './history-database'
import { dictationParameters, readDictation } from './dictation-rows'
import { likePattern, matchExpression } from './search-terms'

const MAX_LISTED = 1_000
/** Parts of words are looked for in so many of the newest: no index finds them, and nobody waits for a search. Whole words are found in all. */
const SCANNED_FOR_PARTS = 20_000

/** On the connection of the history, whose store closes it. */
export function createDictationStore({ connection, guarded, transaction, checkpoint }: HistoryDatabase): DictationStore {
  const sql = prepareAll(connection)

  /** `delete` gets the rows out, told by parameters; the takes that only they had are returned. */
  function remove(kind: 'byIds' | 'before', parameters: Record<string, string | number>): readonly string[] {
    return guarded(() => {
      const { takes, changes } = transaction(() => ({
        takes: (sql[kind].takes.all(parameters) as { path: string }[]).map(({ path }) => path),
        changes: sql[kind].delete.run(parameters).changes,
      }))
      // The log still has the pages as they were, with the text in them.
      if (changes !== 0)
        checkpoint()
      return takes
    })
  }

  return {
    save: dictation => guarded(() => {
      sql.save.run(dictationParameters(dictation))
    }),
    get: id => guarded(() => readOne(sql.get.get(id))),
    list: ({ limit = MAX_LISTED, search = '', beforeMs = Number.POSITIVE_INFINITY }: DictationQuery = {}) => guarded(() => {
      const wanted = search.trim()
      const rows = wanted === ''
        ? sql.list.all({ limit, beforeMs })
        : sql.search.all({ limit, beforeMs, match: matchExpression(wanted), like: likePattern(wanted), scanned: SCANNED_FOR_PARTS })
      return rows.map(readDictation)
    }),
    last: () => guarded(() => readOne(sql.last.get())),
    delete: ids => remove('byIds', { ids: JSON.stringify(ids) }),
    deleteBefore: wallMs => remove('before', { wallMs }),
    closePending: () => guarded(() => Number(sql.closePending.run().changes)),
  }
}

function readOne(row: unknown): ReturnType<typeof readDictation> | undefined {
  return row === undefined ? undefined : readDictation(row)
}

function prepareAll(connection: HistoryDatabase['connection']) {
  const takesOf = (rows: string, others: string) => connection.prepare(`
    SELECT DISTINCT take_path AS path FROM dictations WHERE ${rows} AND take_path IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM dictations AS other WHERE other.take_path = dictations.take_path AND ${others})
    AND NOT EXISTS (SELECT 1 FROM turns WHERE turns.take_path = dictations.take_path)`)
  const NAMED = 'IN (SELECT value FROM json_each(:ids))'
  return {
    save: connection.prepare(`
      INSERT INTO dictations (id, kind, created_at_ms, take_path, duration_ms, raw_text, final_text, dictation_end, error_code, target_app, target_title, how, confirmed, why, cleanup, times, routes)
      VALUES (:id, :kind, :createdAtMs, :takePath, :durationMs, :rawText, :finalText, :end, :errorCode, :targetApp, :targetTitle, :how, :confirmed, :why, :cleanup, :times, :routes)
      ON CONFLICT (id) DO UPDATE SET
        kind = excluded.kind, created_at_ms = excluded.created_at_ms, take_path = excluded.take_path, duration_ms = excluded.duration_ms,
        raw_text = excluded.raw_text, final_text = excluded.final_text, dictation_end = excluded.dictation_end, error_code = excluded.error_code,
        target_app = excluded.target_app, target_title = excluded.target_title, how = excluded.how, confirmed = excluded.confirmed,
        why = excluded.why, cleanup = excluded.cleanup, times = excluded.times, routes = excluded.routes`),
    get: connection.prepare('SELECT * FROM dictations WHERE id = ?'),
    list: connection.prepare('SELECT * FROM dictations WHERE created_at_ms < :beforeMs ORDER BY created_at_ms DESC, seq DESC LIMIT :limit'),
    search: connection.prepare(SEARCH),
    last: connection.prepare(`
      SELECT * FROM dictations WHERE dictation_end IN ('inserted', 'copied') AND kind <> 'file'
      ORDER BY created_at_ms DESC, seq DESC LIMIT 1`),
    byIds: { takes: takesOf(`id ${NAMED}`, `other.id NOT ${NAMED}`), delete: connection.prepare(`DELETE FROM dictations WHERE id ${NAMED}`) },
    before: { takes: takesOf('created_at_ms < :wallMs', 'other.created_at_ms >= :wallMs'), delete: connection.prepare('DELETE FROM dictations WHERE created_at_ms < :wallMs') },
    closePending: connection.prepare(`UPDATE dictations SET dictation_end = 'failed', error_code = coalesce(error_code, 'internal') WHERE dictation_end = 'pending'`),
  }
}

/**
 * `+seq` lets the rows be walked newest first until there are enough of them: a common word has hits in nearly all of them,
 * which would otherwise all be read and sorted.
 */
const SEARCH = `
  SELECT * FROM dictations WHERE created_at_ms < :beforeMs AND +seq IN (
    SELECT rowid FROM dictations_text WHERE dictations_text MATCH :match
    UNION
    SELECT seq FROM (SELECT * FROM dictations WHERE created_at_ms < :beforeMs ORDER BY created_at_ms DESC, seq DESC LIMIT :scanned)
    WHERE raw_text LIKE :like ESCAPE '\\' OR final_text LIKE :like ESCAPE '\\' OR target_title LIKE :like ESCAPE '\\' OR target_app LIKE :like ESCAPE '\\'
  ) ORDER BY created_at_ms DESC, seq DESC LIMIT :limit`
