//! What would a resource server make of this access token? Reads tokens from its input, one a line, fetches the issuer's keys, and
//! says of each whether it is let in, and if not, why.
//!
//! ```sh
//! echo "$TOKEN" | cargo run -p attesto-reqwest --example check_token -- https://auth.example.com https://api.example.com
//! ```
//!
//! A line may hold a DPoP proof for `GET` of the resource behind the token, with a space between.

use attesto_core::crypto::{AlgorithmSet, RustCrypto};
use attesto_core::host::{Guard, MemoryReplayStore};
use attesto_core::http::{CanonicalOrigin, Connection, OriginPolicy, RequestParts};
use attesto_core::remote::RemoteKeys;
use attesto_core::resource::{Requirement, ResourceServer};
use attesto_core::token::{IssuerProfile, TrustedIssuer};
use attesto_reqwest::ReqwestClient;
use attesto_reqwest::reqwest::Url;
use std::error::Error;
use std::io::BufRead;
use std::net::{IpAddr, Ipv4Addr};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::SystemTime;

const HELP: &str = "\
Says what a resource server would make of access tokens: one a line on standard input, each with a DPoP proof behind it or without.
Exits with 1 if one of them is refused, and with 2 if nothing could be checked.

Usage: check_token [OPTIONS] ISSUER RESOURCE

  ISSUER    as in the tokens' `iss`; its metadata names its keys
  RESOURCE  the resource's identifier, as in the tokens' `aud`

Options:
  --profile NAME       how the issuer spells its tokens: rfc9068 (default), keycloak, auth0, okta,
                       entra_id_v2=TENANT, reference_family
  --all-algorithms     take every signature algorithm that attesto can verify, not only those that it takes by default
  --insecure-loopback  development only: issuer and resource may be plain http on this machine
  --help               show this text";

struct Args {
    issuer: String,
    resource: String,
    profile: IssuerProfile,
    all_algorithms: bool,
    loopback: bool,
}

fn parse(mut words: impl Iterator<Item = String>) -> Result<Args, String> {
    let (mut names, mut profile) = (Vec::new(), IssuerProfile::rfc9068());
    let (mut all_algorithms, mut loopback) = (false, false);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--all-algorithms" => all_algorithms = true,
            "--insecure-loopback" => loopback = true,
            "--profile" => {
                let name = words.next().unwrap_or_default();
                profile = profile_named(&name).ok_or_else(|| format!("no such profile: {name:?}"))?;
            }
            option if option.starts_with('-') => return Err(format!("unknown option {option:?}")),
            _ => names.push(word),
        }
    }
    let [issuer, resource] = names.try_into().map_err(|_| "one issuer and one resource are wanted")?;
    Ok(Args { issuer, resource, profile, all_algorithms, loopback })
}

fn profile_named(name: &str) -> Option<IssuerProfile> {
    match name {
        "rfc9068" => Some(IssuerProfile::rfc9068()),
        "keycloak" => Some(IssuerProfile::keycloak()),
        "auth0" => Some(IssuerProfile::auth0()),
        "okta" => Some(IssuerProfile::okta()),
        "reference_family" => Some(IssuerProfile::reference_family()),
        other => other.strip_prefix("entra_id_v2=").map(IssuerProfile::entra_id_v2),
    }
}

fn guard(args: Args) -> Result<Guard, Box<dyn Error>> {
    let provider = Arc::new(RustCrypto::new());
    let client = ReqwestClient::builder().on_failure(|url, failure| eprintln!("{url}: {failure}"));
    let keys = RemoteKeys::builder(args.issuer, provider.clone());
    let (client, keys) = if args.loopback {
        (client.danger_insecure_loopback(), keys.danger_insecure_loopback())
    } else {
        (client, keys)
    };
    let mut issuer = TrustedIssuer::remote(keys.build()?).profile(args.profile);
    if args.all_algorithms {
        issuer = issuer.accept_algorithms(AlgorithmSet::ALL);
    }
    let mut server = ResourceServer::builder(args.resource.as_str(), provider).issuer(issuer);
    // Whoever calls the check, the resource was called by its name.
    let origin = Url::parse(&args.resource)?.origin().ascii_serialization();
    server = server.origin(OriginPolicy::new().canonical(CanonicalOrigin::parse(&origin)?));
    if args.loopback && origin.starts_with("http:") {
        server = server.danger_insecure_loopback();
    }
    let replay = MemoryReplayStore::single_instance(10_000)?;
    Ok(Guard::builder(server.build()?).replay_store(replay).http_client(client.build()?).build()?)
}

/// Whether the line was let in; says so.
#[expect(clippy::disallowed_methods, reason = "a program is where time comes from")]
async fn check(guard: &Guard, resource: &Url, line: &str) -> bool {
    let mut words = line.split_ascii_whitespace();
    let (token, proof) = (words.next().unwrap_or_default(), words.next());
    let authorization = format!("{} {token}", if proof.is_some() { "DPoP" } else { "Bearer" });
    let host = resource.host_str().unwrap_or_default();
    let host = resource.port().map_or(host.to_owned(), |port| format!("{host}:{port}"));
    let mut headers: Vec<(&str, &[u8])> = vec![("host", host.as_bytes()), ("authorization", authorization.as_bytes())];
    headers.extend(proof.map(|proof| ("dpop", proof.as_bytes())));
    let headers: &[(&str, &[u8])] = &headers;
    let here = Connection::new().peer(IpAddr::V4(Ipv4Addr::LOCALHOST));
    let request = RequestParts::new("GET", resource.path(), &headers).query(resource.query()).connection(here);
    match guard.admit(&request, &Requirement::authenticated(), SystemTime::now().into()).await {
        Ok(admission) => {
            let grant = &admission.grant;
            let scopes: Vec<&str> = grant.claims().scopes().collect();
            println!("granted {} by {} scopes {}", grant.subject(), grant.sender().kind(), scopes.join(" "));
            true
        }
        Err(denial) => {
            println!("refused {} {}: {}", denial.status(), denial.reason().code(), denial.reason());
            false
        }
    }
}

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.iter().any(|word| word == "--help" || word == "-h") {
        println!("{HELP}");
        return Ok(ExitCode::SUCCESS);
    }
    let args = match parse(words.into_iter()) {
        Ok(args) => args,
        Err(problem) => {
            eprintln!("{problem}\n\n{HELP}");
            return Ok(ExitCode::from(2));
        }
    };
    let resource = Url::parse(&args.resource)?;
    let guard = guard(args)?;
    let mut all = true;
    for line in std::io::stdin().lock().lines() {
        all &= check(&guard, &resource, &line?).await;
    }
    Ok(if all { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
