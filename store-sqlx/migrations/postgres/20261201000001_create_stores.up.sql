-- The stores of an authorization server and of its resources. Times are whole seconds since 1970 (UTC). Text is compared
-- byte for byte, whatever the database's collation: two identifiers that differ in case are two identifiers.

CREATE TABLE {codes} (
    digest             BYTEA  PRIMARY KEY CHECK (octet_length(digest) = 32),
    family_id          BYTEA  NOT NULL CHECK (octet_length(family_id) = 16),
    client_id          TEXT   COLLATE "C" NOT NULL,
    subject            TEXT   COLLATE "C" NOT NULL,
    scope              TEXT   COLLATE "C" NOT NULL,
    resources          TEXT   COLLATE "C" NOT NULL,
    auth_time          BIGINT,
    acr                TEXT   COLLATE "C",
    amr                TEXT   COLLATE "C" NOT NULL,
    sid                TEXT   COLLATE "C",
    redirect_uri       TEXT   COLLATE "C" NOT NULL,
    code_challenge     BYTEA  CHECK (octet_length(code_challenge) = 32),
    dpop_jkt           BYTEA  CHECK (octet_length(dpop_jkt) = 32),
    nonce              TEXT   COLLATE "C",
    expires_at         BIGINT NOT NULL,
    consumed_at        BIGINT,
    access_jti         TEXT   COLLATE "C",
    access_expires_at  BIGINT,
    retain_until       BIGINT NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX {prefix}codes_retain_until ON {codes} (retain_until);

-- One row for each authorization: its current refresh token, and the one spent last. A revoked one has no tokens when its
-- access tokens are settled, and is kept until `keep_until`. `retain_until` is rounded up to a whole day (UTC), so that
-- a rotation changes no indexed column.
CREATE TABLE {refresh_families} (
    family_id          BYTEA   PRIMARY KEY CHECK (octet_length(family_id) = 16),
    family_key         BYTEA   UNIQUE CHECK (octet_length(family_key) = 32),
    current_digest     BYTEA   CHECK (octet_length(current_digest) = 32),
    spent_digest       BYTEA   CHECK (octet_length(spent_digest) = 32),
    spent_at           BIGINT,
    spent_salt         BYTEA   CHECK (octet_length(spent_salt) = 32),
    client_id          TEXT    COLLATE "C",
    subject            TEXT    COLLATE "C",
    scope              TEXT    COLLATE "C",
    resources          TEXT    COLLATE "C",
    auth_time          BIGINT,
    acr                TEXT    COLLATE "C",
    amr                TEXT    COLLATE "C",
    sid                TEXT    COLLATE "C",
    generation         BIGINT,
    dpop_jkt           BYTEA   CHECK (octet_length(dpop_jkt) = 32),
    x5t_s256           BYTEA   CHECK (octet_length(x5t_s256) = 32),
    bound_late         BOOLEAN NOT NULL DEFAULT FALSE,
    expires_at         BIGINT,
    family_expires_at  BIGINT,
    revoked            BOOLEAN NOT NULL DEFAULT FALSE,
    keep_until         BIGINT,
    used_at            BIGINT  NOT NULL,
    retain_until       BIGINT  NOT NULL
) WITH (fillfactor = 80);
-- By its hash, since a subject may be longer than an entry of a B-tree.
CREATE INDEX {prefix}refresh_families_owner ON {refresh_families} USING hash (subject) WHERE NOT revoked;
CREATE INDEX {prefix}refresh_families_retain_until ON {refresh_families} (retain_until);

-- The unexpired access tokens of each authorization; of a revoked one, those that the deny list has not confirmed.
CREATE TABLE {refresh_access_tokens} (
    jti                TEXT   COLLATE "C" PRIMARY KEY,
    family_id          BYTEA  NOT NULL CHECK (octet_length(family_id) = 16),
    expires_at         BIGINT NOT NULL
);
CREATE INDEX {prefix}refresh_access_tokens_family ON {refresh_access_tokens} (family_id);
CREATE INDEX {prefix}refresh_access_tokens_expires_at ON {refresh_access_tokens} (expires_at);

CREATE TABLE {pushed_requests} (
    digest             BYTEA   PRIMARY KEY CHECK (octet_length(digest) = 32),
    client_id          TEXT    COLLATE "C" NOT NULL,
    authenticated      BOOLEAN NOT NULL,
    parameters         TEXT    COLLATE "C" NOT NULL,
    dpop_jkt           BYTEA   CHECK (octet_length(dpop_jkt) = 32),
    ticket             BYTEA   CHECK (octet_length(ticket) = 32),
    pushed_at          BIGINT  NOT NULL,
    present_by         BIGINT  NOT NULL,
    expires_at         BIGINT  NOT NULL,
    bytes              BIGINT  NOT NULL
);
CREATE INDEX {prefix}pushed_requests_expires_at ON {pushed_requests} (expires_at);
-- These two also count what is in use.
CREATE INDEX {prefix}pushed_requests_client ON {pushed_requests} (client_id, present_by, bytes);
CREATE INDEX {prefix}pushed_requests_authenticated ON {pushed_requests} (authenticated, present_by, bytes);

CREATE TABLE {consent_grants} (
    digest             BYTEA  PRIMARY KEY CHECK (octet_length(digest) = 32),
    binding            BYTEA  NOT NULL CHECK (octet_length(binding) = 32),
    subject            TEXT   COLLATE "C" NOT NULL,
    scope              TEXT   COLLATE "C" NOT NULL,
    expires_at         BIGINT NOT NULL
);
CREATE INDEX {prefix}consent_grants_subject ON {consent_grants} USING hash (subject);
CREATE INDEX {prefix}consent_grants_expires_at ON {consent_grants} (expires_at);

CREATE TABLE {denied_access_tokens} (
    jti                TEXT   COLLATE "C" PRIMARY KEY,
    expires_at         BIGINT NOT NULL
);
CREATE INDEX {prefix}denied_access_tokens_expires_at ON {denied_access_tokens} (expires_at);

-- Used DPoP proofs and client assertions.
CREATE TABLE {replays} (
    key                BYTEA  PRIMARY KEY CHECK (octet_length(key) = 32),
    retain_until       BIGINT NOT NULL
);
CREATE INDEX {prefix}replays_retain_until ON {replays} (retain_until);

-- When the sweeper last came to the end of each table.
CREATE TABLE {sweeps} (
    swept              TEXT   COLLATE "C" PRIMARY KEY,
    finished_at        BIGINT NOT NULL
);
