//! Where a request carries its token, and its proof: one, from one place, and exactly what was sent.

use crate::fixture::{AUDIENCE, NOW, WORLD};
use crate::request::Request;
use attesto_core::challenge::AuthScheme;
use attesto_core::dpop::{ProofContext, ProofError, ProofPolicy, check_proof, is_single};
use attesto_core::http::ObservedUri;
use attesto_core::limits;
use attesto_core::resource::{Channel, CredentialError, CredentialPolicy, QueryTokenPolicy};
use url::form_urlencoded;

type Found = Result<(AuthScheme, String, Channel), CredentialError>;

/// A request.
pub fn credentials(data: &[u8]) {
    let request = Request::parse(data);
    let plain = CredentialPolicy::new();
    assert_eq!(extract(&plain, &request), expected(&request), "the default policy");
    // A body is nothing to a policy that reads none.
    assert_eq!(extract(&plain, &Request { body: None, ..request.clone() }), extract(&plain, &request));
    form_token_is_the_only_one(&request);
    let ignored = extract(&plain.clone().query_token(QueryTokenPolicy::Ignore), &request);
    assert_eq!(ignored, extract(&plain, &Request { query: None, ..request.clone() }), "a query is never a credential");
    for (policy, off) in [(plain.clone().refuse_bearer(), AuthScheme::Bearer), (plain.refuse_dpop(), AuthScheme::Dpop)]
    {
        assert!(
            extract(&policy, &request).is_ok_and(|(scheme, ..)| scheme != off) || extract(&policy, &request).is_err()
        );
    }
    proof_is_refused(&request);
}

fn extract(policy: &CredentialPolicy, request: &Request) -> Found {
    request
        .with_parts(|parts| policy.extract(parts).map(|found| (found.scheme, found.token.into_owned(), found.channel)))
}

/// RFC 6750 §2.1 and RFC 9110 §11.4, read naively.
fn expected(request: &Request) -> Found {
    if pairs(request.query.as_deref().unwrap_or_default().as_bytes()).iter().any(|(name, _)| name == "access_token") {
        return Err(CredentialError::QueryToken);
    }
    let lines = request.values("authorization");
    let [value] = lines.as_slice() else {
        return Err(if lines.is_empty() { CredentialError::Missing } else { CredentialError::MultipleHeaders });
    };
    if value.len() > limits::HEADER_VALUE + 64 {
        return Err(CredentialError::TooLarge);
    }
    let text: String = value.iter().map(|byte| char::from(*byte)).collect();
    let is_tchar = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    let scheme: String = text.chars().take_while(|c| is_tchar(*c)).collect();
    let rest = &text[scheme.len()..];
    let scheme = match scheme.to_ascii_lowercase().as_str() {
        "" => return Err(CredentialError::Malformed),
        "bearer" => AuthScheme::Bearer,
        "dpop" => AuthScheme::Dpop,
        _ => return Err(CredentialError::UnsupportedScheme),
    };
    let token = rest.trim_start_matches(' ');
    let symbols = token.trim_end_matches('=');
    let is_token68 = !symbols.is_empty() && symbols.chars().all(|c| c.is_ascii_alphanumeric() || "-._~+/".contains(c));
    if token.len() == rest.len() || !is_token68 {
        return Err(CredentialError::Malformed);
    }
    Ok((scheme, token.to_owned(), Channel::Header))
}

fn pairs(form: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(form).map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

/// What is taken from a form is its one `access_token`, and there is no other credential. RFC 6750 §2.2.
fn form_token_is_the_only_one(request: &Request) {
    let found = extract(&CredentialPolicy::new().accept_form_body(), request);
    let alone = expected(request);
    match found {
        Ok((scheme, token, Channel::FormBody)) => {
            assert_eq!((scheme, alone), (AuthScheme::Bearer, Err(CredentialError::Missing)));
            let body = request.body.as_deref().expect("a form has a body");
            let tokens: Vec<_> = pairs(body).into_iter().filter(|(name, _)| name == "access_token").collect();
            assert_eq!(tokens, [("access_token".to_owned(), token)]);
            assert!(body.len() <= limits::FORM_BODY && !matches!(request.method.as_str(), "GET" | "HEAD"));
            let types = request.values("content-type");
            let [media_type] = types.as_slice() else { panic!("{} media types", types.len()) };
            assert!(media_type.trim_ascii().to_ascii_lowercase().starts_with(b"application/x-www-form-urlencoded"));
        }
        // The body can only take away what the header gave, and only by naming a second token.
        Err(CredentialError::MultipleMethods) => assert!(alone.is_ok()),
        found @ Ok(_) => assert_eq!(found, alone),
        Err(error) => assert!(alone == Err(error) || alone == Err(CredentialError::Missing)),
    }
}

/// Checks that every proof in the request is rejected: only the holder of a key can make one.
fn proof_is_refused(request: &Request) {
    let lines = request.values("dpop");
    request.with_parts(|parts| {
        let single = is_single(parts.headers);
        match lines.as_slice() {
            [] => assert_eq!(single, Err(ProofError::MissingProof)),
            [value] if !value.contains(&b',') => assert_eq!(single, Ok(*value)),
            _ => assert_eq!(single, Err(ProofError::MultipleProofs)),
        }
        let uri = ObservedUri::parse(AUDIENCE).expect("a URI");
        let context = ProofContext { method: "POST", uri: &uri, access_token: Some("token") };
        for value in lines {
            assert!(check_proof(value, &context, &ProofPolicy::new(), WORLD.provider.as_ref(), NOW).is_err());
        }
    });
}
