//! The deny list.

use crate::engines::on_each_engine;
use crate::world::NOW;
use attesto_core::Timestamp;
use attesto_core::authorization::{IssuedAccessToken, RevokedAccessTokens, Unavailable};
use attesto_core::host::AccessTokenDenyList as _;

fn revoked(access: Vec<IssuedAccessToken>) -> RevokedAccessTokens {
    RevokedAccessTokens { access, subject: "user".into(), now: NOW }
}

#[tokio::test]
async fn rv4_a_thousand_tokens_are_denied_in_one_statement() {
    on_each_engine(async |database| {
        let list = database.deny_list();
        let many: Vec<_> = (0..1_000).map(|number| IssuedAccessToken::new(format!("{number}"), NOW.plus(9))).collect();
        let before = database.statements();
        assert_eq!(list.revoke(&revoked(many.clone())).await, Ok(()));
        assert_eq!(list.revoke(&revoked(many.clone())).await, Ok(()), "the same once more");
        assert_eq!(database.statements() - before, 2);
        for access in many.iter().step_by(99) {
            assert_eq!(list.is_revoked(access).await, Ok(true));
        }
        assert_eq!(list.is_revoked(&IssuedAccessToken::new("1000", NOW)).await, Ok(false));
        assert_eq!(list.revoke(&revoked(Vec::new())).await, Ok(()));
    })
    .await;
}

#[tokio::test]
async fn rv4_a_token_is_found_by_its_jti_byte_for_byte() {
    on_each_engine(async |database| {
        let list = database.deny_list();
        let odd = [
            "",
            " ",
            "a",
            "A",
            "a ",
            "1",
            "01",
            "null",
            "\"",
            "[1]",
            "é",
            "e\u{301}",
            "\u{1}",
            "\\u0000",
            "\u{10ffff}",
        ];
        for jti in odd {
            let access = IssuedAccessToken::new(jti, Timestamp::from_secs(u64::MAX));
            assert_eq!(list.is_revoked(&access).await, Ok(false), "{jti:?}");
            assert_eq!(list.revoke(&revoked(vec![access.clone()])).await, Ok(()), "{jti:?}");
            assert_eq!(list.is_revoked(&access).await, Ok(true), "{jti:?}");
        }
    })
    .await;
}

/// A list that stored what comes before the NUL would accept the token that was revoked, and refuse another.
#[tokio::test]
async fn st5_a_jti_with_a_nul_is_on_no_list() {
    on_each_engine(async |database| {
        let list = database.deny_list();
        let [nul, before] = ["a\0b", "a"].map(|jti| IssuedAccessToken::new(jti, NOW.plus(9)));
        let both = vec![before.clone(), nul.clone()];
        assert_eq!(list.revoke(&revoked(both)).await, Err(Unavailable));
        assert_eq!(list.is_revoked(&nul).await, Err(Unavailable));
        assert_eq!(list.is_revoked(&before).await, Ok(false), "all of them or none");
    })
    .await;
}
