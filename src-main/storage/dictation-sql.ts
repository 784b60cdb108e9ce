/** What the store of dictations asks of the database. By itself, so that a test can see how each is carried out. */
export const DICTATION_SQL = {
  save: `
    INSERT INTO dictations (id, kind, created_at_ms, take_path, duration_ms, raw_text, final_text, dictation_end, error_code, target_app, target_title, how, confirmed, why, cleanup, times, routes)
    VALUES (:id, :kind, :createdAtMs, :takePath, :durationMs, :rawText, :finalText, :end, :errorCode, :targetApp, :targetTitle, :how, :confirmed, :why, :cleanup, :times, :routes)
    ON CONFLICT (id) DO UPDATE SET
      kind = excluded.kind, created_at_ms = excluded.created_at_ms, take_path = excluded.take_path, duration_ms = excluded.duration_ms,
      raw_text = excluded.raw_text, final_text = excluded.final_text, dictation_end = excluded.dictation_end, error_code = excluded.error_code,
      target_app = excluded.target_app, target_title = excluded.target_title, how = excluded.how, confirmed = excluded.confirmed,
      why = excluded.why, cleanup = excluded.cleanup, times = excluded.times, routes = excluded.routes`,
  get: 'SELECT * FROM dictations WHERE id = :id',
  list: 'SELECT * FROM dictations WHERE created_at_ms < :beforeMs ORDER BY created_at_ms DESC, seq DESC LIMIT :limit',
  // `+seq` lets the rows be walked newest first until there are enough of them: a common word has hits in nearly all of them,
  // which would otherwise all be read and sorted.
  search: `
    SELECT * FROM dictations WHERE created_at_ms < :beforeMs AND +seq IN (
      SELECT rowid FROM dictations_text WHERE dictations_text MATCH :match
      UNION
      SELECT seq FROM (SELECT * FROM dictations WHERE created_at_ms < :beforeMs ORDER BY created_at_ms DESC, seq DESC LIMIT :scanned)
      WHERE raw_text LIKE :like ESCAPE '\\' OR final_text LIKE :like ESCAPE '\\' OR target_title LIKE :like ESCAPE '\\' OR target_app LIKE :like ESCAPE '\\'
    ) ORDER BY created_at_ms DESC, seq DESC LIMIT :limit`,
  last: `
    SELECT * FROM dictations WHERE dictation_end IN ('inserted', 'copied') AND kind <> 'file'
    ORDER BY created_at_ms DESC, seq DESC LIMIT 1`,
  /** `:ids` is a JSON array. */
  takesOnlyOf: `
    SELECT DISTINCT take_path AS path FROM dictations WHERE id IN (SELECT value FROM json_each(:ids)) AND take_path IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM dictations AS other WHERE other.take_path = dictations.take_path AND other.id NOT IN (SELECT value FROM json_each(:ids)))
    AND NOT EXISTS (SELECT 1 FROM turns WHERE turns.take_path = dictations.take_path)`,
  delete: 'DELETE FROM dictations WHERE id IN (SELECT value FROM json_each(:ids))',
  closePending: `UPDATE dictations SET dictation_end = 'failed', error_code = coalesce(error_code, 'internal') WHERE dictation_end = 'pending'`,
} as const
