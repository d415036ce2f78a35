//! A browser, as far as a test needs one.

use super::{ORIGIN, TestSite};
use crate::authorization::accounts::USER;
use crate::authorization::form_filling::{Jar, action, filled_in};
use attesto_testkit::{App, TestRequest, TestResponse};

/// Knows its cookies; follows no redirect by itself.
pub(super) struct Visitor<'v, A> {
    app: &'v A,
    pub(super) jar: Jar,
}

/// What a browser says of a form on a page with `Referrer-Policy: same-origin`.
pub(super) const OURS: [(&str, &str); 2] = [("origin", ORIGIN), ("sec-fetch-site", "same-origin")];

impl<'v, A: App> Visitor<'v, A> {
    pub(super) fn new(app: &'v A) -> Self {
        Self { app, jar: Jar::default() }
    }

    pub(super) async fn open(&mut self, target: &str) -> TestResponse {
        self.send(TestRequest::new("GET", target).header("accept", "text/html")).await
    }

    /// Fills in the page's form and sends it off, with these fields about where it was.
    pub(super) async fn submit_from(
        &mut self,
        page: &TestResponse,
        typed: &[(&str, &str)],
        from: &[(&str, &str)],
    ) -> TestResponse {
        let page = page.text();
        self.post(&action(&page), &filled_in(&page, typed), from).await
    }

    pub(super) async fn submit(&mut self, page: &TestResponse, typed: &[(&str, &str)]) -> TestResponse {
        self.submit_from(page, typed, &OURS).await
    }

    pub(super) async fn post(&mut self, target: &str, body: &str, from: &[(&str, &str)]) -> TestResponse {
        let form = "application/x-www-form-urlencoded";
        let request = TestRequest::new("POST", target).header("content-type", form).body(body);
        self.send(from.iter().fold(request, |request, (name, value)| request.header(*name, *value))).await
    }

    /// Goes where a redirect leads, which must be on this origin.
    pub(super) async fn follow(&mut self, answer: &TestResponse) -> TestResponse {
        assert_eq!(answer.status, 303, "{answer:?}");
        let location = answer.header("location").next().expect("a location");
        let target = location.strip_prefix(ORIGIN).expect("a redirect to this origin").to_owned();
        self.open(&target).await
    }

    /// Logs in; gives the consent page.
    pub(super) async fn log_in(&mut self, site: &TestSite) -> TestResponse {
        let page = self.open(&site.link()).await;
        let answer = self.submit(&page, &[("username", USER), ("password", &site.accounts.password)]).await;
        let page = self.follow(&answer).await;
        assert!(page.text().contains("name=\"decision\""), "{}", page.text());
        page
    }

    async fn send(&mut self, request: TestRequest) -> TestResponse {
        // From this machine: over plain http the demo answers no one else.
        let request = request.peer(([127, 0, 0, 1], 33418).into());
        let mut request = request.tls(None).header("host", ORIGIN.trim_start_matches("http://"));
        let cookies = self.jar.field();
        if !cookies.is_empty() {
            request = request.header("cookie", cookies);
        }
        let response = self.app.respond(request).await;
        for cookie in response.header("set-cookie") {
            self.jar.note(cookie);
        }
        response
    }
}
