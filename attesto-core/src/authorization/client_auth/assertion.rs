//! `private_key_jwt`: an assertion signed by the client (RFC 7523 §2.2, §3; CA-4 to CA-6).

use crate::authorization::error::at_endpoint::AssertionError;
use crate::authorization::error::at_token::HostError;
use crate::authorization::error::reason::Reason;
use crate::authorization::flow::state::Flow;
use crate::authorization::questions::question::ClientQuestion;
use crate::authorization::registered_client::authentication::ClientKeys;
use crate::authorization::registered_client::client::Client;
use crate::authorization::settings::assertion_policy::AssertionPolicy;
use crate::authorization::settings::server::Settings;
use crate::crypto::CryptoProvider;
use crate::dpop::{ReplayClaim, ReplayKey, ReplayOwner};
use crate::encoding::json::{Number, Object, Value};
use crate::jose::{CompactJws, JoseHeader, JwsError, JwsLimits, VerificationKeys};
use crate::{Timestamp, limits};
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use zeroize::Zeroizing;

/// The only accepted `client_assertion_type` (RFC 7523 §2.2).
pub(super) const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The `typ` of an explicitly typed assertion (draft-ietf-oauth-rfc7523bis §4).
const EXPLICIT_TYPE: &str = "client-authentication+jwt";

/// A presented assertion: parsed, but not verified.
pub(super) struct Assertion {
    text: Zeroizing<String>,
    issuer: String,
}

impl Assertion {
    /// Parses the assertion to find its client. The unverified `iss` only selects the keys to try.
    pub(super) fn read(kind: Option<&str>, assertion: Option<&str>) -> Result<Self, Reason> {
        type_is_jwt_bearer(kind)?;
        let text = Zeroizing::new(String::from(assertion.ok_or(Reason::Assertion(AssertionError::Malformed))?));
        let mut buffer = Vec::new();
        let payload = split(&text)?.payload(&mut buffer).map_err(|_| Reason::Assertion(AssertionError::Malformed))?;
        let issuer = Claims::read(payload)?.iss.ok_or(Reason::Assertion(AssertionError::Subject))?.into_owned();
        Ok(Self { text, issuer })
    }

    /// The client that the assertion claims to be from.
    pub(super) fn client_id(&self) -> &str {
        &self.issuer
    }
}

/// Checks that the assertion is the client's, names this server, and is used for the first time. Returns how it names
/// this server.
pub(super) async fn is_the_clients(
    flow: &Flow,
    client: &Client,
    keys: &ClientKeys,
    assertion: &Assertion,
) -> Result<Audience, Reason> {
    let (first_use, audience) = is_plausible(assertion, client, &flow.server, flow.now)?;
    let keys = keys_of(flow, client, keys).await?;
    is_signed(assertion, &keys, flow.now)?;
    flow.record_first_use(
        first_use,
        [Reason::Assertion(AssertionError::Replay), Reason::Assertion(AssertionError::Time)],
    )
    .await?;
    Ok(audience)
}

/// How an assertion names this server. CA-5.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Audience {
    /// By the issuer.
    Issuer,
    /// In the older forms of RFC 7523 and RFC 9126.
    Older,
}

/// Returns the client's keys. Registered keys are parsed for each request; a host with cached keys answers
/// [`ClientQuestion::LoadKeys`] instead.
async fn keys_of(flow: &Flow, client: &Client, keys: &ClientKeys) -> Result<Arc<VerificationKeys>, Reason> {
    match keys {
        ClientKeys::Registered(set) => VerificationKeys::from_jwk_set(flow.server.provider.as_ref(), set)
            .map(Arc::new)
            .map_err(|_| Reason::Host(HostError::RegistrationKeys)),
        ClientKeys::AskHost => flow.ask(ClientQuestion::LoadKeys, client.id.clone()).await,
    }
}

/// Runs every check except the signature's, before any key is looked up, so that a client's name alone does not make a
/// host fetch keys. An attacker can still write a plausible assertion without a key, so hosts must cache fetched keys.
/// RFC 7523 §3. The returned claim is recorded after the signature has verified.
fn is_plausible(
    assertion: &Assertion,
    client: &Client,
    server: &Settings,
    now: Timestamp,
) -> Result<(ReplayClaim, Audience), Reason> {
    let jws = split(&assertion.text)?;
    let mut buffer = Vec::new();
    let header = jws.header(&mut buffer).map_err(header_reason)?;
    alg_is_allowed(&header, server.assertions)?;
    let explicit = typ_is_an_assertions(&header)?;
    let claims = Claims::read(jws.payload(&mut buffer).map_err(|_| Reason::Assertion(AssertionError::Malformed))?)?;
    iss_and_sub_are_the_client(&claims, &client.id)?;
    let audience = aud_is_this_server(&claims, server, client.older_assertion_audiences && !explicit)?;
    let exp = exp_is_near(&claims, server.assertions, now)?;
    iat_is_recent(&claims, server.assertions, now)?;
    nbf_has_come(&claims, now)?;
    let jti = jti_is_bounded_text(&claims)?;
    let key = replay_key(&client.id, jti, server.provider.as_ref());
    // Kept for as long as a node with a late clock could still accept it; it counts until it expires.
    let first_use = ReplayClaim::new(key, exp.plus(AssertionPolicy::CLOCK_SKEW).plus(1)).not_after(exp.minus(1));
    Ok((first_use.owned_by(owner_of_assertions(&client.id, server.provider.as_ref())), audience))
}

/// The owner of a client's assertions, whatever keys it uses. It is not that of the client's proofs: however many of them
/// are on record, the client can authenticate. ST-2.
fn owner_of_assertions(client_id: &str, provider: &dyn CryptoProvider) -> ReplayOwner {
    ReplayOwner::from_bytes(provider.sha256(&[b"assertions", client_id.as_bytes()]))
}

/// Checks that one of the client's keys signed the assertion.
fn is_signed(assertion: &Assertion, keys: &VerificationKeys, now: Timestamp) -> Result<(), Reason> {
    let jws = split(&assertion.text)?;
    let mut buffer = Vec::new();
    let header = jws.header(&mut buffer).map_err(header_reason)?;
    signature_verifies(&jws, &header, keys, now)
}

/// Checks `client_assertion_type`, exactly. RFC 7523 §2.2; CA-4.
fn type_is_jwt_bearer(kind: Option<&str>) -> Result<(), Reason> {
    if kind == Some(JWT_BEARER) { Ok(()) } else { Err(Reason::Assertion(AssertionError::Type)) }
}

/// Splits one compact JWS of bounded length. RFC 7523 §3 item 1; CA-4.
fn split(text: &str) -> Result<CompactJws<'_>, Reason> {
    CompactJws::split(text.as_bytes(), JwsLimits::CLIENT_ASSERTION)
        .map_err(|_| Reason::Assertion(AssertionError::Malformed))
}

/// Maps a header's error. `none` and HMAC are algorithms for which no client has a key. RFC 8725 §3.1; CA-4, RO-1.
const fn header_reason(error: JwsError) -> Reason {
    match error {
        JwsError::UnsupportedAlg => Reason::Assertion(AssertionError::Key),
        JwsError::TooLarge | JwsError::Malformed | JwsError::Encrypted | JwsError::UnsupportedCriticalHeader => {
            Reason::Assertion(AssertionError::Malformed)
        }
    }
}

/// Checks that the policy accepts `alg`. RFC 8725 §3.1; CA-4, RO-1.
fn alg_is_allowed(header: &JoseHeader<'_>, policy: AssertionPolicy) -> Result<(), Reason> {
    if policy.algorithms.contains(header.alg) { Ok(()) } else { Err(Reason::Assertion(AssertionError::Key)) }
}

/// Checks `typ`, and returns whether it is explicit. It may be absent or `JWT`; an explicit type must be that of an
/// assertion for client authentication, so that a token made for another purpose is refused. RFC 8725 §3.11, §3.12;
/// CA-4.
fn typ_is_an_assertions(header: &JoseHeader<'_>) -> Result<bool, Reason> {
    if header.typ_is(EXPLICIT_TYPE) {
        return Ok(true);
    }
    let tail = header.typ.as_deref().and_then(|typ| typ.get(typ.len().checked_sub("+jwt".len())?..));
    if tail.is_some_and(|tail| tail.eq_ignore_ascii_case("+jwt")) {
        Err(Reason::Assertion(AssertionError::Typ))
    } else {
        Ok(false)
    }
}

/// Verifies the signature with one of the client's keys, never with a key from the header. RFC 7523 §3 item 9; CA-4,
/// RO-2.
fn signature_verifies(
    jws: &CompactJws<'_>,
    header: &JoseHeader<'_>,
    keys: &VerificationKeys,
    now: Timestamp,
) -> Result<(), Reason> {
    let key =
        keys.select(header.kid.as_deref(), header.alg, now).map_err(|_| Reason::Assertion(AssertionError::Key))?;
    let mut signature = [0; limits::SIGNATURE];
    let signature = jws.signature(&mut signature).map_err(|_| Reason::Assertion(AssertionError::Malformed))?;
    key.verify(header.alg, jws.signing_input(), signature).map_err(|_| Reason::Assertion(AssertionError::Signature))
}

/// Checks that `iss` and `sub` are the client. RFC 7523 §3 items 1 and 2; CA-4.
fn iss_and_sub_are_the_client(claims: &Claims<'_>, client_id: &str) -> Result<(), Reason> {
    let both = claims.iss.as_deref() == Some(client_id) && claims.sub.as_deref() == Some(client_id);
    if both { Ok(()) } else { Err(Reason::Assertion(AssertionError::Subject)) }
}

/// Checks that `aud` is one string, the issuer. Otherwise another server could name an endpoint of ours as its own, and
/// would receive assertions that are valid here (draft-ietf-oauth-rfc7523bis §3). `older`: for a client registered so,
/// the URLs of the token endpoint (RFC 7523 §3 item 3) and of pushed requests (RFC 9126 §2) are accepted at each
/// endpoint, and a list of one counts as its string. A longer list names other servers, each of which could use the
/// assertion here. CA-5.
fn aud_is_this_server(claims: &Claims<'_>, server: &Settings, older: bool) -> Result<Audience, Reason> {
    let (name, is_list) = claims.aud.as_ref().ok_or(Reason::Assertion(AssertionError::Audience))?;
    let (name, routes) = (name.as_ref(), &server.routes);
    if name == server.issuer && !is_list {
        return Ok(Audience::Issuer);
    }
    let ours = name == server.issuer || name == routes.token.url || name == routes.pushed_authorization.url;
    if older && ours { Ok(Audience::Older) } else { Err(Reason::Assertion(AssertionError::Audience)) }
}

/// Checks that `exp` is in the future, but not further than the lifetime plus the client's clock skew. RFC 7523 §3 item
/// 4; CA-4.
fn exp_is_near(claims: &Claims<'_>, policy: AssertionPolicy, now: Timestamp) -> Result<Timestamp, Reason> {
    let exp =
        number(claims.exp.as_ref()).and_then(Number::date_floor).ok_or(Reason::Assertion(AssertionError::Time))?;
    if exp > now && exp <= now.plus(policy.lifetime).plus(AssertionPolicy::CLOCK_SKEW) {
        Ok(exp)
    } else {
        Err(Reason::Assertion(AssertionError::Time))
    }
}

/// Checks that `iat`, if present, is neither in the future nor too old. RFC 7523 §3 item 6; CA-4.
fn iat_is_recent(claims: &Claims<'_>, policy: AssertionPolicy, now: Timestamp) -> Result<(), Reason> {
    if claims.iat.is_none() {
        return Ok(());
    }
    let iat = number(claims.iat.as_ref()).and_then(Number::date_ceil).ok_or(Reason::Assertion(AssertionError::Time))?;
    let recent = iat <= now.plus(AssertionPolicy::CLOCK_SKEW) && now.since(iat) <= policy.lifetime;
    if recent { Ok(()) } else { Err(Reason::Assertion(AssertionError::Time)) }
}

/// Checks that `nbf`, if present, has passed. RFC 7523 §3 item 5; CA-4.
fn nbf_has_come(claims: &Claims<'_>, now: Timestamp) -> Result<(), Reason> {
    if claims.nbf.is_none() {
        return Ok(());
    }
    let nbf = number(claims.nbf.as_ref()).and_then(Number::date_ceil).ok_or(Reason::Assertion(AssertionError::Time))?;
    if nbf <= now.plus(AssertionPolicy::CLOCK_SKEW) { Ok(()) } else { Err(Reason::Assertion(AssertionError::Time)) }
}

/// Checks that `jti` has 1 to 256 bytes. RFC 7523 §3 item 7; CA-4.
fn jti_is_bounded_text<'c>(claims: &'c Claims<'_>) -> Result<&'c str, Reason> {
    let jti = claims.jti.as_deref().filter(|jti| !jti.is_empty() && jti.len() <= limits::JTI);
    jti.ok_or(Reason::Assertion(AssertionError::Jti))
}

/// Returns the replay key of a client and `jti`. The length separates the two texts, and the first word separates
/// assertions from proofs. CA-6.
pub(super) fn replay_key(client_id: &str, jti: &str, provider: &dyn CryptoProvider) -> ReplayKey {
    let length = u64::try_from(client_id.len()).unwrap_or(u64::MAX).to_be_bytes();
    let parts: [&[u8]; 4] = [b"client_assertion", &length, client_id.as_bytes(), jti.as_bytes()];
    ReplayKey::from_bytes(provider.sha256(&parts))
}

/// The claims as written. A claim of the wrong type counts as absent.
#[derive(Default)]
struct Claims<'p> {
    iss: Option<Cow<'p, str>>,
    sub: Option<Cow<'p, str>>,
    /// The only name, and whether it is in a list.
    aud: Option<(Cow<'p, str>, bool)>,
    jti: Option<Cow<'p, str>>,
    exp: Option<Value<'p>>,
    iat: Option<Value<'p>>,
    nbf: Option<Value<'p>>,
}

impl<'p> Claims<'p> {
    fn read(payload: &'p [u8]) -> Result<Self, Reason> {
        let object = Object::parse(payload).map_err(|_| Reason::Assertion(AssertionError::Malformed))?;
        let mut claims = Self::default();
        object.members(|name, value| -> Result<(), Reason> {
            match name {
                "iss" => claims.iss = value.into_string(),
                "sub" => claims.sub = value.into_string(),
                "aud" => claims.aud = single(value),
                "jti" => claims.jti = value.into_string(),
                "exp" => claims.exp = Some(value),
                "iat" => claims.iat = Some(value),
                "nbf" => claims.nbf = Some(value),
                _ => {}
            }
            Ok(())
        })?;
        Ok(claims)
    }
}

/// Returns a text, or the only item of a list.
fn single(value: Value<'_>) -> Option<(Cow<'_, str>, bool)> {
    let Value::Array(list) = value else { return value.into_string().map(|text| (text, false)) };
    let mut found = None;
    let only = list.items(|item| {
        if found.is_none() {
            found = Some(item);
            Ok(())
        } else {
            Err(())
        }
    });
    only.ok().and(found).and_then(Value::into_string).map(|text| (text, true))
}

const fn number(value: Option<&Value<'_>>) -> Option<Number> {
    match value {
        Some(Value::Number(number)) => Some(*number),
        Some(Value::Null | Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_)) | None => None,
    }
}
