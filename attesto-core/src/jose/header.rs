//! The protected header of a JWS (RFC 7515 §4).

use super::JwsError;
use crate::crypto::Algorithm;
use crate::encoding::json::{Object, Value};
use alloc::borrow::Cow;

/// The members read from a protected header. `jku`, `x5u`, `x5c` and all others are never read (J15, D18).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct JoseHeader<'h> {
    /// `alg`.
    pub alg: Algorithm,
    /// `kid`; never empty.
    pub kid: Option<Cow<'h, str>>,
    /// `typ`, as written.
    pub typ: Option<Cow<'h, str>>,
    /// `jwk`, with any value: only that of a DPoP proof is used.
    pub jwk: Option<Value<'h>>,
}

impl<'h> JoseHeader<'h> {
    /// Parses a header, which must be a strict object. RFC 7515 §4.
    pub(crate) fn parse(header: &'h [u8]) -> Result<Self, JwsError> {
        let (mut alg, mut kid, mut typ, mut jwk) = (None, None, None, None);
        Object::read(header, |name, value| {
            match name {
                "alg" => alg = Some(known_algorithm(value)?),
                "kid" => kid = Some(text(value).filter(|kid| !kid.is_empty()).ok_or(JwsError::Malformed)?),
                "typ" => typ = Some(text(value).ok_or(JwsError::Malformed)?),
                "jwk" => jwk = Some(value),
                "crit" => return Err(JwsError::UnsupportedCriticalHeader),
                "b64" => payload_is_encoded(&value)?,
                _ => {}
            }
            Ok(())
        })??;
        Ok(Self { alg: alg.ok_or(JwsError::UnsupportedAlg)?, kid, typ, jwk })
    }

    /// Whether `typ` is `expected`, ASCII case-insensitively, with or without a leading `application/`.
    /// RFC 7515 §4.1.9; J13.
    #[must_use]
    pub fn typ_is(&self, expected: &str) -> bool {
        const PREFIX: &str = "application/";
        let Some(typ) = self.typ.as_deref() else { return false };
        let short = match typ.split_at_checked(PREFIX.len()) {
            Some((prefix, rest)) if prefix.eq_ignore_ascii_case(PREFIX) => rest,
            Some(_) | None => typ,
        };
        short.eq_ignore_ascii_case(expected)
    }
}

/// Checks that the algorithm is supported. RFC 8725 §3.1; J5, J7.
fn known_algorithm(value: Value<'_>) -> Result<Algorithm, JwsError> {
    text(value).as_deref().and_then(Algorithm::from_name).ok_or(JwsError::UnsupportedAlg)
}

/// Refuses an unencoded payload, which a JWT cannot have. RFC 7797 §7; J14.
fn payload_is_encoded(value: &Value<'_>) -> Result<(), JwsError> {
    match value {
        Value::Bool(true) => Ok(()),
        Value::Bool(false) | Value::Null | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
            Err(JwsError::UnsupportedCriticalHeader)
        }
    }
}

fn text(value: Value<'_>) -> Option<Cow<'_, str>> {
    value.into_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(json: &str) -> Result<JoseHeader<'_>, JwsError> {
        JoseHeader::parse(json.as_bytes())
    }

    #[test]
    fn j5_alg_is_a_known_name() {
        assert_eq!(parse(r#"{"alg":"PS256"}"#).unwrap().alg, Algorithm::PS256);
        for json in [
            "{}",
            r#"{"alg":null}"#,
            r#"{"alg":1}"#,
            r#"{"alg":["ES256"]}"#,
            r#"{"alg":""}"#,
            r#"{"alg":"none"}"#,
            r#"{"alg":"NONE"}"#,
            r#"{"alg":"HS256"}"#,
            r#"{"alg":"es256"}"#,
            r#"{"alg":"ES256K"}"#,
        ] {
            assert_eq!(parse(json).unwrap_err(), JwsError::UnsupportedAlg, "{json}");
        }
    }

    #[test]
    fn j7_ed448_is_refused() {
        assert_eq!(parse(r#"{"alg":"Ed25519"}"#).unwrap().alg, Algorithm::Ed25519);
        assert_eq!(parse(r#"{"alg":"Ed448"}"#).unwrap_err(), JwsError::UnsupportedAlg);
    }

    #[test]
    fn j8_kid_is_a_non_empty_string() {
        assert_eq!(parse(r#"{"alg":"ES256","kid":"k"}"#).unwrap().kid.as_deref(), Some("k"));
        assert!(parse(r#"{"alg":"ES256"}"#).unwrap().kid.is_none());
        for kid in ["1", "null", "\"\"", "[\"k\"]"] {
            let json = alloc::format!(r#"{{"alg":"ES256","kid":{kid}}}"#);
            assert_eq!(parse(&json).unwrap_err(), JwsError::Malformed, "{kid}");
        }
    }

    #[test]
    fn j13_typ_compares_without_case_and_prefix() {
        for typ in ["at+jwt", "AT+JWT", "application/at+jwt", "Application/At+Jwt"] {
            let json = alloc::format!(r#"{{"alg":"ES256","typ":"{typ}"}}"#);
            assert!(parse(&json).unwrap().typ_is("at+jwt"), "{typ}");
        }
        for typ in ["jwt", "at+jwt ", "at+jwtx", "application/", "application/application/at+jwt", "text/at+jwt", ""] {
            let json = alloc::format!(r#"{{"alg":"ES256","typ":"{typ}"}}"#);
            assert!(!parse(&json).unwrap().typ_is("at+jwt"), "{typ}");
        }
        assert!(!parse(r#"{"alg":"ES256"}"#).unwrap().typ_is("at+jwt"));
        assert_eq!(parse(r#"{"alg":"ES256","typ":1}"#).unwrap_err(), JwsError::Malformed);
    }

    #[test]
    fn j14_any_crit_is_refused() {
        for crit in ["[]", "[\"exp\"]", "[\"b64\"]", "null", "\"exp\"", "{}", "false"] {
            let json = alloc::format!(r#"{{"alg":"ES256","crit":{crit}}}"#);
            assert_eq!(parse(&json).unwrap_err(), JwsError::UnsupportedCriticalHeader, "{crit}");
        }
    }

    #[test]
    fn j14_b64_is_true_or_absent() {
        assert!(parse(r#"{"alg":"ES256","b64":true}"#).is_ok());
        for b64 in ["false", "null", "1", "\"true\""] {
            let json = alloc::format!(r#"{{"alg":"ES256","b64":{b64}}}"#);
            assert_eq!(parse(&json).unwrap_err(), JwsError::UnsupportedCriticalHeader, "{b64}");
        }
    }

    #[test]
    fn j15_foreign_key_references_are_ignored() {
        let json = r#"{"alg":"ES256","jku":"https://evil.example","x5u":1,"x5c":["AA"],"x5t":null}"#;
        assert!(parse(json).unwrap().jwk.is_none());
    }
}
