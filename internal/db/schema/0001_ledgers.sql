-- The ledgers: what is due (jobs), what was done (audit), what leaves (outbox).

CREATE TABLE jobs_job (
  id          TEXT PRIMARY KEY,
  kind        TEXT NOT NULL,               -- room.verb, for example incident.remind
  unique_key  TEXT,                        -- at most one job of a kind and key, ever
  args        TEXT NOT NULL,               -- JSON
  state       TEXT NOT NULL,               -- ready, done, failed, cancelled
  due_at      BIGINT NOT NULL,             -- when it should run; moved by back-off
  wanted_at   BIGINT NOT NULL,             -- when it was first due
  lease_until BIGINT NOT NULL DEFAULT 0,   -- a node works on it until then
  lease_by    TEXT,
  attempts    INTEGER NOT NULL DEFAULT 0,
  last_error  TEXT,
  created_at  BIGINT NOT NULL,
  done_at     BIGINT
);
CREATE UNIQUE INDEX jobs_job_key ON jobs_job (kind, unique_key);
CREATE INDEX jobs_job_due ON jobs_job (state, due_at, id) WHERE state = 'ready'; -- state first: SQLite prefers it to the next then
CREATE INDEX jobs_job_state ON jobs_job (state, done_at);

CREATE TABLE audit_record (
  id       TEXT PRIMARY KEY,
  at       BIGINT NOT NULL,
  actor    TEXT NOT NULL,                  -- person, token or system that did it
  org      TEXT NOT NULL,                  -- institution the actor acted for, or ''
  verb     TEXT NOT NULL,                  -- room.verb
  object   TEXT NOT NULL,                  -- kind of thing
  object_id TEXT NOT NULL,
  mark     TEXT NOT NULL,                  -- canonical marking text of the object
  request  TEXT NOT NULL,                  -- request or job id, joins with the log
  detail   TEXT NOT NULL,                  -- canonical JSON
  mac      BLOB NOT NULL,                  -- HMAC-SHA-256 of the leaf, by the desk that wrote it
  seq      BIGINT,                         -- place in the chain; NULL until sealed
  chain    BLOB                            -- SHA-256(previous chain || leaf)
);
CREATE UNIQUE INDEX audit_record_seq ON audit_record (seq);
CREATE INDEX audit_record_open ON audit_record (at) WHERE seq IS NULL;
CREATE INDEX audit_record_object ON audit_record (object_id, at);
CREATE INDEX audit_record_actor ON audit_record (actor, at);

CREATE TABLE audit_node (                  -- hash of each complete subtree of 256^level leaves
  level    INTEGER NOT NULL,
  n        BIGINT NOT NULL,
  hash     BLOB NOT NULL,
  PRIMARY KEY (level, n)
);

CREATE TABLE audit_checkpoint (
  size     BIGINT PRIMARY KEY,             -- number of sealed records
  at       BIGINT NOT NULL,
  root     BLOB NOT NULL,                  -- Merkle tree hash (RFC 6962) of the records
  chain    BLOB NOT NULL,                  -- chain value of the last record
  note     TEXT NOT NULL                   -- signed note, '' where no key is configured
);

CREATE TABLE audit_head (
  one      INTEGER PRIMARY KEY,            -- always 1: the row nodes lock to seal
  size     BIGINT NOT NULL,
  chain    BLOB NOT NULL
);
INSERT INTO audit_head (one, size, chain) VALUES (1, 0, '');

CREATE TABLE outbox_item (
  id           TEXT PRIMARY KEY,
  kind         TEXT NOT NULL,              -- room.verb of what it is
  unique_key   TEXT NOT NULL,              -- never two items of a kind and key
  channel      TEXT NOT NULL,              -- mail
  state        TEXT NOT NULL,              -- proposed, approved, claimed, handing, sent, uncertain, failed, rejected
  exercise     INTEGER NOT NULL DEFAULT 0,
  mark         TEXT NOT NULL,              -- canonical marking of the content
  org          TEXT NOT NULL,              -- institution it goes to, or ''
  address      TEXT NOT NULL,
  subject      TEXT NOT NULL,
  content      TEXT NOT NULL,              -- JSON: text, html, attachments' digests
  digest       TEXT NOT NULL,              -- SHA-256 of what leaves
  object       TEXT NOT NULL,
  object_id    TEXT NOT NULL,
  reason       TEXT NOT NULL,              -- release decision in words
  proposed_by  TEXT NOT NULL,
  proposed_at  BIGINT NOT NULL,
  approved_by  TEXT,
  approved_at  BIGINT,
  attempts     INTEGER NOT NULL DEFAULT 0,
  lease_until  BIGINT NOT NULL DEFAULT 0,
  sent_at      BIGINT,
  receipt      TEXT,                       -- what the other side answered
  last_error   TEXT
);
CREATE UNIQUE INDEX outbox_item_key ON outbox_item (kind, unique_key);
CREATE INDEX outbox_item_state ON outbox_item (state, proposed_at);
CREATE INDEX outbox_item_object ON outbox_item (object_id, proposed_at);
