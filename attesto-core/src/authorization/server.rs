//! The authorization server, with a method for each endpoint.

use super::builder::options::AuthorizationServerBuilder;
use super::endpoints::{authorize, introspection, pushed, revocation, token};
use super::flow::state::{self, Flow};
use super::flow::{accept, cors};
use super::questions::question::Step;
use super::records::consent_grant::{ConsentBinding, ConsentGrant, NewConsentGrant};
use super::registered_client::authentication::AuthMethod;
use super::routes::Routes;
use super::scopes::ScopeSet;
use super::settings::needs::Needs;
use super::settings::server::Settings;
use crate::Timestamp;
use crate::crypto::{CryptoProvider, Entropy, EntropyError};
use crate::dpop::ProofPolicy;
use crate::http::RequestParts;
use crate::token::KeyRing;
use alloc::string::String;
use alloc::sync::Arc;
use core::fmt;

/// An OAuth 2.1 authorization server without IO. Built once by [`AuthorizationServer::builder`], then only read. A
/// clone is another handle to the same server.
///
/// Each endpoint is a method that takes the request, the time and a source of entropy, and returns a [`Step`]: the
/// first question to the host, or the response.
#[derive(Clone)]
pub struct AuthorizationServer {
    settings: Arc<Settings>,
}

impl AuthorizationServer {
    /// Configures the server with this issuer identifier (https, without query and fragment). This ring signs access
    /// tokens, and also the other JWTs unless further rings are given
    /// ([`id_token_keys`](AuthorizationServerBuilder::id_token_keys)).
    pub fn builder(
        issuer: impl Into<String>,
        provider: Arc<dyn CryptoProvider>,
        keys: Arc<KeyRing>,
    ) -> AuthorizationServerBuilder {
        AuthorizationServerBuilder::new(issuer.into(), provider, keys)
    }

    pub(crate) fn from_settings(settings: Settings) -> Self {
        Self { settings: Arc::new(settings) }
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The issuer identifier, as configured.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.settings.issuer
    }

    /// The endpoints and their URLs.
    #[must_use]
    pub fn routes(&self) -> &Routes {
        &self.settings.routes
    }

    /// Seconds after which no used proof or client assertion can be used again.
    pub(crate) fn replay_window(&self) -> u64 {
        let proofs = self.settings.dpop.as_ref().map(ProofPolicy::replay_window);
        let signs = self.settings.auth_methods.contains(&AuthMethod::PrivateKeyJwt);
        let assertions = signs.then(|| self.settings.assertions.replay_window());
        proofs.max(assertions).unwrap_or_default()
    }

    /// The parts of the host that this server needs.
    pub(crate) fn needs(&self) -> Needs {
        Needs::from_settings(&self.settings)
    }

    /// The authorization endpoint: `GET` and `POST {prefix}/authorize` (RFC 6749 §3.1). Pass a form body in as
    /// [`RequestParts::form_body`].
    ///
    /// Asks the host who the user is and what they allow ([`Authentication`](crate::authorization::Authentication),
    /// [`ConsentDecision`](crate::authorization::ConsentDecision)). The host may answer with a page, which becomes the
    /// response. No state is kept meanwhile: the page leads back to
    /// [`Visit::resume_url`](crate::authorization::Visit::resume_url), and the endpoint starts again.
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
    /// use attesto_core::authorization::{
    ///     Authentication, AuthenticationContext, Client, ClientAuthentication, ClientQuestion, CodeQuestion, Question, ConsentDecision, GrantType, Login, Step,
    /// };
    /// use attesto_core::http::{Connection, Header, RequestParts, ResponseParts};
    ///
    /// // Your session, found by your cookie; without one, a redirect to your login page, which leads back.
    /// fn who(question: &attesto_core::authorization::LoginQuestion) -> Authentication {
    ///     let session = question.visit.user_agent.cookie("sid").filter(|sid| *sid == "usr_1's session");
    ///     let authentication = AuthenticationContext::at(attesto_core::Timestamp::from_secs(1_799_999_000));
    ///     if session.is_some() && question.accepts(&authentication) {
    ///         return Authentication::User(Box::new(Login::new("usr_1", authentication)));
    ///     }
    ///     let mut login = ResponseParts::new(303);
    ///     let back = attesto_core::encoding::form::encode(question.resume_url());
    ///     login.headers.push(Header::new("location", format!("/login?back={back}")).expect("ASCII"));
    ///     Authentication::Interact(Box::new(login))
    /// }
    ///
    /// let query = "response_type=code&client_id=app&redirect_uri=https%3A%2F%2Fapp.example%2Fcb&state=xyz\
    ///              &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";
    /// let visit = |cookie: &[u8]| {
    ///     let headers: &[(&str, &[u8])] = &[("host", b"auth.example.com"), ("cookie", cookie)];
    ///     let request = RequestParts::new("GET", "/oauth/authorize", &headers).query(Some(query));
    ///     let mut step = server.authorize(&request.connection(Connection::new().tls()), now, entropy);
    ///     loop {
    ///         step = match step {
    ///             Step::Done(response) => break response,
    ///             Step::Ask(Question::Clients(ClientQuestion::Load(query))) => {
    ///                 let app = Client::new("app", ClientAuthentication::None)
    ///                     .redirect_uris(["https://app.example/cb"])
    ///                     .scopes(["things.read"])
    ///                     .grants([GrantType::AuthorizationCode]);
    ///                 query.answer(Ok(Some(app)))
    ///             }
    ///             Step::Ask(Question::Authenticate(query)) => {
    ///                 let who = who(query.question());
    ///                 query.answer(Ok(who))
    ///             }
    ///             Step::Ask(Question::Consent(query)) => {
    ///                 let asked = query.question().visit.request.scopes.clone(); // an app of your own
    ///                 query.answer(Ok(ConsentDecision::Granted(asked)))
    ///             }
    ///             Step::Ask(Question::Codes(CodeQuestion::Insert(query))) => query.answer(Ok(())),
    ///             Step::Ask(Question::Record(query)) => query.answer(()),
    ///             Step::Ask(other) => unreachable!("{other:?}"),
    ///         }
    ///     }
    /// };
    /// let location = |response: &ResponseParts| response.header("location").collect::<String>();
    /// assert!(location(&visit(b"")).starts_with("/login?back=https%3A%2F%2Fauth.example.com%2Foauth%2Fauthorize"));
    /// assert!(location(&visit(b"sid=usr_1's session")).starts_with("https://app.example/cb?code="));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn authorize(
        &self,
        request: &RequestParts<'_>,
        now: Timestamp,
        entropy: impl Entropy + Send + Sync + 'static,
    ) -> Step {
        let endpoint = &self.settings.routes.authorization;
        let flow = Flow::begin_interactive(&self.settings, endpoint, request, now, entropy);
        state::run(flow, |mut flow| async move { authorize::respond(&mut flow).await })
    }

    /// The pushed authorization request endpoint: `POST {prefix}/par` (RFC 9126). Pass the body in as
    /// [`RequestParts::form_body`].
    pub fn push_authorization(
        &self,
        request: &RequestParts<'_>,
        now: Timestamp,
        entropy: impl Entropy + Send + Sync + 'static,
    ) -> Step {
        if let Some(answer) = cors::preflight(&self.settings, request) {
            return Step::Done(answer);
        }
        let endpoint = &self.settings.routes.pushed_authorization;
        let flow = Flow::begin(&self.settings, endpoint, request, now, entropy);
        state::run(flow, |mut flow| async move { cors::shared(pushed::respond(&mut flow).await, &flow) })
    }

    /// Whether this is a [`resume_url`](crate::authorization::Visit::resume_url) of this server: for hosts that pass
    /// one through a form, and must not become an open redirector.
    #[must_use]
    pub fn is_resume_url(&self, url: &str) -> bool {
        let query = url.strip_prefix(&self.settings.routes.authorization.url).and_then(|rest| rest.strip_prefix('?'));
        query.is_some_and(|query| query.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#'))
    }

    /// What a user's click on a consent page leaves: a one-time grant for exactly what the page asked for (AZ-26).
    ///
    /// Call it when your page's form is submitted, once you know that the form came from your page (your CSRF
    /// protection) and who the user is (your session). Store the [`grant`](NewConsentGrant::grant) under its digest,
    /// and send the browser to [`resume`](NewConsentGrant::resume).
    ///
    /// # Errors
    /// Fails if the entropy source failed.
    pub fn grant_consent(
        &self,
        binding: ConsentBinding,
        subject: impl Into<String>,
        scopes: ScopeSet,
        now: Timestamp,
        entropy: &mut dyn Entropy,
    ) -> Result<NewConsentGrant, EntropyError> {
        let expires_at = now.plus(self.settings.lifetimes.consent_grant);
        let grant = ConsentGrant::new(binding, subject, scopes, expires_at);
        NewConsentGrant::draw(grant, self.settings.provider.as_ref(), entropy)
    }

    /// The token endpoint: `POST {prefix}/token` (RFC 6749 §3.2). Pass the body in as [`RequestParts::form_body`].
    pub fn token(
        &self,
        request: &RequestParts<'_>,
        now: Timestamp,
        entropy: impl Entropy + Send + Sync + 'static,
    ) -> Step {
        if let Some(answer) = cors::preflight(&self.settings, request) {
            return Step::Done(answer);
        }
        let endpoint = &self.settings.routes.token;
        let flow = Flow::begin(&self.settings, endpoint, request, now, entropy);
        state::run(flow, |mut flow| async move { cors::shared(token::respond(&mut flow).await, &flow) })
    }

    /// The revocation endpoint: `POST {prefix}/revoke` (RFC 7009). Pass the body in as [`RequestParts::form_body`].
    pub fn revoke(
        &self,
        request: &RequestParts<'_>,
        now: Timestamp,
        entropy: impl Entropy + Send + Sync + 'static,
    ) -> Step {
        if let Some(answer) = cors::preflight(&self.settings, request) {
            return Step::Done(answer);
        }
        let endpoint = &self.settings.routes.revocation;
        let flow = Flow::begin(&self.settings, endpoint, request, now, entropy);
        state::run(flow, |mut flow| async move { cors::shared(revocation::respond(&mut flow).await, &flow) })
    }

    /// The introspection endpoint: `POST {prefix}/introspect` (RFC 7662). Pass the body in as
    /// [`RequestParts::form_body`]. The response is a signed JWT for a caller whose `Accept` field prefers
    /// `application/token-introspection+jwt` to JSON (RFC 9701).
    pub fn introspect(
        &self,
        request: &RequestParts<'_>,
        now: Timestamp,
        entropy: impl Entropy + Send + Sync + 'static,
    ) -> Step {
        let endpoint = &self.settings.routes.introspection;
        let mut flow = Flow::begin(&self.settings, endpoint, request, now, entropy);
        flow.request.prefers_signature = accept::prefers_signed_introspection(request.headers);
        state::run(flow, |mut flow| async move { introspection::respond(&mut flow).await })
    }
}

impl fmt::Debug for AuthorizationServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizationServer").field("issuer", &self.settings.issuer).finish_non_exhaustive()
    }
}
