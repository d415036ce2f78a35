//! What honest use leaves behind in the memory store of refresh tokens, and what a client in a loop does: nothing that others notice.

use crate::scene::NOW;
use attesto_core::Timestamp;
use attesto_core::authorization::{
    Authorization, FamilyId, IssuedAccessToken, NewRefresh, RefreshKey, RefreshToken, Rotated, Rotation, SecretDigest,
};
use attesto_core::host::{MemoryRefreshStore, RefreshStore};
use attesto_testkit::block_on;

/// The capacity of the guide.
const CAPACITY: usize = 100_000;
const DAY: u64 = 86_400;

/// A user whose client is logged in, and refreshes.
struct User {
    name: String,
    /// Counts families and tokens, so that no two are alike.
    next: u64,
    key: RefreshKey,
    ends: u64,
}

fn bytes<const N: usize>(user: &str, number: u64) -> [u8; N] {
    let mut bytes = [0; N];
    bytes.iter_mut().zip(user.bytes()).for_each(|(to, from)| *to = from);
    bytes.iter_mut().rev().zip(number.to_le_bytes()).for_each(|(to, from)| *to = from);
    bytes
}

impl User {
    fn new(name: String) -> Self {
        let nothing = SecretDigest::from_bytes([0; 32]);
        Self { name, next: 0, key: RefreshKey { family: nothing, token: nothing }, ends: 0 }
    }

    fn token(&self, now: u64) -> RefreshToken {
        let family = FamilyId::from_bytes(*self.key.family.as_bytes().first_chunk().expect("16 of 32"));
        let access = IssuedAccessToken::new(format!("{} {}", self.name, self.next), Timestamp::from_secs(now + 960));
        let expires_at = Timestamp::from_secs((now + 14 * DAY).min(self.ends));
        let authorization = Authorization::new(family, "app", self.name.as_str());
        RefreshToken::first(authorization, expires_at, Timestamp::from_secs(self.ends), access)
    }

    fn draw(&mut self) -> SecretDigest {
        self.next += 1;
        SecretDigest::from_bytes(bytes(&self.name, self.next))
    }

    /// Logs in, for 90 days.
    fn log_in(&mut self, store: &MemoryRefreshStore, now: u64) {
        let token = self.draw();
        // What the family's tokens have in common, so that the family's id follows from it.
        let mut family = *token.as_bytes();
        family[..16].copy_from_slice(&bytes::<16>(&self.name, self.next));
        self.key = RefreshKey { family: SecretDigest::from_bytes(family), token };
        self.ends = now + 90 * DAY;
        let row = NewRefresh { key: self.key, token: self.token(now), now: Timestamp::from_secs(now) };
        assert_eq!(block_on(store.insert(&row)), Ok(true), "{} at day {}", self.name, (now - NOW) / DAY);
    }

    fn refresh(&mut self, store: &MemoryRefreshStore, now: u64) {
        if now >= self.ends {
            self.log_in(store, now);
            return;
        }
        let successor = self.draw();
        let rotation = Rotation::new(self.key, successor, self.token(now), None, Timestamp::from_secs(now));
        assert_eq!(block_on(store.rotate(&rotation)), Ok(Rotated::Done), "{} at day {}", self.name, (now - NOW) / DAY);
        self.key.token = successor;
    }
}

/// 200 clients that refresh every quarter of an hour: once, they had filled the store in five days, and locked everybody out for 90.
fn days(days: u64) {
    let store = MemoryRefreshStore::single_node(CAPACITY).expect("a capacity");
    let mut users: Vec<User> = (0..200).map(|number| User::new(format!("user {number}"))).collect();
    let mut spent = Vec::new();
    for quarter in 0..days * 96 {
        let now = NOW + quarter * 900;
        for user in &mut users {
            if quarter % 96 == 0 && user.name == "user 7" {
                spent.push(user.key);
            }
            user.refresh(&store, now);
        }
        // Families of the last round may wait to be freed.
        assert!(store.len() <= 400, "{} rows on day {}", store.len(), quarter / 96);
    }
    // Reuse is still detected, however long ago the token was spent.
    let family = users[7].key.family;
    for key in spent.iter().filter(|key| key.family == family) {
        let state = block_on(store.load(key)).expect("an answer").expect("its family lives");
        assert!(state.spent.is_some());
    }
}

#[test]
fn rt5_two_hundred_clients_that_refresh_every_quarter_of_an_hour_take_two_hundred_places() {
    days(30);
}

#[test]
#[ignore = "takes a minute: the same for a year"]
fn rt5_two_hundred_clients_for_a_year() {
    days(365);
}

#[test]
fn rt5_one_client_in_a_loop_takes_one_place() {
    let store = MemoryRefreshStore::single_node(CAPACITY).expect("a capacity");
    let mut mallory = User::new("mallory".into());
    mallory.log_in(&store, NOW);
    for turn in 0..2 * u64::try_from(CAPACITY).expect("few") {
        // Every two seconds, so that no more access tokens live than the store notes: the server stops at a hundred.
        mallory.refresh(&store, NOW + turn * 2);
    }
    assert_eq!(store.len(), 1);
    User::new("alice".into()).log_in(&store, NOW + 1);
}

/// Nor do logins in a loop, whose refresh tokens are never used: a client has a quarter of its user's share, and its older families end.
#[test]
fn st2_one_user_who_logs_in_in_a_loop_takes_a_share() {
    let store = MemoryRefreshStore::single_node(CAPACITY).expect("a capacity");
    for turn in 0..CAPACITY / 16 {
        let mut again = User::new("mallory".into());
        again.next = u64::try_from(turn).expect("few") * 10;
        again.log_in(&store, NOW);
    }
    assert_eq!(store.len(), CAPACITY / 64 / 4);
    User::new("alice".into()).log_in(&store, NOW);
}
