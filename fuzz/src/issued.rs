//! Credentials that requests name in braces: some that open the resource, and some that were made with care and do not.

use crate::fixture::{AUDIENCE, ISSUER, NOW, SECONDS, WORLD, World, sign};
use crate::model::base64url_decoded;
use attesto_core::crypto::Signer;
use attesto_core::dpop::{NonceIssuer, NonceSecret, NonceUse};
use serde_json::{Value, json};
use std::sync::LazyLock;

/// By their names.
pub(crate) static ISSUED: LazyLock<Issued> = LazyLock::new(Issued::new);

/// A self-signed certificate (RFC 8705 appendix A), in base64.
const CERTIFICATE: &str = include_str!("certificate.txt");

/// What the issuer, the client and a thief made.
pub(crate) struct Issued {
    /// A bearer token.
    pub(crate) bearer: String,
    /// A token for the client's DPoP key.
    pub(crate) bound: String,
    /// A token for the holder of the certificate.
    pub(crate) certified: String,
    /// The client's proof for `bound`.
    pub(crate) proof: String,
    /// The proof with the server's nonce.
    pub(crate) nonced: String,
    /// The proof with an expired nonce, which counts as none.
    pub(crate) late: String,
    /// The certificate as `Client-Cert` carries it (RFC 9440).
    pub(crate) certificate: String,
    /// Tokens and proofs that open nothing.
    others: Vec<(&'static str, String)>,
}

/// The nonces of the server that asks for them.
pub(crate) fn nonces() -> NonceIssuer {
    NonceIssuer::new(NonceUse::ResourceServer, NonceSecret::new([7; 32]))
}

impl Issued {
    fn new() -> Self {
        let jkt = WORLD.jkt(WORLD.client.as_ref());
        let bound = token(|claims| claims["cnf"] = json!({ "jkt": jkt }));
        let standard: String = CERTIFICATE.trim().replace('+', "-").replace('/', "_");
        let der = base64url_decoded(standard.trim_end_matches('=').as_bytes()).expect("base64");
        let x5t = WORLD.digest(&der);
        let (client, thief) = (WORLD.client.as_ref(), WORLD.thief.as_ref());
        let nonce = |now| nonces().issue(WORLD.provider.as_ref(), now);
        let others = vec![
            ("{expired}", token(|claims| claims["exp"] = json!(SECONDS))),
            ("{elsewhere}", token(|claims| claims["aud"] = json!("https://other.example.com"))),
            ("{forged}", signed_by(thief, |_| {})),
            ("{unbound}", token(|claims| claims["cnf"] = json!({}))),
            ("{stolen}", proof(thief, &bound, |_| {})),
            ("{old}", proof(client, &bound, |claims| claims["iat"] = json!(SECONDS - 61))),
            ("{get}", proof(client, &bound, |claims| claims["htm"] = json!("GET"))),
        ];
        Self {
            bearer: token(|_| {}),
            certified: token(|claims| claims["cnf"] = json!({ "x5t#S256": x5t })),
            proof: proof(client, &bound, |_| {}),
            nonced: proof(client, &bound, |claims| claims["nonce"] = json!(nonce(NOW.minus(200)))),
            late: proof(client, &bound, |claims| claims["nonce"] = json!(nonce(NOW.minus(301)))),
            certificate: format!(":{}:", CERTIFICATE.trim()),
            others,
            bound,
        }
    }

    /// Puts what was issued in place of its name.
    pub(crate) fn fill(&self, value: &[u8]) -> Vec<u8> {
        let mut value = value.to_vec();
        let ours = [
            ("{bearer}", &self.bearer),
            ("{bound}", &self.bound),
            ("{certified}", &self.certified),
            ("{proof}", &self.proof),
            ("{nonced}", &self.nonced),
            ("{late}", &self.late),
            ("{certificate}", &self.certificate),
        ];
        for (name, issued) in ours.into_iter().chain(self.others.iter().map(|(name, issued)| (*name, issued))) {
            if let Some(at) = value.windows(name.len()).position(|window| window == name.as_bytes()) {
                value.splice(at..at + name.len(), issued.bytes());
            }
        }
        value
    }
}

fn token(change: impl FnOnce(&mut Value)) -> String {
    signed_by(WORLD.issuer.as_ref(), change)
}

fn signed_by(signer: &dyn Signer, change: impl FnOnce(&mut Value)) -> String {
    let mut claims = json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": "usr_1", "client_id": "client-1", "jti": "token-1",
        "iat": SECONDS - 10, "exp": SECONDS + 300, "scope": "things.read",
    });
    change(&mut claims);
    let header = json!({"typ": "at+jwt", "alg": "EdDSA", "kid": "k1"});
    sign(signer, header.to_string().as_bytes(), claims.to_string().as_bytes())
}

fn proof(signer: &dyn Signer, token: &str, change: impl FnOnce(&mut Value)) -> String {
    let mut claims = json!({
        "jti": "proof-1", "htm": "POST", "htu": AUDIENCE, "iat": SECONDS, "ath": WORLD.digest(token.as_bytes()),
    });
    change(&mut claims);
    let header = json!({"typ": "dpop+jwt", "alg": "EdDSA", "jwk": World::jwk(signer)});
    sign(signer, header.to_string().as_bytes(), claims.to_string().as_bytes())
}
