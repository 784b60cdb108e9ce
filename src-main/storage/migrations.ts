/** Marks a file as Parley's history (`PRAGMA application_id`): "Prly". */
export const APPLICATION_ID = 0x50726C79

/**
 * Step `n` (from 1) takes a database of version `n - 1` (`PRAGMA user_version`) to version `n`. A step that was released never
 * changes; a new need is a new step. `test/unit/storage/databases/` has a database of every version.
 */
export const MIGRATIONS: readonly string[] = [
  // 1: conversations and their turns. `seq` keeps the order of saving; an implicit rowid would not survive VACUUM.
  `
  CREATE TABLE conversations (
    id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    created_at_ms REAL NOT NULL,
    updated_at_ms REAL NOT NULL
  ) STRICT;
  CREATE INDEX conversations_by_update ON conversations (updated_at_ms DESC);
  CREATE TABLE turns (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    conversation_id TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    created_at_ms REAL NOT NULL,
    take_path TEXT,
    user_text TEXT NOT NULL,
    reply_text TEXT NOT NULL,
    heard_text TEXT,
    reasoning_text TEXT NOT NULL,
    reply_end TEXT NOT NULL CHECK (reply_end IN ('pending', 'complete', 'truncated', 'failed', 'interrupted')),
    error_code TEXT,
    hops TEXT NOT NULL,
    engines TEXT NOT NULL
  ) STRICT;
  CREATE INDEX turns_by_conversation ON turns (conversation_id, created_at_ms, seq);
  CREATE INDEX turns_by_take ON turns (take_path) WHERE take_path IS NOT NULL;
  CREATE INDEX turns_pending ON turns (seq) WHERE reply_end = 'pending';
  `,
  // 2: full-text search over what was said on both sides; the index holds no second copy of the text.
  `
  CREATE VIRTUAL TABLE turns_text USING fts5 (
    user_text, reply_text,
    content = 'turns', content_rowid = 'seq',
    tokenize = 'unicode61 remove_diacritics 2'
  );
  CREATE TRIGGER turns_text_insert AFTER INSERT ON turns BEGIN
    INSERT INTO turns_text (rowid, user_text, reply_text) VALUES (new.seq, new.user_text, new.reply_text);
  END;
  CREATE TRIGGER turns_text_delete AFTER DELETE ON turns BEGIN
    INSERT INTO turns_text (turns_text, rowid, user_text, reply_text) VALUES ('delete', old.seq, old.user_text, old.reply_text);
  END;
  CREATE TRIGGER turns_text_update AFTER UPDATE OF user_text, reply_text ON turns BEGIN
    INSERT INTO turns_text (turns_text, rowid, user_text, reply_text) VALUES ('delete', old.seq, old.user_text, old.reply_text);
    INSERT INTO turns_text (rowid, user_text, reply_text) VALUES (new.seq, new.user_text, new.reply_text);
  END;
  INSERT INTO turns_text (turns_text) VALUES ('rebuild');
  `,
  // 3: who did each part of a turn, and who was tried before; why the reply ended, and its tokens.
  `
  ALTER TABLE turns ADD COLUMN finish TEXT;
  ALTER TABLE turns ADD COLUMN prompt_tokens INTEGER;
  ALTER TABLE turns ADD COLUMN completion_tokens INTEGER;
  ALTER TABLE turns ADD COLUMN routes TEXT NOT NULL DEFAULT '{}';
  `,
  // 4: what was dictated. The index over its words forgets what is deleted at once ('secure-delete'), not at its next merge.
  `
  CREATE TABLE dictations (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('dictation', 'edit', 'file')),
    created_at_ms REAL NOT NULL,
    take_path TEXT,
    duration_ms REAL NOT NULL,
    raw_text TEXT NOT NULL,
    final_text TEXT NOT NULL,
    dictation_end TEXT NOT NULL CHECK (dictation_end IN ('pending', 'inserted', 'copied', 'cancelled', 'empty', 'failed')),
    error_code TEXT,
    target_app TEXT,
    target_title TEXT,
    how TEXT,
    confirmed INTEGER NOT NULL,
    why TEXT,
    cleanup TEXT,
    times TEXT NOT NULL,
    routes TEXT NOT NULL
  ) STRICT;
  CREATE INDEX dictations_by_time ON dictations (created_at_ms, seq);
  CREATE INDEX dictations_by_take ON dictations (take_path) WHERE take_path IS NOT NULL;
  CREATE INDEX dictations_pending ON dictations (seq) WHERE dictation_end = 'pending';
  CREATE INDEX dictations_given ON dictations (created_at_ms, seq) WHERE dictation_end IN ('inserted', 'copied') AND kind <> 'file';
  CREATE VIRTUAL TABLE dictations_text USING fts5 (
    raw_text, final_text, target_app, target_title,
    content = 'dictations', content_rowid = 'seq',
    tokenize = 'unicode61 remove_diacritics 2'
  );
  INSERT INTO dictations_text (dictations_text, rank) VALUES ('secure-delete', 1);
  CREATE TRIGGER dictations_text_insert AFTER INSERT ON dictations BEGIN
    INSERT INTO dictations_text (rowid, raw_text, final_text, target_app, target_title)
      VALUES (new.seq, new.raw_text, new.final_text, new.target_app, new.target_title);
  END;
  CREATE TRIGGER dictations_text_delete AFTER DELETE ON dictations BEGIN
    INSERT INTO dictations_text (dictations_text, rowid, raw_text, final_text, target_app, target_title)
      VALUES ('delete', old.seq, old.raw_text, old.final_text, old.target_app, old.target_title);
  END;
  CREATE TRIGGER dictations_text_update AFTER UPDATE ON dictations
    WHEN old.raw_text <> new.raw_text OR old.final_text <> new.final_text OR old.target_app IS NOT new.target_app OR old.target_title IS NOT new.target_title BEGIN
    INSERT INTO dictations_text (dictations_text, rowid, raw_text, final_text, target_app, target_title)
      VALUES ('delete', old.seq, old.raw_text, old.final_text, old.target_app, old.target_title);
    INSERT INTO dictations_text (rowid, raw_text, final_text, target_app, target_title)
      VALUES (new.seq, new.raw_text, new.final_text, new.target_app, new.target_title);
  END;
  `,
]
