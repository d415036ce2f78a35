//! Why a claim was not answered. The core learns only that there is no answer; the operator learns the reason.

use redis::{ErrorKind, RedisError};
use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::io;
use std::sync::Arc;

/// What failed.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum FailureKind {
    /// The server cannot be reached, or the connection broke.
    Unreachable,
    /// The server did not answer in time. The connection is given up, with what else waits on it.
    TimedOut,
    /// The server was unreachable a moment ago, and this claim was not sent.
    CircuitOpen,
    /// More claims wait for answers than may: [`RedisOptions::in_flight`](crate::RedisOptions::in_flight).
    Overloaded,
    /// The server has no memory left (`OOM`), and rightly evicts nothing.
    Full,
    /// The server accepts no writes: it is a replica now, has too few replicas, or cannot save to its disk.
    ReadOnly,
    /// The server loads its data or is busy with a script.
    NotReady,
    /// User or password are wrong.
    LoginRefused,
    /// The server refused the command, for a missing right for example.
    Refused,
    /// The reply is none that the command can have.
    Unreadable,
    /// The server must not hold records of used proofs.
    Unsuitable(Unsuitable),
    /// A record of this proof may have been lost or dropped, so a missing record proves nothing: see
    /// [`RedisOptions::distrust_restarts`](crate::RedisOptions::distrust_restarts).
    MaybeForgotten,
    /// There is no tokio runtime around the call.
    NoRuntime,
    /// The server's certificate is not trusted, the server refuses this client's, or the roots of the platform cannot be read.
    Tls,
}

/// Why a server must not hold records of used proofs.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Unsuitable {
    /// It evicts records that are still needed, when memory runs short.
    Evicts,
    /// It is a replica: its records are not those of the primary.
    Replica,
    /// It is a node of a Redis Cluster, which this store does not speak to.
    Cluster,
    /// It does not say whether it is any of these.
    Unsaid,
}

/// Why a claim was not answered: what failed, at which server, and the code of its reply. It has no user, no password, and nothing of
/// the server's own text, which may repeat parts of a command.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub struct Failure {
    /// What failed.
    pub kind: FailureKind,
    /// The first word of the server's error reply, such as `OOM`.
    pub code: Option<String>,
    /// The server's URL, without user and password.
    pub server: Arc<str>,
    /// For people.
    pub message: Cow<'static, str>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.server, self.message)?;
        match &self.code {
            Some(code) => write!(f, " ({code})"),
            None => Ok(()),
        }
    }
}

impl Failure {
    pub(crate) fn new(server: &Arc<str>, kind: FailureKind) -> Self {
        Self { kind, code: None, server: Arc::clone(server), message: kind.message().into() }
    }

    pub(crate) fn io(server: &Arc<str>, error: &io::Error) -> Self {
        // In the handshake, or in the first reply: with TLS 1.3 a server refuses a client's certificate only then.
        #[cfg(feature = "tls")]
        if let Some(reason) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            return Self::new(server, FailureKind::Tls).with_message(format!("TLS failed: {reason}"));
        }
        let message = format!("the connection failed: {}", error.kind());
        Self { message: message.into(), ..Self::new(server, FailureKind::Unreachable) }
    }

    pub(crate) fn with_message(mut self, message: impl Into<Cow<'static, str>>) -> Self {
        self.message = message.into();
        self
    }

    /// Keeps the kind of an error and the code of a reply, and drops the text: `unknown command 'HELLO', with args beginning with: '3'
    /// 'AUTH' 'user' 'password'` is one.
    pub(crate) fn redis(server: &Arc<str>, error: &RedisError) -> Self {
        if let Some(error) = io_error(error) {
            return Self::io(server, error);
        }
        // Said to a new connection, in place of its first reply.
        if error.detail().is_some_and(|detail| detail.starts_with("max number of clients")) {
            return Self::new(server, FailureKind::Unreachable).with_message("takes no more connections");
        }
        let code = error.code().filter(|code| is_code(code));
        let kind = match error.kind() {
            ErrorKind::Io => FailureKind::Unreachable,
            ErrorKind::AuthenticationFailed => FailureKind::LoginRefused,
            ErrorKind::Parse | ErrorKind::UnexpectedReturnType => FailureKind::Unreadable,
            _ => code.map_or(FailureKind::Refused, of_code),
        };
        Self { code: code.map(str::to_owned), ..Self::new(server, kind) }
    }
}

impl FailureKind {
    const fn message(self) -> &'static str {
        match self {
            Self::Unreachable => "the connection broke",
            Self::TimedOut => "no answer came in time",
            Self::CircuitOpen => "unreachable a moment ago, so nothing was sent",
            Self::Overloaded => "too many claims wait for answers",
            Self::Full => "no memory is left for records",
            Self::ReadOnly => "no writes are accepted",
            Self::NotReady => "not ready yet",
            Self::LoginRefused => "user or password are wrong",
            Self::Refused => "the command was refused",
            Self::Unreadable => "the reply is none that the command can have",
            Self::Unsuitable(unsuitable) => unsuitable.message(),
            Self::MaybeForgotten => "an earlier use of this proof may have been forgotten",
            Self::NoRuntime => "there is no tokio runtime here",
            Self::Tls => "TLS failed",
        }
    }
}

impl Unsuitable {
    const fn message(self) -> &'static str {
        match self {
            Self::Evicts => {
                "evicts records that are still needed: set `maxmemory-policy noeviction` in redis.conf, or a proof is accepted twice"
            }
            Self::Replica => "is a replica; name the primary",
            Self::Cluster => "is a node of a Redis Cluster, which is not supported: name a primary of its own",
            Self::Unsaid => {
                "does not say whether it is a primary that evicts nothing: allow its user the command INFO, or make sure of \
                 both and say `RedisOptions::eviction_is_off()`"
            }
        }
    }
}

/// The source of a `RedisError` is the shared pointer to the error, and not the error.
fn io_error(error: &RedisError) -> Option<&io::Error> {
    let source: &Arc<dyn Error + Send + Sync> = error.source()?.downcast_ref()?;
    source.downcast_ref()
}

/// Codes are words in capitals. Anything else is text, and stays out of logs.
fn is_code(code: &str) -> bool {
    (1..=20).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_uppercase())
}

fn of_code(code: &str) -> FailureKind {
    match code {
        "OOM" => FailureKind::Full,
        "READONLY" | "NOREPLICAS" | "MISCONF" | "MASTERDOWN" => FailureKind::ReadOnly,
        "LOADING" | "BUSY" | "TRYAGAIN" => FailureKind::NotReady,
        "NOAUTH" | "WRONGPASS" => FailureKind::LoginRefused,
        "MOVED" | "ASK" | "CLUSTERDOWN" | "CROSSSLOT" => FailureKind::Unsuitable(Unsuitable::Cluster),
        _ => FailureKind::Refused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server() -> Arc<str> {
        Arc::from("redis://host:6379/0")
    }

    #[test]
    fn a_failure_names_server_and_code_and_none_of_the_servers_text() {
        let text = "args beginning with: 'AUTH' 'hunter2'".to_owned();
        let error = RedisError::from((ErrorKind::Client, "unknown command 'hunter2'", text));
        let shown = Failure::redis(&server(), &error).to_string();
        assert_eq!(shown, "redis://host:6379/0: the command was refused");
        let full = Failure { code: Some("OOM".into()), ..Failure::new(&server(), FailureKind::Full) };
        assert_eq!(full.to_string(), "redis://host:6379/0: no memory is left for records (OOM)");
        assert!(is_code("NOREPLICAS") && !is_code("hunter2") && !is_code("") && !is_code("ERR hunter2"));
    }

    #[test]
    fn an_io_error_is_named_by_its_kind() {
        let error = RedisError::from(io::Error::new(io::ErrorKind::ConnectionRefused, "hunter2"));
        let failure = Failure::redis(&server(), &error);
        assert_eq!(failure.kind, FailureKind::Unreachable);
        assert_eq!(failure.to_string(), "redis://host:6379/0: the connection failed: connection refused");
    }

    #[test]
    fn each_code_has_its_kind() {
        for (code, kind) in [
            ("OOM", FailureKind::Full),
            ("READONLY", FailureKind::ReadOnly),
            ("NOREPLICAS", FailureKind::ReadOnly),
            ("LOADING", FailureKind::NotReady),
            ("NOAUTH", FailureKind::LoginRefused),
            ("MOVED", FailureKind::Unsuitable(Unsuitable::Cluster)),
            ("NOPERM", FailureKind::Refused),
        ] {
            assert_eq!(of_code(code), kind);
        }
    }
}
