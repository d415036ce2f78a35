//! What a profile can say.

use super::{IssuerProfile, OTHER_KINDS, Pin, Purpose};
use crate::ConfigError;
use alloc::string::String;
use alloc::vec::Vec;

impl IssuerProfile {
    /// Accepts these `typ` header values beside `at+jwt` (J13).
    ///
    /// `typ` is what keeps an access token apart from everything else that its issuer signs (RFC 9068 §4, RFC 8725 §3.12). In its place
    /// a token with a claim that only ID and logout tokens have (`nonce`, `at_hash`, `c_hash`, `events`) is refused. That does not
    /// tell refresh tokens that are JWTs, nor ID tokens without these claims: find out what does (`token_use`, `type`, `mode`,
    /// `token_class`), and [`pin`](Self::pin) it.
    ///
    /// # Errors
    /// Where a value is blank: there is no "any".
    pub fn header_typ<S: Into<String>>(mut self, values: impl IntoIterator<Item = S>) -> Result<Self, ConfigError> {
        self.header_typ.extend(named("header_typ", values)?);
        Ok(self)
    }

    /// Accepts tokens without a `typ` header value (J13). What stands in for it, and what has to be pinned, says
    /// [`header_typ`](Self::header_typ).
    pub const fn header_typ_may_be_absent(mut self) -> Self {
        self.header_typ_may_be_absent = true;
        self
    }

    /// Says that access tokens of this issuer hold these claims too, of the four that are otherwise taken for another kind's where
    /// `typ` was loosened, and in introspection answers. Say it only where a [`pin`](Self::pin) or [`purpose_is`](Self::purpose_is) tells the
    /// kinds apart.
    ///
    /// # Errors
    /// Where a name is none of `nonce`, `at_hash`, `c_hash` and `events`.
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

    /// The claims that may name the client, the first that is there counts. One of them is required (A8).
    ///
    /// # Errors
    /// Where there is none, or one is blank.
    pub fn client_id_in<S: Into<String>>(mut self, claims: impl IntoIterator<Item = S>) -> Result<Self, ConfigError> {
        self.names_mut().client_id = named("client_id_in", claims)?;
        Ok(self)
    }

    /// The claims that hold scopes, all of which count: a string of scopes with single spaces between, or an array with one scope in
    /// each element (A10).
    ///
    /// # Errors
    /// Where there is none, or one is blank.
    pub fn scopes_in<S: Into<String>>(mut self, claims: impl IntoIterator<Item = S>) -> Result<Self, ConfigError> {
        self.names_mut().scope = named("scopes_in", claims)?;
        Ok(self)
    }

    /// The claims that hold the scopes of a token that no user delegated. They count where none of [`scopes_in`](Self::scopes_in) is
    /// there: beside those they often say what the user may do, which is not what the client was granted.
    ///
    /// # Errors
    /// Where there is none, or one is blank.
    pub fn client_scopes_in<S: Into<String>>(
        mut self,
        claims: impl IntoIterator<Item = S>,
    ) -> Result<Self, ConfigError> {
        self.names_mut().client_scope = named("client_scopes_in", claims)?;
        Ok(self)
    }

    /// The claims that may identify the token, the first that is there counts, and whether there may be none (A9).
    ///
    /// # Errors
    /// Where there is none, or one is blank.
    pub fn jti_in<S: Into<String>>(
        mut self,
        claims: impl IntoIterator<Item = S>,
        optional: bool,
    ) -> Result<Self, ConfigError> {
        self.names_mut().jti = named("jti_in", claims)?;
        self.jti_is_optional = optional;
        Ok(self)
    }

    /// Accepts tokens that do not say when they were issued (A6). Where the resource has a
    /// [`max_age`](crate::token::TokenRules::max_age) or [`max_lifetime`](crate::token::TokenRules::max_lifetime), they are refused all the same.
    pub const fn iat_is_optional(mut self) -> Self {
        self.iat_is_optional = true;
        self
    }

    /// Takes the client for the subject of a token that has no `sub` (absent, `null` or empty): for an issuer that leaves `sub` out of
    /// tokens that stand for a client itself (A7). A token that names a user in another claim (`username`, `email`, `auth_time`, `amr`, ...)
    /// stays refused: all users of a client would become one.
    ///
    /// Client ids and users' names must not overlap.
    pub const fn subject_may_be_client(mut self) -> Self {
        self.subject_may_be_client = true;
        self
    }

    /// The claims that say for whom a token without `aud` is, the first that is there counts; it is required, and compared as `aud` is
    /// (A2, A3). Where a token has `aud`, that counts alone.
    ///
    /// An ID token has the client's id as its `aud`: where tokens are told apart by the client they are for,
    /// [`pin`](Self::pin) what says that they are access tokens.
    ///
    /// # Errors
    /// Where there is none, or one is blank.
    pub fn audience_in<S: Into<String>>(mut self, claims: impl IntoIterator<Item = S>) -> Result<Self, ConfigError> {
        self.names_mut().audience = named("audience_in", claims)?;
        Ok(self)
    }

    /// The private `typ` claim must say one of these (A13).
    ///
    /// # Errors
    /// Where there is none, or one is blank.
    pub fn purpose_is<S: Into<String>>(mut self, values: impl IntoIterator<Item = S>) -> Result<Self, ConfigError> {
        self.purpose = Some(Purpose { accepted: named("purpose_is", values)?, required: true });
        Ok(self)
    }

    /// The claim must be this string.
    pub fn pin(mut self, claim: impl Into<String>, value: impl Into<String>) -> Self {
        self.pinned.push(Pin { path: Vec::from([claim.into()]), values: Vec::from([value.into()]) });
        self
    }

    /// The claim must be one of these strings.
    ///
    /// # Errors
    /// Where there is none, or one is blank.
    pub fn pin_one_of<S: Into<String>>(
        self,
        claim: impl Into<String>,
        values: impl IntoIterator<Item = S>,
    ) -> Result<Self, ConfigError> {
        self.pin_at([claim.into()], values)
    }

    /// One of these strings must stand where the path leads, through objects inside the payload.
    ///
    /// # Errors
    /// Where a name or value is blank, or there is none.
    pub fn pin_at<P: Into<String>, S: Into<String>>(
        mut self,
        path: impl IntoIterator<Item = P>,
        values: impl IntoIterator<Item = S>,
    ) -> Result<Self, ConfigError> {
        self.pinned.push(Pin { path: named("pin", path)?, values: named("pin", values)? });
        Ok(self)
    }

    /// The claim must be there: a string that is not empty.
    pub fn require(mut self, claim: impl Into<String>) -> Self {
        self.pinned.push(Pin { path: Vec::from([claim.into()]), values: Vec::new() });
        self
    }

    /// In introspection answers, dates may be digits in quotation marks: `"exp": "1800000000"`. In tokens they may not (RFC 7519 §2).
    pub const fn introspected_dates_may_be_text(mut self) -> Self {
        self.dates_may_be_text = true;
        self
    }

    /// A token with this claim is refused: it is one of the issuer's other tokens, `at_hash` or `nonce` of an ID token say.
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
