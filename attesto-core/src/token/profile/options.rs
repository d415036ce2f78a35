//! The options of a profile.

use super::issuer_profile::{IssuerProfile, OTHER_KINDS, Pin, Purpose};
use crate::ConfigError;
use alloc::string::String;
use alloc::vec::Vec;

impl IssuerProfile {
    /// Accepts these `typ` header values besides `at+jwt` (J13).
    ///
    /// `typ` keeps an access token apart from everything else that its issuer signs (RFC 9068 §4, RFC 8725 §3.12). With
    /// other values accepted, a token with a claim that only ID and logout tokens have (`nonce`, `at_hash`, `c_hash`,
    /// `events`) is refused instead. That does not detect refresh tokens that are JWTs, nor ID tokens without these
    /// claims: find the claim that does (`token_use`, `type`, `mode`, `token_class`), and [`pin`](Self::pin) it.
    ///
    /// # Errors
    /// Fails if a value is blank: there is no "any".
    pub fn header_typ<S: Into<String>>(mut self, values: impl IntoIterator<Item = S>) -> Result<Self, ConfigError> {
        self.header_typ.extend(named("header_typ", values)?);
        Ok(self)
    }

    /// Accepts tokens without a `typ` header value (J13). See [`header_typ`](Self::header_typ) for the check that
    /// replaces it and for what to pin.
    pub const fn header_typ_may_be_absent(mut self) -> Self {
        self.header_typ_may_be_absent = true;
        self
    }

    /// Allows these claims in access tokens, out of the four that otherwise mark another kind of token if `typ` was
    /// loosened, and in introspection answers. Allow them only if a [`pin`](Self::pin) or
    /// [`purpose_is`](Self::purpose_is) tells the kinds apart.
    ///
    /// # Errors
    /// Fails if a name is not `nonce`, `at_hash`, `c_hash` or `events`.
    pub fn access_tokens_may_hold<S: Into<String>>(
        mut self,
        claims: impl IntoIterator<Item = S>,
    ) -> Result<Self, ConfigError> {
        let claims = named("access_tokens_may_hold", claims)?;
        if claims.iter().any(|claim| !OTHER_KINDS.contains(&claim.as_str())) {
            return Err(ConfigError::new("access_tokens_may_hold", "name claims of nonce, at_hash, c_hash and events"));
        }
        self.may_hold.extend(claims);
        Ok(self)
    }

    /// Sets the claims that may name the client; the first one present counts. One of them is required (A8).
    ///
    /// # Errors
    /// Fails if the list is empty, or a name is blank.
    pub fn client_id_in<S: Into<String>>(mut self, claims: impl IntoIterator<Item = S>) -> Result<Self, ConfigError> {
        self.names_mut().client_id = named("client_id_in", claims)?;
        Ok(self)
    }

    /// Sets the claims that hold scopes; all of them count. Each is a string of scopes separated by single spaces, or
    /// an array with one scope per element (A10).
    ///
    /// # Errors
    /// Fails if the list is empty, or a name is blank.
    pub fn scopes_in<S: Into<String>>(mut self, claims: impl IntoIterator<Item = S>) -> Result<Self, ConfigError> {
        self.names_mut().scope = named("scopes_in", claims)?;
        Ok(self)
    }

    /// Sets the claims that hold the scopes of a token that no user delegated. They count only if no claim of
    /// [`scopes_in`](Self::scopes_in) is present: next to those they often list the user's permissions, which are not
    /// what the client was granted.
    ///
    /// # Errors
    /// Fails if the list is empty, or a name is blank.
    pub fn client_scopes_in<S: Into<String>>(
        mut self,
        claims: impl IntoIterator<Item = S>,
    ) -> Result<Self, ConfigError> {
        self.names_mut().client_scope = named("client_scopes_in", claims)?;
        Ok(self)
    }

    /// Sets the claims that may identify the token, the first one present counts, and whether all may be absent (A9).
    ///
    /// # Errors
    /// Fails if the list is empty, or a name is blank.
    pub fn jti_in<S: Into<String>>(
        mut self,
        claims: impl IntoIterator<Item = S>,
        optional: bool,
    ) -> Result<Self, ConfigError> {
        self.names_mut().jti = named("jti_in", claims)?;
        self.jti_is_optional = optional;
        Ok(self)
    }

    /// Accepts tokens without `iat` (A6). A resource with a [`max_age`](crate::token::TokenRules::max_age) or
    /// [`max_lifetime`](crate::token::TokenRules::max_lifetime) still refuses them.
    pub const fn iat_is_optional(mut self) -> Self {
        self.iat_is_optional = true;
        self
    }

    /// Uses the client as the subject of a token that has no `sub` (absent, `null` or empty), for an issuer that omits
    /// `sub` in tokens for the client itself (A7). A token with another claim about a user (`username`, `email`,
    /// `auth_time`, `amr`, ...) stays refused: all users of a client would become one subject.
    ///
    /// Client ids and subjects of users must not overlap: the subject of such a token is the client's id, so a
    /// client that is registered under the name of a user is that user here. [`TrustedIssuer::allow_subjects`] then lists clients
    /// as well as users: a client that is to get in by its own token must be on it by its id. To tell the two apart, see
    /// whether [`Claims::client_id`](crate::token::Claims::client_id) is the subject.
    ///
    /// [`TrustedIssuer::allow_subjects`]: crate::token::TrustedIssuer::allow_subjects
    pub const fn subject_may_be_client(mut self) -> Self {
        self.subject_may_be_client = true;
        self
    }

    /// Sets the claims that name the audience of a token without `aud`; the first one present counts. One is required,
    /// and it is compared as `aud` is (A2, A3). If a token has `aud`, only that counts.
    ///
    /// An ID token has the client's id as its `aud`. If the audience is a client id, [`pin`](Self::pin) a claim that
    /// marks access tokens.
    ///
    /// # Errors
    /// Fails if the list is empty, or a name is blank.
    pub fn audience_in<S: Into<String>>(mut self, claims: impl IntoIterator<Item = S>) -> Result<Self, ConfigError> {
        self.names_mut().audience = named("audience_in", claims)?;
        Ok(self)
    }

    /// Requires one of these values of the private `typ` claim (A13).
    ///
    /// # Errors
    /// Fails if the list is empty, or a value is blank.
    pub fn purpose_is<S: Into<String>>(mut self, values: impl IntoIterator<Item = S>) -> Result<Self, ConfigError> {
        self.purpose = Some(Purpose { accepted: named("purpose_is", values)?, required: true });
        Ok(self)
    }

    /// Requires this value of the claim.
    pub fn pin(mut self, claim: impl Into<String>, value: impl Into<String>) -> Self {
        self.pinned.push(Pin { path: Vec::from([claim.into()]), values: Vec::from([value.into()]) });
        self
    }

    /// Requires one of these values of the claim.
    ///
    /// # Errors
    /// Fails if the list is empty, or a value is blank.
    pub fn pin_one_of<S: Into<String>>(
        self,
        claim: impl Into<String>,
        values: impl IntoIterator<Item = S>,
    ) -> Result<Self, ConfigError> {
        self.pin_at([claim.into()], values)
    }

    /// Requires one of these strings at the end of a path through nested objects of the payload.
    ///
    /// # Errors
    /// Fails if a name or value is blank, or a list is empty.
    pub fn pin_at<P: Into<String>, S: Into<String>>(
        mut self,
        path: impl IntoIterator<Item = P>,
        values: impl IntoIterator<Item = S>,
    ) -> Result<Self, ConfigError> {
        self.pinned.push(Pin { path: named("pin", path)?, values: named("pin", values)? });
        Ok(self)
    }

    /// Requires the claim to be a non-empty string.
    pub fn require(mut self, claim: impl Into<String>) -> Self {
        self.pinned.push(Pin { path: Vec::from([claim.into()]), values: Vec::new() });
        self
    }

    /// Accepts dates as strings of digits in introspection answers: `"exp": "1800000000"`. Tokens may not have them
    /// (RFC 7519 §2).
    pub const fn introspected_dates_may_be_text(mut self) -> Self {
        self.dates_may_be_text = true;
        self
    }

    /// Refuses a token with this claim, which marks one of the issuer's other tokens: `at_hash` or `nonce` of an ID
    /// token, for example.
    pub fn forbid(mut self, claim: impl Into<String>) -> Self {
        self.forbidden.push(claim.into());
        self
    }
}

fn named<S: Into<String>>(
    member: &'static str,
    values: impl IntoIterator<Item = S>,
) -> Result<Vec<String>, ConfigError> {
    let values: Vec<String> = values.into_iter().map(Into::into).collect();
    if values.is_empty() || values.iter().any(|value| value.trim().is_empty()) {
        return Err(ConfigError::new(member, "name at least one, none of them blank; there is no \"any\""));
    }
    Ok(values)
}
