//! The credentials that a request presents: exactly one method (RFC 6749 §2.3; CA-1 to CA-4).

use super::assertion::Assertion;
use crate::authorization::error::at_endpoint::ClientError;
use crate::authorization::error::reason::Reason;
use crate::authorization::flow::received::AuthorizationField;
use crate::authorization::parameters::Parameters;
use crate::authorization::records::storable::is_storable;
use crate::authorization::registered_client::authentication::AuthMethod;
use crate::encoding::form;
use alloc::string::String;
use alloc::vec::Vec;
use base64ct::{Base64, Encoding};
use zeroize::Zeroizing;

/// The credentials of a request, before the client is loaded.
pub(super) enum Presented {
    /// `client_id` alone: a public client, or one that authenticates with its certificate.
    Named { client_id: String },
    /// `client_id` alone, in the `Authorization` field: a name and an empty password, as libraries send it for clients
    /// without a secret. An empty secret may be omitted (RFC 6749 §2.3.1), and none is ever registered here.
    NamedInField { client_id: String },
    /// A secret in the `Authorization` field.
    Basic(Credentials),
    /// A secret in the body.
    Post(Credentials),
    /// A signed assertion.
    Assertion(Assertion),
}

/// A name and a secret.
pub(super) struct Credentials {
    pub(super) client_id: String,
    pub(super) secret: Zeroizing<String>,
}

impl Presented {
    /// Reads every kind of credentials, and returns the only one present. CA-1.
    pub(super) fn read(authorization: &AuthorizationField, parameters: &Parameters) -> Result<Self, Reason> {
        let basic = match authorization {
            AuthorizationField::Absent => None,
            AuthorizationField::One(value) => Some(value),
            AuthorizationField::Several => return Err(Reason::Client(ClientError::SeveralMethods)),
        };
        let in_body = ["client_secret", "client_assertion", "client_assertion_type"];
        let [secret, assertion, assertion_type] = in_body.map(|name| parameters.get(name));
        let presented = [basic.is_some(), secret.is_some(), assertion.is_some() || assertion_type.is_some()];
        if presented.iter().filter(|used| **used).count() > 1 {
            return Err(Reason::Client(ClientError::SeveralMethods));
        }
        let named = parameters.get("client_id");
        if let Some(value) = basic {
            let credentials = Credentials::parse_basic(value)?;
            // CA-2.
            if named.is_some_and(|named| named != credentials.client_id) {
                return Err(Reason::Client(ClientError::IdMismatch));
            }
            return Ok(match credentials.secret.is_empty() {
                true => Self::NamedInField { client_id: credentials.client_id },
                false => Self::Basic(credentials),
            });
        }
        if assertion.is_some() || assertion_type.is_some() {
            let assertion = Assertion::read(assertion_type, assertion)?;
            // CA-4.
            if named.is_some_and(|named| named != assertion.client_id()) {
                return Err(Reason::Client(ClientError::IdMismatch));
            }
            return Ok(Self::Assertion(assertion));
        }
        let client_id = String::from(named.ok_or(Reason::Client(ClientError::Missing))?);
        match secret {
            Some(secret) => Ok(Self::Post(Credentials::new(client_id, Zeroizing::new(String::from(secret)))?)),
            None => Ok(Self::Named { client_id }),
        }
    }

    pub(super) fn client_id(&self) -> &str {
        match self {
            Self::Named { client_id } | Self::NamedInField { client_id } => client_id,
            Self::Basic(credentials) | Self::Post(credentials) => &credentials.client_id,
            Self::Assertion(assertion) => assertion.client_id(),
        }
    }

    /// The method, as far as it is known before the client is loaded: a client that only names itself may also present
    /// a certificate.
    pub(super) const fn method(&self) -> AuthMethod {
        match self {
            Self::Named { .. } | Self::NamedInField { .. } => AuthMethod::None,
            Self::Basic(_) => AuthMethod::ClientSecretBasic,
            Self::Post(_) => AuthMethod::ClientSecretPost,
            Self::Assertion(_) => AuthMethod::PrivateKeyJwt,
        }
    }
}

impl Credentials {
    /// Refuses a secret with a NUL. No secret can have one (RFC 6749 appendix A.2: `client-secret = *VSCHAR`), and a
    /// store in which the secret is looked up might fail at it. CA-3, ST-5.
    fn new(client_id: String, secret: Zeroizing<String>) -> Result<Self, Reason> {
        match is_storable(&secret) {
            true => Ok(Self { client_id, secret }),
            false => Err(Reason::Client(ClientError::MalformedCredentials)),
        }
    }

    /// Parses `Basic`: strict base64, a colon, both halves form-encoded. RFC 7617 §2, RFC 6749 §2.3.1; CA-2.
    fn parse_basic(field: &[u8]) -> Result<Self, Reason> {
        let mut words = field.splitn(2, |byte| *byte == b' ');
        let (Some(scheme), Some(encoded)) = (words.next(), words.next()) else {
            return Err(Reason::Client(ClientError::MalformedCredentials));
        };
        if !scheme.eq_ignore_ascii_case(b"basic") {
            return Err(Reason::Client(ClientError::MalformedCredentials));
        }
        let mut buffer = Zeroizing::new(Vec::new());
        buffer.resize(encoded.len(), 0);
        let decoded = Base64::decode(encoded.trim_ascii(), &mut buffer)
            .map_err(|_| Reason::Client(ClientError::MalformedCredentials))?;
        let mut halves = decoded.splitn(2, |byte| *byte == b':');
        let (Some(id), Some(secret)) = (halves.next(), halves.next()) else {
            return Err(Reason::Client(ClientError::MalformedCredentials));
        };
        let (client_id, secret) = (form_decoded(id)?, form_decoded(secret)?);
        if client_id.is_empty() {
            return Err(Reason::Client(ClientError::MalformedCredentials));
        }
        Self::new(String::from(client_id.as_str()), secret)
    }
}

/// Decodes one half as a form's value.
fn form_decoded(half: &[u8]) -> Result<Zeroizing<String>, Reason> {
    let decoded = form::decode(half).map_err(|_| Reason::Client(ClientError::MalformedCredentials))?;
    match String::from_utf8(decoded) {
        Ok(text) => Ok(Zeroizing::new(text)),
        Err(error) => {
            drop(Zeroizing::new(error.into_bytes()));
            Err(Reason::Client(ClientError::MalformedCredentials))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    fn read(authorization: Option<&str>, body: &str) -> Result<Presented, Reason> {
        let authorization = match authorization {
            Some(value) => AuthorizationField::One(Zeroizing::new(value.as_bytes().to_vec())),
            None => AuthorizationField::Absent,
        };
        Presented::read(&authorization, &Parameters::parse(body.as_bytes()).unwrap())
    }

    fn basic(plain: &str) -> String {
        format!("Basic {}", Base64::encode_string(plain.as_bytes()))
    }

    fn refused(authorization: Option<&str>, body: &str) -> Reason {
        read(authorization, body).err().unwrap()
    }

    #[test]
    fn ca1_one_method_per_request() {
        let header = basic("a:b");
        for body in ["client_secret=b", "client_assertion=x", "client_assertion_type=x", "client_id=a&client_secret=b"]
        {
            assert_eq!(refused(Some(&header), body), Reason::Client(ClientError::SeveralMethods), "{body}");
        }
        assert_eq!(
            refused(None, "client_id=a&client_secret=b&client_assertion=x"),
            Reason::Client(ClientError::SeveralMethods)
        );
        let several = Presented::read(&AuthorizationField::Several, &Parameters::default());
        assert_eq!(several.err(), Some(Reason::Client(ClientError::SeveralMethods)));
        assert!(matches!(read(None, "client_id=a"), Ok(Presented::Named { .. })));
        assert!(matches!(read(None, "client_id=a&client_secret=b"), Ok(Presented::Post(_))));
    }

    #[test]
    fn ca2_basic_is_read_strictly_and_form_decoded() {
        // RFC 6749 §2.3.1's example, and halves with reserved characters.
        let Ok(Presented::Basic(found)) = read(Some("Basic czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZkbUl3"), "") else {
            panic!("the example of the RFC")
        };
        assert_eq!((found.client_id.as_str(), found.secret.as_str()), ("s6BhdRkqt3", "7Fjfp0ZBr1KtDRbnfVdmIw"));
        let Ok(Presented::Basic(found)) = read(Some(&basic("https%3A%2F%2Fc:s+e%25")), "") else {
            panic!("encoded halves")
        };
        assert_eq!((found.client_id.as_str(), found.secret.as_str()), ("https://c", "s e%"));
        assert!(matches!(read(Some("bAsIc YTpi"), "client_id=a"), Ok(Presented::Basic(_))));
    }

    #[test]
    fn ca2_malformed_basic_is_refused() {
        let bad = [
            "Basic".into(),
            "Basic ".into(),
            "Basic YTpi=".into(),
            "Basic YTp".into(),
            "Basic YT pi".into(),
            "Bearer YTpi".into(),
            "DPoP YTpi".into(),
            basic("a"),
            basic(":b"),
            basic(":"),
            basic("a%:b"),
            basic("a:%zz"),
            basic("a:%ff"),
            basic("a:s%00"),
            basic("a:s\0"),
        ];
        for value in bad {
            assert_eq!(refused(Some(&value), ""), Reason::Client(ClientError::MalformedCredentials), "{value}");
        }
    }

    #[test]
    fn ca9_a_name_and_an_empty_password_name_a_client() {
        for (body, id) in [("", "a"), ("client_id=a", "a"), ("client_id=a&client_secret=", "a")] {
            let Ok(Presented::NamedInField { client_id }) = read(Some(&basic("a:")), body) else { panic!("{body}") };
            assert_eq!(client_id, id);
        }
        assert_eq!(refused(Some(&basic("a:")), "client_id=c"), Reason::Client(ClientError::IdMismatch));
        assert_eq!(
            refused(Some(&basic("a:")), "client_id=a&client_secret=s"),
            Reason::Client(ClientError::SeveralMethods)
        );
    }

    #[test]
    fn ca2_a_client_id_beside_the_credentials_must_agree_with_them() {
        assert!(read(Some(&basic("a:b")), "client_id=a").is_ok());
        assert_eq!(refused(Some(&basic("a:b")), "client_id=c"), Reason::Client(ClientError::IdMismatch));
    }

    #[test]
    fn ca3_the_body_carries_name_and_secret() {
        let Ok(Presented::Post(found)) = read(None, "client_id=a&client_secret=s%3Dt") else {
            panic!("a secret in the body")
        };
        assert_eq!((found.client_id.as_str(), found.secret.as_str()), ("a", "s=t"));
        assert_eq!(refused(None, "client_secret=s"), Reason::Client(ClientError::Missing));
    }

    #[test]
    fn st5_a_secret_with_a_nul_is_no_secret() {
        assert!(read(None, "client_id=a&client_secret=%01%7F%C3%A9").is_ok());
        for secret in ["%00", "s%00", "%00s"] {
            let body = format!("client_id=a&client_secret={secret}");
            assert_eq!(refused(None, &body), Reason::Client(ClientError::MalformedCredentials), "{secret}");
        }
    }

    #[test]
    fn ca9_the_request_must_name_its_client() {
        assert_eq!(refused(None, "code=c"), Reason::Client(ClientError::Missing));
        assert_eq!(refused(None, "client_secret=s"), Reason::Client(ClientError::Missing));
    }
}
