//! Pushed requests in memory, rows that are taken once (AZ-28).

use super::capacity::{FREED_PER_CALL, FREED_PER_PORTION, capacity_is_sound, share};
use super::lock::{locked, sweep};
use super::shares::Shares;
use super::table::{Deadlines, Freed, Table};
use crate::authorization::{
    Answered, LONGEST_VISIT, NewPushedRequest, PushedRequest, SecretDigest, SecretQuery, Unavailable,
};
use crate::host::{PushedRequestStore, StoreReach};
use crate::{ConfigError, Timestamp};
use alloc::string::String;
use core::fmt;
use std::collections::HashMap;
use std::sync::Mutex;

/// Bytes of requests per place: few requests are longer, and those take more places.
const BYTES_PER_PLACE: usize = 1024;
/// One client has at most this fraction of the places, and all public clients together at most
const CLIENTS: usize = 4;
/// this fraction.
const PUBLIC: usize = 2;

/// Keeps pushed authorization requests in memory, for a single process.
///
/// It never holds more than its capacity, where a request takes a place for each kibibyte of itself and its row. Anyone
/// can push a request in the name of a public client: all of those together have half of the places, and no client has
/// more than a quarter (64 places in a small store). Later calls free lapsed rows, a few at a time, by the `now` that
/// they receive.
///
/// When there is no room, requests whose `present_by` has passed are dropped, oldest first: those of users who are slow
/// to log in, and those that no browser presented. A client over its own share loses only its own such requests. If
/// public clients have used up their share, such requests of public clients are dropped. If all places are taken, those
/// are dropped too, and for an authenticated client also those of other authenticated clients. If there are none, a new
/// request is [`Unavailable`].
///
/// For the capacity, multiply the requests pushed per second by the seconds within which a browser must come
/// ([`pushed_request_lifetime`](crate::authorization::AuthorizationServerBuilder::pushed_request_lifetime)). With more,
/// users who are slow to log in are served even in a flood. Each place takes about a kibibyte of memory.
pub struct MemoryPushedRequestStore {
    table: Mutex<Kept>,
    capacity: usize,
}

struct Kept {
    rows: Table<SecretDigest, PushedRequest>,
    held: Held,
    /// When each row may be dropped if room is needed. For a while also has entries of dropped rows.
    late: Late,
}

/// The places that are taken.
#[derive(Default)]
struct Held {
    all: usize,
    public: usize,
    clients: Shares,
}

impl Held {
    fn take(&mut self, request: &PushedRequest) {
        let places = places(request);
        self.all = self.all.saturating_add(places);
        if !request.authenticated {
            self.public = self.public.saturating_add(places);
        }
        self.clients.take(&request.client_id, places);
    }

    fn give_back(&mut self, request: &PushedRequest) {
        let places = places(request);
        self.all = self.all.saturating_sub(places);
        if !request.authenticated {
            self.public = self.public.saturating_sub(places);
        }
        self.clients.give_back(&request.client_id, places);
    }

    /// Returns whose places do not suffice for this request. The client's own come first: dropping other clients'
    /// requests would not help.
    fn lacks(&self, request: &PushedRequest, capacity: usize) -> Option<Lack> {
        let places = places(request);
        let within = |held: usize, most: usize| held.saturating_add(places) <= most.min(capacity);
        if !within(self.clients.held_by(&request.client_id), share(capacity, CLIENTS)) {
            Some(Lack::Client)
        } else if !request.authenticated && !within(self.public, share(capacity, PUBLIC)) {
            Some(Lack::Public)
        } else if !within(self.all, capacity) {
            Some(Lack::All)
        } else {
            None
        }
    }
}

/// Whose places do not suffice.
enum Lack {
    All,
    Client,
    Public,
}

/// Each row twice: by kind, and by client.
#[derive(Default)]
struct Late {
    public: Deadlines<SecretDigest>,
    authenticated: Deadlines<SecretDigest>,
    /// By client, for clients with rows.
    clients: HashMap<String, Deadlines<SecretDigest>>,
}

impl Late {
    const fn of(&mut self, authenticated: bool) -> &mut Deadlines<SecretDigest> {
        if authenticated { &mut self.authenticated } else { &mut self.public }
    }

    fn add(&mut self, request: &PushedRequest, digest: SecretDigest) {
        self.of(request.authenticated).add(request.present_by, digest);
        if let Some(of_client) = self.clients.get_mut(&request.client_id) {
            of_client.add(request.present_by, digest);
        } else {
            let mut of_client = Deadlines::default();
            of_client.add(request.present_by, digest);
            self.clients.insert(request.client_id.clone(), of_client);
        }
    }

    fn next_of_client(&mut self, client: &str, before: Timestamp) -> Option<SecretDigest> {
        self.clients.get_mut(client)?.next_before(before)
    }

    /// Returns a row that may be dropped for this request.
    fn next_for(&mut self, lack: &Lack, request: &PushedRequest) -> Option<SecretDigest> {
        let now = request.pushed_at;
        match lack {
            Lack::Client => self.next_of_client(&request.client_id, now),
            Lack::Public => self.public.next_before(now),
            Lack::All if request.authenticated => {
                self.public.next_before(now).or_else(|| self.authenticated.next_before(now))
            }
            Lack::All => self.public.next_before(now),
        }
    }
}

/// The number of places that a request takes: its text, and roughly the rest of its row.
fn places(request: &PushedRequest) -> usize {
    let row = size_of::<PushedRequest>().saturating_add(size_of::<SecretDigest>().saturating_mul(4));
    let texts = request.parameters.len().saturating_add(request.client_id.len());
    texts.saturating_add(row).div_ceil(BYTES_PER_PLACE)
}

impl Kept {
    fn free(&mut self, now: Timestamp, most: usize) -> Freed {
        let Self { rows, held, late } = self;
        rows.free_each(now, most, |_, request| {
            held.give_back(&request);
            if held.clients.held_by(&request.client_id) == 0 {
                late.clients.remove(&request.client_id);
            }
        })
    }

    /// Frees a few lapsed rows.
    fn pass_by(&mut self, now: Timestamp) {
        self.free(now, FREED_PER_CALL);
        for authenticated in [false, true] {
            for _ in 0..FREED_PER_CALL {
                // Entries of rows that have lapsed long ago.
                if self.late.of(authenticated).next_before(now.minus(LONGEST_VISIT)).is_none() {
                    break;
                }
            }
        }
    }

    /// Drops rows that may be dropped until this request fits: at most a few, and only rows that free the missing
    /// places.
    fn make_room(&mut self, request: &PushedRequest, capacity: usize) -> bool {
        if Held::default().lacks(request, capacity).is_some() {
            return false;
        }
        for _ in 0..FREED_PER_PORTION {
            let Some(lack) = self.held.lacks(request, capacity) else { return true };
            let Some(digest) = self.late.next_for(&lack, request) else { return false };
            self.remove(&digest);
        }
        self.held.lacks(request, capacity).is_none()
    }

    fn remove(&mut self, digest: &SecretDigest) -> Option<PushedRequest> {
        let removed = self.rows.remove(digest)?;
        self.held.give_back(&removed);
        if self.held.clients.held_by(&removed.client_id) == 0 {
            self.late.clients.remove(&removed.client_id);
        }
        Some(removed)
    }

    fn insert(&mut self, digest: SecretDigest, request: &PushedRequest, capacity: usize) -> Answered<()> {
        self.pass_by(request.pushed_at);
        for _ in 0..FREED_PER_CALL {
            let long_gone = request.pushed_at.minus(LONGEST_VISIT);
            if self.late.next_of_client(&request.client_id, long_gone).is_none() {
                break;
            }
        }
        if self.rows.get(&digest).is_some() || !self.make_room(request, capacity) {
            return Err(Unavailable);
        }
        if request.present_by < request.expires_at {
            self.late.add(request, digest);
        }
        self.held.take(request);
        self.rows.insert(digest, request.clone(), request.expires_at);
        Ok(())
    }
}

impl MemoryPushedRequestStore {
    /// Creates a store of `capacity` places, if one process serves the issuer: another process would not know them.
    ///
    /// # Errors
    /// Fails for a capacity of 0, or of more than 2^30.
    pub fn single_node(capacity: usize) -> Result<Self, ConfigError> {
        capacity_is_sound(capacity)?;
        let kept = Kept { rows: Table::new(), held: Held::default(), late: Late::default() };
        Ok(Self { table: Mutex::new(kept), capacity })
    }

    /// Frees the rows that have lapsed by `now`, and returns their number. Never needed for correct answers.
    pub fn sweep(&self, now: Timestamp) -> usize {
        sweep(&self.table, |kept, most| kept.free(now, most))
    }
}

impl PushedRequestStore for MemoryPushedRequestStore {
    async fn insert(&self, new: &NewPushedRequest) -> Answered<()> {
        locked(&self.table, |kept| kept.insert(new.digest, &new.request, self.capacity))
    }

    async fn load(&self, digest: &SecretDigest) -> Answered<Option<PushedRequest>> {
        locked(&self.table, |kept| Ok(kept.rows.get(digest).cloned()))
    }

    async fn take(&self, presented: &SecretQuery) -> Answered<Option<PushedRequest>> {
        let now = presented.now;
        locked(&self.table, |kept| {
            kept.pass_by(now);
            let fits = kept.rows.get(&presented.digest).is_some_and(|request| now < request.expires_at);
            Ok(if fits { kept.remove(&presented.digest) } else { None })
        })
    }

    fn reach(&self) -> StoreReach {
        StoreReach::Process
    }
}

impl fmt::Debug for MemoryPushedRequestStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryPushedRequestStore").field("capacity", &self.capacity).finish_non_exhaustive()
    }
}
