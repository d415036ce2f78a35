use super::{BOTH, NOW, is_about};
use crate::{assert_deny_list_conforms, block_on, check_deny_list_conforms};
use attesto_core::Timestamp;
use attesto_core::authorization::{Answered, IssuedAccessToken, RevokedAccessTokens, Unavailable};
use attesto_core::host::{AccessTokenDenyList, MemoryDenyList, StoreReach};
use std::collections::HashMap;
use std::sync::Mutex;

#[test]
fn rv4_the_memory_list_conforms() {
    for racing in BOTH {
        let list = MemoryDenyList::single_node(100).unwrap();
        block_on(assert_deny_list_conforms(&list, NOW, racing));
        block_on(assert_deny_list_conforms(&list, NOW.plus(2_000), racing));
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    DropsEarly,
    FoldsCase,
    Forgets,
    Full,
    KeepsTheFirstTime,
    LooksAtExpiry,
    Prefixes,
    RefusesAgain,
    TakesTheFirst,
}

/// A list that breaks one promise.
struct Broken {
    fault: Fault,
    rows: Mutex<(HashMap<String, Timestamp>, Timestamp)>,
}

impl AccessTokenDenyList for Broken {
    async fn revoke(&self, revoked: &RevokedAccessTokens) -> Answered<()> {
        let mut rows = self.rows.lock().unwrap();
        rows.1 = revoked.now;
        for access in &revoked.access {
            let (jti, expires_at) = (access.jwt_id.clone(), access.expires_at);
            let known = rows.0.get(&jti).copied();
            match (self.fault, known) {
                (Fault::Full, _) | (Fault::RefusesAgain, Some(_)) => return Err(Unavailable),
                (Fault::Forgets, _) | (Fault::KeepsTheFirstTime, Some(_)) => return Ok(()),
                _ => {}
            }
            rows.0.insert(jti, expires_at.max(known.unwrap_or_default()));
            if self.fault == Fault::TakesTheFirst {
                return Ok(());
            }
        }
        Ok(())
    }

    async fn is_revoked(&self, access: &IssuedAccessToken) -> Answered<bool> {
        let rows = self.rows.lock().unwrap();
        let early = u64::from(self.fault == Fault::DropsEarly);
        let same = |own: &String, until: &Timestamp| match self.fault {
            Fault::FoldsCase => own.eq_ignore_ascii_case(&access.jwt_id),
            Fault::Prefixes => access.jwt_id.starts_with(own.as_str()),
            Fault::LooksAtExpiry => *own == access.jwt_id && *until == access.expires_at,
            _ => *own == access.jwt_id,
        };
        Ok(rows.0.iter().any(|(own, until)| same(own, until) && rows.1.plus(early) <= *until))
    }

    fn reach(&self) -> StoreReach {
        StoreReach::Shared
    }
}

#[test]
fn rv4_each_broken_promise_is_found() {
    let faults = [
        (Fault::DropsEarly, "Kept long enough"),
        (Fault::FoldsCase, "By `jti` alone"),
        (Fault::Forgets, "At once"),
        (Fault::Full, "Never dropped early"),
        (Fault::KeepsTheFirstTime, "Kept long enough"),
        (Fault::LooksAtExpiry, "By `jti` alone"),
        (Fault::Prefixes, "By `jti` alone"),
        (Fault::RefusesAgain, "Never dropped early"),
        (Fault::TakesTheFirst, "All of them"),
    ];
    for racing in BOTH {
        for (fault, promise) in faults {
            let list = Broken { fault, rows: Mutex::default() };
            is_about(block_on(check_deny_list_conforms(&list, NOW, racing)), promise, &fault);
        }
    }
}
