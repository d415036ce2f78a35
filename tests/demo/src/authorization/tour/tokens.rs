//! Codes and refresh tokens.

use super::{Tokens, Tour, text};
use std::error::Error;

impl Tour<'_> {
    /// RFC 6749 §4.1.2: if two parties present a code, one has stolen it, and the server cannot tell which.
    pub(super) async fn code_is_good_once(&mut self, code: &str) -> Result<(), Box<dyn Error>> {
        let answer = self.app.redeem(code).await?;
        self.refused("the code with a proof of the client's key", &answer, "use_dpop_nonce");
        let answer = self.app.redeem(code).await?;
        let right = answer.status == 200 && text(&answer, "token_type").as_deref() == Some("DPoP");
        self.step("the same with the server's nonce in the proof", &answer, right, "tokens, bound to the client's key");
        let tokens = Tokens::from_answer(&answer);
        self.is_alive("the tool with the token and a proof", &tokens.access).await?;

        let answer = self.app.redeem(code).await?;
        self.refused("the code a second time", &answer, "invalid_grant");
        self.is_dead("what came of it: the access token", &tokens.access).await?;
        let answer = self.app.refresh(&tokens.refresh).await?;
        self.refused("and the refresh token", &answer, "invalid_grant");
        Ok(())
    }

    /// RFC 9700 §4.14: each use gives a successor, and an old one that comes back ends them all.
    pub(super) async fn refresh_tokens(&mut self, first: Tokens) -> Result<(), Box<dyn Error>> {
        self.is_alive("the tool again", &first.access).await?;
        let answer = self.app.refresh(&first.refresh).await?;
        let second = Tokens::from_answer(&answer);
        let right = answer.status == 200 && !second.refresh.is_empty() && second.refresh != first.refresh;
        self.step("refresh", &answer, right, "new tokens; the refresh token is another");

        let answer = self.app.refresh(&first.refresh).await?;
        let right = answer.status == 200 && Tokens::from_answer(&answer).refresh == second.refresh;
        self.step("the answer was lost: the same again at once", &answer, right, "the very same successor");

        let answer = self.app.refresh(&second.refresh).await?;
        let third = Tokens::from_answer(&answer);
        let right = answer.status == 200 && third.refresh != second.refresh;
        self.step("refresh with the successor", &answer, right, "new tokens; the first one is two generations old");
        self.is_alive("the tool with the newest token", &third.access).await?;

        let answer = self.app.refresh(&first.refresh).await?;
        self.refused("a thief comes with the first refresh token", &answer, "invalid_grant");
        let answer = self.app.refresh(&third.refresh).await?;
        self.refused("the family is dead: the newest refresh token", &answer, "invalid_grant");
        self.is_dead("and the newest access token", &third.access).await
    }
}
