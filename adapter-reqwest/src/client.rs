//! The client.

use crate::failure::Failure;
use crate::resolver::Screened;
use attesto_core::future::BoxFuture;
use attesto_core::host::HttpClient;
use attesto_core::http::{AddressPolicy, Header, HttpFailure, IncomingResponse, OutgoingRequest};
use attesto_core::limits;
use bytes::Bytes;
use reqwest::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue,
};
use reqwest::{Client, ClientBuilder, Method, Request, Response, StatusCode, Url, redirect, retry};
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;

type Observer = Arc<dyn Fn(&str, &Failure) + Send + Sync>;

/// An [`HttpClient`] over reqwest. Clones share their connections.
#[derive(Clone)]
pub struct ReqwestClient {
    client: Client,
    screen: Option<Arc<AddressPolicy>>,
    plain_http: bool,
    timeout: Duration,
    on_failure: Option<Observer>,
}

/// Configures a [`ReqwestClient`].
#[must_use = "nothing is sent before it is built"]
pub struct ReqwestClientBuilder {
    base: ClientBuilder,
    addresses: AddressPolicy,
    loopback: bool,
    timeout: Duration,
    on_failure: Option<Observer>,
}

/// For a whole request, from resolving the name to the last byte.
const TIMEOUT: Duration = Duration::from_secs(5);

impl ReqwestClient {
    /// With the defaults: https to public addresses, the platform's roots, five seconds.
    ///
    /// # Errors
    /// Where reqwest cannot be set up: no roots on this machine, say.
    pub fn new() -> Result<Self, reqwest::Error> {
        Self::builder().build()
    }

    /// With options.
    pub fn builder() -> ReqwestClientBuilder {
        ReqwestClientBuilder {
            base: Client::builder(),
            addresses: AddressPolicy::public(),
            loopback: false,
            timeout: TIMEOUT,
            on_failure: None,
        }
    }

    /// Over a client as you configured it, because you need a proxy, say. Then its redirect policy must be
    /// [`none`](redirect::Policy::none) (a redirect that it follows fails the request afterwards), and **no address is screened**: see
    /// to it that the proxy does. Time and size limits hold.
    #[must_use]
    pub fn danger_unscreened(client: Client) -> Self {
        Self { client, screen: None, plain_http: false, timeout: TIMEOUT, on_failure: None }
    }

    async fn exchange(&self, request: OutgoingRequest) -> Result<IncomingResponse, Failure> {
        // reqwest panics without one.
        Handle::try_current().map_err(|_| Failure::NoRuntime)?;
        let limit = request.response_limit;
        let request = self.translated(request)?;
        let (url, is_post) = (request.url().clone(), *request.method() == Method::POST);
        let mut response = self.client.execute(request).await?;
        if *response.url() != url {
            return Err(Failure::Redirected);
        }
        let (status, headers) = (response.status(), response.headers());
        let encoded = |coding: &HeaderValue| !coding.as_bytes().eq_ignore_ascii_case(b"identity");
        let is_encoded = headers.get_all(CONTENT_ENCODING).iter().any(encoded);
        let (content_type, cache_control) = (joined(headers, &CONTENT_TYPE), joined(headers, &CACHE_CONTROL));
        let body = match (status, is_encoded) {
            (StatusCode::OK, true) => return Err(Failure::ContentCoding),
            (StatusCode::OK, false) => body(&mut response, limit).await?,
            // An endpoint that is asked about a token may say that the token is the reason. Where that cannot be read, the status counts.
            (StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED, false) if is_post => {
                body(&mut response, limit.min(limits::ERROR_RESPONSE)).await.unwrap_or_default()
            }
            // What it says besides its status changes nothing, and must not stand in the way of it.
            (_, _) => Vec::new(),
        };
        let mut answer = IncomingResponse::new(status.as_u16(), body);
        answer.content_type = content_type;
        answer.cache_control = cache_control;
        Ok(answer)
    }

    fn translated(&self, request: OutgoingRequest) -> Result<Request, Failure> {
        let url = Url::parse(&request.url).map_err(|_| Failure::Request("the URL is malformed"))?;
        self.screened(&url)?;
        let method = match request.method {
            "GET" => Method::GET,
            "POST" => Method::POST,
            _ => return Err(Failure::Request("the method is neither GET nor POST")),
        };
        let mut translated = Request::new(method, url);
        for header in &request.headers {
            let (name, value) = field(header).ok_or(Failure::Request("a header field is malformed"))?;
            translated.headers_mut().append(name, value);
        }
        if !request.body.is_empty() {
            // Zeroized when the last byte is sent.
            *translated.body_mut() = Some(Bytes::from_owner(request.body).into());
        }
        // Said, because silence allows any coding (RFC 9110 §12.5.3).
        translated.headers_mut().insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        *translated.timeout_mut() = Some(self.timeout.min(request.time_limit));
        Ok(translated)
    }

    /// What is known before a name is resolved. Addresses in URLs never come to the resolver.
    fn screened(&self, url: &Url) -> Result<(), Failure> {
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

fn field(header: &Header) -> Option<(HeaderName, HeaderValue)> {
    let name = HeaderName::from_bytes(header.name().as_bytes()).ok()?;
    let mut value = HeaderValue::from_str(header.value()).ok()?;
    value.set_sensitive(name == AUTHORIZATION);
    Some((name, value))
}

/// All lines of a field as one (RFC 9110 §5.3). What is not text is left out.
fn joined(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let lines: Vec<&str> = headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
    (!lines.is_empty()).then(|| lines.join(", "))
}

/// Reads no further than to the first byte too many.
async fn body(response: &mut Response, limit: usize) -> Result<Vec<u8>, Failure> {
    let announced = response.content_length().map(usize::try_from);
    if announced.is_some_and(|length| length.map_or(true, |length| length > limit)) {
        return Err(Failure::TooLarge);
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if chunk.len() > limit.saturating_sub(body.len()) {
            return Err(Failure::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
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

impl ReqwestClientBuilder {
    /// The most that one request may take, from resolving the name to the last byte; the core asks for less where it wants less. Five
    /// seconds, unless set.
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Which addresses may be reached: [`AddressPolicy::public`], unless set. An issuer inside your network needs to be
    /// [allowed](AddressPolicy::allow).
    pub fn addresses(mut self, policy: AddressPolicy) -> Self {
        self.addresses = policy;
        self
    }

    /// Starts from a builder of yours: a user agent, roots of your own, a client certificate. Proxies, redirects, retries and the resolver
    /// set there are overruled.
    ///
    /// Not everything is: addresses that you give a name yourself (`resolve`), a `unix_socket`, connector layers, a cookie store and
    /// certificates accepted as they are stay as you set them.
    pub fn base(mut self, base: ClientBuilder) -> Self {
        self.base = base;
        self
    }

    /// Hears why a request failed, with its URL.
    ///
    /// ```
    /// # use attesto_reqwest::ReqwestClient;
    /// let client = ReqwestClient::builder().on_failure(|url, failure| eprintln!("{url}: {failure}")).build();
    /// ```
    pub fn on_failure(mut self, observer: impl Fn(&str, &Failure) + Send + Sync + 'static) -> Self {
        self.on_failure = Some(Arc::new(observer));
        self
    }

    /// **Development only.** Lets plain http URLs of loopback hosts be reached, beside everything else that is allowed.
    pub const fn danger_insecure_loopback(mut self) -> Self {
        self.loopback = true;
        self
    }

    /// The client.
    ///
    /// # Errors
    /// Where reqwest cannot be set up: no roots on this machine, a certificate that is none.
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
            // Off in this crate; another crate of the application may have switched on the features.
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
