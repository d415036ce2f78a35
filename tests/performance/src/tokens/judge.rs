//! Whether what a server issued is what it should be: an ES256 access token that attesto's own resource server lets in.

use super::{CLIENT_ID, RESOURCE};
use crate::clock::now;
use crate::parties::requirement;
use attesto_core::crypto::AwsLc;
use attesto_core::encoding::base64url;
use attesto_core::http::{Connection, RequestParts};
use attesto_core::jose::{JwkSet, VerificationKeys};
use attesto_core::resource::{Requirement, ResourceServer, Verdict};
use attesto_core::token::TrustedIssuer;
use serde_json::Value;
use std::collections::BTreeSet;
use std::error::Error;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

/// A resource that trusts one server.
pub(crate) struct Judge {
    resource: ResourceServer,
    requirement: Requirement,
    seen: BTreeSet<String>,
}

impl Judge {
    pub(crate) fn new(issuer: &str, jwks: &Value) -> Result<Self, Box<dyn Error>> {
        let provider = Arc::new(AwsLc::new());
        let keys = VerificationKeys::from_jwk_set(provider.as_ref(), &JwkSet::from_json(jwks.to_string().as_bytes())?)?;
        let resource = ResourceServer::builder(RESOURCE, provider)
            .issuer(TrustedIssuer::danger_insecure_loopback(issuer, keys)?)
            .danger_insecure_loopback()
            .without_token_memory()
            .build()?;
        Ok(Self { resource, requirement: requirement()?, seen: BTreeSet::new() })
    }

    /// How many were verified.
    pub(crate) fn verified(&self) -> usize {
        self.seen.len()
    }

    /// # Errors
    /// Where this is no response with such a token, or one with a token that came before.
    pub(crate) fn verify(&mut self, response: &[u8]) -> Result<(), Box<dyn Error>> {
        let text = std::str::from_utf8(response)?;
        let (_, body) = text.split_once("\r\n\r\n").ok_or("no body")?;
        let body: Value = serde_json::from_str(body)?;
        let token = body["access_token"].as_str().ok_or_else(|| format!("no token in {body}"))?;
        let mut header = Vec::new();
        base64url::decode_append(token.split('.').next().unwrap_or_default().as_bytes(), &mut header)?;
        let header: Value = serde_json::from_slice(&header)?;
        if header["alg"] != "ES256" || header["typ"] != "at+jwt" {
            return Err(format!("not an ES256 access token: {header}").into());
        }
        let authorization = format!("Bearer {token}");
        let headers: &[(&str, &[u8])] = &[("host", b"127.0.0.1:8080"), ("authorization", authorization.as_bytes())];
        let connection = Connection::new().peer(IpAddr::V4(Ipv4Addr::LOCALHOST));
        let request = RequestParts::new("POST", "/mcp", &headers).connection(connection);
        match self.resource.check(&request, &self.requirement, now()) {
            Verdict::Granted(grant) if grant.claims().client_id() == Some(CLIENT_ID) => {}
            Verdict::Granted(_) => return Err("a token of another client".into()),
            Verdict::Denied(denial) => return Err(format!("a token that is refused: {:?}", denial.reason()).into()),
            Verdict::Ask(_) => return Err("a token that raises questions".into()),
        }
        if !self.seen.insert(token.to_owned()) {
            return Err("a token that was issued before".into());
        }
        Ok(())
    }
}
