//! The measured server: one adapter, one thread, and the same answer behind every route.
//!
//! - `/bare`: the framework alone. What credentials the request carries is not looked at.
//! - `/by-hand`: the handler itself calls `Guard::admit` with the three header fields that count. This is the check's own cost.
//! - `/guarded`: the adapter stands before the handler. What this costs beyond `/by-hand` is the adapter's.
//! - `/stats`: processor time and memory of this process so far.

mod actix;
mod axum;
mod hyper;

use crate::clock::{now, processor_time, resident_set};
use crate::parties::{Client, Issuer, entropy, requirement};
use attesto_core::crypto::{Algorithm, KeyKind};
use attesto_core::host::{Guard, MemoryReplayStore};
use attesto_core::http::{Connection, RequestParts};
use attesto_core::jose::KeyMaterial;
use attesto_core::resource::Requirement;
use attesto_core::time::Clock;
use serde_json::json;
use std::error::Error;
use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, TcpListener};
use std::sync::Arc;

/// What every admitted request is answered.
pub(crate) const ANSWER: &str = "hello";
/// What the handler that checks by hand answers to others; the load stops at it.
const REFUSED: &str = "refused";

/// What the routes share.
#[derive(Clone, Debug)]
struct Resource {
    guard: Arc<Guard>,
    replay: Arc<MemoryReplayStore>,
    requirement: Requirement,
    clock: Clock,
}

impl Resource {
    fn new(issuer: &Issuer) -> Result<Self, Box<dyn Error>> {
        // The one client of the load may have a fifth of it.
        let replay = Arc::new(MemoryReplayStore::single_node(20_000_000)?);
        let guard = Guard::builder(issuer.resource()?.build()?).replay_store(Arc::clone(&replay)).build()?;
        Ok(Self { guard: Arc::new(guard), replay, requirement: requirement()?, clock: Clock::new(now) })
    }

    /// The check by hand. Fields that the request lacks are no lines at all.
    async fn admits(&self, path: &str, fields: [(&str, Option<&[u8]>); 3]) -> bool {
        let mut lines: [(&str, &[u8]); 3] = [("", b""); 3];
        let mut count = 0;
        for (name, value) in fields {
            if let Some(value) = value {
                lines[count] = (name, value);
                count += 1;
            }
        }
        let headers = &lines[..count];
        let connection = Connection::new().peer(IpAddr::V4(Ipv4Addr::LOCALHOST));
        let parts = RequestParts::new("GET", path, &headers).connection(connection);
        self.guard.admit(&parts, &self.requirement, &self.clock).await.is_ok()
    }

    fn stats(&self) -> String {
        let spent = u64::try_from(processor_time().as_nanos()).unwrap_or(u64::MAX);
        json!({ "processor_ns": spent, "resident": resident_set(), "proofs": self.replay.len() }).to_string()
    }
}

/// Serves until it is killed. The first line says where, and with which credentials.
pub(crate) fn serve(adapter: &str) -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let material = KeyMaterial::generate(KeyKind::P256, &mut entropy)?;
    let issuer = Issuer::loopback(&format!("http://{address}"), &material, Algorithm::ES256)?;
    let client = Client::generate(KeyKind::P256, Algorithm::ES256)?;
    let line = json!({
        "address": address,
        "bearer": issuer.token(None)?,
        "bound": issuer.token(Some(&client))?,
        "client": client.private_jwk()?,
    });
    let resource = Resource::new(&issuer)?;
    println!("{line}");
    std::io::stdout().flush()?;
    match adapter {
        "axum" => axum::serve(listener, resource),
        "actix" => actix::serve(listener, resource),
        "hyper" => hyper::serve(listener, resource),
        other => Err(format!("no adapter {other:?}").into()),
    }
}

/// The runtime of axum and hyper here: this thread.
fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}
