//! The shared part of all checks: sends requests as the route requires, and judges the responses.

use super::exchange::{App, TestRequest, TestResponse};
use super::finding::Finding;
use super::fixes;
use super::fixture::Fixture;
use super::keys::CertificateFixture;
use super::proof::ProofBuilder;
use super::route::{Presents, Route};
use super::token::TokenBuilder;
use attesto_core::challenge::AuthScheme;

pub(super) struct Probe<'p, A> {
    app: &'p A,
    pub(super) fixture: &'p Fixture,
    pub(super) route: &'p Route,
    check: &'static str,
    /// The server's last nonce.
    nonce: Option<String>,
}

/// A response, and whether the handler ran.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) response: TestResponse,
    pub(super) reached: bool,
}

impl Answer {
    /// Whether the request was refused, but only after the handler ran.
    pub(super) const fn is_too_late(&self) -> bool {
        self.reached && matches!(self.response.status, 400..=403)
    }
}

/// The properties that a refusal must have.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) error: Option<&'static str>,
    pub(super) scheme: Option<AuthScheme>,
}

impl Refusal {
    pub(super) const fn new(status: u16, error: &'static str) -> Self {
        Self { status, error: Some(error), scheme: None }
    }

    pub(super) const fn challenging(mut self, scheme: AuthScheme) -> Self {
        self.scheme = Some(scheme);
        self
    }

    fn is_met_by(&self, response: &TestResponse) -> bool {
        let Ok(challenges) = response.challenges() else { return false };
        let of_scheme = |scheme: Option<AuthScheme>| self.scheme.is_none() || scheme == self.scheme;
        let challenged = || challenges.iter().filter(|challenge| of_scheme(challenge.auth_scheme()));
        let scheme_is_there = self.scheme.is_none_or(|_| challenged().next().is_some());
        let error_is_there = match self.error {
            Some(error) if self.status == 401 || self.status == 403 => {
                challenged().any(|challenge| challenge.get("error") == Some(error))
            }
            Some(_) | None => true,
        };
        response.status == self.status && scheme_is_there && error_is_there
    }

    fn text(&self) -> String {
        let scheme = self.scheme.map_or("", AuthScheme::name);
        match (self.error, self.scheme) {
            (Some(error), Some(_)) => format!("{}, WWW-Authenticate: {scheme} error=\"{error}\"", self.status),
            (Some(error), None) => format!("{}, error=\"{error}\"", self.status),
            (None, _) => format!("{}", self.status),
        }
    }
}

impl<'p, A: App> Probe<'p, A> {
    pub(super) const fn new(check: &'static str, app: &'p A, fixture: &'p Fixture, route: &'p Route) -> Self {
        Self { app, fixture, route, check, nonce: None }
    }

    /// The parts of the probe, for checks made of checks.
    pub(super) const fn of(&self) -> (&'p A, &'p Fixture, &'p Route) {
        (self.app, self.fixture, self.route)
    }

    pub(super) async fn send(&self, request: TestRequest) -> Answer {
        let count = || self.route.reached.as_ref().map(super::route::Reached::count);
        let before = count();
        let response = self.app.respond(request).await;
        Answer { response, reached: count() != before }
    }

    /// Builds a request without credentials.
    pub(super) fn request(&self) -> TestRequest {
        self.route.request(self.fixture)
    }

    /// Starts a token with the binding that the route requires.
    pub(super) fn token(&self) -> TokenBuilder {
        let token = self.route.token(self.fixture);
        match self.route.presents {
            Presents::Dpop => token.bound_to(self.fixture.key()),
            Presents::Bearer => token,
            Presents::Certificate => token.bound_to_certificate(&CertificateFixture::CLIENT),
        }
    }

    /// Starts a proof for the route, with the server's nonce.
    pub(super) fn proof(&self, token: &str) -> ProofBuilder {
        let proof = self.fixture.proof(&self.route.method, &self.fixture.url(&self.route.path), token);
        match &self.nonce {
            Some(nonce) => proof.nonce(nonce),
            None => proof,
        }
    }

    /// Sends a token with a proof, and once more if the server requires a nonce.
    pub(super) async fn dpop(
        &mut self,
        request: &TestRequest,
        token: &str,
        amend: impl Fn(ProofBuilder) -> ProofBuilder,
    ) -> Answer {
        let answer = self.send(request.clone().dpop(token, &amend(self.proof(token)).build())).await;
        let nonce = answer.response.header("dpop-nonce").last().map(ToString::to_string);
        match (answer.response.error().as_deref(), nonce) {
            (Some("use_dpop_nonce"), Some(nonce)) => {
                self.nonce = Some(nonce);
                self.send(request.clone().dpop(token, &amend(self.proof(token)).build())).await
            }
            _ => answer,
        }
    }

    /// Sends a token as the route requires.
    pub(super) async fn present_in(&mut self, request: &TestRequest, token: &str) -> Answer {
        match self.route.presents {
            Presents::Dpop => self.dpop(request, token, |proof| proof).await,
            Presents::Bearer => self.send(request.clone().bearer(token)).await,
            Presents::Certificate => {
                self.send(request.clone().tls(CertificateFixture::CLIENT.tls_session()).bearer(token)).await
            }
        }
    }

    /// Sends a token as the route requires, in a plain request.
    pub(super) async fn present(&mut self, token: &str) -> Answer {
        self.present_in(&self.request(), token).await
    }

    /// Checks that a valid request is accepted: otherwise an application that refuses everything would pass the other
    /// checks.
    pub(super) async fn baseline(&mut self) -> Result<Answer, Finding> {
        let answer = self.present(&self.token().build()).await;
        self.accepted(&self.right_credentials(), answer)
    }

    pub(super) fn right_credentials(&self) -> String {
        match self.route.presents {
            Presents::Dpop => "a DPoP-bound token with a fresh proof, right in every respect".into(),
            Presents::Bearer => "a bearer token, right in every respect".into(),
            Presents::Certificate => "a certificate-bound token with its certificate, right in every respect".into(),
        }
    }

    pub(super) fn finding(&self, sent: &str, answer: &Answer, expected: &str, fix: impl Into<Box<str>>) -> Finding {
        Finding {
            check: self.check,
            subject: format!("{} {}", self.route.method, self.route.path).into(),
            sent: sent.into(),
            seen: seen(answer).into(),
            expected: expected.into(),
            fix: fix.into(),
        }
    }

    pub(super) fn accepted(&self, sent: &str, answer: Answer) -> Result<Answer, Finding> {
        self.accepted_or(sent, answer, None)
    }

    /// Like [`accepted`](Self::accepted), for a request whose refusal has only one cause.
    pub(super) fn accepted_or(&self, sent: &str, answer: Answer, fix: Option<&str>) -> Result<Answer, Finding> {
        let status = answer.response.status;
        let missed = self.route.reached.is_some() && !answer.reached;
        if self.route.is_answer(status) && !missed {
            return Ok(answer);
        }
        let expected = self.route.answers.map_or_else(|| "2xx".to_string(), |status| status.to_string());
        let fix = match fix {
            _ if missed && self.route.is_answer(status) => {
                "something answers in place of the handler that `Route::reached` counts: is that the right handler?"
                    .into()
            }
            Some(fix) if matches!(status, 400..=403) => fix.into(),
            Some(_) | None => fixes::for_refusal(&answer.response, self.fixture, self.route),
        };
        Err(self.finding(sent, &answer, &format!("{expected}: the handler's answer"), fix))
    }

    /// Checks that the request was refused in the right way; `fix` explains what to do if it was admitted.
    pub(super) fn refused(&self, sent: &str, answer: &Answer, refusal: Refusal, fix: &str) -> Result<(), Finding> {
        if !answer.reached && refusal.is_met_by(&answer.response) {
            return Ok(());
        }
        let let_in = answer.reached || answer.response.is_success() || self.route.is_answer(answer.response.status);
        let fix = match let_in {
            _ if answer.is_too_late() => fixes::TOO_LATE.into(),
            true => fix.into(),
            false => self.why_wrong_refusal(&answer.response),
        };
        Err(self.finding(sent, answer, &refusal.text(), fix))
    }

    /// Checks that the request was refused, with any status; `fix` explains what to do if it was admitted.
    pub(super) fn not_let_in(&self, sent: &str, answer: &Answer, fix: &str) -> Result<(), Finding> {
        let let_in = answer.reached || answer.response.is_success() || !matches!(answer.response.status, 400..=403);
        let fix = if answer.is_too_late() { fixes::TOO_LATE } else { fix };
        if let_in { Err(self.finding(sent, answer, "400, 401 or 403", fix)) } else { Ok(()) }
    }

    fn why_wrong_refusal(&self, response: &TestResponse) -> String {
        let ours = response.error().is_some() && matches!(response.status, 400..=403);
        if ours {
            return "the request is refused, but for another reason than it should be; the client is told the wrong thing. Does code of \
                    your own, or another middleware, answer before the guard or change its answers?"
                .into();
        }
        fixes::for_refusal(response, self.fixture, self.route)
    }
}

/// Describes status, challenges, and whether the handler ran.
fn seen(answer: &Answer) -> String {
    let mut text = answer.response.status.to_string();
    let mut told = false;
    for challenge in answer.response.header("www-authenticate") {
        told = true;
        text.push_str(", WWW-Authenticate: ");
        text.push_str(challenge);
    }
    if !told && !answer.response.is_success() && !answer.response.body.is_empty() {
        let body: String = answer.response.text().chars().take(120).collect();
        text.push_str(&format!(", {body:?}"));
    }
    if answer.reached {
        text.push_str("; the handler was reached");
    }
    text
}
