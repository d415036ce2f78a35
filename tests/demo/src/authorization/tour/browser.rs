//! Alice's browser.

use crate::authorization::form_filling::{Jar, action, filled_in};
use crate::client::{Answer, send};
use std::error::Error;

/// Knows its cookies, and goes where this origin sends it.
pub(super) struct Browser {
    origin: String,
    jar: Jar,
}

impl Browser {
    pub(super) fn new(origin: &str) -> Self {
        Self { origin: origin.into(), jar: Jar::default() }
    }

    pub(super) async fn open(&mut self, url: &str) -> Result<Answer, Box<dyn Error>> {
        self.request("GET", url, &[("accept", "text/html")], "").await
    }

    /// Fills in the page's form, sends it off, and follows the redirects as far as they stay here.
    pub(super) async fn submit(&mut self, page: &Answer, typed: &[(&str, &str)]) -> Result<Answer, Box<dyn Error>> {
        let origin = self.origin.clone();
        let target = format!("{origin}{}", action(&page.body));
        // What a browser says of a form on a page with `Referrer-Policy: same-origin`.
        let headers = [
            ("accept", "text/html"),
            ("content-type", "application/x-www-form-urlencoded"),
            ("origin", origin.as_str()),
            ("sec-fetch-site", "same-origin"),
        ];
        let mut answer = self.request("POST", &target, &headers, &filled_in(&page.body, typed)).await?;
        while let Some(next) = answer.header("location").filter(|next| next.starts_with(&format!("{}/", self.origin))) {
            let next = next.to_owned();
            answer = self.open(&next).await?;
        }
        Ok(answer)
    }

    async fn request(
        &mut self,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Answer, Box<dyn Error>> {
        let cookies = self.jar.field();
        let mut headers = headers.to_vec();
        if !cookies.is_empty() {
            headers.push(("cookie", &cookies));
        }
        let answer = send(method, url, &headers, body).await?;
        for cookie in answer.headers.get_all("set-cookie") {
            self.jar.note(cookie.to_str()?);
        }
        Ok(answer)
    }
}
