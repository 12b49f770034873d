-- Institutions and what they hold.

CREATE TABLE registry_institution (
  id          TEXT PRIMARY KEY,
  version     INTEGER NOT NULL,            -- counts changes
  name        TEXT NOT NULL,               -- newest, in the first language
  sort_key    BLOB NOT NULL,               -- folded name: the same order on both engines
  name_key    TEXT NOT NULL,               -- folded name, to find doubles
  tax_id      TEXT NOT NULL,               -- without spaces and signs, '' for none
  lei         TEXT NOT NULL,
  kind        TEXT NOT NULL,
  sector      TEXT NOT NULL,
  class       TEXT NOT NULL,               -- highest held, as of the last change
  country     TEXT NOT NULL,
  source      TEXT NOT NULL,               -- pack, desk, import, register
  state       TEXT NOT NULL,               -- active, ended
  mark_id     BIGINT NOT NULL REFERENCES access_mark (id),
  content     TEXT NOT NULL,               -- JSON of the record
  created_at  BIGINT NOT NULL,
  changed_at  BIGINT NOT NULL
);
CREATE INDEX registry_institution_sort ON registry_institution (sort_key, id);
CREATE INDEX registry_institution_sector ON registry_institution (sector, sort_key, id);
CREATE INDEX registry_institution_class ON registry_institution (class, sort_key, id);
CREATE INDEX registry_institution_name ON registry_institution (name_key);
CREATE INDEX registry_institution_tax ON registry_institution (tax_id) WHERE tax_id <> '';
CREATE INDEX registry_institution_lei ON registry_institution (lei) WHERE lei <> '';

CREATE TABLE registry_version (            -- append-only: every version of every record
  institution_id TEXT NOT NULL REFERENCES registry_institution (id),
  version        INTEGER NOT NULL,
  rec_from       BIGINT NOT NULL,          -- known from then on
  by_id          TEXT NOT NULL,
  org            TEXT NOT NULL,
  reason         TEXT NOT NULL,
  mark_id        BIGINT NOT NULL,
  content        TEXT NOT NULL,
  PRIMARY KEY (institution_id, version)
);

CREATE TABLE registry_count (              -- what figures count: valid days × recorded time
  institution_id TEXT NOT NULL REFERENCES registry_institution (id),
  rec_from       BIGINT NOT NULL,
  rec_to         BIGINT NOT NULL,          -- 9223372036854775807 while it holds
  valid_from     TEXT NOT NULL,            -- day, '' since ever
  valid_to       TEXT NOT NULL,            -- first day no longer, '9999-12-31' still
  sector         TEXT NOT NULL,
  class          TEXT NOT NULL,
  kind           TEXT NOT NULL,
  country        TEXT NOT NULL,
  mark_id        BIGINT NOT NULL,
  PRIMARY KEY (institution_id, rec_from, valid_from)
);
CREATE INDEX registry_count_rec ON registry_count (rec_from, rec_to, valid_from, valid_to, sector, class, kind, country, mark_id, institution_id);

CREATE TABLE registry_term (               -- folded words to search by
  term           BLOB NOT NULL,            -- bytes, so that a prefix is a range on both engines
  institution_id TEXT NOT NULL REFERENCES registry_institution (id),
  PRIMARY KEY (term, institution_id)
);

CREATE TABLE registry_holding (            -- networks, numbers and domains with the days they were held
  institution_id TEXT NOT NULL REFERENCES registry_institution (id),
  kind           TEXT NOT NULL,            -- net, asn, domain
  value          TEXT NOT NULL,            -- canonical
  valid_from     TEXT NOT NULL,
  valid_to       TEXT NOT NULL,            -- last day, '9999-12-31' still
  proof          TEXT NOT NULL,
  PRIMARY KEY (institution_id, kind, value, valid_from)
);
CREATE INDEX registry_holding_value ON registry_holding (kind, value, valid_from);

CREATE TABLE registry_service (
  id             TEXT PRIMARY KEY,
  institution_id TEXT NOT NULL REFERENCES registry_institution (id),
  name           TEXT NOT NULL
);
CREATE INDEX registry_service_institution ON registry_service (institution_id);

CREATE TABLE registry_contact (
  institution_id TEXT NOT NULL REFERENCES registry_institution (id),
  id             TEXT NOT NULL,
  mail_key       TEXT NOT NULL,            -- lower case
  bounced_at     BIGINT,                   -- mail to this address came back; NULL once it is changed or cleared
  bounce         TEXT NOT NULL,            -- what the other server said
  PRIMARY KEY (institution_id, id)
);
CREATE INDEX registry_contact_mail ON registry_contact (mail_key) WHERE mail_key <> '';

CREATE TABLE registry_proposal (
  id             TEXT PRIMARY KEY,
  kind           TEXT NOT NULL,            -- register, change
  institution_id TEXT NOT NULL,            -- '' for a registration not yet approved
  base           INTEGER NOT NULL,         -- version the proposer looked at
  name           TEXT NOT NULL,
  content        TEXT NOT NULL,            -- JSON of the record as proposed
  applicant      TEXT NOT NULL,            -- JSON: who asks to be registered
  note           TEXT NOT NULL,
  mark_id        BIGINT NOT NULL REFERENCES access_mark (id),
  by_id          TEXT NOT NULL,
  org            TEXT NOT NULL,
  state          TEXT NOT NULL,            -- pending, approved, rejected, withdrawn
  decided_by     TEXT NOT NULL,
  decided_at     BIGINT,
  reason         TEXT NOT NULL,
  created_at     BIGINT NOT NULL
);
CREATE INDEX registry_proposal_state ON registry_proposal (state, created_at, id);
CREATE INDEX registry_proposal_institution ON registry_proposal (institution_id, state);
