//! The JOSE cookbook (RFC 7520), and its examples for RFC 8037 and RFC 7797: J2, J5, J12, J14.

use crate::jws::verify;
use crate::{agreed, vectors};
use serde_json::Value;

/// The public members of an example's key.
fn public(document: &Value) -> Value {
    let mut key = document["input"]["key"].clone();
    if let Value::Object(members) = &mut key {
        members.retain(|name, _| ["kty", "crv", "x", "y", "n", "e", "kid"].contains(&name.as_str()));
    }
    key
}

/// Whether both providers verify this form of an example's output; `None` where the folder is absent.
fn accepted(file: &str, form: &str) -> Option<bool> {
    let document = vectors(&format!("jose-cookbook/{file}"))?;
    let jws = &document["output"][form];
    assert!(!jws.is_null(), "{file} has no {form}");
    let jws = jws.as_str().map_or_else(|| jws.to_string(), ToOwned::to_owned);
    let key = public(&document);
    Some(agreed(|provider| verify(provider, &jws, &key).is_some()).expect("the providers agree"))
}

#[test]
fn j12_cookbook_signatures_verify() {
    for file in [
        "jws/4_1.rsa_v15_signature.json",
        "jws/4_2.rsa-pss_signature.json",
        "jws/4_3.ecdsa_signature.json",
        "curve25519/jws.json",
    ] {
        let Some(accepted) = accepted(file, "compact") else { continue };
        assert!(accepted, "{file}");
    }
}

#[test]
fn j2_cookbook_json_serialisation_is_refused() {
    for form in ["json", "json_flat"] {
        let Some(accepted) = accepted("jws/4_3.ecdsa_signature.json", form) else { continue };
        assert!(!accepted, "{form}");
    }
}

#[test]
fn j5_cookbook_hmac_does_not_exist_here() {
    let Some(accepted) = accepted("jws/4_4.hmac-sha2_integrity_protection.json", "compact") else { return };
    assert!(!accepted);
}
