-- A history as version 4 wrote it. Frozen: it never changes with the program.
PRAGMA application_id = 1349676153;
PRAGMA user_version = 4;
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
  engines TEXT NOT NULL,
  finish TEXT,
  prompt_tokens INTEGER,
  completion_tokens INTEGER,
  routes TEXT NOT NULL DEFAULT '{}'
) STRICT;
CREATE INDEX turns_by_conversation ON turns (conversation_id, created_at_ms, seq);
CREATE INDEX turns_by_take ON turns (take_path) WHERE take_path IS NOT NULL;
CREATE INDEX turns_pending ON turns (seq) WHERE reply_end = 'pending';
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
INSERT INTO conversations VALUES ('c1', 'About tides', 1700000000000, 1700000005000);
INSERT INTO conversations VALUES ('c2', 'Empty', 1700000001000, 1700000001000);
INSERT INTO turns VALUES (1, 't1', 'c1', 1700000000000, '/takes/t1.wav', 'What makes the tide?', 'The moon, mostly.', NULL, '', 'complete', NULL, '{"keyDownMs":-2100,"transcriptMs":35.5}', '{"asr":"moonshine-base-en","chat":"qwen"}', NULL, NULL, NULL, '{}');
INSERT INTO turns VALUES (2, 't2', 'c1', 1700000005000, NULL, 'And the sun?', 'The sun too, but', 'The sun', '', 'interrupted', NULL, '{}', '{}', NULL, NULL, NULL, '{}');
INSERT INTO turns VALUES (3, 't3', 'c1', 1700000006000, '/takes/t3.wav', 'Why?', '', NULL, '', 'pending', NULL, '{}', '{}', NULL, NULL, NULL, '{}');
INSERT INTO dictations VALUES (1, 'd1', 'dictation', 1700000010000, '/takes/d1.wav', 2300, 'the boat leaves at six', 'The boat leaves at six.', 'inserted', NULL, 'Gedit', 'harbour.txt', 'pasted', 1, NULL, NULL, '{"transcriptMs":35.5,"insertedMs":61}', '{}');
INSERT INTO dictations VALUES (2, 'd2', 'dictation', 1700000020000, '/takes/d2.wav', 900, '', '', 'pending', NULL, NULL, NULL, NULL, 0, NULL, 'light', '{}', '{}');
