//! Maps a path to its endpoint. Mounted paths and metadata documents derive from the same settings, so that no document
//! can name an endpoint that is not mounted (EP-12, MD-4).

use super::questions::question::Step;
use super::server::AuthorizationServer;
use crate::Timestamp;
use crate::crypto::Entropy;
use crate::http::RequestParts;
use alloc::vec::Vec;

/// The class of clients of a path, so that each class can have its own middleware (CF-5): sessions and their protection
/// for browsers, rate limits for clients, caches for documents.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "a router that forgets a class leaves endpoints out")]
pub enum RouteClass {
    /// Documents that are public by design: metadata, and keys.
    Metadata,
    /// The authorization endpoint, which people visit with their browsers.
    Interactive,
    /// The endpoints for clients: token, PAR, revocation, introspection.
    Protocol,
}

impl RouteClass {
    /// All classes.
    pub const ALL: [Self; 3] = [Self::Metadata, Self::Interactive, Self::Protocol];
}

/// The endpoint or document at a path.
#[derive(Clone, Copy)]
enum Place {
    Token,
    Revocation,
    Introspection,
    PushedAuthorization,
    Authorization,
    Jwks,
    Document,
}

impl Place {
    const fn class(self) -> RouteClass {
        match self {
            Self::Token | Self::Revocation | Self::Introspection | Self::PushedAuthorization => RouteClass::Protocol,
            Self::Authorization => RouteClass::Interactive,
            Self::Jwks | Self::Document => RouteClass::Metadata,
        }
    }
}

impl AuthorizationServer {
    /// All mounted paths: the list that routers and [`serve`](Self::serve) share.
    fn places(&self) -> impl Iterator<Item = (&str, Place)> {
        let (settings, routes) = (self.settings(), self.routes());
        let for_codes = [
            (&*routes.authorization.path, Place::Authorization),
            (&*routes.pushed_authorization.path, Place::PushedAuthorization),
        ];
        let has_codes = settings.has_authorization_endpoint();
        [
            (&*routes.token.path, Place::Token),
            (&*routes.revocation.path, Place::Revocation),
            (&*routes.introspection.path, Place::Introspection),
            (&*routes.jwks.path, Place::Jwks),
        ]
        .into_iter()
        .chain(for_codes.into_iter().filter(move |_| has_codes))
        .chain(settings.documents.paths().map(|path| (path, Place::Document)))
    }

    fn place(&self, path: &str) -> Option<Place> {
        self.places().find(|(own, _)| *own == path).map(|(_, place)| place)
    }

    /// Every path that [`serve`](Self::serve) answers, for a router to mount.
    #[must_use]
    pub fn paths(&self) -> Vec<&str> {
        self.places().map(|(path, _)| path).collect()
    }

    /// The paths of one class.
    #[must_use]
    pub fn paths_of(&self, class: RouteClass) -> Vec<&str> {
        self.places().filter(|(_, place)| place.class() == class).map(|(path, _)| path).collect()
    }

    /// Returns the class of a path, as received. `None` if this server has nothing there.
    #[must_use]
    pub fn class_of(&self, path: &str) -> Option<RouteClass> {
        self.place(path).map(Place::class)
    }

    /// Serves the endpoint or document at the request's path. `None` if this server has nothing there.
    ///
    /// ```
    /// # use attesto_core::crypto::{Algorithm, CryptoProvider, EntropyError, KeyKind, RustCrypto};
    /// # use attesto_core::jose::KeyMaterial;
    /// # use attesto_core::token::KeyRing;
    /// # use std::sync::Arc;
    /// # fn entropy(out: &mut [u8]) -> Result<(), EntropyError> { out.fill(9); Ok(()) }
    /// # let provider: Arc<dyn CryptoProvider> = Arc::new(RustCrypto::new());
    /// # let key = KeyMaterial::generate(KeyKind::P256, &mut entropy)?;
    /// # let signer = provider.signer(key.private().ok_or("private")?, Algorithm::ES256)?;
    /// # let ring = Arc::new(KeyRing::new(provider.as_ref(), signer.into())?);
    /// # let server = attesto_core::authorization::AuthorizationServer::builder("https://auth.example.com", provider, ring)
    /// #     .audience("https://api.example.com").build()?;
    /// # let now = attesto_core::Timestamp::from_secs(1_800_000_000);
    /// use attesto_core::authorization::Step;
    /// use attesto_core::http::RequestParts;
    ///
    /// let headers: &[(&str, &[u8])] = &[("host", b"auth.example.com")];
    /// let request = RequestParts::new("GET", "/.well-known/oauth-authorization-server", &headers);
    /// let Some(Step::Done(document)) = server.serve(&request, now, entropy) else { return Err("a document".into()) };
    /// assert!(document.body_text().contains("\"token_endpoint\":\"https://auth.example.com/oauth/token\""));
    /// assert!(server.serve(&RequestParts::new("GET", "/elsewhere", &headers), now, entropy).is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn serve(
        &self,
        request: &RequestParts<'_>,
        now: Timestamp,
        entropy: impl Entropy + Send + Sync + 'static,
    ) -> Option<Step> {
        let settings = self.settings();
        match self.place(request.path)? {
            Place::Token => Some(self.token(request, now, entropy)),
            Place::Revocation => Some(self.revoke(request, now, entropy)),
            Place::Introspection => Some(self.introspect(request, now, entropy)),
            Place::PushedAuthorization => Some(self.push_authorization(request, now, entropy)),
            Place::Authorization => Some(self.authorize(request, now, entropy)),
            Place::Jwks => Some(Step::Done(settings.jwks.respond(request.method))),
            Place::Document => settings.documents.respond(request.method, request.path).map(Step::Done),
        }
    }
}

#[cfg(test)]
#[cfg(feature = "rust-crypto")]
mod tests {
    use super::*;
    use crate::authorization::builder::options::AuthorizationServerBuilder;
    use crate::authorization::registered_client::authentication::AuthMethod;
    use crate::authorization::registered_client::grant_type::GrantType;
    use crate::authorization::routes::EndpointName;
    use crate::crypto::{Algorithm, CryptoProvider, KeyKind, RustCrypto};
    use crate::http::{Connection, ResponseParts};
    use crate::jose::KeyMaterial;
    use crate::token::KeyRing;
    use alloc::string::String;
    use alloc::sync::Arc;
    use serde_json::Value;

    fn entropy(out: &mut [u8]) -> Result<(), crate::crypto::EntropyError> {
        out.fill(5);
        Ok(())
    }

    fn builder(issuer: &str) -> AuthorizationServerBuilder {
        let provider: Arc<dyn CryptoProvider> = Arc::new(RustCrypto::new());
        let key = KeyMaterial::generate(KeyKind::P256, &mut entropy).unwrap();
        let signer = provider.signer(key.private().unwrap(), Algorithm::ES256).unwrap();
        let ring = Arc::new(KeyRing::new(provider.as_ref(), signer.into()).unwrap());
        AuthorizationServer::builder(issuer, provider, ring).audience("https://api.example")
    }

    fn get(server: &AuthorizationServer, method: &str, path: &str) -> Option<ResponseParts> {
        let headers: &[(&str, &[u8])] = &[("host", b"as.example")];
        let request = RequestParts::new(method, path, &headers).connection(Connection::new().tls());
        match server.serve(&request, Timestamp::from_secs(1_800_000_000), entropy)? {
            Step::Done(response) => Some(response),
            // The refusal is reported as an event; these requests ask nothing else.
            Step::Ask(crate::authorization::questions::question::Question::Record(query)) => match query.answer(()) {
                Step::Done(response) => Some(response),
                Step::Ask(other) => panic!("{other:?}"),
            },
            Step::Ask(other) => panic!("{other:?}"),
        }
    }

    fn document(server: &AuthorizationServer, path: &str) -> Value {
        let response = get(server, "GET", path).unwrap();
        assert_eq!(response.status, 200, "{path}");
        assert_eq!(response.header("cache-control").collect::<Vec<_>>(), ["public, max-age=3600"]);
        serde_json::from_slice(&response.body).unwrap()
    }

    const OAUTH: &str = "/.well-known/oauth-authorization-server";
    const OPENID: &str = "/.well-known/openid-configuration";

    #[test]
    fn md4_every_advertised_endpoint_answers() {
        for (server, named) in [
            (
                builder("https://as.example")
                    .openid_connect()
                    .id_tokens_without_rs256()
                    .scopes_supported(["openid"])
                    .build()
                    .unwrap(),
                6,
            ),
            (builder("https://as.example").grants([GrantType::ClientCredentials]).build().unwrap(), 4),
            (builder("https://as.example").path_prefix("/mcp/oauth").build().unwrap(), 6),
        ] {
            let document = document(&server, OAUTH);
            let urls: Vec<&str> = document
                .as_object()
                .unwrap()
                .iter()
                .filter(|(name, _)| name.ends_with("_endpoint") || name.ends_with("_uri"))
                .filter_map(|(_, value)| value.as_str())
                .collect();
            assert_eq!(urls.len(), named, "{urls:?}");
            for url in urls {
                let path = url.strip_prefix("https://as.example").unwrap();
                assert!(server.paths().contains(&path), "{path}");
                let response = get(&server, "POST", path).unwrap();
                assert_ne!(response.status, 404, "{path}");
            }
            for path in server.paths() {
                assert!(get(&server, "DELETE", path).unwrap().status == 405, "{path}: EP-4");
            }
        }
    }

    #[test]
    fn ep12_endpoints_that_are_off_are_neither_mounted_nor_named() {
        let server = builder("https://as.example").grants([GrantType::ClientCredentials]).build().unwrap();
        assert!(get(&server, "GET", "/oauth/authorize").is_none() && get(&server, "POST", "/oauth/par").is_none());
        let document = document(&server, OAUTH);
        for member in ["authorization_endpoint", "pushed_authorization_request_endpoint", "response_modes_supported"] {
            assert!(document.get(member).is_none(), "{member}");
        }
        assert!(get(&server, "GET", "/.well-known/openid-configuration").is_none());
        assert!(get(&server, "GET", "/elsewhere").is_none() && get(&server, "GET", "/oauth/token/").is_none());
    }

    #[test]
    fn ep4_head_gets_the_answer_of_get_without_the_body() {
        let server = builder("https://as.example")
            .openid_connect()
            .id_tokens_without_rs256()
            .scopes_supported(["openid"])
            .build()
            .unwrap();
        for path in server.paths() {
            let (told, head) = (get(&server, "GET", path).unwrap(), get(&server, "HEAD", path).unwrap());
            assert!(!told.body.is_empty(), "{path}");
            assert!(head.body.is_empty(), "{path}");
            if server.class_of(path) == Some(RouteClass::Interactive) {
                assert_eq!(head.status, 405, "{path}: a look would spend what a visit spends");
            } else {
                assert_eq!((head.status, head.headers), (told.status, told.headers), "{path}");
            }
        }
    }

    #[test]
    fn cf5_every_path_has_one_class() {
        let server = builder("https://as.example")
            .openid_connect()
            .id_tokens_without_rs256()
            .scopes_supported(["openid"])
            .build()
            .unwrap();
        assert_eq!(server.paths_of(RouteClass::Interactive), ["/oauth/authorize"]);
        let protocol = ["/oauth/token", "/oauth/revoke", "/oauth/introspect", "/oauth/par"];
        assert_eq!(server.paths_of(RouteClass::Protocol), protocol);
        assert_eq!(server.paths_of(RouteClass::Metadata), ["/.well-known/jwks.json", OAUTH, OPENID]);
        assert_eq!(server.paths().len(), 8);
        assert_eq!(server.class_of("/oauth/par"), Some(RouteClass::Protocol));
        assert_eq!(server.class_of("/oauth/par/"), None);
    }

    #[test]
    fn md1_md3_both_documents_agree_on_what_they_share() {
        let server = builder("https://as.example")
            .openid_connect()
            .id_tokens_without_rs256()
            .scopes_supported(["read"])
            .build()
            .unwrap();
        let (oauth, openid) = (document(&server, OAUTH), document(&server, "/.well-known/openid-configuration"));
        for (name, value) in oauth.as_object().unwrap() {
            assert_eq!(openid.get(name), Some(value), "{name}");
        }
        assert_eq!(openid["subject_types_supported"], serde_json::json!(["public"]));
        assert_eq!(openid["id_token_signing_alg_values_supported"], serde_json::json!(["ES256"]));
        assert_eq!(oauth["id_token_signing_alg_values_supported"], serde_json::json!(["ES256"]));
        let plain = document(&builder("https://as.example").build().unwrap(), OAUTH);
        assert!(plain.get("id_token_signing_alg_values_supported").is_none());
        assert!(plain.get("scopes_supported").is_none(), "AZ-14: nothing named is nothing said");
        assert_eq!(oauth["scopes_supported"], serde_json::json!(["read", "openid"]));
        assert_eq!(oauth["issuer"], "https://as.example");
        assert_eq!(oauth["code_challenge_methods_supported"], serde_json::json!(["S256"]));
    }

    #[test]
    fn cf1_az14_an_openid_provider_says_which_scopes_it_knows() {
        let error = builder("https://as.example").openid_connect().build().unwrap_err();
        assert_eq!(error.member(), "scopes_supported");
        assert!(builder("https://as.example").build().is_ok());
    }

    #[test]
    fn md2_an_issuer_with_a_path_has_its_documents_where_clients_look() {
        let server = builder("https://as.example/t1")
            .openid_connect()
            .id_tokens_without_rs256()
            .scopes_supported(["openid"])
            .build()
            .unwrap();
        let paths: Vec<String> =
            server.paths().into_iter().filter(|path| path.contains("known")).map(Into::into).collect();
        for path in [
            "/.well-known/oauth-authorization-server/t1",
            "/t1/.well-known/openid-configuration",
            "/.well-known/openid-configuration/t1",
        ] {
            assert!(paths.iter().any(|known| known == path), "{path}");
            assert_eq!(document(&server, path)["issuer"], "https://as.example/t1");
        }
        assert!(get(&server, "GET", OAUTH).is_none(), "the root is another issuer's");
    }

    #[test]
    fn md4_the_host_adds_members_of_its_own_endpoints_to_both_documents() {
        let own = "https://as.example/me";
        let server = builder("https://as.example")
            .openid_connect()
            .id_tokens_without_rs256()
            .scopes_supported(["read", "openid"]);
        let server = server.metadata_member("userinfo_endpoint", own).metadata_member("claims_supported", ["sub"]);
        let server = server.build().unwrap();
        for path in [OAUTH, OPENID] {
            let document = document(&server, path);
            assert_eq!(document["userinfo_endpoint"], own, "{path}");
            assert_eq!(document["claims_supported"], serde_json::json!(["sub"]), "{path}");
        }
        assert!(!server.paths().contains(&"/me"), "the host answers there");
    }

    #[test]
    fn md4_no_member_of_the_protocol_can_be_changed_or_invented() {
        let as_built = document(
            &builder("https://as.example")
                .openid_connect()
                .id_tokens_without_rs256()
                .scopes_supported(["read", "openid"])
                .build()
                .unwrap(),
            OPENID,
        );
        let names = as_built.as_object().unwrap().keys().map(String::as_str);
        // Members that are present, and members that must be absent because they would be false.
        let others = [
            "client_id_metadata_document_supported",
            "require_pushed_authorization_requests",
            "request_object_signing_alg_values_supported",
            "userinfo_endpont",
            "",
        ];
        for name in names.chain(others) {
            for value in [crate::metadata::MemberValue::from("https://as.example/x"), ["x"].into(), true.into()] {
                let built = builder("https://as.example").metadata_member(name, value).build();
                assert_eq!(built.unwrap_err().member(), "metadata_member", "{name}");
            }
        }
        let twice = builder("https://as.example")
            .metadata_member("op_tos_uri", "https://a")
            .metadata_member("op_tos_uri", "https://b");
        assert!(twice.build().is_err());
        assert_eq!(
            builder("https://as.example").metadata_member("op_tos_uri", "/tos").build().unwrap_err().member(),
            "op_tos_uri"
        );
    }

    #[test]
    fn cf4_an_endpoint_with_a_path_of_its_own_is_there_and_named_so() {
        let server = builder("https://as.example/t1")
            .endpoint_path(EndpointName::Jwks, "/t1/keys")
            .endpoint_path(EndpointName::Token, "/connect/token")
            .build()
            .unwrap();
        let document = document(&server, "/.well-known/oauth-authorization-server/t1");
        assert_eq!(document["jwks_uri"], "https://as.example/t1/keys");
        assert_eq!(document["token_endpoint"], "https://as.example/connect/token");
        assert_eq!(get(&server, "GET", "/t1/keys").unwrap().status, 200);
        assert_eq!(get(&server, "POST", "/connect/token").unwrap().status, 400);
        for gone in ["/t1/.well-known/jwks.json", "/.well-known/jwks.json", "/oauth/token"] {
            assert!(get(&server, "GET", gone).is_none(), "{gone}");
        }
    }

    #[test]
    fn cf4_no_path_leads_to_two_places() {
        for path in ["/oauth/revoke", OAUTH, "/.well-known/jwks.json", "/oauth/par"] {
            let built = builder("https://as.example").endpoint_path(EndpointName::Token, path).build();
            assert_eq!(built.unwrap_err().member(), "endpoint_path", "{path}");
        }
        // Unused paths do not conflict.
        let machines = builder("https://as.example").grants([GrantType::ClientCredentials]);
        assert!(machines.endpoint_path(EndpointName::Token, "/oauth/par").build().is_ok());
    }

    #[test]
    fn md4_members_follow_the_configuration() {
        let secrets = [AuthMethod::ClientSecretBasic, AuthMethod::None];
        let server = builder("https://as.example")
            .auth_methods(secrets)
            .without_dpop()
            .require_pushed_authorization_requests()
            .build()
            .unwrap();
        let plain = document(&server, OAUTH);
        assert_eq!(plain["token_endpoint_auth_methods_supported"], serde_json::json!(["client_secret_basic", "none"]));
        assert_eq!(plain["introspection_endpoint_auth_methods_supported"], serde_json::json!(["client_secret_basic"]));
        assert_eq!(plain["require_pushed_authorization_requests"], true);
        for absent in ["token_endpoint_auth_signing_alg_values_supported", "dpop_signing_alg_values_supported"] {
            assert!(plain.get(absent).is_none(), "{absent}");
        }
        let full = document(&builder("https://as.example").build().unwrap(), OAUTH);
        let algorithms = full["token_endpoint_auth_signing_alg_values_supported"].as_array().unwrap();
        assert!(algorithms.iter().any(|name| name == "ES256") && !algorithms.iter().any(|name| name == "RS256"));
        assert!(full.get("dpop_signing_alg_values_supported").is_some());
    }

    #[test]
    fn md5_the_keys_are_public_and_cacheable() {
        let server = builder("https://as.example").build().unwrap();
        let response = get(&server, "GET", "/.well-known/jwks.json").unwrap();
        assert_eq!(response.header("content-type").collect::<Vec<_>>(), ["application/jwk-set+json"]);
        let set: Value = serde_json::from_slice(&response.body).unwrap();
        assert!(set["keys"][0].get("kid").is_some() && set["keys"][0].get("d").is_none());
    }
}
