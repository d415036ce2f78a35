//! A resource server that says exactly why.

use crate::args::Args;
use attesto_core::crypto::{AlgorithmSet, RustCrypto};
use attesto_core::encoding::json::{Object, Value};
use attesto_core::host::{Guard, Introspector, MemoryReplayStore};
use attesto_core::http::{CanonicalOrigin, Connection, OriginPolicy, RequestParts};
use attesto_core::introspection::{IntrospectionEndpoint, IntrospectionError};
use attesto_core::jose::{CompactJws, JwsLimits};
use attesto_core::remote::{FetchError, RemoteKeys};
use attesto_core::resource::{Reason, Requirement, ResourceServer, ResourceServerBuilder};
use attesto_core::time::Clock;
use attesto_core::token::{TokenError, TokenRules, TrustedIssuer};
use attesto_reqwest::ReqwestClient;
use attesto_reqwest::reqwest::Url;
use std::error::Error;
use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use std::time::SystemTime;

pub(crate) struct Checker {
    guard: Guard,
    resource: Url,
    audience: Vec<String>,
    issuer: String,
    keys: Option<Arc<RemoteKeys>>,
    introspection: Arc<Mutex<Option<IntrospectionError>>>,
}

impl Checker {
    pub(crate) fn new(args: Args) -> Result<Self, Box<dyn Error>> {
        let provider = Arc::new(RustCrypto::new());
        let introspection = Arc::new(Mutex::new(None));
        let resource = Url::parse(if is_web(&args.resource) { &args.resource } else { nowhere(&args) })?;
        let audience = if args.audience.is_empty() { vec![args.resource.clone()] } else { args.audience.clone() };
        let identifier = if is_web(&args.resource) { args.resource.as_str() } else { nowhere(&args) };
        let server = ResourceServer::builder(identifier, provider.clone())
            .token_rules(TokenRules::new().audience_is(audience.clone()));
        let server = called_by_its_name(server, &resource, args.loopback)?;
        let replay = MemoryReplayStore::single_node(10_000)?;
        let (guard, keys) = match &args.introspection {
            None => {
                let keys = remote_keys(&args)?;
                let mut issuer = TrustedIssuer::remote(Arc::clone(&keys)).profile(args.profile.clone());
                if args.all_algorithms {
                    issuer = issuer.accept_algorithms(AlgorithmSet::ALL);
                }
                let guard = Guard::builder(server.issuer(issuer).build()?).http_client(client(args.loopback)?);
                (guard, Some(keys))
            }
            Some(_) => {
                let seen = Arc::clone(&introspection);
                let introspector = Introspector::new(endpoint(&args)?, client(args.loopback)?, provider)
                    .remember(Duration::from_secs(0), 0)
                    .on_failure(move |error| {
                        *seen.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = Some(error);
                    });
                let server = server.ask_foreign().authorization_server(&args.issuer).build()?;
                (Guard::builder(server).foreign_verifier(introspector), None)
            }
        };
        let guard = guard.replay_store(replay).build()?;
        Ok(Self { guard, resource, audience, issuer: args.issuer, keys, introspection })
    }

    /// Whether the line is let in, and what there is to say about it.
    #[expect(clippy::disallowed_methods, reason = "a program is where time comes from")]
    pub(crate) async fn check(&self, line: &str) -> (bool, String) {
        let mut words = line.split_ascii_whitespace();
        let (token, proof) = (words.next().unwrap_or_default(), words.next());
        let authorization = format!("{} {token}", if proof.is_some() { "DPoP" } else { "Bearer" });
        let host = self.resource.host_str().unwrap_or_default();
        let host = self.resource.port().map_or(host.to_owned(), |port| format!("{host}:{port}"));
        let mut headers: Vec<(&str, &[u8])> =
            vec![("host", host.as_bytes()), ("authorization", authorization.as_bytes())];
        headers.extend(proof.map(|proof| ("dpop", proof.as_bytes())));
        let headers: &[(&str, &[u8])] = &headers;
        let here = Connection::new().peer(IpAddr::V4(Ipv4Addr::LOCALHOST));
        let request =
            RequestParts::new("GET", self.resource.path(), &headers).query(self.resource.query()).connection(here);
        *self.introspection.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = None;
        let clock = Clock::new(|| SystemTime::now().into());
        match self.guard.admit(&request, &Requirement::authenticated(), &clock).await {
            Ok(grant) => {
                let scopes: Vec<&str> = grant.claims().scopes().collect();
                (true, format!("granted {} by {} scopes {}", grant.subject(), grant.sender().kind(), scopes.join(" ")))
            }
            Err(denial) => {
                let reason = denial.reason();
                let mut text = format!("refused {} {}: {reason}", denial.status(), reason.code());
                if let Some(detail) = self.detail(reason, token) {
                    // Writing to a String does not fail.
                    let _ = write!(text, ": {detail}");
                }
                (false, text)
            }
        }
    }

    /// What the reason does not say: what was found instead, and who failed behind it.
    fn detail(&self, reason: Reason, token: &str) -> Option<String> {
        if let Some(error) = *self.introspection.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) {
            return Some(format!("{}: {error}", error.code()));
        }
        match reason {
            Reason::Token(TokenError::KeysUnavailable) => {
                let failure = self.keys.as_ref()?.last_failure()?;
                let expected = match failure.error {
                    FetchError::IssuerMismatch => format!("; the issuer was said to be {:?}", self.issuer),
                    _ => String::new(),
                };
                Some(format!("{}: {failure}{expected}", failure.error.code()))
            }
            Reason::Token(TokenError::UnexpectedTyp) => typ_of(token).map(|typ| format!("found {typ:?}")),
            Reason::Token(TokenError::InvalidIssuer) => {
                let found = claim(token, "iss").unwrap_or_else(|| "none".into());
                Some(format!("found {found}, not {:?}", self.issuer))
            }
            Reason::Token(TokenError::InvalidAudience | TokenError::AudienceShape | TokenError::AudienceTooWide) => {
                claim(token, "aud").map(|found| format!("found {found}, not {:?}", self.audience))
            }
            _ => None,
        }
    }
}

/// What is no URL of the web is only what tokens call the resource: a GUID, `api://default`.
fn is_web(resource: &str) -> bool {
    Url::parse(resource).is_ok_and(|url| matches!(url.scheme(), "https" | "http"))
}

/// Stands in for the place of a resource that has none. RFC 2606 §2.
const fn nowhere(args: &Args) -> &'static str {
    if args.loopback { "http://localhost" } else { "https://resource.invalid" }
}

/// Treats the call as one to the resource's own name, whatever address the check uses.
fn called_by_its_name(
    server: ResourceServerBuilder,
    resource: &Url,
    loopback: bool,
) -> Result<ResourceServerBuilder, Box<dyn Error>> {
    let origin = resource.origin().ascii_serialization();
    let server = server.origin(OriginPolicy::new().canonical(CanonicalOrigin::parse(&origin)?));
    Ok(if loopback && origin.starts_with("http:") { server.danger_insecure_loopback() } else { server })
}

fn client(loopback: bool) -> Result<ReqwestClient, Box<dyn Error>> {
    let client = ReqwestClient::builder().on_failure(|url, failure| eprintln!("{url}: {failure}"));
    Ok(if loopback { client.danger_insecure_loopback() } else { client }.build()?)
}

fn remote_keys(args: &Args) -> Result<Arc<RemoteKeys>, Box<dyn Error>> {
    let mut keys = RemoteKeys::builder(&args.issuer, Arc::new(RustCrypto::new()));
    if let Some(jwks_uri) = &args.jwks_uri {
        keys = keys.jwks_uri(jwks_uri);
    }
    if args.spiffe_bundle {
        keys = keys.spiffe_bundle();
    }
    if args.loopback {
        keys = keys.danger_insecure_loopback();
    }
    Ok(keys.build()?)
}

fn endpoint(args: &Args) -> Result<IntrospectionEndpoint, Box<dyn Error>> {
    let said = args.introspection.as_ref().ok_or("no introspection was asked for")?;
    let new = if args.loopback { IntrospectionEndpoint::danger_insecure_loopback } else { IntrospectionEndpoint::new };
    let mut endpoint = new(&said.url, args.issuer.clone(), said.credentials.clone())?;
    if said.audience_is_implied {
        endpoint = endpoint.audience_is_implied();
    }
    if said.kind_may_be_unsaid {
        endpoint = endpoint.kind_may_be_unsaid();
    }
    if !said.subject_in.is_empty() {
        endpoint = endpoint.subject_in(said.subject_in.iter().cloned())?;
    }
    if said.subject_may_be_client {
        endpoint = endpoint.subject_may_be_client();
    }
    Ok(endpoint)
}

fn typ_of(token: &str) -> Option<String> {
    let jws = CompactJws::split(token.as_bytes(), JwsLimits::ACCESS_TOKEN).ok()?;
    let mut buffer = Vec::new();
    let header = jws.header(&mut buffer).ok()?;
    header.typ.map(|typ| typ.into_owned())
}

/// The claim as the token has it, unverified: for the message only.
fn claim(token: &str, name: &str) -> Option<String> {
    let jws = CompactJws::split(token.as_bytes(), JwsLimits::ACCESS_TOKEN).ok()?;
    let mut buffer = Vec::new();
    let value = Object::parse(jws.payload(&mut buffer).ok()?).ok()?.get(name)?;
    Some(match value {
        Value::String(text) => format!("{text:?}"),
        Value::Array(array) => array.as_str().to_owned(),
        Value::Object(object) => object.as_str().to_owned(),
        other => format!("{other:?}"),
    })
}
