//! A token in a form body (RFC 6750 §2.2; C8).

use super::{Channel, CredentialError, Presented, syntax};
use crate::challenge::AuthScheme;
use crate::encoding::form;
use crate::http::{Lines, RequestParts};
use crate::limits;
use alloc::borrow::Cow;
use alloc::string::String;

/// The parameter's name, in bodies and queries (RFC 6750 §2.2, §2.3).
pub(super) const ACCESS_TOKEN: &str = "access_token";

/// Returns the request's body if it is a form that carries a token. Other parameters of the form are ignored.
pub(super) fn with_token<'r>(request: &RequestParts<'r>) -> Option<&'r [u8]> {
    let may_carry_one = method_gives_the_body_meaning(request.method) && media_type_is_form(request);
    request.form_body.filter(|body| may_carry_one && form::pairs(body).any(|pair| pair.name_is(ACCESS_TOKEN)))
}

/// Takes the only token of a body that [`with_token`] returned.
pub(super) fn take_token(body: &[u8]) -> Result<Presented<'_>, CredentialError> {
    if body.len() > limits::FORM_BODY {
        return Err(CredentialError::FormTooLarge);
    }
    let mut tokens = form::pairs(body).filter(|pair| pair.name_is(ACCESS_TOKEN));
    let (Some(pair), None) = (tokens.next(), tokens.next()) else { return Err(CredentialError::FormRepeated) };
    if !form::pairs(body).all(|pair| pair.is_ascii()) {
        return Err(CredentialError::FormNotAscii);
    }
    let value = pair.value().map_err(|_| CredentialError::FormMalformed)?;
    if value.is_empty() {
        return Err(CredentialError::FormEmpty);
    }
    let token = token68(value).ok_or(CredentialError::FormMalformed)?;
    Ok(Presented { scheme: AuthScheme::Bearer, token, channel: Channel::FormBody })
}

/// Whether the method is not `GET` or `HEAD`, whose bodies have no meaning (RFC 9110 §9.3.1).
fn method_gives_the_body_meaning(method: &str) -> bool {
    !method.eq_ignore_ascii_case("GET") && !method.eq_ignore_ascii_case("HEAD")
}

/// Whether `Content-Type` is one line and names the form media type; parameters are allowed (RFC 9110 §8.3.1).
fn media_type_is_form(request: &RequestParts<'_>) -> bool {
    let Lines::One(value) = request.headers.lines("content-type") else { return false };
    let media_type = value.split(|byte| *byte == b';').next().unwrap_or_default();
    media_type.trim_ascii().eq_ignore_ascii_case(b"application/x-www-form-urlencoded")
}

fn token68(value: Cow<'_, [u8]>) -> Option<Cow<'_, str>> {
    match value {
        Cow::Borrowed(bytes) => syntax::token68(bytes).map(Cow::Borrowed),
        Cow::Owned(bytes) => {
            syntax::token68(&bytes)?;
            String::from_utf8(bytes).ok().map(Cow::Owned)
        }
    }
}
