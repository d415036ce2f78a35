//! Names of tables, and statements made with them.

pub(crate) use crate::sql::Sql;
use attesto_core::ConfigError;

/// The tables, as statements name them: `{codes}`.
pub(crate) const TABLES: [&str; 8] = [
    "codes",
    "refresh_families",
    "refresh_access_tokens",
    "pushed_requests",
    "consent_grants",
    "denied_access_tokens",
    "replays",
    "sweeps",
];

/// The longest prefix. PostgreSQL cuts names off at 63 bytes, and indexes are named after their tables.
const LONGEST_PREFIX: usize = 24;

/// The SQL of which database.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Dialect {
    /// PostgreSQL's.
    #[cfg(feature = "postgres")]
    Postgres,
    /// SQLite's.
    #[cfg(feature = "sqlite")]
    Sqlite,
}

impl Dialect {
    /// What differs in one word or two.
    const fn words(self) -> [(&'static str, &'static str); 5] {
        match self {
            #[cfg(feature = "postgres")]
            Self::Postgres => [
                ("{greatest}", "GREATEST"),
                ("{for_update}", "FOR UPDATE"),
                ("{skip_locked}", "FOR UPDATE SKIP LOCKED"),
                ("{bytes_of}", "octet_length"),
                ("{now}", "CAST(EXTRACT(EPOCH FROM now()) AS BIGINT)"),
            ],
            #[cfg(feature = "sqlite")]
            Self::Sqlite => [
                ("{greatest}", "MAX"),
                ("{for_update}", ""),
                ("{skip_locked}", ""),
                ("{bytes_of}", "octet_length"),
                ("{now}", "unixepoch()"),
            ],
        }
    }
}

/// Where the tables are, and what their names begin with.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Names {
    dialect: Dialect,
    schema: Option<String>,
    prefix: String,
}

impl Names {
    /// # Errors
    /// Fails for names that would have to be quoted: only lower-case letters, digits and `_` need no quotes anywhere.
    pub(crate) fn new(dialect: Dialect, schema: Option<String>, prefix: String) -> Result<Self, ConfigError> {
        let is_plain = |name: &str| {
            name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
                && !name.starts_with(|first: char| first.is_ascii_digit())
        };
        if prefix.len() > LONGEST_PREFIX || !is_plain(&prefix) {
            return Err(ConfigError::new("prefix", "at most 24 of a-z, 0-9 and _, not beginning with a digit"));
        }
        if schema.as_deref().is_some_and(|schema| schema.is_empty() || schema.len() > 63 || !is_plain(schema)) {
            return Err(ConfigError::new("schema", "1 to 63 of a-z, 0-9 and _, not beginning with a digit"));
        }
        Ok(Self { dialect, schema, prefix })
    }

    pub(crate) const fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The name of a table in statements.
    pub(crate) fn table(&self, table: &str) -> String {
        match &self.schema {
            Some(schema) => [schema, ".", &self.prefix, table].concat(),
            None => [&self.prefix, table].concat(),
        }
    }

    /// Writes the names of tables, and the dialect's words, into a statement. `{prefix}` is for the names of indexes.
    pub(crate) fn sql(&self, template: &str) -> Sql {
        let mut sql = template.replace("{prefix}", &self.prefix);
        for table in TABLES {
            sql = sql.replace(&["{", table, "}"].concat(), &self.table(table));
        }
        for (word, written) in self.dialect.words() {
            sql = sql.replace(word, written);
        }
        Sql::new(template, sql)
    }

    /// Selects the statement of the dialect, where more than a word differs.
    pub(crate) fn sql_for(&self, postgres: &str, sqlite: &str) -> Sql {
        self.sql(&self.pick(postgres, sqlite))
    }

    /// As [`sql_for`](Self::sql_for), for a part of a statement.
    #[cfg_attr(
        not(all(feature = "postgres", feature = "sqlite")),
        expect(unused_variables, reason = "the part of the other dialect")
    )]
    pub(crate) fn pick(&self, postgres: &str, sqlite: &str) -> String {
        match self.dialect {
            #[cfg(feature = "postgres")]
            Dialect::Postgres => postgres.into(),
            #[cfg(feature = "sqlite")]
            Dialect::Sqlite => sqlite.into(),
        }
    }
}
