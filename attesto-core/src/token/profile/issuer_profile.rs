//! The shape of one kind of issuer's tokens, where it differs from RFC 9068 (J13, A8 to A10, A13).

use crate::encoding::json::{Object, Value};
use crate::jose::JoseHeader;
use crate::token::TokenError;
use crate::token::raw::RawClaims;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// The shape of an issuer's access tokens, as data. The default is strict RFC 9068. A profile changes which claims
/// carry what, and how access tokens differ from the issuer's other tokens. It never changes the rules for issuer,
/// audience, dates, signature and binding.
///
/// Each recipe describes what a product issues by default: authorization servers ([`keycloak`](Self::keycloak),
/// [`auth0`](Self::auth0), [`okta`](Self::okta), [`entra_id_v2`](Self::entra_id_v2),
/// [`entra_id_v1`](Self::entra_id_v1), [`cognito`](Self::cognito),
/// [`spring_authorization_server`](Self::spring_authorization_server), [`duende`](Self::duende),
/// [`reference_family`](Self::reference_family)), workload identities ([`kubernetes`](Self::kubernetes),
/// [`github_actions`](Self::github_actions), [`gitlab_ci`](Self::gitlab_ci), [`aws`](Self::aws),
/// [`google_service_account`](Self::google_service_account), [`spiffe`](Self::spiffe)) and sessions
/// ([`supabase`](Self::supabase), [`firebase`](Self::firebase), [`clerk`](Self::clerk), [`workos`](Self::workos),
/// [`cloudflare_access`](Self::cloudflare_access)). If the product can be configured to issue RFC 9068 tokens, prefer
/// that; it needs no profile. The guide `docs/issuers.md` lists issuer, audience and keys of each.
///
/// ```
/// # use attesto_core::crypto::RustCrypto;
/// use attesto_core::remote::RemoteKeys;
/// use attesto_core::token::{IssuerProfile, TrustedIssuer};
/// # use std::sync::Arc;
///
/// let keys = RemoteKeys::builder("https://example.okta.com/oauth2/default", Arc::new(RustCrypto::new())).build()?;
/// let issuer = TrustedIssuer::remote(keys).profile(IssuerProfile::okta());
///
/// // A custom issuer: the client in `app`, scopes as an array, `typ: JWT`.
/// // Its refresh tokens are JWTs as well, so a claim that tells them apart is pinned.
/// let own = IssuerProfile::rfc9068()
///     .header_typ(["JWT"])?
///     .pin("token_use", "access")
///     .client_id_in(["app"])?
///     .scopes_in(["permissions"])?;
/// # Ok::<(), attesto_core::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct IssuerProfile {
    pub(super) header_typ: Vec<String>,
    pub(super) header_typ_may_be_absent: bool,
    /// Claims of [`OTHER_KINDS`] that the issuer's access tokens may have as well.
    pub(super) may_hold: Vec<String>,
    pub(super) names: Option<Names>,
    pub(super) jti_is_optional: bool,
    pub(super) iat_is_optional: bool,
    pub(crate) subject_may_be_client: bool,
    pub(super) purpose: Option<Purpose>,
    pub(super) pinned: Vec<Pin>,
    pub(super) forbidden: Vec<String>,
    pub(super) dates_may_be_text: bool,
}

/// Claims that ID tokens and logout tokens have and access tokens do not. OpenID Connect Core 1.0 §2, §3.1.3.6,
/// §3.3.2.11; Back-Channel Logout 1.0 §2.4.
pub(crate) const OTHER_KINDS: [&str; 4] = ["nonce", "at_hash", "c_hash", "events"];

/// Claims about a user, under the names that real issuers give them. A token with one of them is never for a client
/// itself, whatever else it leaves out.
pub(crate) const NAMES_OF_USERS: [&str; 20] = [
    "username",
    "user_name",
    "preferred_username",
    "cognito:username",
    "unique_name",
    "upn",
    "email",
    "phone_number",
    "name",
    "nickname",
    "given_name",
    "family_name",
    "user_id",
    "uid",
    "oid",
    "user",
    "login",
    "auth_time",
    "amr",
    "sid",
];

/// Requires one of these strings at the path; without any listed, a non-empty string.
#[derive(Clone, Debug)]
pub(super) struct Pin {
    pub(super) path: Vec<String>,
    pub(super) values: Vec<String>,
}

impl Pin {
    fn holds(&self, claims: Object<'_>) -> bool {
        let Some((last, parents)) = self.path.split_last() else { return false };
        let mut object = claims;
        for name in parents {
            let Some(Value::Object(inner)) = object.get(name) else { return false };
            object = inner;
        }
        match object.get(last) {
            Some(Value::String(found)) if self.values.is_empty() => !found.is_empty(),
            Some(Value::String(found)) => self.values.iter().any(|value| found == *value),
            Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) | None => false,
        }
    }
}

/// Which claims the profile reads.
#[derive(Clone, Debug)]
pub(super) struct Names {
    pub(super) client_id: Vec<String>,
    pub(super) scope: Vec<String>,
    /// Used when no claim of `scope` is present.
    pub(super) client_scope: Vec<String>,
    pub(super) jti: Vec<String>,
    /// Used when there is no `aud`.
    pub(super) audience: Vec<String>,
}

#[derive(Clone, Debug)]
pub(super) struct Purpose {
    pub(super) accepted: Vec<String>,
    pub(super) required: bool,
}

impl Names {
    pub(super) const fn none() -> Self {
        Self {
            client_id: Vec::new(),
            scope: Vec::new(),
            client_scope: Vec::new(),
            jti: Vec::new(),
            audience: Vec::new(),
        }
    }

    pub(super) fn rfc9068() -> Self {
        let one = |name: &str| Vec::from([name.to_string()]);
        Self {
            client_id: one("client_id"),
            scope: one("scope"),
            client_scope: Vec::new(),
            jti: one("jti"),
            audience: Vec::new(),
        }
    }
}

impl IssuerProfile {
    /// Strict RFC 9068: `typ` is `at+jwt`; `client_id`, `scope` (a string) and `jti` are the RFC's claims.
    pub const fn rfc9068() -> Self {
        Self {
            header_typ: Vec::new(),
            header_typ_may_be_absent: false,
            may_hold: Vec::new(),
            names: None,
            jti_is_optional: false,
            iat_is_optional: false,
            subject_may_be_client: false,
            purpose: None,
            pinned: Vec::new(),
            forbidden: Vec::new(),
            dates_may_be_text: false,
        }
    }

    pub(in crate::token) const fn dates_may_be_text(&self) -> bool {
        self.dates_may_be_text
    }

    pub(super) fn recipe(typ: &[&str], client_id: &[&str], scope: &[&str], jti: &[&str]) -> Self {
        let list = |names: &[&str]| names.iter().map(ToString::to_string).collect();
        let names = Names { client_id: list(client_id), scope: list(scope), jti: list(jti), ..Names::none() };
        Self { header_typ: list(typ), names: Some(names), ..Self::rfc9068() }
    }

    pub(super) fn purpose(mut self, accepted: &[&str], required: bool) -> Self {
        let accepted = accepted.iter().map(ToString::to_string).collect();
        self.purpose = Some(Purpose { accepted, required });
        self
    }

    pub(super) fn names_mut(&mut self) -> &mut Names {
        self.names.get_or_insert_with(Names::rfc9068)
    }

    pub(in crate::token) fn accept_typ(&mut self, value: String) {
        self.header_typ.push(value);
    }

    pub(in crate::token) fn check_purpose_claim(&mut self) {
        self.purpose = Some(Purpose { accepted: Vec::from(["access".to_string()]), required: false });
    }

    /// Checks that `typ` is `at+jwt` or a value of the profile. RFC 9068 §4; J13.
    pub(in crate::token) fn typ_is_access_token(&self, header: &JoseHeader<'_>) -> Result<(), TokenError> {
        match header.typ {
            None if self.header_typ_may_be_absent => Ok(()),
            None => Err(TokenError::TypMissing),
            Some(_) if header.typ_is("at+jwt") || self.header_typ.iter().any(|typ| header.typ_is(typ)) => Ok(()),
            Some(_) => Err(TokenError::UnexpectedTyp),
        }
    }

    /// Checks that the private `typ` claim marks an access token. If it marks the token as DPoP-bound, `cnf` must name
    /// the key. A13, B4.
    pub(in crate::token) fn purpose_is_access(
        &self,
        claim: Option<&Value<'_>>,
        cnf: Option<&Value<'_>>,
    ) -> Result<(), TokenError> {
        let Some(purpose) = &self.purpose else { return Ok(()) };
        match claim {
            Some(Value::String(text)) if text.eq_ignore_ascii_case("dpop") && cnf.is_none() => {
                Err(TokenError::UnsupportedConfirmation)
            }
            None if purpose.required => Err(TokenError::UnknownPurpose),
            None => Ok(()),
            Some(Value::String(text)) if purpose.accepted.iter().any(|accepted| accepted == text) => Ok(()),
            Some(Value::String(text)) if matches!(text.as_ref(), "refresh" | "Refresh" | "Offline" | "ID") => {
                Err(TokenError::WrongPurpose)
            }
            Some(_) => Err(TokenError::UnknownPurpose),
        }
    }

    pub(in crate::token) const fn jti_is_optional(&self) -> bool {
        self.jti_is_optional
    }

    pub(in crate::token) const fn iat_may_be_absent(&self) -> bool {
        self.iat_is_optional
    }

    /// Whether `typ` alone does not tell access tokens from the issuer's other tokens. RFC 9068 §4, RFC 8725 §3.12;
    /// J13.
    fn typ_is_loosened(&self) -> bool {
        self.header_typ_may_be_absent || !self.header_typ.is_empty()
    }

    /// Checks that the payload has no claim of another kind of token, and that every pinned claim has its value.
    pub(in crate::token) fn payload_fits(&self, object: Object<'_>) -> Result<(), TokenError> {
        self.kind_is_access_token(object)?;
        if self.pinned.iter().all(|pin| pin.holds(object)) { Ok(()) } else { Err(TokenError::PinnedClaim) }
    }

    /// Refuses claims that only the issuer's other tokens have: those the profile names and, if `typ` is loosened, the
    /// usual ones. RFC 8725 §3.12; A13.
    fn kind_is_access_token(&self, object: Object<'_>) -> Result<(), TokenError> {
        let guarded = self.typ_is_loosened();
        if !guarded && self.forbidden.is_empty() {
            return Ok(());
        }
        object.members(|name, _| {
            let of_another_kind = guarded && OTHER_KINDS.contains(&name) && !self.may_hold(name);
            let forbidden = self.forbidden.iter().any(|claim| claim == name);
            if of_another_kind || forbidden { Err(TokenError::OtherTokenKind) } else { Ok(()) }
        })
    }

    /// Whether the issuer's access tokens may have this claim of [`OTHER_KINDS`].
    pub(crate) fn may_hold(&self, name: &str) -> bool {
        self.may_hold.iter().any(|claim| claim == name)
    }

    /// Moves the values of the profile's claims to where the rules look for them.
    pub(in crate::token) fn locate<'p>(&self, claims: &mut RawClaims<'p>, object: Object<'p>) {
        if let Some(names) = &self.names {
            names.locate(claims, object);
        }
        if self.subject_may_be_client && claims.stand_for_a_client(object) {
            claims.sub = claims.client_id.clone();
        }
    }
}

impl Names {
    fn locate<'p>(&self, claims: &mut RawClaims<'p>, object: Object<'p>) {
        let first = |names: &[String]| names.iter().find_map(|name| object.get(name));
        claims.client_id = first(&self.client_id);
        claims.jti = first(&self.jti);
        if claims.aud.is_none() {
            claims.aud = first(&self.audience);
            claims.aud_is_elsewhere = claims.aud.is_some();
        }
        let all = |names: &[String]| all_scopes(names.iter().filter_map(|name| object.get(name)));
        claims.scope = all(&self.scope).or_else(|| all(&self.client_scope));
    }
}

impl RawClaims<'_> {
    /// Whether there is no subject and no claim that names a user. RFC 9068 §2.2, RFC 7662 §2.2; A7.
    fn stand_for_a_client(&self, object: Object<'_>) -> bool {
        let unsaid = match &self.sub {
            None | Some(Value::Null) => true,
            Some(Value::String(sub)) => sub.is_empty(),
            Some(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => false,
        };
        let names_a_user =
            |name: &str, value: &Value<'_>| NAMES_OF_USERS.contains(&name) && !matches!(value, Value::Null);
        unsaid && object.members(|name, value| if names_a_user(name, &value) { Err(()) } else { Ok(()) }).is_ok()
    }
}

impl Default for IssuerProfile {
    fn default() -> Self {
        Self::rfc9068()
    }
}

/// Joins the scopes of all claims in one string. A wrong shape in any of them gives `null`, which is no scope claim
/// (A10): a part of the granted scopes would misstate the grant.
fn all_scopes<'p>(claims: impl Iterator<Item = Value<'p>>) -> Option<Value<'p>> {
    let claims: Vec<Value<'p>> = claims.collect();
    match claims.as_slice() {
        [] => return None,
        [Value::String(_)] => return claims.into_iter().next(),
        _ => {}
    }
    let mut scopes = String::new();
    for claim in claims {
        let added = match claim {
            Value::String(text) if text.is_empty() => Ok(()),
            Value::String(text) => add(&mut scopes, &text),
            // An element with a space would become two scopes that were never granted.
            Value::Array(array) => array.items(|item| {
                let scope = item.into_string().filter(|scope| !scope.is_empty() && !scope.contains(' ')).ok_or(())?;
                add(&mut scopes, &scope)
            }),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => Err(()),
        };
        if added.is_err() {
            return Some(Value::Null);
        }
    }
    Some(Value::String(scopes.into()))
}

fn add(scopes: &mut String, scope: &str) -> Result<(), ()> {
    if !scopes.is_empty() {
        scopes.push(' ');
    }
    scopes.push_str(scope);
    Ok(())
}
