//! One connection, checked before it is used: it leads to a primary that evicts nothing.

use crate::failure::{Failure, FailureKind};
use crate::options::Share;
use crate::question::{Counting, SCRIPT};
use crate::server::Server;
use crate::stream::Opener;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Cmd, Value, cmd};
use std::sync::Arc;
use tokio::task::JoinHandle;

/// What a connection must satisfy.
pub(crate) struct Demands {
    /// The operator vouches for what the server does not say of itself.
    pub(crate) vouched: bool,
    pub(crate) share: Share,
    /// Commands that may wait on it.
    pub(crate) in_flight: usize,
}

/// A connection. Clones share it; commands of all of them are sent in one stream.
#[derive(Clone)]
pub(crate) struct Connection {
    shared: Arc<Shared>,
}

struct Shared {
    commands: MultiplexedConnection,
    /// Moves bytes. Ends with the connection.
    driver: JoinHandle<()>,
    /// The address for messages.
    address: Arc<str>,
    counting: Option<Counting>,
}

impl Connection {
    /// Connects, logs in, and has the server describe itself.
    pub(crate) async fn open(opener: &Opener, demands: &Demands) -> Result<(Self, Server), Failure> {
        let stream = opener.stream().await?;
        // Time limits are those of `Link`, which gives the connection up at once instead of command by command.
        let config =
            AsyncConnectionConfig::new().set_response_timeout(None).set_pipeline_buffer_size(demands.in_flight.max(1));
        let opened = MultiplexedConnection::new_with_config(&opener.address.login, stream, config).await;
        let (commands, driver) = opened.map_err(|error| Failure::redis(&opener.server, &error))?;
        let driver = tokio::spawn(driver);
        // From here on, the driver ends when this is dropped.
        let mut shared = Shared { commands, driver, address: Arc::clone(&opener.server), counting: None };
        let server = shared.describe(demands.vouched).await?;
        if let Some(limit) = demands.share.limit(server.max_memory) {
            shared.counting = Some(Counting { sha: shared.load_script().await?, limit });
        }
        Ok((Self { shared: Arc::new(shared) }, server))
    }

    /// Sends a command, waits for its reply for as long as it takes, and reads it. `None` is a reply that the command cannot have.
    pub(crate) async fn ask<T>(&self, command: &Cmd, read: impl FnOnce(&Value) -> Option<T>) -> Result<T, Failure> {
        let reply = self.shared.ask(command).await?;
        read(&reply).ok_or_else(|| self.shared.failure(FailureKind::Unreadable))
    }

    /// Asks the server again what it is.
    pub(crate) async fn check(&self, vouched: bool) -> Result<(), Failure> {
        self.shared.describe(vouched).await.map(drop)
    }

    pub(crate) fn counting(&self) -> Option<&Counting> {
        self.shared.counting.as_ref()
    }

    /// Ends the connection for all that wait on it.
    pub(crate) fn close(&self) {
        self.shared.driver.abort();
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.shared.driver.is_finished()
    }

    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }
}

impl Shared {
    async fn ask(&self, command: &Cmd) -> Result<Value, Failure> {
        let reply = command.query_async(&mut self.commands.clone()).await;
        reply.map_err(|error| Failure::redis(&self.address, &error))
    }

    async fn describe(&self, vouched: bool) -> Result<Server, Failure> {
        let server = match self.ask(&cmd("INFO")).await {
            Ok(reply) => Server::read(&text(&reply).ok_or_else(|| self.failure(FailureKind::Unreadable))?),
            // A right is missing, or the command has another name here.
            Err(failure) if matches!(failure.code.as_deref(), Some("NOPERM" | "ERR")) => Server::default(),
            Err(failure) => return Err(failure),
        };
        match server.is_suitable(vouched) {
            Ok(()) => Ok(server),
            Err(unsuitable) => Err(self.failure(FailureKind::Unsuitable(unsuitable))),
        }
    }

    async fn load_script(&self) -> Result<String, Failure> {
        let reply = self.ask(cmd("SCRIPT").arg("LOAD").arg(SCRIPT)).await.map_err(|failure| match failure.kind {
            FailureKind::Refused => failure.with_message(
                "the records of each owner cannot be counted: allow the user SCRIPT LOAD and EVALSHA, or say \
                 `RedisOptions::without_shares()`",
            ),
            _ => failure,
        })?;
        text(&reply).ok_or_else(|| self.failure(FailureKind::Unreadable))
    }

    fn failure(&self, kind: FailureKind) -> Failure {
        Failure::new(&self.address, kind)
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

fn text(reply: &Value) -> Option<String> {
    match reply {
        Value::BulkString(bytes) => String::from_utf8(bytes.clone()).ok(),
        Value::SimpleString(text) | Value::VerbatimString { text, .. } => Some(text.clone()),
        _ => None,
    }
}
