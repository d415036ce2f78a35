//! The client.

use crate::builder::ReqwestClientBuilder;
use crate::failure::Failure;
use crate::translate;
use attesto_core::future::BoxFuture;
use attesto_core::host::HttpClient;
use attesto_core::http::{AddressPolicy, HttpFailure, IncomingResponse, OutgoingRequest};
use reqwest::{Client, Url};
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;

pub(crate) type Observer = Arc<dyn Fn(&str, &Failure) + Send + Sync>;

/// An [`HttpClient`] over reqwest. Clones share their connections.
#[derive(Clone)]
pub struct ReqwestClient {
    pub(crate) client: Client,
    pub(crate) screen: Option<Arc<AddressPolicy>>,
    pub(crate) plain_http: bool,
    pub(crate) timeout: Duration,
    pub(crate) on_failure: Option<Observer>,
}

/// The limit for a whole request, from resolving the name to the last byte.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(5);

impl ReqwestClient {
    /// Creates a client with the defaults: https to public addresses, the platform's roots, five seconds.
    ///
    /// # Errors
    /// Fails if reqwest cannot be set up: there are no roots on this machine, say.
    pub fn new() -> Result<Self, reqwest::Error> {
        Self::builder().build()
    }

    /// Starts a client with options.
    pub fn builder() -> ReqwestClientBuilder {
        ReqwestClientBuilder::new()
    }

    /// Wraps a client as you configured it, because you need a proxy, say. Its redirect policy must be
    /// [`none`](reqwest::redirect::Policy::none): a redirect that it follows fails the request afterwards. **No address is screened**: make
    /// sure that the proxy does it. Time and size limits hold.
    #[must_use]
    pub fn danger_unscreened(client: Client) -> Self {
        Self { client, screen: None, plain_http: false, timeout: TIMEOUT, on_failure: None }
    }

    async fn exchange(&self, request: OutgoingRequest) -> Result<IncomingResponse, Failure> {
        // reqwest panics without a runtime.
        Handle::try_current().map_err(|_| Failure::NoRuntime)?;
        let url = Url::parse(&request.url).map_err(|_| Failure::Request("the URL is malformed"))?;
        self.screen(&url)?;
        let (is_post, limit) = (request.method == "POST", request.response_limit);
        let mut request = translate::request(request, url.clone())?;
        if let Some(limit) = request.timeout_mut() {
            *limit = self.timeout.min(*limit);
        }
        let response = self.client.execute(request).await?;
        if *response.url() != url {
            return Err(Failure::Redirected);
        }
        translate::response(response, is_post, limit).await
    }

    /// Checks what is known before a name is resolved. Addresses in URLs never come to the resolver.
    fn screen(&self, url: &Url) -> Result<(), Failure> {
        let host = url.host_str().ok_or(Failure::Request("the URL has no host"))?;
        let literal: Option<IpAddr> = host.trim_start_matches('[').trim_end_matches(']').parse().ok();
        match (&self.screen, literal) {
            (Some(policy), Some(address)) if !policy.allows(address) => return Err(Failure::RefusedAddress(address)),
            _ => {}
        }
        let is_loopback = literal.map_or(host == "localhost", |address| address.is_loopback());
        match url.scheme() {
            "https" => Ok(()),
            "http" if self.plain_http && is_loopback => Ok(()),
            _ => Err(Failure::Request("the URL is not https")),
        }
    }
}

impl HttpClient for ReqwestClient {
    async fn send(&self, request: OutgoingRequest) -> Result<IncomingResponse, HttpFailure> {
        let url = self.on_failure.is_some().then(|| request.url.clone());
        self.exchange(request).await.map_err(|failure| {
            if let (Some(on_failure), Some(url)) = (&self.on_failure, url) {
                on_failure(&url, &failure);
            }
            failure.kind()
        })
    }

    fn spawn(&self, task: BoxFuture<'static, ()>) -> Result<(), BoxFuture<'static, ()>> {
        match Handle::try_current() {
            Ok(runtime) => {
                drop(runtime.spawn(task));
                Ok(())
            }
            Err(_) => Err(task),
        }
    }
}

impl fmt::Debug for ReqwestClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReqwestClient")
            .field("screen", &self.screen)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}
