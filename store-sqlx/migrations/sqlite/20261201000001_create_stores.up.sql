-- The stores of an authorization server and of its resources. Times are whole seconds since 1970 (UTC). Text is compared
-- byte for byte: two identifiers that differ in case are two identifiers.

CREATE TABLE {codes} (
    digest             BLOB   PRIMARY KEY CHECK (length(digest) = 32),
    family_id          BLOB   NOT NULL CHECK (length(family_id) = 16),
    client_id          TEXT   NOT NULL,
    subject            TEXT   NOT NULL,
    scope              TEXT   NOT NULL,
    resources          TEXT   NOT NULL,
    auth_time          INTEGER,
    acr                TEXT,
    amr                TEXT   NOT NULL,
    sid                TEXT,
    redirect_uri       TEXT   NOT NULL,
    code_challenge     BLOB   CHECK (length(code_challenge) = 32),
    dpop_jkt           BLOB   CHECK (length(dpop_jkt) = 32),
    nonce              TEXT,
    expires_at         INTEGER NOT NULL,
    consumed_at        INTEGER,
    access_jti         TEXT,
    access_expires_at  INTEGER,
    retain_until       INTEGER NOT NULL
) WITHOUT ROWID, STRICT;
CREATE INDEX {prefix}codes_retain_until ON {codes} (retain_until);

-- One row for each authorization: its current refresh token, and the one spent last. A revoked one has no tokens when its
-- access tokens are settled, and is kept until `keep_until`. `retain_until` is rounded up to a whole day (UTC), so that
-- a rotation changes no indexed column.
CREATE TABLE {refresh_families} (
    family_id          BLOB    PRIMARY KEY CHECK (length(family_id) = 16),
    family_key         BLOB    UNIQUE CHECK (length(family_key) = 32),
    current_digest     BLOB    CHECK (length(current_digest) = 32),
    spent_digest       BLOB    CHECK (length(spent_digest) = 32),
    spent_at           INTEGER,
    spent_salt         BLOB    CHECK (length(spent_salt) = 32),
    client_id          TEXT,
    subject            TEXT,
    scope              TEXT,
    resources          TEXT,
    auth_time          INTEGER,
    acr                TEXT,
    amr                TEXT,
    sid                TEXT,
    generation         INTEGER,
    dpop_jkt           BLOB    CHECK (length(dpop_jkt) = 32),
    x5t_s256           BLOB    CHECK (length(x5t_s256) = 32),
    bound_late         INTEGER NOT NULL DEFAULT 0,
    expires_at         INTEGER,
    family_expires_at  INTEGER,
    revoked            INTEGER NOT NULL DEFAULT 0,
    keep_until         INTEGER,
    used_at            INTEGER NOT NULL,
    retain_until       INTEGER NOT NULL
) WITHOUT ROWID, STRICT;
CREATE INDEX {prefix}refresh_families_owner ON {refresh_families} (subject, client_id) WHERE NOT revoked;
CREATE INDEX {prefix}refresh_families_retain_until ON {refresh_families} (retain_until);

-- The unexpired access tokens of each authorization; of a revoked one, those that the deny list has not confirmed.
CREATE TABLE {refresh_access_tokens} (
    jti                TEXT   PRIMARY KEY,
    family_id          BLOB   NOT NULL CHECK (length(family_id) = 16),
    expires_at         INTEGER NOT NULL
) WITHOUT ROWID, STRICT;
CREATE INDEX {prefix}refresh_access_tokens_family ON {refresh_access_tokens} (family_id);
CREATE INDEX {prefix}refresh_access_tokens_expires_at ON {refresh_access_tokens} (expires_at);

CREATE TABLE {pushed_requests} (
    digest             BLOB    PRIMARY KEY CHECK (length(digest) = 32),
    client_id          TEXT    NOT NULL,
    authenticated      INTEGER NOT NULL,
    parameters         TEXT    NOT NULL,
    dpop_jkt           BLOB    CHECK (length(dpop_jkt) = 32),
    ticket             BLOB    CHECK (length(ticket) = 32),
    pushed_at          INTEGER NOT NULL,
    present_by         INTEGER NOT NULL,
    expires_at         INTEGER NOT NULL,
    bytes              INTEGER NOT NULL
) WITHOUT ROWID, STRICT;
CREATE INDEX {prefix}pushed_requests_expires_at ON {pushed_requests} (expires_at);
-- These two also count what is in use.
CREATE INDEX {prefix}pushed_requests_client ON {pushed_requests} (client_id, present_by, bytes);
CREATE INDEX {prefix}pushed_requests_authenticated ON {pushed_requests} (authenticated, present_by, bytes);

CREATE TABLE {consent_grants} (
    digest             BLOB   PRIMARY KEY CHECK (length(digest) = 32),
    binding            BLOB   NOT NULL CHECK (length(binding) = 32),
    subject            TEXT   NOT NULL,
    scope              TEXT   NOT NULL,
    expires_at         INTEGER NOT NULL
) WITHOUT ROWID, STRICT;
CREATE INDEX {prefix}consent_grants_subject ON {consent_grants} (subject, expires_at);
CREATE INDEX {prefix}consent_grants_expires_at ON {consent_grants} (expires_at);

CREATE TABLE {denied_access_tokens} (
    jti                TEXT   PRIMARY KEY,
    expires_at         INTEGER NOT NULL
) WITHOUT ROWID, STRICT;
CREATE INDEX {prefix}denied_access_tokens_expires_at ON {denied_access_tokens} (expires_at);

-- Used DPoP proofs and client assertions.
CREATE TABLE {replays} (
    key                BLOB   PRIMARY KEY CHECK (length(key) = 32),
    retain_until       INTEGER NOT NULL
) WITHOUT ROWID, STRICT;
CREATE INDEX {prefix}replays_retain_until ON {replays} (retain_until);

-- When the sweeper last came to the end of each table.
CREATE TABLE {sweeps} (
    swept              TEXT   PRIMARY KEY,
    finished_at        INTEGER NOT NULL
) WITHOUT ROWID, STRICT;
