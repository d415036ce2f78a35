//! A client that acts for itself.

use super::app::{call, post};
use super::{Tour, text};
use crate::client::Answer;
use std::error::Error;

/// `user:password` as RFC 7617 has it. Neither has a character that would have to be encoded first (RFC 6749 §2.3.1).
pub(in super::super) fn basic(user: &str, password: &str) -> String {
    let mut encoded = String::from("Basic ");
    for chunk in format!("{user}:{password}").into_bytes().chunks(3) {
        let bits = [0, 1, 2].into_iter().fold(0, |bits, index| bits << 8 | u32::from(*chunk.get(index).unwrap_or(&0)));
        for digit in 0..4 {
            let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
            let index = usize::try_from(bits >> (18 - 6 * digit) & 63).unwrap_or_default();
            encoded.push(if digit <= chunk.len() { alphabet[index].into() } else { '=' });
        }
    }
    encoded
}

impl Tour<'_> {
    /// RFC 6749 §4.4, RFC 7662, RFC 7009.
    pub(super) async fn machine(&mut self) -> Result<(), Box<dyn Error>> {
        let form = [("grant_type", "client_credentials"), ("scope", "mcp:tools:read mcp:tools:call")];
        let answer = self.as_basic_client("token", &form).await?;
        let right = answer.status == 200 && text(&answer, "refresh_token").is_none();
        self.step(
            "client_credentials, by client_secret_basic",
            &answer,
            right,
            "an access token for the client itself",
        );
        let token = text(&answer, "access_token").unwrap_or_default();
        let bearer = format!("Bearer {token}");

        let answer = call(self.resource, &[("authorization", &bearer)]).await?;
        let right = answer.status == 200 && answer.body.contains("basic-client by bearer");
        self.step("the tool with it", &answer, right, "the tool answers: basic-client by bearer");

        let answer = self.as_basic_client("introspect", &[("token", &token)]).await?;
        let right = answer.status == 200 && answer.body.contains("\"active\":true");
        self.step("introspect it", &answer, right, "active");

        let answer = self.as_basic_client("revoke", &[("token", &token)]).await?;
        self.step("revoke it", &answer, answer.status == 200, "done");

        let answer = self.as_basic_client("introspect", &[("token", &token)]).await?;
        let right = answer.status == 200 && answer.body == "{\"active\":false}";
        self.step("introspect it again", &answer, right, "not active, and nothing else is said");

        let answer = call(self.resource, &[("authorization", &bearer)]).await?;
        let right = answer.status == 401 && answer.challenge_parameter("error") == Some("invalid_token");
        self.step("the tool with the revoked token", &answer, right, "invalid_token");
        Ok(())
    }

    async fn as_basic_client(&self, endpoint: &str, form: &[(&str, &str)]) -> Result<Answer, Box<dyn Error>> {
        let credentials = basic(&self.accounts.basic.id, self.accounts.basic_secret.as_str());
        post(&format!("{}/oauth/{endpoint}", self.origin), form, &[("authorization", &credentials)]).await
    }
}

#[cfg(test)]
mod tests {
    use super::basic;

    #[test]
    fn credentials_are_encoded_as_the_rfc_shows() {
        assert_eq!(basic("Aladdin", "open sesame"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assert_eq!(basic("a", "bc"), "Basic YTpiYw==");
        assert_eq!(basic("a", "bcde"), "Basic YTpiY2Rl");
    }
}
