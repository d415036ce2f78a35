//! Takes the one credential of a request.

use super::{Channel, CredentialError, CredentialPolicy, Extraction, Presented, QueryTokenPolicy, form_body, syntax};
use crate::challenge::AuthScheme;
use crate::encoding::form;
use crate::http::{Lines, RequestParts};
use alloc::borrow::Cow;

impl CredentialPolicy {
    /// Takes the one credential of a request, in the order header, extractor, body. If an `Authorization` field is
    /// present but unusable, no other channel is tried. C10.
    ///
    /// # Errors
    ///
    /// The rule that was broken. [`CredentialError::Missing`] and [`CredentialError::UnsupportedScheme`] mean that
    /// there is no credential (401 without an error code), [`CredentialError::ExtractorUnavailable`] that the host
    /// could not answer (503), all others that the request is malformed (400).
    pub fn extract<'r>(&self, request: &RequestParts<'r>) -> Result<Presented<'r>, CredentialError> {
        self.query_holds_no_token(request)?;
        let outside_body = match request.headers.lines("authorization") {
            Lines::Many => return Err(CredentialError::MultipleHeaders),
            Lines::One(value) => Some(self.header_credential(value)?),
            Lines::None => self.extracted_credential(request)?,
        };
        let body = if self.form_body { form_body::with_token(request) } else { None };
        match (outside_body, body) {
            (Some(_), Some(_)) => Err(CredentialError::MultipleMethods),
            (Some(presented), None) => Ok(presented),
            (None, Some(body)) => form_body::take_token(body),
            (None, None) => Err(CredentialError::Missing),
        }
    }

    /// Checks that no parameter of the query decodes to the name `access_token`. RFC 9700 §4.3.2; C7.
    fn query_holds_no_token(&self, request: &RequestParts<'_>) -> Result<(), CredentialError> {
        let query = match self.query_token {
            QueryTokenPolicy::Refuse => request.query.unwrap_or_default(),
            QueryTokenPolicy::Ignore => return Ok(()),
        };
        match form::pairs(query.as_bytes()).any(|pair| pair.name_is(form_body::ACCESS_TOKEN)) {
            true => Err(CredentialError::QueryToken),
            false => Ok(()),
        }
    }

    /// Reads the credential of the one `Authorization` field. C2, C3, C4.
    fn header_credential<'r>(&self, value: &'r [u8]) -> Result<Presented<'r>, CredentialError> {
        if value.len() > self.header_limit.saturating_add(syntax::SCHEME_ROOM) {
            return Err(CredentialError::TooLarge);
        }
        let (scheme, rest) = syntax::split_scheme(value).ok_or(CredentialError::Malformed)?;
        let scheme = match AuthScheme::from_name(scheme) {
            Some(AuthScheme::Bearer) if self.bearer => AuthScheme::Bearer,
            Some(AuthScheme::Dpop) if self.dpop => AuthScheme::Dpop,
            Some(_) | None => return Err(CredentialError::UnsupportedScheme),
        };
        let token = syntax::credentials(rest).ok_or(CredentialError::Malformed)?;
        Ok(Presented { scheme, token: Cow::Borrowed(token), channel: Channel::Header })
    }

    /// Checks the credential that the host's extractor returned. C9.
    fn extracted_credential<'r>(&self, request: &RequestParts<'r>) -> Result<Option<Presented<'r>>, CredentialError> {
        let Some(extractor) = &self.extractor else { return Ok(None) };
        let (scheme, token) = match extractor.extract(request) {
            Extraction::None => return Ok(None),
            Extraction::Unavailable => return Err(CredentialError::ExtractorUnavailable),
            Extraction::Token { scheme, token } => (scheme, token),
        };
        if !self.accepts(scheme) {
            return Err(CredentialError::UnsupportedScheme);
        }
        if token.len() > self.header_limit {
            return Err(CredentialError::TooLarge);
        }
        syntax::token68(token.as_bytes()).ok_or(CredentialError::ExtractorMalformed)?;
        Ok(Some(Presented { scheme, token: Cow::Owned(token), channel: Channel::Extractor }))
    }
}
