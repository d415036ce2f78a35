//! Fetches an issuer's keys once for all requests that wait for them (J9, J22, CRS-2, CRS-3).

use super::DynHttpClient;
use super::event_sink::{EventSink, emit};
use super::events::{Event, KeysRefreshFailed, KeysRefreshed, StaleKeysUsed, UnknownKidThrottled};
use crate::future::BoxFuture;
use crate::remote::{Begun, FetchError, FetchStep, KeyFetch, Need, RemoteKeys};
use crate::resource::KeysAnswer;
use crate::time::Clock;
use crate::{Timestamp, limits};
use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;

/// Fetches with one client, and reports to one event sink.
#[derive(Clone, Default)]
pub(super) struct KeyRefresh {
    pub(super) client: Option<Arc<dyn DynHttpClient>>,
    pub(super) events: Option<Arc<dyn EventSink>>,
}

impl KeyRefresh {
    /// Meets a need: begins a fetch, waits for the running one, or finds that it is too early for another.
    pub(super) async fn obtain(&self, remote: &Arc<RemoteKeys>, need: Need, clock: &Clock) -> KeysAnswer {
        let Some(client) = &self.client else { return KeysAnswer::Unavailable };
        let now = clock.now();
        // Terminates: in each turn a fetch ends or is abandoned. After an end, the need is met, or it is too early for
        // another fetch at this `now`. Abandoned fetches are limited in number, and each lets the next turn lead a
        // fetch itself. Clients that lead fetch after fetch and hang up cannot keep others waiting beyond the limit.
        loop {
            if clock.now().since(now) > limits::WAIT {
                return KeysAnswer::Unavailable;
            }
            match remote.begin(need, now) {
                Begun::Met => return KeysAnswer::Refreshed,
                Begun::Failing => return KeysAnswer::Unavailable,
                Begun::Throttled => {
                    self.emit(&Event::UnknownKidThrottled(UnknownKidThrottled { issuer: remote.issuer() }));
                    return KeysAnswer::Unchanged;
                }
                Begun::Await(fetch) => {
                    if !fetch.await {
                        return KeysAnswer::Unavailable;
                    }
                }
                Begun::Fetch(fetch) => {
                    // In the background if the client can: then the fetch outlives the request that needed it first.
                    if let Err(task) = client.spawn_boxed(self.clone().run(fetch, Arc::clone(client))) {
                        task.await;
                    }
                }
            }
        }
    }

    /// Fetches stale keys that were used again.
    pub(super) async fn refresh_stale(&self, remote: &Arc<RemoteKeys>, now: Timestamp) {
        self.emit(&Event::StaleKeysUsed(StaleKeysUsed { issuer: remote.issuer(), generation: remote.generation() }));
        let Some(client) = &self.client else { return };
        if let Begun::Fetch(fetch) = remote.begin(Need::Fresh, now)
            && let Err(task) = client.spawn_boxed(self.clone().run(fetch, Arc::clone(client)))
        {
            task.await;
        }
    }

    fn run(self, mut fetch: KeyFetch, client: Arc<dyn DynHttpClient>) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            let issuer = String::from(fetch.issuer());
            let result = loop {
                let answer = client.send_boxed(fetch.request()).await;
                match fetch.received(answer) {
                    FetchStep::Send(next) => fetch = next,
                    FetchStep::Ended(result) => break result,
                }
            };
            self.report(&issuer, result);
        })
    }

    fn report(&self, issuer: &str, result: Result<u64, FetchError>) {
        match result {
            Ok(generation) => self.emit(&Event::KeysRefreshed(KeysRefreshed { issuer, generation })),
            Err(error) => {
                self.emit(&Event::KeysRefreshFailed(KeysRefreshFailed { issuer, failure: error.code() }));
            }
        }
    }

    fn emit(&self, event: &Event<'_>) {
        if let Some(sink) = &self.events {
            emit(sink.as_ref(), event);
        }
    }
}
