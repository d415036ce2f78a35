//! Compact JWS: split, header, payload and signature are what a naive reader finds, and refused where it refuses.

use crate::model::{Tree, base64url, base64url_decoded};
use attesto_core::crypto::Algorithm;
use attesto_core::jose::{CompactJws, JoseHeader, JwsError, JwsLimits};
use attesto_core::limits;

/// A token; or three lines, of which the token is made by encoding each.
pub fn jws(data: &[u8]) {
    let mut lines = data.splitn(3, |byte| *byte == b'\n');
    let token = match (lines.next(), lines.next(), lines.next()) {
        (Some(header), Some(payload), Some(signature)) => {
            [base64url(header), base64url(payload), base64url(signature)].join(".").into_bytes()
        }
        _ => data.to_vec(),
    };
    for limits in [JwsLimits::DPOP_PROOF, JwsLimits::ACCESS_TOKEN] {
        splits_at_two_dots(&token, limits);
    }
}

fn splits_at_two_dots(token: &[u8], limits: JwsLimits) {
    let segments: Vec<&[u8]> = token.split(|byte| *byte == b'.').collect();
    let jws = match (CompactJws::split(token, limits), segments.as_slice()) {
        (Err(JwsError::TooLarge), [header, ..]) => {
            return assert!(token.len() > limits.jws || header.len() > limits.header);
        }
        (Err(JwsError::Malformed), [header, payload, _]) => return assert!(header.is_empty() || payload.is_empty()),
        (Err(JwsError::Encrypted), segments) => return assert!(segments.len() == 5 && !segments[0].is_empty()),
        (Err(JwsError::Malformed), segments) => return assert!(segments.len() != 5 || segments[0].is_empty()),
        (Ok(jws), [header, payload, _]) => {
            assert!(token.len() <= limits.jws && header.len() <= limits.header);
            assert!(!header.is_empty() && !payload.is_empty());
            jws
        }
        (other, segments) => panic!("{other:?} of {} segments", segments.len()),
    };
    let [header, payload, signature] = segments.as_slice() else { unreachable!("just counted") };
    assert_eq!([jws.signing_input(), signature].join(&b'.'), token);
    // What was in a buffer before does not matter.
    let mut buffer = b"left over".to_vec();
    assert_eq!(jws.payload(&mut buffer).ok(), base64url_decoded(payload).as_deref());
    header_is_read(jws.header(&mut buffer), base64url_decoded(header).as_deref());
    let mut buffer = [7; limits::SIGNATURE];
    let decoded = base64url_decoded(signature).map(|decoded| match decoded.len() {
        0..=limits::SIGNATURE => decoded,
        _ => Vec::new(),
    });
    assert_eq!(jws.signature(&mut buffer).ok(), decoded.as_deref());
}

fn header_is_read(ours: Result<JoseHeader<'_>, JwsError>, decoded: Option<&[u8]>) {
    let tree = decoded.and_then(Tree::strict_object);
    match (ours, tree) {
        (Err(JwsError::Malformed), None) => {}
        (Err(error), Some(tree)) => assert_ne!(faults(&tree).iter().find(|fault| **fault == error), None, "{error}"),
        (Ok(header), Some(tree)) => {
            assert_eq!(faults(&tree), []);
            assert_eq!(tree.get("alg").and_then(Tree::text), Some(header.alg.name()));
            assert_eq!(tree.get("kid").and_then(Tree::text), header.kid.as_deref());
            assert_eq!(tree.get("typ").and_then(Tree::text), header.typ.as_deref());
            assert_eq!(tree.get("jwk").is_some(), header.jwk.is_some());
            let typ = header.typ.as_deref().unwrap_or_default().to_ascii_lowercase();
            assert_eq!(header.typ_is("at+jwt"), matches!(typ.as_str(), "at+jwt" | "application/at+jwt"));
        }
        (ours, tree) => panic!("{ours:?} of {tree:?}"),
    }
}

/// Everything that is wrong with a header; the core names the first.
fn faults(header: &Tree) -> Vec<JwsError> {
    let mut faults = Vec::new();
    let algorithm = header.get("alg").and_then(Tree::text).and_then(Algorithm::from_name);
    if algorithm.is_none() {
        faults.push(JwsError::UnsupportedAlg);
    }
    let kid_is_sound = header.get("kid").is_none_or(|kid| kid.text().is_some_and(|kid| !kid.is_empty()));
    if !kid_is_sound || header.get("typ").is_some_and(|typ| typ.text().is_none()) {
        faults.push(JwsError::Malformed);
    }
    if header.get("crit").is_some() || header.get("b64").is_some_and(|b64| !b64.is_true()) {
        faults.push(JwsError::UnsupportedCriticalHeader);
    }
    faults
}
