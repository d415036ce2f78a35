//! For the peers on Node: tokens and proofs by the keys they hand over, and what attesto makes of the same.

use crate::clock::{now, processor_time};
use crate::parties::{Client, Issuer, requirement};
use crate::table::median;
use attesto_core::crypto::Algorithm;
use attesto_core::dpop::ReplayAnswer;
use attesto_core::http::{Connection, RequestParts};
use attesto_core::jose::KeyMaterial;
use attesto_core::resource::{Question, Requirement, ResourceServer, Verdict};
use serde_json::{Value, json};
use std::error::Error;
use std::time::Instant;

const ISSUER: &str = "https://auth.example.com";
const RESOURCE: &str = "https://mcp.example.com/mcp";
const ROUNDS: usize = 21;
const CHECKS: usize = 200;

/// What standard input names: `algorithm`, `issuer` and `client`, two private JWKs of that algorithm.
struct Keys {
    issuer: Issuer,
    client: Client,
}

impl Keys {
    fn read() -> Result<Self, Box<dyn Error>> {
        let given: Value = serde_json::from_reader(std::io::stdin())?;
        let algorithm = Algorithm::from_name(given["algorithm"].as_str().unwrap_or_default());
        let algorithm = algorithm.ok_or("no such algorithm")?;
        let material = KeyMaterial::from_jwk(&given["issuer"].to_string())?;
        let issuer = Issuer::https(ISSUER, RESOURCE, &material, algorithm)?;
        let client = Client::from_jwk(&given["client"].to_string(), algorithm)?;
        Ok(Self { issuer, client })
    }
}

/// Prints one line: issuer, resource, public keys, a bearer token, a bound token and a proof for it.
pub(crate) fn mint() -> Result<(), Box<dyn Error>> {
    let Keys { issuer, client } = Keys::read()?;
    let bound = issuer.token(Some(&client))?;
    let line = json!({
        "issuer": ISSUER,
        "resource": RESOURCE,
        "jwks": serde_json::from_str::<Value>(&issuer.jwks())?,
        "bearer": issuer.token(None)?,
        "proof": client.proof("POST", RESOURCE, &bound, now())?,
        "bound": bound,
    });
    println!("{line}");
    Ok(())
}

/// Prints one line: microseconds per check of a bearer token, and of a bound token with its proof: elapsed, and of the processor.
pub(crate) fn check() -> Result<(), Box<dyn Error>> {
    let Keys { issuer, client } = Keys::read()?;
    let (server, requirement) = (issuer.resource()?.build()?, requirement()?);
    let token = format!("Bearer {}", issuer.token(None)?);
    let bearer = per_check(&server, &requirement, &[("authorization", &token)])?;
    let token = issuer.token(Some(&client))?;
    let proof = client.proof("POST", RESOURCE, &token, now())?;
    let token = format!("DPoP {token}");
    let dpop = per_check(&server, &requirement, &[("authorization", &token), ("dpop", &proof)])?;
    println!("{}", json!({ "bearer": bearer, "dpop": dpop }));
    Ok(())
}

/// The median of rounds. The store always says "fresh", as the peers, which have none, do.
fn per_check(
    server: &ResourceServer,
    requirement: &Requirement,
    fields: &[(&str, &str)],
) -> Result<[f64; 2], Box<dyn Error>> {
    let mut headers: Vec<(&str, &[u8])> = vec![("host", b"mcp.example.com")];
    headers.extend(fields.iter().map(|(name, value)| (*name, value.as_bytes())));
    let headers = headers.as_slice();
    let parts = RequestParts::new("POST", "/mcp", &headers).connection(Connection::new().tls());
    let mut rounds = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        let (began, spent) = (Instant::now(), processor_time());
        for _ in 0..CHECKS {
            match server.check(&parts, requirement, now()) {
                Verdict::Granted(_) => {}
                Verdict::Ask(Question::Replay(question)) => match question.answer(ReplayAnswer::Fresh, now()) {
                    Verdict::Granted(_) => {}
                    verdict => return Err(format!("not granted: {verdict:?}").into()),
                },
                verdict => return Err(format!("not granted: {verdict:?}").into()),
            }
        }
        for (round, time) in rounds.iter_mut().zip([began.elapsed(), processor_time() - spent]) {
            round.push(time.as_nanos() as f64 / 1_000.0 / CHECKS as f64);
        }
    }
    Ok(rounds.map(median))
}
