//! The client's options.

use crate::client::{Observer, ReqwestClient, TIMEOUT};
use crate::failure::Failure;
use crate::resolver::Screened;
use attesto_core::http::AddressPolicy;
use reqwest::{Client, ClientBuilder, redirect, retry};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Configures a [`ReqwestClient`].
#[must_use = "nothing is sent before it is built"]
pub struct ReqwestClientBuilder {
    base: ClientBuilder,
    addresses: AddressPolicy,
    loopback: bool,
    timeout: Duration,
    on_failure: Option<Observer>,
}

impl ReqwestClientBuilder {
    pub(crate) fn new() -> Self {
        Self {
            base: Client::builder(),
            addresses: AddressPolicy::public(),
            loopback: false,
            timeout: TIMEOUT,
            on_failure: None,
        }
    }

    /// Limits a whole request, from resolving the name to the last byte. The core may ask for less. The default is five seconds.
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets which addresses may be reached. The default is [`AddressPolicy::public`]; [allow](AddressPolicy::allow) an issuer inside your
    /// network.
    pub fn addresses(mut self, policy: AddressPolicy) -> Self {
        self.addresses = policy;
        self
    }

    /// Starts from your reqwest builder, which may set a user agent, roots, a client certificate. Its proxies, redirects, retries and
    /// resolver are overruled.
    ///
    /// The rest is not: addresses set for a name (`resolve`), a `unix_socket`, connector layers, a cookie store and accepted invalid
    /// certificates stay as you set them.
    pub fn base(mut self, base: ClientBuilder) -> Self {
        self.base = base;
        self
    }

    /// Observes why requests fail: `observer` gets the URL and the failure.
    ///
    /// ```
    /// # use attesto_reqwest::ReqwestClient;
    /// let client = ReqwestClient::builder().on_failure(|url, failure| eprintln!("{url}: {failure}")).build();
    /// ```
    pub fn on_failure(mut self, observer: impl Fn(&str, &Failure) + Send + Sync + 'static) -> Self {
        self.on_failure = Some(Arc::new(observer));
        self
    }

    /// **Development only.** Also allows plain http URLs of loopback hosts.
    pub const fn danger_insecure_loopback(mut self) -> Self {
        self.loopback = true;
        self
    }

    /// Builds the client.
    ///
    /// # Errors
    /// Fails if reqwest cannot be set up: there are no roots on this machine, or a certificate is malformed.
    pub fn build(self) -> Result<ReqwestClient, reqwest::Error> {
        let addresses = if self.loopback { self.addresses.allow_loopback() } else { self.addresses };
        let screen = Arc::new(addresses);
        let client = self
            .base
            .dns_resolver(Screened(Arc::clone(&screen)))
            .no_proxy()
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .referer(false)
            // Off in this crate, but another crate of the application may enable the features.
            .no_gzip()
            .no_brotli()
            .no_zstd()
            .no_deflate()
            .https_only(!self.loopback)
            .build()?;
        Ok(ReqwestClient {
            client,
            screen: Some(screen),
            plain_http: self.loopback,
            timeout: self.timeout,
            on_failure: self.on_failure,
        })
    }
}

impl fmt::Debug for ReqwestClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReqwestClientBuilder").field("addresses", &self.addresses).finish_non_exhaustive()
    }
}
