//! The contract of [`AccessTokenDenyList`] (RV-4).

use super::{RACERS, Racing, World};
use crate::finding::{Finding, passed};
use attesto_core::Timestamp;
use attesto_core::authorization::{IssuedAccessToken, RevokedAccessTokens};
use attesto_core::host::AccessTokenDenyList;

/// [`check_deny_list_conforms`], as an assertion.
///
/// ```
/// use attesto_core::Timestamp;
/// use attesto_core::host::MemoryDenyList;
/// use attesto_testkit::{Racing, assert_deny_list_conforms, block_on};
///
/// let list = MemoryDenyList::single_node(1_000)?; // yours here
/// block_on(assert_deny_list_conforms(&list, Timestamp::from_secs(1_800_000_000), Racing::Threads));
/// # Ok::<(), attesto_core::ConfigError>(())
/// ```
///
/// # Panics
/// With the [`Finding`].
pub async fn assert_deny_list_conforms(list: &impl AccessTokenDenyList, now: Timestamp, racing: Racing) {
    passed(check_deny_list_conforms(list, now, racing).await);
}

/// Checks a list against the contract of [`AccessTokenDenyList`]: a token is on it at once, by `jti` alone, until it
/// has expired.
///
/// See [`check_code_store_conforms`](super::check_code_store_conforms) about `now` and `racing`. Requires room for 100
/// tokens.
///
/// # Errors
/// The first broken promise, and how to correct it.
pub async fn check_deny_list_conforms(
    list: &impl AccessTokenDenyList,
    now: Timestamp,
    racing: Racing,
) -> Result<(), Finding> {
    let suite = Suite { list, world: World { check: "deny_list_conforms", subject: "the deny list", now, racing } };
    suite.revoked_is_revoked_at_once().await?;
    suite.others_are_not_revoked().await?;
    suite.it_is_kept_while_the_token_lives().await?;
    suite.all_that_are_named_are_revoked().await
}

struct Suite<'s, L> {
    list: &'s L,
    world: World,
}

const AT_ONCE: &str = "answer `revoke` when the row can be seen by every instance, and not before; one that is there already is no error.";
const BY_JTI: &str = "compare whole `jti`s byte for byte: no folding, no trimming, no prefix.";
const KEPT: &str = "keep a row through `expires_at`, the latest that was given, and drop it strictly after.";

impl<L: AccessTokenDenyList> Suite<'_, L> {
    fn one(&self, access: &IssuedAccessToken, at: u64) -> RevokedAccessTokens {
        RevokedAccessTokens { access: [access.clone()].into(), subject: "usr_1".into(), now: self.world.at(at) }
    }

    async fn revoke(&self, access: &IssuedAccessToken, at: u64) -> Result<(), Finding> {
        let revoked = self.one(access, at);
        self.world.due("an access token is revoked", self.list.revoke(&revoked).await)
    }

    async fn expect(
        &self,
        promise: &str,
        done: &str,
        access: &IssuedAccessToken,
        expected: bool,
        fix: &str,
    ) -> Result<(), Finding> {
        let seen = self.world.due(done, self.list.is_revoked(access).await)?;
        if seen == expected {
            return Ok(());
        }
        let [seen, expected] = [seen, expected].map(|yes| if yes { "revoked" } else { "not revoked" });
        Err(self.world.broken(promise, done, seen.to_string(), expected, fix))
    }

    async fn revoked_is_revoked_at_once(&self) -> Result<(), Finding> {
        let access = self.world.access("at once", 600);
        self.expect("At once", "an access token that nobody revoked is looked up", &access, false, AT_ONCE).await?;
        let revoked = &self.one(&access, 0);
        let list = self.list;
        let answers = self.world.racing.race(RACERS, |_| Box::pin(async move { list.revoke(revoked).await })).await;
        for answer in answers {
            self.world.due("an access token is revoked by several requests at a time", answer)?;
        }
        self.expect("At once", "an access token that was revoked is looked up", &access, true, AT_ONCE).await
    }

    async fn all_that_are_named_are_revoked(&self) -> Result<(), Finding> {
        let all = [1u8, 2, 3, 4].map(|number| self.world.access(&format!("of one family {number}"), 600));
        let [known, ..] = &all;
        self.revoke(known, 0).await?;
        let revoked = RevokedAccessTokens { access: all.clone().into(), subject: "usr_1".into(), now: self.world.now };
        self.world.due("several access tokens are revoked, one of them again", self.list.revoke(&revoked).await)?;
        let fix = "put every token on the list that the question names, also beside one that is there already.";
        for access in &all {
            self.expect("All of them", "one of several that were revoked is looked up", access, true, fix).await?;
        }
        Ok(())
    }

    async fn others_are_not_revoked(&self) -> Result<(), Finding> {
        let revoked = self.world.access("jti-Ab", 600);
        self.revoke(&revoked, 0).await?;
        let jti = revoked.jwt_id.as_str();
        let shorter = jti.strip_suffix(|_: char| true).unwrap_or_default();
        for other in [jti.to_lowercase(), jti.to_uppercase(), format!("{jti} "), format!("{jti}x"), shorter.to_string()]
        {
            let other = IssuedAccessToken::new(other, revoked.expires_at);
            self.expect(
                "By `jti` alone",
                "an access token with nearly the same jti is looked up",
                &other,
                false,
                BY_JTI,
            )
            .await?;
        }
        let sooner = IssuedAccessToken::new(jti, self.world.at(60));
        self.expect("By `jti` alone", "the token is looked up with another expires_at", &sooner, true, BY_JTI).await
    }

    async fn it_is_kept_while_the_token_lives(&self) -> Result<(), Finding> {
        let (short, long) = (self.world.access("kept", 30), self.world.access("kept", 90));
        self.revoke(&short, 0).await?;
        for at in [29u64, 30, 31, 90] {
            if at == 31 {
                self.revoke(&long, 30).await?;
            }
            for number in 0..3 {
                self.revoke(&self.world.access(&format!("meanwhile {at} {number}"), at.saturating_add(1)), at).await?;
            }
            let done = "a revoked token is looked up in its last second, after others were revoked";
            let asked = if at < 31 { &short } else { &long };
            self.expect("Kept long enough", done, asked, true, KEPT).await?;
        }
        Ok(())
    }
}
