//! The contract of [`PushedRequestStore`] (PA-6, AZ-28, ST-1 to ST-3).

use super::{RACERS, ROUNDS, Racing, World, said};
use crate::finding::{Finding, passed};
use attesto_core::Timestamp;
use attesto_core::authorization::{NewPushedRequest, PushedRequest, SecretDigest, SecretQuery, VisitTicket};
use attesto_core::host::PushedRequestStore;

/// [`check_pushed_request_store_conforms`], as an assertion.
///
/// ```
/// use attesto_core::Timestamp;
/// use attesto_core::host::MemoryPushedRequestStore;
/// use attesto_testkit::{Racing, assert_pushed_request_store_conforms, block_on};
///
/// let store = MemoryPushedRequestStore::single_node(1_000)?; // yours here
/// block_on(assert_pushed_request_store_conforms(&store, Timestamp::from_secs(1_800_000_000), Racing::Threads));
/// # Ok::<(), attesto_core::ConfigError>(())
/// ```
///
/// # Panics
/// With the [`Finding`].
pub async fn assert_pushed_request_store_conforms(store: &impl PushedRequestStore, now: Timestamp, racing: Racing) {
    passed(check_pushed_request_store_conforms(store, now, racing).await);
}

/// Checks a store against the contract of [`PushedRequestStore`]: one winner among concurrent takes, loading changes nothing,
/// nothing overwritten, nothing returned after its time, nothing dropped early.
///
/// See [`check_code_store_conforms`](super::check_code_store_conforms) about `now` and `racing`. Requires room for 100
/// requests.
///
/// # Errors
/// The first broken promise, and how to correct it.
pub async fn check_pushed_request_store_conforms(
    store: &impl PushedRequestStore,
    now: Timestamp,
    racing: Racing,
) -> Result<(), Finding> {
    let world = World { check: "pushed_request_store_conforms", subject: "the store of pushed requests", now, racing };
    let suite = Suite { store, world };
    suite.a_request_is_kept_whole().await?;
    suite.one_taker_wins().await?;
    suite.what_was_taken_is_gone().await?;
    suite.nothing_is_overwritten().await?;
    suite.requests_are_independent().await?;
    suite.a_request_is_there_until_it_expires().await?;
    suite.an_expired_request_is_not_given().await
}

struct Suite<'s, S> {
    store: &'s S,
    world: World,
}

const WHOLE: &str = "store every member of the request, and give it back as it was.";
const WINNER: &str = "remove and read in one atomic step: `DELETE .. WHERE reference_hash = $1 AND expires_at > $now RETURNING ..`. Reading \
                      first and deleting later lets two requests win.";
const LOADING: &str =
    "let `load` read, and nothing else: the user may come back with the reference any number of times.";
const GONE: &str = "answer `None` for a request that was taken, to `load` and to `take`, on every instance.";
const OVERWRITTEN: &str = "insert with a unique key; what is there already is `Unavailable`.";
const KEPT: &str = "keep a request until it is taken or `expires_at` has come.";
const IN_TIME: &str = "compare in the step that removes: `expires_at > $now`, and not `>=`.";

impl<S: PushedRequestStore> Suite<'_, S> {
    /// Sets every member, so that a store that drops one is detected.
    fn request(&self, label: &str, lives: u64) -> PushedRequest {
        let world = &self.world;
        let parameters = format!("response_type=code&scope=a+b&state=%C3%A9%00%22&label={label}");
        let mut request = PushedRequest::new("client with ümlaut", parameters, world.now, world.at(lives));
        request.authenticated = true;
        request.dpop_jkt = Some(world.thumbprint("key"));
        request.present_by = world.at(lives.saturating_sub(1));
        request.ticket = Some(VisitTicket::from_bytes(world.bytes("ticket")));
        request
    }

    /// Stores the request of this label, at a time.
    async fn insert(&self, label: &str, lives: u64, at: u64) -> Result<(SecretDigest, PushedRequest), Finding> {
        let (digest, mut request) = (self.world.digest(label), self.request(label, lives));
        request.pushed_at = self.world.at(at);
        let new = NewPushedRequest { digest, request };
        self.world.due("a new request is inserted", self.store.insert(&new).await)?;
        Ok((digest, new.request))
    }

    async fn load(&self, digest: SecretDigest) -> Result<Option<PushedRequest>, Finding> {
        self.world.due("a request is loaded", self.store.load(&digest).await)
    }

    async fn take(&self, digest: SecretDigest, at: u64) -> Result<Option<PushedRequest>, Finding> {
        let presented = SecretQuery { digest, now: self.world.at(at) };
        self.world.due("a request is taken", self.store.take(&presented).await)
    }

    /// Compares requests, which differ in their parameters; those are not printed.
    fn expect(
        &self,
        promise: &str,
        done: &str,
        seen: &Option<PushedRequest>,
        expected: &Option<PushedRequest>,
        fix: &str,
    ) -> Result<(), Finding> {
        if seen == expected {
            return Ok(());
        }
        let differ = if seen.is_some() && expected.is_some() { " (with another member)" } else { "" };
        let seen = format!("{}{differ}", said(seen));
        Err(self.world.broken(promise, done, seen, &said(expected), fix))
    }

    async fn a_request_is_kept_whole(&self) -> Result<(), Finding> {
        let (digest, request) = self.insert("whole", 60, 0).await?;
        let whole = Some(request);
        self.expect("Whole rows", "a request is loaded", &self.load(digest).await?, &whole, WHOLE)?;
        for _ in 0..3 {
            let promise = "Loading changes nothing";
            self.expect(promise, "it is loaded once more", &self.load(digest).await?, &whole, LOADING)?;
        }
        self.expect("Whole rows", "it is taken", &self.take(digest, 1).await?, &whole, WHOLE)?;
        let unknown = self.world.digest("never inserted");
        self.expect("Whole rows", "one that was never inserted is loaded", &self.load(unknown).await?, &None, WHOLE)?;
        self.expect("Whole rows", "one that was never inserted is taken", &self.take(unknown, 1).await?, &None, WHOLE)
    }

    async fn one_taker_wins(&self) -> Result<(), Finding> {
        for round in 0..ROUNDS {
            let (digest, request) = self.insert(&format!("contended {round}"), 60, 0).await?;
            let (store, presented) = (self.store, &SecretQuery { digest, now: self.world.now });
            let taken = self.world.racing.race(RACERS, |_| Box::pin(async move { store.take(presented).await })).await;
            let winners = taken.iter().filter(|taken| matches!(taken, Ok(Some(won)) if *won == request)).count();
            let losers = taken.iter().filter(|taken| **taken == Ok(None)).count();
            if (winners, losers.saturating_add(1)) != (1, RACERS) {
                let done = format!("{RACERS} requests take one pushed request at a time");
                let seen = format!("{winners} were given it, {losers} nothing");
                return Err(self.world.broken(
                    "One winner",
                    &done,
                    seen,
                    "one is given it, all others nothing",
                    WINNER,
                ));
            }
        }
        Ok(())
    }

    async fn what_was_taken_is_gone(&self) -> Result<(), Finding> {
        let (digest, _) = self.insert("taken", 60, 0).await?;
        self.take(digest, 0).await?;
        let done = "a request is taken that was taken before";
        self.expect("One winner", done, &self.take(digest, 1).await?, &None, GONE)?;
        let done = "a request is loaded that was taken";
        self.expect("One winner", done, &self.load(digest).await?, &None, GONE)
    }

    async fn nothing_is_overwritten(&self) -> Result<(), Finding> {
        let promise = "Nothing is overwritten";
        let (digest, request) = self.insert("first", 60, 0).await?;
        let intruder = NewPushedRequest { digest, request: self.request("second", 90) };
        if self.store.insert(&intruder).await.is_ok() {
            let done = "another request is inserted under a digest that is there";
            return Err(self.world.broken(promise, done, "it was accepted".into(), "Unavailable", OVERWRITTEN));
        }
        self.expect(promise, "it is taken", &self.take(digest, 0).await?, &Some(request), OVERWRITTEN)
    }

    async fn requests_are_independent(&self) -> Result<(), Finding> {
        let fix = "use all 32 bytes of the digest (43 characters as text), untruncated and case-sensitive.";
        let requests = [0u8, 1, 32, 128].map(|number| (self.world.close_digest(number), format!("close {number}")));
        for (digest, label) in &requests {
            let new = NewPushedRequest { digest: *digest, request: self.request(label, 60) };
            self.world.due(
                "a request is inserted whose digest differs from others in one bit",
                self.store.insert(&new).await,
            )?;
        }
        for (digest, label) in &requests {
            let done = "a request is taken whose digest differs from others in one bit";
            let own = Some(self.request(label, 60));
            self.expect("Never dropped early", done, &self.take(*digest, 0).await?, &own, fix)?;
        }
        Ok(())
    }

    async fn a_request_is_there_until_it_expires(&self) -> Result<(), Finding> {
        let (digest, request) = self.insert("lasting", 30, 0).await?;
        for number in 0..3 {
            self.insert(&format!("meanwhile {number}"), 60, 29).await?;
        }
        let (promise, whole) = ("Never dropped early", Some(request));
        let done = "a request is loaded in its last second, after others were inserted";
        self.expect(promise, done, &self.load(digest).await?, &whole, KEPT)?;
        self.expect(promise, "it is taken in its last second", &self.take(digest, 29).await?, &whole, KEPT)
    }

    /// Expired at `now`, so that it is also expired for a store with its own clock, which may refuse to store it.
    async fn an_expired_request_is_not_given(&self) -> Result<(), Finding> {
        let (digest, mut request) = (self.world.digest("expired"), self.request("expired", 0));
        request.pushed_at = self.world.now.minus(30);
        if self.store.insert(&NewPushedRequest { digest, request }).await.is_err() {
            return Ok(());
        }
        let done = "a request is taken in the second in which it expires";
        self.expect("In time", done, &self.take(digest, 0).await?, &None, IN_TIME)
    }
}
