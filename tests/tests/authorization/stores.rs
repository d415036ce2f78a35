//! The stores of codes, refresh tokens and revoked access tokens: what their contracts promise, in plain data. Where there
//! is a database behind the ledger, each act happens in both, they agree, and the flow goes on with what the database
//! answered.

use crate::behind::Behind;
use crate::ledger::{CodeRow, Ledger};
use attesto_core::Timestamp;
use attesto_core::authorization::{
    Answered, AuthorizationCode, CodeRedemption, FamilyId, FamilyRevocation, IssuedAccessToken, NewCode, NewRefresh,
    RefreshKey, RefreshState, RefreshToken, RepeatedRefresh, RevocableFamily, RevokedAccessTokens, Rotated, Rotation,
    SecretDigest, SecretQuery, SettledRevocation, SpentCode, SpentRefresh, TakenCode, Unavailable,
};
use std::fmt::Debug;

impl Ledger {
    /// What the database behind answers. `agree` says whether it may, beside the ledger's own answer.
    fn both<T: Debug>(
        &mut self,
        own: Answered<T>,
        act: impl FnOnce(&mut Behind) -> Answered<T>,
        agree: impl FnOnce(&Self, &Answered<T>, &Answered<T>) -> bool,
    ) -> Answered<T> {
        let Some(behind) = &mut self.behind else { return own };
        let kept = act(behind);
        assert!(agree(self, &own, &kept), "the ledger answers {own:?}, and the database {kept:?}");
        kept
    }

    pub(crate) fn insert_code(&mut self, new: &NewCode) -> Answered<()> {
        let key = *new.digest.as_bytes();
        let known = self.codes.contains_key(&key);
        self.codes.entry(key).or_insert(CodeRow { code: new.code.clone(), spent: false, recorded: None });
        let own = if known { Err(Unavailable) } else { Ok(()) };
        self.both(own, |behind| behind.insert_code(new), equal)
    }

    pub(crate) fn load_code(&mut self, digest: &SecretDigest) -> Answered<Option<AuthorizationCode>> {
        let own = Ok(self.codes.get(digest.as_bytes()).map(|row| row.code.clone()));
        self.both(own, |behind| behind.load_code(digest), equal)
    }

    pub(crate) fn take_code(&mut self, asked: &SecretQuery) -> Answered<TakenCode> {
        let own = Ok(self.take_code_here(&asked.digest));
        self.both(own, |behind| behind.take_code(asked), equal)
    }

    fn take_code_here(&mut self, digest: &SecretDigest) -> TakenCode {
        let Some(row) = self.codes.get_mut(digest.as_bytes()) else { return TakenCode::Unknown };
        if row.spent && !self.gives_twice {
            let authorization = &row.code.authorization;
            let mut spent = SpentCode::new(authorization.client_id.clone(), authorization.family);
            spent.recorded = row.recorded.clone();
            return TakenCode::Spent(spent);
        }
        row.spent = true;
        TakenCode::Fresh(Box::new(row.code.clone()))
    }

    pub(crate) fn record_redemption(&mut self, redemption: &CodeRedemption) -> Answered<()> {
        let own = match self.codes.get_mut(redemption.digest.as_bytes()) {
            Some(row) => {
                row.recorded = Some(redemption.access.clone());
                Ok(())
            }
            None => Err(Unavailable),
        };
        self.both(own, |behind| behind.record_redemption(redemption), equal)
    }

    pub(crate) fn load_refresh(&mut self, key: &RefreshKey) -> Answered<Option<RefreshState>> {
        let own = Ok(self.get_refresh(key));
        self.both(own, |behind| behind.load_refresh(key), Self::states_agree)
    }

    fn get_refresh(&self, key: &RefreshKey) -> Option<RefreshState> {
        let mut row = self.refresh.get(key.token.as_bytes())?.clone();
        let (family, now) = (row.token.authorization.family, Timestamp::from_secs(self.now));
        row.family_revoked = self.revoked.contains(&family);
        if row.family_revoked {
            row.undenied = self.undenied(family, now);
        } else if row.spent.is_none() {
            row.token.access = self.living(family, now);
        }
        Some(row)
    }

    /// A database may have forgotten the tokens of a revoked family that is settled, and expired access tokens; it knows
    /// a token that was never stored as spent, and of those spent before the last one neither time nor salt.
    fn states_agree(&self, own: &Answered<Option<RefreshState>>, kept: &Answered<Option<RefreshState>>) -> bool {
        let (Ok(own), Ok(kept)) = (own, kept) else { return false };
        let now = Timestamp::from_secs(self.now);
        match (own, kept) {
            (None, None) => true,
            (Some(own), None) => own.family_revoked && own.undenied.is_empty(),
            (None, Some(kept)) => kept.spent.is_some(),
            (Some(own), Some(kept)) => {
                let (is_spent, is_revoked) = (own.spent.is_some(), own.family_revoked);
                let mut token = kept.token.clone();
                token.access.clone_from(&own.token.access);
                let salt = kept.spent.as_ref().and_then(|spent| spent.salt.as_ref());
                is_spent == kept.spent.is_some()
                    && is_revoked == kept.family_revoked
                    && own.token.authorization == kept.token.authorization
                    && (is_spent || own.token == token)
                    && (is_spent || is_revoked || same_live(&own.token.access, &kept.token.access, now))
                    && (salt.is_none() || own.spent == kept.spent)
                    && same_live(&own.undenied, &kept.undenied, now)
            }
        }
    }

    /// The access tokens that came of a family, as far as they live.
    fn living(&self, family: FamilyId, now: Timestamp) -> Vec<IssuedAccessToken> {
        let of_family = self.refresh.values().filter(|row| row.token.authorization.family == family);
        let recorded = of_family.flat_map(|row| &row.token.access);
        let named = self.named.iter().filter(|(of, _)| *of == family).map(|(_, access)| access);
        let mut living: Vec<IssuedAccessToken> = Vec::new();
        for access in recorded.chain(named).filter(|access| now < access.expires_at) {
            if !living.contains(access) {
                living.push(access.clone());
            }
        }
        living
    }

    fn undenied(&self, family: FamilyId, now: Timestamp) -> Vec<IssuedAccessToken> {
        let mut living = self.living(family, now);
        living.retain(|access| !self.settled.contains(&access.jwt_id));
        living
    }

    /// Whether nothing but the revocation of a family need be known.
    fn is_settled(&self, family: FamilyId) -> bool {
        self.revoked.contains(&family) && self.undenied(family, Timestamp::from_secs(self.now)).is_empty()
    }

    pub(crate) fn insert_refresh(&mut self, new: &NewRefresh) -> Answered<bool> {
        let known = self.refresh.contains_key(new.key.token.as_bytes());
        let own = match self.store_refresh(&new.key.token, &new.token) {
            true if known => Err(Unavailable),
            stored => Ok(stored),
        };
        self.both(own, |behind| behind.insert_refresh(new), equal)
    }

    fn store_refresh(&mut self, digest: &SecretDigest, token: &RefreshToken) -> bool {
        if self.revoked.contains(&token.authorization.family) {
            return false;
        }
        let row = RefreshState { token: token.clone(), spent: None, family_revoked: false, undenied: Vec::new() };
        self.refresh.entry(*digest.as_bytes()).or_insert(row);
        true
    }

    pub(crate) fn rotate_refresh(&mut self, rotation: &Rotation) -> Answered<Rotated> {
        let family = rotation.token.authorization.family;
        let own = Ok(self.rotate_here(rotation));
        self.both(
            own,
            |behind| behind.rotate_refresh(rotation),
            |ledger, own, kept| {
                let forgotten = *kept == Ok(Rotated::Lost) && ledger.is_settled(family);
                own == kept || (*own == Ok(Rotated::FamilyRevoked) && forgotten)
            },
        )
    }

    fn rotate_here(&mut self, rotation: &Rotation) -> Rotated {
        let Some(row) = self.refresh.get_mut(rotation.spent.token.as_bytes()) else { return Rotated::Lost };
        if self.revoked.contains(&row.token.authorization.family) {
            return Rotated::FamilyRevoked;
        }
        if row.spent.is_some() {
            return Rotated::Lost;
        }
        row.spent = Some(SpentRefresh { at: rotation.now, salt: rotation.salt.clone() });
        self.store_refresh(&rotation.successor, &rotation.token);
        Rotated::Done
    }

    pub(crate) fn record_repeat(&mut self, repeated: &RepeatedRefresh) -> Answered<bool> {
        let own = self.repeat_here(repeated);
        self.both(own, |behind| behind.record_repeat(repeated), equal)
    }

    fn repeat_here(&mut self, repeated: &RepeatedRefresh) -> Answered<bool> {
        let Some(row) = self.refresh.get(repeated.key.token.as_bytes()) else { return Ok(false) };
        let family = row.token.authorization.family;
        if row.spent.is_some() || self.revoked.contains(&family) {
            return Ok(false);
        }
        let living = self.living(family, repeated.now);
        let is_recorded = living.contains(&repeated.access);
        if !is_recorded && living.len() >= repeated.at_most {
            return Err(Unavailable);
        }
        let row = self.refresh.get_mut(repeated.key.token.as_bytes()).ok_or(Unavailable)?;
        if !is_recorded {
            row.token.access.push(repeated.access.clone());
        }
        row.token.expires_at = row.token.expires_at.max(repeated.expires_at);
        Ok(true)
    }

    /// A database may have forgotten access tokens that are settled or have expired.
    pub(crate) fn load_family(&mut self, jwt_id: &str) -> Answered<Option<RevocableFamily>> {
        let recorded = |row: &&RefreshState| row.token.access.iter().any(|access| access.jwt_id == jwt_id);
        let authorization = self.refresh.values().find(recorded).map(|row| &row.token.authorization);
        let own = Ok(authorization.map(|authorization| RevocableFamily {
            family: authorization.family,
            client_id: authorization.client_id.clone(),
        }));
        self.both(
            own,
            |behind| behind.load_family(jwt_id),
            |ledger, own, kept| {
                let Ok(Some(found)) = own else { return own == kept };
                let left = ledger.undenied(found.family, Timestamp::from_secs(ledger.now));
                let needed = !ledger.is_settled(found.family) && left.iter().any(|access| access.jwt_id == jwt_id);
                own == kept || (*kept == Ok(None) && !needed)
            },
        )
    }

    pub(crate) fn revoke_family(&mut self, revocation: &FamilyRevocation) -> Answered<Vec<IssuedAccessToken>> {
        let (family, now) = (revocation.family, revocation.now);
        self.revoked.insert(family);
        for access in &revocation.access {
            self.settled.remove(&access.jwt_id);
            self.named.push((family, access.clone()));
        }
        let own = Ok(self.undenied(family, now));
        self.both(
            own,
            |behind| behind.revoke_family(revocation),
            |_, own, kept| matches!((own, kept), (Ok(own), Ok(kept)) if same_live(own, kept, now)),
        )
    }

    pub(crate) fn settle_revocation(&mut self, settled: &SettledRevocation) -> Answered<()> {
        self.settled.extend(settled.access.iter().map(|access| access.jwt_id.clone()));
        self.both(Ok(()), |behind| behind.settle_revocation(settled), equal)
    }

    pub(crate) fn deny(&mut self, revoked: &RevokedAccessTokens) -> Answered<()> {
        if self.list_is_down {
            return Err(Unavailable);
        }
        self.denied.extend(revoked.access.iter().map(|access| access.jwt_id.clone()));
        self.denied_until.extend(revoked.access.iter().map(|access| (access.jwt_id.clone(), access.expires_at)));
        self.both(Ok(()), |behind| behind.deny(revoked), equal)
    }

    pub(crate) fn is_denied(&mut self, access: &IssuedAccessToken) -> Answered<bool> {
        let own = Ok(self.denied.contains(&access.jwt_id));
        self.both(own, |behind| behind.is_denied(access), equal)
    }

    /// The tokens of a family that could still be used.
    pub(crate) fn live(&self, family: FamilyId) -> usize {
        let now = Timestamp::from_secs(self.now);
        let live = |row: &&RefreshState| {
            let token = &row.token;
            token.authorization.family == family
                && row.spent.is_none()
                && now < token.expires_at
                && !self.revoked.contains(&family)
        };
        self.refresh.values().filter(live).count()
    }
}

fn equal<T: PartialEq>(_: &Ledger, own: &Answered<T>, kept: &Answered<T>) -> bool {
    own == kept
}

/// Whether the same access tokens live.
fn same_live(one: &[IssuedAccessToken], other: &[IssuedAccessToken], now: Timestamp) -> bool {
    let [one, other] = [one, other].map(|access| {
        let living = access.iter().filter(|access| now < access.expires_at);
        let mut living: Vec<_> = living.map(|access| (&access.jwt_id, access.expires_at)).collect();
        living.sort_unstable();
        living
    });
    one == other
}
