//! Pushed authorization requests (RFC 9126; PA-6, AZ-28, ST-1 to ST-3).

mod gauge;

use crate::database::Database;
use crate::engine::value::{Row, Value};
use crate::failure::Failure;
use crate::names::{Names, Sql};
use attesto_core::ConfigError;
use attesto_core::authorization::{
    Answered, NewPushedRequest, PushedRequest, SecretDigest, SecretQuery, Unavailable, VisitTicket,
};
use attesto_core::host::{PushedRequestStore, StoreReach};
use attesto_core::jose::Thumbprint;
use attesto_core::time::Timestamp;
use gauge::{Gauge, Lack, Load, Shares, Use};
use std::fmt;
use std::sync::Arc;

const MIB: i64 = 1 << 20;
/// Unless set.
const SHARES: Shares = Shares { public: 64 * MIB, client: 16 * MIB };
/// The smallest share: half of it has room for the largest request.
const SMALLEST_SHARE: u64 = 64 << 10;
/// What a row takes beside its text: its other columns and its entries in the indexes.
const ROW: usize = 512;
/// Requests that are dropped at a time. They free more than the largest request takes.
const DROPPED: i64 = 64;
/// How often requests are dropped for one.
const TRIES: usize = 4;

const COLUMNS: &str = "client_id, authenticated, parameters, dpop_jkt, ticket, pushed_at, present_by, expires_at";

/// Keeps pushed authorization requests in a database. A request is taken by one `DELETE .. RETURNING`: of all visits
/// with one reference, on all nodes, one receives it.
///
/// # Shares
/// Anyone can push a request in the name of a public client (PA-6). All of those together have 64 MiB of requests, and
/// no client has more than 16 MiB, authenticated or not: [`public_share`](Self::public_share) and
/// [`client_share`](Self::client_share) set it. A request counts with its text and 512 bytes for the rest of its row,
/// from the push until it is taken, or swept after it has expired.
///
/// Where a share is used up, requests whose `present_by` has passed are dropped, oldest first: those of users who are
/// slow to log in, and those that no browser presented. A client over its own share loses only its own; if public
/// clients have used up theirs, those of public clients go. If there are none, a new request is [`Unavailable`]. For a
/// share, multiply the bytes pushed per second by the seconds within which a browser must come
/// ([`pushed_request_lifetime`](attesto_core::authorization::AuthorizationServerBuilder::pushed_request_lifetime)).
///
/// The store counts at most once a second (by `pushed_at`), with one more statement, and adds what it has stored since.
/// What other nodes store within that second it sees at the next count. So a share may be exceeded by what all nodes
/// together store in a second or two; and what is taken counts until then. Use one store for a process, and clone it.
#[derive(Clone)]
pub struct SqlxPushedRequestStore {
    database: Database,
    statements: Arc<Statements>,
    gauge: Arc<Gauge>,
}

struct Statements {
    insert: Sql,
    load: Sql,
    take: Sql,
    count: Sql,
    drop_late_of_client: Sql,
    drop_late_of_public: Sql,
}

impl Statements {
    fn new(names: &Names) -> Self {
        // Rows that another transaction is about to remove are left to it: two pushes never wait for each other.
        let drop_late = |owner: &str| {
            names.sql(&format!(
                "DELETE FROM {{pushed_requests}} WHERE digest IN (
                     SELECT digest FROM {{pushed_requests}} WHERE {owner} AND present_by < $2
                     ORDER BY present_by LIMIT $3 {{skip_locked}})
                 RETURNING client_id, authenticated, bytes"
            ))
        };
        Self {
            insert: names.sql(&format!(
                "INSERT INTO {{pushed_requests}} (digest, {COLUMNS}, bytes)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING RETURNING TRUE"
            )),
            load: names.sql(&format!("SELECT {COLUMNS} FROM {{pushed_requests}} WHERE digest = $1")),
            take: names.sql(&format!(
                "DELETE FROM {{pushed_requests}} WHERE digest = $1 AND expires_at > $2 RETURNING {COLUMNS}"
            )),
            // Two scans of an index. Most clients have little, and do not appear.
            count: names.sql(
                "SELECT client_id, CAST(SUM(bytes) AS BIGINT) FROM {pushed_requests}
                 GROUP BY client_id HAVING SUM(bytes) > $1
                 UNION ALL
                 SELECT NULL, CAST(COALESCE(SUM(bytes), 0) AS BIGINT) FROM {pushed_requests} WHERE authenticated = FALSE",
            ),
            drop_late_of_client: drop_late("client_id = $1"),
            drop_late_of_public: drop_late("authenticated = $1"),
        }
    }
}

impl SqlxPushedRequestStore {
    pub(crate) fn new(database: &Database) -> Self {
        let statements = Arc::new(Statements::new(database.names()));
        Self { database: database.clone(), statements, gauge: Arc::new(Gauge::new(SHARES)) }
    }

    /// Sets how many bytes of requests all public clients together have at most; 64 MiB unless set.
    ///
    /// # Errors
    /// Fails for less than 64 KiB.
    pub fn public_share(self, bytes: u64) -> Result<Self, ConfigError> {
        let public = share(bytes)?;
        let shares = Shares { public, ..self.gauge.shares() };
        Ok(Self { gauge: Arc::new(Gauge::new(shares)), ..self })
    }

    /// Sets how many bytes of requests one client has at most; 16 MiB unless set.
    ///
    /// # Errors
    /// Fails for less than 64 KiB.
    pub fn client_share(self, bytes: u64) -> Result<Self, ConfigError> {
        let client = share(bytes)?;
        let shares = Shares { client, ..self.gauge.shares() };
        Ok(Self { gauge: Arc::new(Gauge::new(shares)), ..self })
    }

    /// Counts what is in use, at most once a second.
    async fn count(&self, now: Timestamp) -> Answered<()> {
        let Some(counting) = self.gauge.begin_count(now.as_secs()) else { return Ok(()) };
        let above = self.gauge.shares().counted_above();
        let rows = self.database.read(&self.statements.count, [above.into()]).await?;
        counting.finish(self.database.answered(in_use(rows))?);
        Ok(())
    }

    /// Counts a request that is about to be stored, and drops others that may be dropped if it does not fit.
    async fn make_room(&self, request: Load<'_>, now: Timestamp) -> Answered<()> {
        for _ in 0..TRIES {
            match self.gauge.reserve(request) {
                Ok(()) => return Ok(()),
                Err(lack) => self.drop_late(lack, request.client_id, now).await?,
            }
        }
        Err(Unavailable)
    }

    /// # Errors
    /// Fails if there are none.
    async fn drop_late(&self, lack: Lack, client_id: &str, now: Timestamp) -> Answered<()> {
        if self.gauge.has_nothing_late(lack, client_id) {
            return Err(Unavailable);
        }
        let (statement, owner) = match lack {
            Lack::Client => (&self.statements.drop_late_of_client, Value::from(client_id)),
            Lack::Public => (&self.statements.drop_late_of_public, Value::from(false)),
        };
        let dropped = self.database.write(statement, [owner, now.into(), DROPPED.into()]).await?;
        if dropped.is_empty() {
            self.gauge.note_nothing_late(lack, client_id);
            return Err(Unavailable);
        }
        for mut row in dropped {
            let row = row.text().and_then(|client_id| Ok((client_id, row.bool()?, row.int()?)));
            let (client_id, authenticated, bytes) = self.database.answered(row)?;
            self.gauge.give_back(Load { client_id: &client_id, authenticated, bytes });
        }
        Ok(())
    }
}

fn share(bytes: u64) -> Result<i64, ConfigError> {
    match i64::try_from(bytes) {
        Ok(share) if bytes >= SMALLEST_SHARE => Ok(share),
        Ok(_) | Err(_) => Err(ConfigError::new("share", "at least 64 KiB of pushed requests")),
    }
}

/// A row for each client with more than a few; the one without a client is for all public clients.
fn in_use(rows: Vec<Row>) -> Result<Use, Failure> {
    let mut counted = Use::default();
    for mut row in rows {
        match row.maybe_text()? {
            Some(client_id) => drop(counted.clients.insert(client_id, row.int()?)),
            None => counted.public = row.int()?,
        }
    }
    Ok(counted)
}

fn bytes(request: &PushedRequest) -> i64 {
    let texts = request.parameters.len().saturating_add(request.client_id.len());
    i64::try_from(texts.saturating_add(ROW)).unwrap_or(i64::MAX)
}

fn request(mut row: Row) -> Result<PushedRequest, Failure> {
    let (client_id, authenticated, parameters) = (row.text()?, row.bool()?, row.text()?);
    let (dpop_jkt, ticket) = (row.maybe_bytes()?, row.maybe_bytes()?);
    let (pushed_at, present_by, expires_at) = (row.time()?, row.time()?, row.time()?);
    let mut request = PushedRequest::new(client_id, parameters, pushed_at, expires_at);
    request.authenticated = authenticated;
    request.dpop_jkt = dpop_jkt.map(Thumbprint::from_bytes);
    request.ticket = ticket.map(VisitTicket::from_bytes);
    request.present_by = present_by;
    Ok(request)
}

impl PushedRequestStore for SqlxPushedRequestStore {
    async fn insert(&self, new: &NewPushedRequest) -> Answered<()> {
        let request = &new.request;
        let PushedRequest { client_id, authenticated, pushed_at, .. } = request;
        let bytes = bytes(request);
        self.count(*pushed_at).await?;
        self.make_room(Load { client_id, authenticated: *authenticated, bytes }, *pushed_at).await?;
        let values = [
            new.digest.as_bytes().into(),
            client_id.as_str().into(),
            (*authenticated).into(),
            request.parameters.as_str().into(),
            request.dpop_jkt.as_ref().map(Thumbprint::as_bytes).into(),
            request.ticket.as_ref().map(VisitTicket::as_bytes).into(),
            (*pushed_at).into(),
            request.present_by.into(),
            request.expires_at.into(),
            bytes.into(),
        ];
        let inserted = self.database.write(&self.statements.insert, values).await?;
        if inserted.is_empty() { Err(Unavailable) } else { Ok(()) }
    }

    async fn load(&self, digest: &SecretDigest) -> Answered<Option<PushedRequest>> {
        let rows = self.database.read(&self.statements.load, [digest.as_bytes().into()]).await?;
        self.database.answered(rows.into_iter().next().map(request).transpose())
    }

    async fn take(&self, presented: &SecretQuery) -> Answered<Option<PushedRequest>> {
        let values = [presented.digest.as_bytes().into(), presented.now.into()];
        let rows = self.database.write(&self.statements.take, values).await?;
        self.database.answered(rows.into_iter().next().map(request).transpose())
    }

    fn reach(&self) -> StoreReach {
        self.database.reach()
    }
}

impl fmt::Debug for SqlxPushedRequestStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlxPushedRequestStore").field("shares", &self.gauge.shares()).finish_non_exhaustive()
    }
}
