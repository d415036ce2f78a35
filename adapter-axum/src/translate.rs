//! Where axum keeps what the core must know of a request. All else is translated by attesto-hyper, because the `http` types are the same.

use attesto_hyper::{Observed, PeerAddress};
use axum::extract::{ConnectInfo, OriginalUri};
use http::request::Parts;
use std::net::SocketAddr;

/// Finds the URI as it was before any router took a prefix off it, and the peer: where axum notes it, else where
/// `attesto_hyper::OnConnection` does in a connection loop of your own. Only code that accepts connections writes either.
pub(crate) fn observe(parts: &Parts) -> Observed<'_> {
    let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |original| &original.0);
    let peer = match parts.extensions.get() {
        Some(ConnectInfo::<SocketAddr>(peer)) => Some(peer.ip()),
        None => parts.extensions.get::<PeerAddress>().map(|peer| peer.0.ip()),
    };
    Observed::new(uri, peer)
}
