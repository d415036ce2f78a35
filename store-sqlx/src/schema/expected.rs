//! The tables as this version's statements need them. A test compares this with what the migrations make.

/// What a column holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Holds {
    Bytes,
    Text,
    Int,
    Bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) holds: Holds,
    pub(super) nullable: bool,
}

pub(super) struct Table {
    pub(super) name: &'static str,
    pub(super) columns: &'static [Column],
    /// Each may be there once: what `ON CONFLICT` relies on.
    pub(super) unique: &'static [&'static str],
}

const fn bytes(name: &'static str) -> Column {
    Column { name, holds: Holds::Bytes, nullable: false }
}

const fn text(name: &'static str) -> Column {
    Column { name, holds: Holds::Text, nullable: false }
}

const fn int(name: &'static str) -> Column {
    Column { name, holds: Holds::Int, nullable: false }
}

const fn flag(name: &'static str) -> Column {
    Column { name, holds: Holds::Bool, nullable: false }
}

const fn or_null(column: Column) -> Column {
    Column { nullable: true, ..column }
}

pub(super) const TABLES: [Table; 8] = [
    Table {
        name: "codes",
        columns: &[
            bytes("digest"),
            bytes("family_id"),
            text("client_id"),
            text("subject"),
            text("scope"),
            text("resources"),
            or_null(int("auth_time")),
            or_null(text("acr")),
            text("amr"),
            or_null(text("sid")),
            text("redirect_uri"),
            or_null(bytes("code_challenge")),
            or_null(bytes("dpop_jkt")),
            or_null(text("nonce")),
            int("expires_at"),
            or_null(int("consumed_at")),
            or_null(text("access_jti")),
            or_null(int("access_expires_at")),
            int("retain_until"),
        ],
        unique: &["digest"],
    },
    Table {
        name: "refresh_families",
        columns: &[
            bytes("family_id"),
            or_null(bytes("family_key")),
            or_null(bytes("current_digest")),
            or_null(bytes("spent_digest")),
            or_null(int("spent_at")),
            or_null(bytes("spent_salt")),
            or_null(text("client_id")),
            or_null(text("subject")),
            or_null(text("scope")),
            or_null(text("resources")),
            or_null(int("auth_time")),
            or_null(text("acr")),
            or_null(text("amr")),
            or_null(text("sid")),
            or_null(int("generation")),
            or_null(bytes("dpop_jkt")),
            or_null(bytes("x5t_s256")),
            flag("bound_late"),
            or_null(int("expires_at")),
            or_null(int("family_expires_at")),
            flag("revoked"),
            or_null(int("keep_until")),
            int("used_at"),
            int("retain_until"),
        ],
        unique: &["family_id", "family_key"],
    },
    Table {
        name: "refresh_access_tokens",
        columns: &[text("jti"), bytes("family_id"), int("expires_at")],
        unique: &["jti"],
    },
    Table {
        name: "pushed_requests",
        columns: &[
            bytes("digest"),
            text("client_id"),
            flag("authenticated"),
            text("parameters"),
            or_null(bytes("dpop_jkt")),
            or_null(bytes("ticket")),
            int("pushed_at"),
            int("present_by"),
            int("expires_at"),
            int("bytes"),
        ],
        unique: &["digest"],
    },
    Table {
        name: "consent_grants",
        columns: &[bytes("digest"), bytes("binding"), text("subject"), text("scope"), int("expires_at")],
        unique: &["digest"],
    },
    Table { name: "denied_access_tokens", columns: &[text("jti"), int("expires_at")], unique: &["jti"] },
    Table { name: "replays", columns: &[bytes("key"), int("retain_until")], unique: &["key"] },
    Table { name: "sweeps", columns: &[text("swept"), int("finished_at")], unique: &["swept"] },
];
