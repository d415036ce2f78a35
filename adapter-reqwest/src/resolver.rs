//! Resolves names to addresses that may be reached. The connector dials exactly these addresses, so that a name cannot resolve to one
//! address for the check and to another for the connection.

use crate::failure::RefusedAddress;
use attesto_core::http::AddressPolicy;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::SocketAddr;
use std::sync::Arc;

pub(crate) struct Screened(pub(crate) Arc<AddressPolicy>);

impl Resolve for Screened {
    fn resolve(&self, name: Name) -> Resolving {
        let policy = Arc::clone(&self.0);
        Box::pin(async move {
            // The connector puts in the URL's port.
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            // One refused address refuses the name: no honest operator publishes a private address beside a public one.
            match found.iter().find(|address| !policy.allows(address.ip())) {
                Some(refused) => Err(RefusedAddress(refused.ip()).into()),
                None => Ok(Box::new(found.into_iter()) as Addrs),
            }
        })
    }
}
