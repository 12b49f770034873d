-- Who may what: markings met so far, people and their roles, ways to sign in.

CREATE TABLE access_mark (
  id         BIGINT PRIMARY KEY,           -- first 62 bits of the SHA-256 of text, so every node agrees
  text       TEXT NOT NULL UNIQUE,         -- canonical marking
  created_at BIGINT NOT NULL
);

CREATE TABLE access_mark_lock (            -- its one row is locked to add a marking, so that two new ones never wait for each other
  one INTEGER PRIMARY KEY
);
INSERT INTO access_mark_lock (one) VALUES (1);

CREATE TABLE access_person (
  id          TEXT PRIMARY KEY,
  name        TEXT NOT NULL,
  email       TEXT NOT NULL,
  email_key   TEXT NOT NULL UNIQUE,        -- lower case, to sign in with
  find        TEXT NOT NULL,               -- name and address folded, to search in
  phone       TEXT NOT NULL,
  languages   TEXT NOT NULL,               -- JSON list, first is preferred
  clearance   TEXT NOT NULL,               -- JSON
  active      INTEGER NOT NULL,
  version     INTEGER NOT NULL,
  password    TEXT NOT NULL,               -- argon2id with its parameters, '' for none
  totp        TEXT NOT NULL,               -- secret sealed with the desk's key, '' for none
  totp_on     INTEGER NOT NULL,            -- 1 once a code has been confirmed
  totp_step   BIGINT NOT NULL,             -- last time step used: no code counts twice
  created_at  BIGINT NOT NULL,
  changed_at  BIGINT NOT NULL
);
CREATE INDEX access_person_name ON access_person (name, id);

CREATE TABLE access_member (
  person_id      TEXT NOT NULL REFERENCES access_person (id),
  institution_id TEXT NOT NULL,
  role           TEXT NOT NULL,
  within         TEXT NOT NULL,            -- JSON list of institutions the role reaches, [] for all it can
  since          BIGINT NOT NULL,
  PRIMARY KEY (person_id, institution_id, role)
);
CREATE INDEX access_member_institution ON access_member (institution_id, role);

CREATE TABLE access_session (
  id             TEXT PRIMARY KEY,
  secret         TEXT NOT NULL UNIQUE,     -- SHA-256 of what the browser holds
  person_id      TEXT NOT NULL REFERENCES access_person (id),
  institution_id TEXT NOT NULL,            -- acting for
  state          TEXT NOT NULL,            -- code, enrol, open
  method         TEXT NOT NULL,            -- password, passkey, oidc, certificate
  addr           TEXT NOT NULL,
  agent          TEXT NOT NULL,
  created_at     BIGINT NOT NULL,
  seen_at        BIGINT NOT NULL,
  fresh_at       BIGINT NOT NULL,          -- last proof of identity
  ends_at        BIGINT NOT NULL,
  revoked_at     BIGINT
);
CREATE INDEX access_session_person ON access_session (person_id, created_at);
CREATE INDEX access_session_ends ON access_session (ends_at);

CREATE TABLE access_recovery (
  person_id TEXT NOT NULL REFERENCES access_person (id),
  hash      TEXT NOT NULL,
  used_at   BIGINT,
  PRIMARY KEY (person_id, hash)
);

CREATE TABLE access_token (
  id             TEXT PRIMARY KEY,
  prefix         TEXT NOT NULL UNIQUE,     -- the part that may be shown
  hash           TEXT NOT NULL,            -- SHA-256 of the whole token
  person_id      TEXT NOT NULL REFERENCES access_person (id),
  institution_id TEXT NOT NULL,
  name           TEXT NOT NULL,
  scopes         TEXT NOT NULL,            -- JSON list of permissions
  created_at     BIGINT NOT NULL,
  ends_at        BIGINT NOT NULL,
  seen_at        BIGINT,
  revoked_at     BIGINT
);
CREATE INDEX access_token_person ON access_token (person_id, created_at);

CREATE TABLE access_link (
  hash       TEXT PRIMARY KEY,             -- SHA-256 of what the link holds
  person_id  TEXT NOT NULL REFERENCES access_person (id),
  kind       TEXT NOT NULL,                -- invite, reset
  created_at BIGINT NOT NULL,
  ends_at    BIGINT NOT NULL,
  used_at    BIGINT
);
CREATE INDEX access_link_person ON access_link (person_id);

CREATE TABLE access_attempt (
  bucket       TEXT PRIMARY KEY,           -- keyed hash of what is counted, so that no address is stored
  fails        INTEGER NOT NULL,
  last_at      BIGINT NOT NULL,
  locked_until BIGINT NOT NULL
);
CREATE INDEX access_attempt_last ON access_attempt (last_at);

CREATE TABLE access_identity (             -- a person as another sign-in service knows them
  kind       TEXT NOT NULL,                -- oidc, passkey, certificate
  key        TEXT NOT NULL,                -- issuer and subject, credential id, SHA-256 of the public key
  person_id  TEXT NOT NULL REFERENCES access_person (id),
  name       TEXT NOT NULL,
  data       TEXT NOT NULL,                -- JSON: what the method needs to keep
  created_at BIGINT NOT NULL,
  seen_at    BIGINT,
  PRIMARY KEY (kind, key)
);
CREATE INDEX access_identity_person ON access_identity (person_id);

CREATE TABLE access_flow (                 -- a sign-in that went to another service and is to come back
  hash       TEXT PRIMARY KEY,
  kind       TEXT NOT NULL,
  person_id  TEXT NOT NULL,                -- '' before it is known
  data       TEXT NOT NULL,
  ends_at    BIGINT NOT NULL
);
CREATE INDEX access_flow_ends ON access_flow (ends_at);
