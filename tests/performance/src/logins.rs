//! The resident set after a million logins whose refresh tokens were rotated ten times each, in the memory store.

use crate::clock::resident_set;
use crate::table;
use attesto_core::Timestamp;
use attesto_core::authorization::{
    AuthenticationContext, Authorization, FamilyId, IssuedAccessToken, NewRefresh, RefreshKey, RefreshToken, Rotated,
    Rotation, ScopeSet, SecretDigest, SuccessorSalt,
};
use attesto_core::host::{MemoryRefreshStore, RefreshStore};
use std::error::Error;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

const START: Timestamp = Timestamp::from_secs(1_800_000_000);
const ROTATIONS: u64 = 10;
/// Seconds between two rotations: longer than an access token lives.
const STEP: u64 = 1_000;

fn poll<T>(future: impl Future<Output = T>) -> Result<T, Box<dyn Error>> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Ok(value),
        Poll::Pending => Err("the memory store never waits".into()),
    }
}

fn bytes<const N: usize>(first: u64, second: u64) -> [u8; N] {
    let mut bytes = [0; N];
    bytes[..8].copy_from_slice(&first.to_be_bytes());
    bytes[8..16].copy_from_slice(&second.to_be_bytes());
    bytes
}

fn key(login: u64, generation: u64) -> RefreshKey {
    let (family, token) = (bytes(login, 0), bytes(login, generation));
    RefreshKey { family: SecretDigest::from_bytes(family), token: SecretDigest::from_bytes(token) }
}

/// As a login of a usual size leaves it: two scopes, one resource, how the user logged in.
fn token(login: u64, generation: u64) -> Result<RefreshToken, Box<dyn Error>> {
    let now = START.plus(generation * STEP);
    let mut authorization =
        Authorization::new(FamilyId::from_bytes(bytes(login, 1)), "desk-app", format!("usr_{login:08}"));
    authorization.scopes = ScopeSet::new(["files.read", "offline_access"]);
    authorization.resources = vec!["https://api.example.com".into()];
    authorization.authentication = AuthenticationContext::at(START).amr(["pwd"]);
    // A `jti` is 22 characters long.
    let access = IssuedAccessToken::new(format!("{login:011}{generation:011}"), now.plus(900));
    let mut token = RefreshToken::first(authorization, now.plus(1_209_600), START.plus(7_776_000), access);
    token.generation = u32::try_from(generation)?;
    Ok(token)
}

/// Prints the table.
pub(crate) fn measure(logins: usize) -> Result<(), Box<dyn Error>> {
    let store = MemoryRefreshStore::single_node(logins.saturating_add(1_000))?;
    let logins = u64::try_from(logins)?;
    let before = resident_set();
    let mut rows = Vec::new();
    for generation in 0..=ROTATIONS {
        eprintln!("logins: {generation} of {ROTATIONS} rotations");
        let now = START.plus(generation * STEP);
        for login in 0..logins {
            let token = token(login, generation)?;
            if generation == 0 {
                let new = NewRefresh { key: key(login, 0), token, now };
                poll(store.insert(&new))?.map_err(|_| "no room")?;
            } else {
                let salt = Some(SuccessorSalt::from_bytes(bytes(login, generation)));
                let successor = key(login, generation).token;
                let rotation = Rotation::new(key(login, generation - 1), successor, token, salt, now);
                if poll(store.rotate(&rotation))?.map_err(|_| "no answer")? != Rotated::Done {
                    return Err("a token was not rotated".into());
                }
            }
        }
        if [0, 1, ROTATIONS].contains(&generation) {
            let grown = resident_set().saturating_sub(before);
            rows.push(vec![
                format!("after {generation} rotations"),
                table::grouped(logins as f64),
                table::grouped((logins * generation) as f64),
                format!("{:.0}", grown as f64 / 1_048_576.0),
                format!("{:.0}", grown as f64 / logins as f64),
            ]);
        }
    }
    let head = [
        "",
        "living refresh tokens",
        "spent ones",
        "resident, MiB more",
        "bytes for each login, its access token included",
    ];
    table::print(&head, &rows);
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_small_run_rotates_every_token() -> Result<(), Box<dyn std::error::Error>> {
        super::measure(50)
    }
}
