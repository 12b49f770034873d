-- Papers with their frozen figures, and when a reader last looked.

CREATE TABLE council_paper (               -- never changed once made
  id          TEXT PRIMARY KEY,
  number      TEXT NOT NULL UNIQUE,
  owner_id    TEXT NOT NULL,               -- institution that answers for it
  mark_id     BIGINT NOT NULL,             -- combination of the markings of what was counted
  cutoff      BIGINT NOT NULL,             -- figures as known then
  made_at     BIGINT NOT NULL,
  made_by     TEXT NOT NULL,
  content     TEXT NOT NULL,               -- JSON: period, words frozen with it, background
  digest      TEXT NOT NULL                -- SHA-256 over content and figures
);
CREATE INDEX council_paper_made ON council_paper (made_at, id);

CREATE TABLE council_figure (              -- never changed once made
  paper_id    TEXT NOT NULL REFERENCES council_paper (id),
  n           INTEGER NOT NULL,
  definition  TEXT NOT NULL,
  item        TEXT NOT NULL,               -- sector, class, month … the figure is about; '' for the whole
  content     TEXT NOT NULL,               -- JSON: values, intervals, query, hashes, completeness
  PRIMARY KEY (paper_id, n)
);

CREATE TABLE council_number (
  year        INTEGER PRIMARY KEY,
  last        INTEGER NOT NULL
);

CREATE TABLE council_seen (                -- when a reader looked at the situation
  person_id   TEXT PRIMARY KEY,
  since       BIGINT NOT NULL,             -- "what changed" counts from here
  last        BIGINT NOT NULL              -- the last look
);
