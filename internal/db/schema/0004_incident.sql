-- Reports, stages and the clocks that run on them.

CREATE TABLE incident_number (
  year  INTEGER NOT NULL,
  kind  TEXT NOT NULL,                     -- I, or X for exercises
  last  INTEGER NOT NULL,
  PRIMARY KEY (year, kind)
);

CREATE TABLE incident_victim (             -- somebody hit who is not (yet) in the registry
  id             TEXT PRIMARY KEY,
  name           TEXT NOT NULL,
  kinds          TEXT NOT NULL,            -- JSON list
  sector         TEXT NOT NULL,
  contact        TEXT NOT NULL,
  phone          TEXT NOT NULL,
  institution_id TEXT NOT NULL,            -- once listed; '' before
  created_at     BIGINT NOT NULL
);

CREATE TABLE incident_incident (
  id             TEXT PRIMARY KEY,
  number         TEXT NOT NULL UNIQUE,
  version        INTEGER NOT NULL,
  kind           TEXT NOT NULL,            -- significant, voluntary, near_miss, threat
  owner_id       TEXT NOT NULL,            -- institution concerned, '' for an unlisted victim
  victim_id      TEXT NOT NULL,
  reporter_id    TEXT NOT NULL,            -- institution that reported, '' if it is the owner
  group_id       TEXT NOT NULL,            -- of one aggregated report
  name           TEXT NOT NULL,            -- of institution or victim, as at the report
  title          TEXT NOT NULL,
  unit           TEXT NOT NULL,
  status         TEXT NOT NULL,
  assignee       TEXT NOT NULL,            -- person, '' for nobody
  sector         TEXT NOT NULL,
  class          TEXT NOT NULL,
  base           TEXT NOT NULL,            -- base taxonomy class/entry
  mark_id        BIGINT NOT NULL,
  exercise       INTEGER NOT NULL,
  speed          DOUBLE PRECISION NOT NULL,
  significant    INTEGER NOT NULL,         -- 0 unknown, 1 no, 2 yes
  severity       TEXT NOT NULL,            -- JSON, '' not rated
  band           TEXT NOT NULL,
  content        TEXT NOT NULL,            -- JSON: moments, codes, services, grounds
  reported_at    BIGINT NOT NULL,
  created_at     BIGINT NOT NULL,
  changed_at     BIGINT NOT NULL,
  merged_into    TEXT NOT NULL,
  -- what triage sorts and filters by
  live           INTEGER NOT NULL,         -- 1 while there is something to do
  turn           INTEGER NOT NULL,         -- 1 authority's duty next, 2 institution's, 3 no clock runs
  turn_at        BIGINT NOT NULL,          -- due of that, or time of report
  turn_regime    TEXT NOT NULL,
  turn_stage     TEXT NOT NULL,
  turn_binding   INTEGER NOT NULL,
  next_due       BIGINT,
  next_own       BIGINT,
  overdue_at     BIGINT,                   -- earliest legal limit of what is open
  open_clocks    INTEGER NOT NULL
);
CREATE INDEX incident_incident_turn ON incident_incident (exercise, turn, turn_at, id) WHERE live = 1;
CREATE INDEX incident_incident_mine ON incident_incident (assignee, exercise, turn, turn_at, id) WHERE live = 1;
CREATE INDEX incident_incident_sector ON incident_incident (sector, exercise, turn, turn_at, id) WHERE live = 1;
CREATE INDEX incident_incident_overdue ON incident_incident (exercise, overdue_at, id) WHERE live = 1 AND overdue_at IS NOT NULL;
CREATE INDEX incident_incident_ended ON incident_incident (exercise, reported_at, id) WHERE live = 0;
CREATE INDEX incident_incident_owner ON incident_incident (owner_id, reported_at, id);
CREATE INDEX incident_incident_reporter ON incident_incident (reporter_id, reported_at, id) WHERE reporter_id <> '';
CREATE INDEX incident_incident_victim ON incident_incident (victim_id) WHERE victim_id <> '';
CREATE INDEX incident_incident_group ON incident_incident (group_id) WHERE group_id <> '';

CREATE TABLE incident_word (               -- words of name and title, to search by
  word        TEXT NOT NULL,               -- two digits for each letter: ordered alike by every collation
  incident_id TEXT NOT NULL REFERENCES incident_incident (id),
  PRIMARY KEY (word, incident_id)
);
CREATE INDEX incident_word_incident ON incident_word (incident_id);

CREATE TABLE incident_event (              -- append-only
  id          TEXT PRIMARY KEY,
  incident_id TEXT NOT NULL REFERENCES incident_incident (id),
  seq         INTEGER NOT NULL,
  kind        TEXT NOT NULL,
  at          BIGINT NOT NULL,
  recorded_at BIGINT NOT NULL,
  supersedes  TEXT NOT NULL,
  submission  TEXT NOT NULL,
  content     TEXT NOT NULL,               -- JSON of everything
  UNIQUE (incident_id, seq)
);

CREATE TABLE incident_fact (               -- append-only: every version of what was stated
  incident_id TEXT NOT NULL REFERENCES incident_incident (id),
  seq         INTEGER NOT NULL,
  name        TEXT NOT NULL,               -- field of the pack, or spans
  recorded_at BIGINT NOT NULL,
  by_id       TEXT NOT NULL,
  submission  TEXT NOT NULL,
  content     TEXT NOT NULL,               -- JSON
  PRIMARY KEY (incident_id, seq)
);

CREATE TABLE incident_submission (         -- append-only
  id          TEXT PRIMARY KEY,
  incident_id TEXT NOT NULL REFERENCES incident_incident (id),
  version     INTEGER NOT NULL,
  form_key    TEXT NOT NULL UNIQUE,        -- person, form and institution: the same form is taken once
  covers      TEXT NOT NULL,               -- JSON
  at          BIGINT NOT NULL,
  by_id       TEXT NOT NULL,
  by_name     TEXT NOT NULL,
  org         TEXT NOT NULL,
  content     TEXT NOT NULL,               -- canonical JSON
  digest      TEXT NOT NULL,               -- SHA-256 of content
  signed      TEXT NOT NULL,
  late_reason TEXT NOT NULL,
  channel     TEXT NOT NULL,
  next_due    BIGINT,
  next_regime TEXT NOT NULL,
  next_stage  TEXT NOT NULL,
  UNIQUE (incident_id, version)
);

CREATE TABLE incident_obligation (         -- derived; kept with the recorded time in which it held
  incident_id TEXT NOT NULL REFERENCES incident_incident (id),
  regime      TEXT NOT NULL,
  stage       TEXT NOT NULL,               -- instance of a stage, id of a duty, or question:ID
  rec_from    BIGINT NOT NULL,
  rec_to      BIGINT NOT NULL,             -- 9223372036854775807 while it holds
  own         INTEGER NOT NULL,            -- the authority's own
  kind        TEXT NOT NULL,
  state       TEXT NOT NULL,
  due         BIGINT,
  outer_due   BIGINT,
  met_at      BIGINT,
  binding     INTEGER NOT NULL,
  optional    INTEGER NOT NULL,
  running     INTEGER NOT NULL,            -- 1: open and with a due
  exercise    INTEGER NOT NULL,
  day         INTEGER NOT NULL,            -- of the report, as in incident_count
  mark_id     BIGINT NOT NULL,
  PRIMARY KEY (incident_id, regime, stage, rec_from)
);
CREATE INDEX incident_obligation_running ON incident_obligation (exercise, due, incident_id) WHERE running = 1 AND rec_to = 9223372036854775807;
CREATE INDEX incident_obligation_day ON incident_obligation (day, regime, stage, kind, binding, rec_from, rec_to, running, outer_due, met_at, mark_id)
  WHERE exercise = 0 AND own = 0 AND optional = 0;

CREATE TABLE incident_dim (                -- distinct combinations of what statistics tell apart; few
  id          BIGINT PRIMARY KEY,          -- first 62 bits of the SHA-256 of the text
  text        TEXT NOT NULL UNIQUE         -- unit, kind, sector, class, base, significance, band, separated by US
);

CREATE TABLE incident_count (              -- what statistics count, with the recorded time in which it held
  incident_id TEXT NOT NULL REFERENCES incident_incident (id),
  rec_from    BIGINT NOT NULL,
  rec_to      BIGINT NOT NULL,
  day         INTEGER NOT NULL,            -- of the report: days since 1970-01-01 in the authority's zone
  began       INTEGER NOT NULL,            -- day it occurred; that of the report where not known to the day
  dated       INTEGER NOT NULL,            -- 1 where began is known
  dim_id      BIGINT NOT NULL,
  unit        TEXT NOT NULL,
  sector      TEXT NOT NULL,
  owner_id    TEXT NOT NULL,
  reporter_id TEXT NOT NULL,
  mark_id     BIGINT NOT NULL,
  PRIMARY KEY (incident_id, rec_from)
);
CREATE INDEX incident_count_day ON incident_count (day, dim_id, rec_from, rec_to, mark_id, dated);
CREATE INDEX incident_count_owner ON incident_count (day, owner_id, rec_from, rec_to, mark_id, dated);
CREATE INDEX incident_count_began ON incident_count (began, dim_id, rec_from, rec_to, mark_id, dated);

CREATE TABLE incident_message (
  id          TEXT PRIMARY KEY,
  incident_id TEXT NOT NULL REFERENCES incident_incident (id),
  kind        TEXT NOT NULL,               -- note, answer, question, reply
  at          BIGINT NOT NULL,
  by_id       TEXT NOT NULL,
  org         TEXT NOT NULL,
  text        TEXT NOT NULL,
  due         BIGINT,
  answered_at BIGINT,
  to_id       TEXT NOT NULL
);
CREATE INDEX incident_message_incident ON incident_message (incident_id, at, id);

CREATE TABLE incident_task (
  id          TEXT PRIMARY KEY,
  incident_id TEXT NOT NULL REFERENCES incident_incident (id),
  source      TEXT,                        -- regime/task of the law; NULL when a person opened it
  content     TEXT NOT NULL,               -- JSON
  due         BIGINT,
  assignee    TEXT NOT NULL,
  done_at     BIGINT,
  done_by     TEXT NOT NULL,
  created_at  BIGINT NOT NULL,
  UNIQUE (incident_id, source)
);
CREATE INDEX incident_task_open ON incident_task (assignee, due) WHERE done_at IS NULL;

CREATE TABLE incident_link (
  from_id     TEXT NOT NULL REFERENCES incident_incident (id),
  to_id       TEXT NOT NULL REFERENCES incident_incident (id),
  kind        TEXT NOT NULL,
  at          BIGINT NOT NULL,
  by_id       TEXT NOT NULL,
  reason      TEXT NOT NULL,
  PRIMARY KEY (from_id, to_id, kind)
);
CREATE INDEX incident_link_to ON incident_link (to_id);

CREATE TABLE incident_referral (
  id          TEXT PRIMARY KEY,
  incident_id TEXT NOT NULL REFERENCES incident_incident (id),
  role        TEXT NOT NULL,
  at          BIGINT NOT NULL,
  by_id       TEXT NOT NULL,
  content     TEXT NOT NULL,               -- canonical JSON of the extract
  digest      TEXT NOT NULL,
  meta        TEXT NOT NULL,               -- JSON: name, regime, ground, fields, withheld
  item_id     TEXT NOT NULL                -- outbox item, ''
);
CREATE INDEX incident_referral_incident ON incident_referral (incident_id, at);

CREATE TABLE incident_handover (
  id      TEXT PRIMARY KEY,
  at      BIGINT NOT NULL,
  by_id   TEXT NOT NULL,
  to_id   TEXT NOT NULL,
  text    TEXT NOT NULL,
  clocks  TEXT NOT NULL                    -- JSON, as they stood
);
CREATE INDEX incident_handover_at ON incident_handover (at);

CREATE TABLE incident_draft (
  person_id  TEXT NOT NULL,
  form       TEXT NOT NULL,
  version    INTEGER NOT NULL,
  content    TEXT NOT NULL,
  changed_at BIGINT NOT NULL,
  PRIMARY KEY (person_id, form)
);

CREATE TABLE incident_attachment (
  id          TEXT PRIMARY KEY,
  incident_id TEXT,                        -- NULL while it belongs to a draft
  submission  TEXT NOT NULL,
  owner_id    TEXT NOT NULL,               -- person who uploaded it
  org         TEXT NOT NULL,
  name        TEXT NOT NULL,
  type        TEXT NOT NULL,
  size        BIGINT NOT NULL,
  digest      TEXT NOT NULL,
  created_at  BIGINT NOT NULL,
  dropped_at  BIGINT
);
CREATE INDEX incident_attachment_incident ON incident_attachment (incident_id, created_at);

CREATE TABLE incident_chunk (
  attachment_id TEXT NOT NULL REFERENCES incident_attachment (id),
  n             INTEGER NOT NULL,
  data          BLOB NOT NULL,
  PRIMARY KEY (attachment_id, n)
);
