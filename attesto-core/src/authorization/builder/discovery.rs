//! The metadata of the server: RFC 8414 and OpenID Connect Discovery, from one list (MD-1 to MD-6).

use crate::ConfigError;
use crate::authorization::registered_client::authentication::AuthMethod;
use crate::authorization::settings::documents::{Documents, Page};
use crate::authorization::settings::server::Settings;
use crate::crypto::AlgorithmSet;
use crate::http::{PlainHttp, WebUrl};
use crate::metadata::{AuthorizationServerMetadata, MemberValue, member_is_the_hosts};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// The suffix of OpenID Connect Discovery §4.
const OPENID: &str = "/.well-known/openid-configuration";

/// Builds the documents of this server, at the paths that its issuer determines. MD-2.
pub(crate) fn documents(
    server: &Settings,
    plain_http: PlainHttp,
    of_the_host: &[(String, MemberValue)],
) -> Result<Documents, ConfigError> {
    of_the_host.iter().try_for_each(|(name, _)| member_is_the_hosts(name))?;
    // In both documents: a client that requests `openid` and reads this one would otherwise expect RS256.
    let of_id_tokens = server.openid.then(|| id_token_algorithms(server));
    let oauth = document(server, plain_http, of_id_tokens.as_slice(), of_the_host)?;
    let mut pages: Vec<Page> = [Page { path: oauth.well_known_path(), json: oauth.to_json() }].into();
    if server.openid {
        let json = document(server, plain_http, &openid_members(server), of_the_host)?.to_json();
        let issuer = WebUrl::parse("issuer", &server.issuer, plain_http)?;
        pages.push(Page { path: issuer.below(OPENID), json: json.clone() });
        let path = issuer.below("");
        if !path.is_empty() {
            // Also at the path for clients that apply RFC 8414's rule to all documents.
            pages.push(Page { path: format!("{OPENID}{path}"), json });
        }
    }
    Ok(Documents { pages })
}

/// Builds one document: the members that both have, and those specific to it. MD-3, MD-4.
fn document(
    server: &Settings,
    plain_http: PlainHttp,
    besides: &[(&'static str, MemberValue)],
    of_the_host: &[(String, MemberValue)],
) -> Result<AuthorizationServerMetadata, ConfigError> {
    let mut builder = AuthorizationServerMetadata::builder(&*server.issuer);
    if plain_http == PlainHttp::LoopbackOnly {
        builder = builder.danger_insecure_loopback();
    }
    builder = builder
        .token_endpoint(&*server.routes.token.url)
        .jwks_uri(&*server.routes.jwks.url)
        .response_types_supported(["code"])
        .grant_types_supported(server.grants.iter().map(|grant| grant.name()));
    if server.has_authorization_endpoint() {
        builder = builder.authorization_endpoint(&*server.routes.authorization.url);
    }
    if let Some(policy) = &server.dpop {
        builder = builder.dpop_signing_alg_values_supported(policy.algorithms());
    }
    for (name, value) in members(server) {
        builder = builder.member(name, value);
    }
    for (name, value) in besides {
        builder = builder.member(*name, value.clone());
    }
    for (name, value) in of_the_host {
        builder = builder.member(name.clone(), value.clone());
    }
    builder.build()
}

/// The members that follow from the configuration. The document leaves out empty lists.
fn members(server: &Settings) -> Vec<(&'static str, MemberValue)> {
    // Without configured scopes the member is absent: a list with only `openid` would be wrong, and some clients
    // request only listed scopes.
    let mut scopes: Vec<String> = server.scopes.iter().map(Into::into).collect();
    if server.openid && !server.scopes.contains("openid") {
        scopes.push("openid".into());
    }
    let methods = |allowed: &dyn Fn(AuthMethod) -> bool| -> MemberValue {
        let methods = server.auth_methods.iter().filter(|method| allowed(**method));
        methods.map(|method| method.name().into()).collect::<Vec<String>>().into()
    };
    let signs = server.auth_methods.contains(&AuthMethod::PrivateKeyJwt);
    let algorithms: MemberValue = if signs { names(server.assertions.algorithms) } else { Vec::new() }.into();
    let any = methods(&|_| true);
    let mut members: Vec<(&'static str, MemberValue)> = [
        ("scopes_supported", scopes.into()),
        ("token_endpoint_auth_methods_supported", any.clone()),
        ("token_endpoint_auth_signing_alg_values_supported", algorithms.clone()),
        ("revocation_endpoint", server.routes.revocation.url.as_str().into()),
        ("revocation_endpoint_auth_methods_supported", any),
        ("revocation_endpoint_auth_signing_alg_values_supported", algorithms.clone()),
        ("introspection_endpoint", server.routes.introspection.url.as_str().into()),
        ("introspection_endpoint_auth_methods_supported", methods(&|method| method != AuthMethod::None)),
        ("introspection_endpoint_auth_signing_alg_values_supported", algorithms),
        ("introspection_signing_alg_values_supported", signing_algorithms(server)),
    ]
    .into();
    if server.certificates.is_some() {
        members.push(("tls_client_certificate_bound_access_tokens", true.into()));
    }
    if server.has_authorization_endpoint() {
        members.extend([
            ("response_modes_supported", ["query", "fragment", "form_post"].into()),
            ("authorization_response_iss_parameter_supported", true.into()),
            ("pushed_authorization_request_endpoint", server.routes.pushed_authorization.url.as_str().into()),
            ("request_parameter_supported", false.into()),
            ("request_uri_parameter_supported", false.into()),
        ]);
        if server.require_pushed_requests {
            members.push(("require_pushed_authorization_requests", true.into()));
        }
    }
    members
}

/// The members that OpenID Connect Discovery §3 adds.
fn openid_members(server: &Settings) -> Vec<(&'static str, MemberValue)> {
    [
        ("subject_types_supported", ["public"].into()),
        id_token_algorithms(server),
        ("claims_parameter_supported", false.into()),
        ("prompt_values_supported", ["none", "login", "consent", "select_account"].into()),
    ]
    .into()
}

fn id_token_algorithms(server: &Settings) -> (&'static str, MemberValue) {
    ("id_token_signing_alg_values_supported", signing_algorithms(server))
}

/// Every algorithm that a client may be registered for. MD-4.
fn signing_algorithms(server: &Settings) -> MemberValue {
    server.signers.algorithms().map(|algorithm| algorithm.name().into()).collect::<Vec<String>>().into()
}

fn names(algorithms: AlgorithmSet) -> Vec<String> {
    algorithms.iter().map(|algorithm| algorithm.name().into()).collect()
}
