use super::*;
use crate::crypto::Algorithm;
use crate::crypto::AlgorithmSet;
use crate::metadata::EnforcedCapabilities;
use crate::metadata::ResourceIdentifier;
use crate::metadata::enforced::BearerMethod;
use alloc::string::String;

type Builder = ProtectedResourceMetadataBuilder;

const HEADER: EnforcedCapabilities = EnforcedCapabilities::HEADER_ONLY;

fn builder() -> Builder {
    ProtectedResourceMetadata::builder(ResourceIdentifier::parse("https://h/mcp").unwrap())
}

fn json(builder: Builder, enforced: &EnforcedCapabilities) -> String {
    builder.build(enforced).unwrap().to_json()
}

fn refused(builder: Builder, enforced: &EnforcedCapabilities) -> &'static str {
    builder.build(enforced).unwrap_err().member()
}

fn dpop(algs: &[Algorithm]) -> EnforcedCapabilities {
    let algs = AlgorithmSet::try_from_iter(algs.iter().copied()).unwrap();
    EnforcedCapabilities { dpop_algs: Some(algs), ..HEADER }
}

#[test]
fn p6_least_document_has_the_identifier_and_the_accepted_methods() {
    assert_eq!(json(builder(), &HEADER), r#"{"resource":"https://h/mcp","bearer_methods_supported":["header"]}"#);
    let nothing = EnforcedCapabilities::default();
    assert_eq!(json(builder(), &nothing), r#"{"resource":"https://h/mcp"}"#);
}

#[test]
fn p7_members_come_in_the_tables_order() {
    let enforced =
        EnforcedCapabilities { body: true, dpop_required: true, mtls_bound: true, ..dpop(&[Algorithm::ES256]) };
    let document = builder()
        .acr_values_supported(["phr", "phr"])
        .signed_metadata("eyJhbGciOiJFUzI1NiJ9.e30.c2ln")
        .resource_tos_uri("https://h/tos")
        .resource_policy_uri("https://h/policy")
        .resource_documentation("https://h/docs")
        .resource_name_in("de", "Sch\u{f6}n")
        .resource_name("Nice")
        .authorization_details_types_supported(["payment"])
        .resource_signing_alg_values_supported(["ES256"])
        .jwks_uri("https://h/jwks")
        .scopes_supported(["a", "b", "a"])
        .authorization_server("https://as/")
        .authorization_server("https://as");
    assert_eq!(
        json(document, &enforced),
        concat!(
            r#"{"resource":"https://h/mcp","authorization_servers":["https://as/","https://as"],"#,
            r#""scopes_supported":["a","b"],"bearer_methods_supported":["header","body"],"#,
            r#""dpop_signing_alg_values_supported":["ES256"],"dpop_bound_access_tokens_required":true,"#,
            r#""tls_client_certificate_bound_access_tokens":true,"jwks_uri":"https://h/jwks","#,
            r#""resource_signing_alg_values_supported":["ES256"],"#,
            r#""authorization_details_types_supported":["payment"],"resource_name":"Nice","#,
            "\"resource_name#de\":\"Sch\u{f6}n\",",
            r#""resource_documentation":"https://h/docs","resource_policy_uri":"https://h/policy","#,
            r#""resource_tos_uri":"https://h/tos","signed_metadata":"eyJhbGciOiJFUzI1NiJ9.e30.c2ln","#,
            r#""acr_values_supported":["phr"]}"#
        )
    );
}

#[test]
fn p7_issuers_are_verbatim_https_urls_without_query() {
    for issuer in ["http://as", "as", "https://as?x", "https://as#f", "https://u@as", ""] {
        assert_eq!(refused(builder().authorization_server(issuer), &HEADER), "authorization_servers", "{issuer}");
    }
    let twice = builder().authorization_server("https://as").authorization_server("https://as");
    assert_eq!(refused(twice, &HEADER), "authorization_servers");
    let local = ResourceIdentifier::danger_insecure_loopback("http://localhost/mcp").unwrap();
    let local = ProtectedResourceMetadata::builder(local);
    assert!(local.clone().authorization_server("http://127.0.0.1:9000").build(&HEADER).is_ok());
    assert!(local.authorization_server("http://as").build(&HEADER).is_err());
}

#[test]
fn p7_mcp_names_an_issuer_and_has_default_scopes() {
    assert_eq!(refused(builder().mcp(), &HEADER), "authorization_servers");
    let defaults = json(builder().mcp().authorization_server("https://as"), &HEADER);
    let scopes = r#""scopes_supported":["mcp:tools:read","mcp:tools:call","mcp:resources:read","mcp:prompts:read"]"#;
    assert!(defaults.contains(scopes), "{defaults}");
    let own = json(builder().mcp().authorization_server("https://as").scopes_supported(["a"]), &HEADER);
    assert!(own.contains(r#""scopes_supported":["a"]"#), "{own}");
}

#[test]
fn p7_resource_origin_is_the_issuer_only_when_declared_so() {
    assert!(!json(builder(), &HEADER).contains("authorization_servers"));
    let own = json(builder().mcp().issuer_is_resource_origin(), &HEADER);
    assert!(own.contains(r#""authorization_servers":["https://h"]"#), "{own}");
    let named = json(builder().issuer_is_resource_origin().authorization_server("https://as"), &HEADER);
    assert!(named.contains(r#""authorization_servers":["https://as"]"#), "{named}");
}

#[test]
fn p7_values_are_checked() {
    let long = "a".repeat(9);
    for (member, builder) in [
        ("scopes_supported", builder().scopes_supported(["a b"])),
        ("jwks_uri", builder().jwks_uri("http://h/jwks")),
        ("resource_signing_alg_values_supported", builder().resource_signing_alg_values_supported(["none"])),
        ("authorization_details_types_supported", builder().authorization_details_types_supported([""])),
        ("resource_name", builder().resource_name("")),
        ("resource_name", builder().resource_name("a\nb")),
        ("resource_name", builder().resource_name_in("de", "")),
        ("resource_name", builder().resource_name_in("", "a")),
        ("resource_name", builder().resource_name_in("d#e", "a")),
        ("resource_name", builder().resource_name_in("de-", "a")),
        ("resource_name", builder().resource_name_in("1a", "a")),
        ("resource_name", builder().resource_name_in(&long, "a")),
        ("resource_name", builder().resource_name_in("de", "a").resource_name_in("DE", "b")),
        ("resource_documentation", builder().resource_documentation("docs")),
        ("resource_policy_uri", builder().resource_policy_uri("javascript:alert(1)")),
        ("resource_tos_uri", builder().resource_tos_uri("https://h/ tos")),
        ("signed_metadata", builder().signed_metadata("eyJhbGciOiJub25lIn0.e30.c2ln")),
        ("acr_values_supported", builder().acr_values_supported(["a,b"])),
    ] {
        assert_eq!(refused(builder, &HEADER), member);
    }
    assert!(builder().resource_name_in("zh-Hant-TW", "a").build(&HEADER).is_ok());
}

#[test]
fn p8_stated_bearer_methods_are_accepted_ones() {
    let both = EnforcedCapabilities { body: true, ..HEADER };
    let body = || builder().bearer_methods_supported([BearerMethod::Body]);
    assert_eq!(refused(body(), &HEADER), "bearer_methods_supported");
    assert!(json(body(), &both).contains(r#""bearer_methods_supported":["body"]"#));
    assert_eq!(refused(builder().bearer_methods_supported([]), &HEADER), "bearer_methods_supported");
}

#[test]
fn p8_stated_proof_algorithms_are_accepted_ones() {
    let es256 = || builder().dpop_signing_alg_values_supported(AlgorithmSet::only(Algorithm::ES256));
    assert_eq!(refused(es256(), &HEADER), "dpop_signing_alg_values_supported");
    assert_eq!(refused(es256(), &dpop(&[Algorithm::EdDSA])), "dpop_signing_alg_values_supported");
    let both = dpop(&[Algorithm::ES256, Algorithm::EdDSA]);
    assert!(json(es256(), &both).contains(r#""dpop_signing_alg_values_supported":["ES256"]"#));
    assert!(json(builder(), &both).contains(r#""dpop_signing_alg_values_supported":["ES256","EdDSA"]"#));
}

#[test]
fn p8_stated_flags_are_what_is_enforced() {
    let required = EnforcedCapabilities { dpop_required: true, ..dpop(&[Algorithm::ES256]) };
    let mtls = EnforcedCapabilities { mtls_bound: true, ..HEADER };
    for (flag, enforced) in [(true, &HEADER), (false, &required)] {
        let stated = builder().dpop_bound_access_tokens_required(flag);
        assert_eq!(refused(stated, enforced), "dpop_bound_access_tokens_required");
    }
    for (flag, enforced) in [(true, &HEADER), (false, &mtls)] {
        let stated = builder().tls_client_certificate_bound_access_tokens(flag);
        assert_eq!(refused(stated, enforced), "tls_client_certificate_bound_access_tokens");
    }
    assert!(!json(builder().dpop_bound_access_tokens_required(false), &HEADER).contains("dpop"));
    let incoherent = EnforcedCapabilities { dpop_required: true, ..HEADER };
    assert_eq!(refused(builder(), &incoherent), "dpop");
}
