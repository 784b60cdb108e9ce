-- A history as version 2 wrote it. Frozen: it never changes with the program.
PRAGMA application_id = 1349676153;
PRAGMA user_version = 3;
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
INSERT INTO conversations VALUES ('c1', 'About tides', 1700000000000, 1700000005000);
INSERT INTO conversations VALUES ('c2', 'Empty', 1700000001000, 1700000001000);
INSERT INTO turns VALUES (1, 't1', 'c1', 1700000000000, '/takes/t1.wav', 'What makes the tide?', 'The moon, mostly.', NULL, '', 'complete', NULL, '{"keyDownMs":-2100,"transcriptMs":35.5}', '{"asr":"moonshine-base-en","chat":"qwen"}', NULL, NULL, NULL, '{}');
INSERT INTO turns VALUES (2, 't2', 'c1', 1700000005000, NULL, 'And the sun?', 'The sun too, but', 'The sun', '', 'interrupted', NULL, '{}', '{}', NULL, NULL, NULL, '{}');
INSERT INTO turns VALUES (3, 't3', 'c1', 1700000006000, '/takes/t3.wav', 'Why?', '', NULL, '', 'pending', NULL, '{}', '{}', NULL, NULL, NULL, '{}');
