//! What may be changed of a sound proof.

use arbitrary::Arbitrary;
use serde_json::{Map, Value};

/// What is changed.
#[derive(Debug, Arbitrary)]
pub(super) enum Change {
    Nothing,
    // The header.
    Typ(Option<String>),
    Alg(Option<String>),
    AlgOfAnother(u8),
    Crit(Json),
    B64(bool),
    Kid(String),
    HeaderMember(String, Json),
    NoJwk,
    Jwk(Json),
    JwkMember(String, Json),
    JwkWithoutMember(u8),
    JwkOfThief,
    HeaderBytes(Vec<u8>),
    // The claims.
    Htm(Json),
    Htu(Json),
    HtuDecorated(u8),
    Iat(Json),
    IatOffset(i16),
    Jti(Json),
    JtiOfLength(u16),
    Ath(Json),
    AthOfToken(String),
    WithoutClaim(u8),
    Claim(String, Json),
    PayloadBytes(Vec<u8>),
    // The signature, and the whole.
    SignatureBit(u16),
    SignatureLength(u8),
    Byte(u16, u8),
    Appended(Vec<u8>),
}

/// Some JSON value.
#[derive(Clone, Debug, Arbitrary)]
pub(super) enum Json {
    Null,
    Bool(bool),
    Integer(i64),
    Float(f64),
    Text(String),
    List(Vec<String>),
    Object(Vec<(String, String)>),
}

impl Json {
    /// As serde_json's own value.
    pub(super) fn value(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => (*value).into(),
            Self::Integer(value) => (*value).into(),
            Self::Float(value) => (*value).into(),
            Self::Text(value) => value.as_str().into(),
            Self::List(items) => items.iter().map(String::as_str).collect(),
            Self::Object(members) => {
                members.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect::<Map<_, _>>().into()
            }
        }
    }
}
