//! What is done in the property: requests of every kind, good and bad, and time that passes.

use proptest::prelude::*;
use proptest::sample::select;

/// The two clients: one public, one with a secret.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Client {
    App,
    Web,
}

impl Client {
    pub(crate) const fn other(self) -> Self {
        match self {
            Self::App => Self::Web,
            Self::Web => Self::App,
        }
    }
}

/// Who sends a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Who {
    /// The client that it should be.
    Right,
    /// The other one, with its own credentials.
    Other,
    /// The right name with a wrong secret (or with any, where none is registered).
    WrongSecret,
    /// An unregistered client name.
    Nobody,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Scope {
    Unsaid,
    Read,
    Write,
    TooWide,
}

/// The number of the DPoP key of a proof; no proof.
pub(crate) type Key = Option<u8>;

/// One step. Numbers count from the newest, until [`resolve`](super::reference::Model::resolve) makes positions of them.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Request {
    Push { client: Client, who: Who, key: Key, scope: Scope },
    Front { client: Client, scope: Scope },
    Visit { pushed: usize, who: Who },
    Redeem { code: usize, who: Who, verifier: bool, key: Key },
    Refresh { family: usize, token: usize, who: Who, key: Key, scope: Scope },
    RevokeRefresh { family: usize, token: usize, who: Who },
    RevokeAccess { token: usize, who: Who },
    Introspect { token: usize, who: Who },
    Wait(u64),
    Suspend(bool),
}

fn who() -> impl Strategy<Value = Who> {
    prop_oneof![8 => Just(Who::Right), 1 => Just(Who::Other), 1 => Just(Who::WrongSecret), 1 => Just(Who::Nobody)]
}

fn key() -> impl Strategy<Value = Key> {
    prop_oneof![3 => Just(None), 3 => Just(Some(1)), 1 => Just(Some(2))]
}

fn scope() -> impl Strategy<Value = Scope> {
    prop_oneof![5 => Just(Scope::Unsaid), 1 => Just(Scope::Read), 1 => Just(Scope::Write), 1 => Just(Scope::TooWide)]
}

/// Mostly the newest.
fn recent() -> impl Strategy<Value = usize> {
    prop_oneof![6 => Just(0usize), 2 => Just(1), 1 => 2usize..5]
}

/// Seconds next to every limit of the configuration.
fn seconds() -> impl Strategy<Value = u64> {
    prop_oneof![
        4 => select(vec![0u64, 1, 9, 10, 11]),
        2 => select(vec![30u64, 59, 60, 89, 90]),
        1 => select(vec![300u64, 899, 900, 999, 1000, 3000]),
    ]
}

fn request() -> impl Strategy<Value = Request> {
    let client = || select(vec![Client::App, Client::Web]);
    prop_oneof![
        2 => (client(), who(), key(), scope()).prop_map(|(client, who, key, scope)| Request::Push { client, who, key, scope }),
        3 => (client(), scope()).prop_map(|(client, scope)| Request::Front { client, scope }),
        3 => (recent(), who()).prop_map(|(pushed, who)| Request::Visit { pushed, who }),
        8 => (recent(), who(), prop::bool::weighted(0.9), key())
            .prop_map(|(code, who, verifier, key)| Request::Redeem { code, who, verifier, key }),
        9 => (recent(), recent(), who(), key(), scope())
            .prop_map(|(family, token, who, key, scope)| Request::Refresh { family, token, who, key, scope }),
        1 => (recent(), recent(), who()).prop_map(|(family, token, who)| Request::RevokeRefresh { family, token, who }),
        1 => (recent(), who()).prop_map(|(token, who)| Request::RevokeAccess { token, who }),
        1 => (recent(), who()).prop_map(|(token, who)| Request::Introspect { token, who }),
        4 => seconds().prop_map(Request::Wait),
        1 => prop::bool::weighted(0.3).prop_map(Request::Suspend),
    ]
}

/// A world's whole history.
pub(crate) fn history(steps: usize) -> impl Strategy<Value = Vec<Request>> {
    prop::collection::vec(request(), steps)
}
