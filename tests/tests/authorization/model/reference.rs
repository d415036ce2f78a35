//! The reference: the state of every grant as plain data, and what the RFCs say of each request. Nothing of attesto is used here.

use super::requests::{Client, Key, Request, Scope, Who};
use std::collections::BTreeSet;

pub(crate) const CODE: u64 = 60;
pub(crate) const PUSHED: u64 = 90;
pub(crate) const ACCESS: u64 = 900;
pub(crate) const REFRESH: u64 = 1000;
pub(crate) const FAMILY: u64 = 3000;
pub(crate) const GRACE: u64 = 10;
/// For so long a resource may take a token that has expired.
const LEEWAY: u64 = 60;

/// The part of the response that the model determines.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) error: &'static str,
    pub(crate) scope: String,
    pub(crate) token_type: &'static str,
    /// The position of the refresh token that was given, old or new.
    pub(crate) refresh: Option<usize>,
    pub(crate) active: Option<bool>,
}

/// What is wrong with a model on purpose, to see that it is noticed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Mutation {
    AnyClientRevokes,
    AnyKeyRedeems,
    CodesLiveOn,
    NarrowingSticks,
    NoGrace,
    ReuseIsForgiven,
    SuspendedUsersGoOn,
}

type Scopes = BTreeSet<&'static str>;

struct Pushed {
    client: Client,
    scopes: Scopes,
    key: Key,
    until: u64,
    spent: bool,
}

struct Code {
    client: Client,
    scopes: Scopes,
    key: Key,
    until: u64,
    spent: bool,
    /// The refresh token family issued for it.
    family: Option<usize>,
    /// The access token issued for it.
    access: Option<usize>,
}

struct Family {
    client: Client,
    scopes: Scopes,
    until: u64,
    revoked: bool,
    /// Whether it was bound to a key later than with its first token.
    bound_late: bool,
    /// Its refresh tokens, the oldest first.
    tokens: Vec<usize>,
}

struct Refresh {
    family: usize,
    until: u64,
    key: Key,
    spent_at: Option<u64>,
}

struct Access {
    family: usize,
    until: u64,
    denied: bool,
}

#[derive(Default)]
pub(crate) struct Model {
    pub(crate) mutation: Option<Mutation>,
    now: u64,
    suspended: bool,
    pushed: Vec<Pushed>,
    codes: Vec<Code>,
    families: Vec<Family>,
    refresh: Vec<Refresh>,
    access: Vec<Access>,
    /// Every rule that decided something.
    pub(crate) decided: BTreeSet<&'static str>,
}

fn scopes(asked: Scope) -> Option<Scopes> {
    match asked {
        Scope::Unsaid => Some(["read", "write"].into()),
        Scope::Read => Some(["read"].into()),
        Scope::Write => Some(["write"].into()),
        Scope::TooWide => None,
    }
}

/// Counted from the newest.
fn position(number: usize, of: usize) -> Option<usize> {
    (of > 0).then(|| of - 1 - number % of)
}

impl Model {
    pub(crate) fn at(now: u64) -> Self {
        Self { now, ..Self::default() }
    }

    /// The same step with positions; `None` where it is about nothing that there is, or where the answer is anybody's choice.
    pub(crate) fn resolve(&self, request: Request) -> Option<Request> {
        let member = |family: usize, token: usize| {
            let tokens = &self.families[family].tokens;
            position(token, tokens.len()).map(|at| tokens[at])
        };
        let access = |token| position(token, self.access.len());
        Some(match request {
            Request::Visit { pushed, who } => Request::Visit { pushed: position(pushed, self.pushed.len())?, who },
            Request::Redeem { code, who, verifier, key } => {
                let code = position(code, self.codes.len())?;
                // A store may forget the access token of a code once it has expired: then a replay goes undetected.
                let gone = self.codes[code].access.is_some_and(|access| self.now > self.access[access].until);
                (!gone).then_some(Request::Redeem { code, who, verifier, key })?
            }
            Request::Refresh { family, token, who, key, scope } => {
                let family = position(family, self.families.len())?;
                // A store may forget a family that can never be used again, its key with it.
                (!self.is_gone(family) || self.key_of(family).is_none()).then_some(Request::Refresh {
                    family,
                    token: member(family, token)?,
                    who,
                    key,
                    scope,
                })?
            }
            Request::RevokeRefresh { family, token, who } => {
                let family = position(family, self.families.len())?;
                (!self.is_gone(family) || who != Who::Other).then_some(Request::RevokeRefresh {
                    family,
                    token: member(family, token)?,
                    who,
                })?
            }
            Request::RevokeAccess { token, who } => Request::RevokeAccess { token: access(token)?, who },
            Request::Introspect { token, who } => Request::Introspect { token: access(token)?, who },
            Request::Push { .. } | Request::Front { .. } | Request::Wait(_) | Request::Suspend(_) => request,
        })
    }

    /// Returns the result of a resolved step.
    pub(crate) fn step(&mut self, request: Request) -> Answer {
        match request {
            Request::Push { client, who, key, scope } => self.push(client, who, key, scope),
            Request::Front { client, scope } => self.front(client, scope),
            Request::Visit { pushed, who } => self.visit(pushed, who),
            Request::Redeem { code, who, verifier, key } => self.redeem(code, who, verifier, key),
            Request::Refresh { token, who, key, scope, .. } => self.refresh(token, who, key, scope),
            Request::RevokeRefresh { token, who, .. } => self.revoke_refresh(token, who),
            Request::RevokeAccess { token, who } => self.revoke_access(token, who),
            Request::Introspect { token, who } => self.introspect(token, who),
            Request::Wait(seconds) => {
                self.now += seconds;
                Answer::default()
            }
            Request::Suspend(suspended) => {
                self.suspended = suspended;
                Answer::default()
            }
        }
    }

    /// Which access tokens count, and which refresh tokens: none of a user who is suspended.
    pub(crate) fn live(&self) -> (Vec<bool>, Vec<Option<bool>>) {
        let here = !self.suspended;
        let access = self.access.iter().map(|access| here && self.now < access.until && !access.denied);
        let refresh = (0..self.refresh.len()).map(|token| match self.families[self.refresh[token].family].client {
            Client::Web => Some(here && self.counts(token)),
            Client::App => None,
        });
        (access.collect(), refresh.collect())
    }

    fn counts(&self, token: usize) -> bool {
        let refresh = &self.refresh[token];
        let family = &self.families[refresh.family];
        refresh.spent_at.is_none() && !family.revoked && self.now < refresh.until && self.now < family.until
    }

    /// The key that the newest token of a family is bound to.
    fn key_of(&self, family: usize) -> Key {
        self.families[family].tokens.last().and_then(|token| self.refresh[*token].key)
    }

    /// Whether neither its newest token counts any more nor an access token of it is taken anywhere.
    fn is_gone(&self, family: usize) -> bool {
        let refresh = self.families[family].tokens.last().map_or(0, |token| self.refresh[*token].until);
        let access = self.access.iter().filter(|access| access.family == family).map(|access| access.until + LEEWAY);
        access.fold(refresh, u64::max) <= self.now
    }

    fn is(&self, mutation: Mutation) -> bool {
        self.mutation == Some(mutation)
    }

    fn refuse(&mut self, rule: &'static str, status: u16, error: &'static str) -> Answer {
        self.decided.insert(rule);
        Answer { status, error, ..Answer::default() }
    }

    fn done(&mut self, rule: &'static str, status: u16) -> Answer {
        self.refuse(rule, status, "")
    }

    /// Who the caller turns out to be.
    fn caller(&mut self, right: Client, who: Who) -> Result<Client, Answer> {
        match who {
            Who::Right => Ok(right),
            Who::Other => Ok(right.other()),
            Who::WrongSecret => Err(self.refuse("wrong secret", 401, "invalid_client")),
            Who::Nobody => Err(self.refuse("no such client", 401, "invalid_client")),
        }
    }

    fn push(&mut self, client: Client, who: Who, key: Key, scope: Scope) -> Answer {
        let client = match self.caller(client, who) {
            Ok(client) => client,
            Err(refused) => return refused,
        };
        let Some(scopes) = scopes(scope) else { return self.refuse("pushed: too wide", 400, "invalid_scope") };
        self.pushed.push(Pushed { client, scopes, key, until: self.now + PUSHED, spent: false });
        self.done("pushed", 201)
    }

    fn front(&mut self, client: Client, scope: Scope) -> Answer {
        let Some(scopes) = scopes(scope) else { return self.refuse("visit: too wide", 303, "invalid_scope") };
        self.code(client, scopes, None)
    }

    fn code(&mut self, client: Client, scopes: Scopes, key: Key) -> Answer {
        let until = self.now + CODE;
        self.codes.push(Code { client, scopes, key, until, spent: false, family: None, access: None });
        self.done("a code", 303)
    }

    fn visit(&mut self, at: usize, who: Who) -> Answer {
        let pushed = &mut self.pushed[at];
        if pushed.spent || self.now >= pushed.until {
            let rule = if pushed.spent { "reference: spent" } else { "reference: expired" };
            return self.refuse(rule, 400, "invalid_request_uri");
        }
        match who {
            // A browser has no secret to get wrong.
            Who::Right | Who::WrongSecret => {
                pushed.spent = true;
                let (client, scopes, key) = (pushed.client, pushed.scopes.clone(), pushed.key);
                self.code(client, scopes, key)
            }
            Who::Other | Who::Nobody => self.refuse("reference: another client's", 400, "invalid_request"),
        }
    }

    fn redeem(&mut self, at: usize, who: Who, verifier: bool, key: Key) -> Answer {
        const REFUSED: &str = "invalid_grant";
        let (owner, until, bound) = (self.codes[at].client, self.codes[at].until, self.codes[at].key);
        let caller = match self.caller(owner, who) {
            Ok(caller) => caller,
            Err(refused) => return refused,
        };
        if caller != owner {
            return self.refuse("code: another client's", 400, REFUSED);
        }
        if self.codes[at].spent {
            let Some(family) = self.codes[at].family.filter(|_| verifier) else {
                return self.refuse("code: spent for nothing", 400, REFUSED);
            };
            self.end(family);
            return self.refuse("code: replayed", 400, REFUSED);
        }
        self.codes[at].spent = true;
        let lives = if self.is(Mutation::CodesLiveOn) { until + 60 } else { until };
        if self.now >= lives {
            return self.refuse("code: expired", 400, REFUSED);
        }
        if !verifier {
            return self.refuse("code: wrong verifier", 400, REFUSED);
        }
        if bound.is_some() && bound != key && !self.is(Mutation::AnyKeyRedeems) {
            return self.refuse("code: wrong key", 400, REFUSED);
        }
        if self.suspended && !self.is(Mutation::SuspendedUsersGoOn) {
            return self.refuse("code: suspended user", 400, REFUSED);
        }
        let (family, scopes) = (self.families.len(), self.codes[at].scopes.clone());
        let family_until = self.now + FAMILY;
        self.families.push(Family {
            client: owner,
            scopes: scopes.clone(),
            until: family_until,
            revoked: false,
            bound_late: false,
            tokens: vec![],
        });
        let key_of_family = key.filter(|_| owner == Client::App);
        let refresh = self.next(family, key_of_family);
        self.codes[at].family = Some(family);
        self.codes[at].access = Some(self.access.len());
        self.give("tokens for a code", family, &scopes, key, refresh)
    }

    /// A new refresh token of this family.
    fn next(&mut self, family: usize, key: Key) -> usize {
        let until = (self.now + REFRESH).min(self.families[family].until);
        self.refresh.push(Refresh { family, until, key, spent_at: None });
        self.families[family].tokens.push(self.refresh.len() - 1);
        self.refresh.len() - 1
    }

    fn give(&mut self, rule: &'static str, family: usize, scopes: &Scopes, key: Key, refresh: usize) -> Answer {
        self.access.push(Access { family, until: self.now + ACCESS, denied: false });
        Answer {
            scope: scopes.iter().copied().collect::<Vec<_>>().join(" "),
            token_type: if key.is_some() { "DPoP" } else { "Bearer" },
            refresh: Some(refresh),
            ..self.done(rule, 200)
        }
    }

    fn refresh(&mut self, at: usize, who: Who, key: Key, scope: Scope) -> Answer {
        const REFUSED: &str = "invalid_grant";
        let Refresh { family, until, key: bound, spent_at } = self.refresh[at];
        let owner = self.families[family].client;
        match self.caller(owner, who) {
            Ok(caller) if caller == owner => {}
            Ok(_) => return self.refuse("refresh: another client's", 400, REFUSED),
            Err(refused) => return refused,
        }
        if self.now >= self.families[family].until {
            return self.refuse("refresh: the family's time is over", 400, REFUSED);
        }
        if self.families[family].revoked {
            return self.refuse("refresh: revoked", 400, REFUSED);
        }
        let newest = self.key_of(family);
        if spent_at.is_some() && self.families[family].bound_late && newest.is_some() && newest != key {
            if !self.is(Mutation::ReuseIsForgiven) {
                self.end(family);
            }
            return self.refuse("refresh: reuse without the key", 400, REFUSED);
        }
        match (bound, key) {
            (Some(_), None) => return self.refuse("refresh: no proof", 400, "invalid_request"),
            (Some(bound), Some(key)) if bound != key => return self.refuse("refresh: wrong key", 400, REFUSED),
            _ => {}
        }
        let successor = self.families[family].tokens.iter().position(|token| *token == at);
        let successor = successor.and_then(|place| self.families[family].tokens.get(place + 1).copied());
        if let Some(spent_at) = spent_at {
            let in_time = self.now - spent_at <= GRACE && !self.is(Mutation::NoGrace);
            let waits = successor.is_some_and(|next| {
                self.counts(next) && (self.refresh[next].key.is_none() || self.refresh[next].key == key)
            });
            if !in_time || !waits {
                if !self.is(Mutation::ReuseIsForgiven) {
                    self.end(family);
                }
                return self.refuse(if in_time { "refresh: reuse in time" } else { "refresh: reuse" }, 400, REFUSED);
            }
        } else if self.now >= until {
            return self.refuse("refresh: expired", 400, REFUSED);
        }
        let ceiling = self.families[family].scopes.clone();
        let asked = if scope == Scope::Unsaid { Some(ceiling.clone()) } else { scopes(scope) };
        let Some(asked) = asked.filter(|asked| asked.is_subset(&ceiling)) else {
            return self.refuse("refresh: too wide", 400, "invalid_scope");
        };
        if self.suspended && !self.is(Mutation::SuspendedUsersGoOn) {
            return self.refuse("refresh: suspended user", 400, REFUSED);
        }
        if self.is(Mutation::NarrowingSticks) {
            self.families[family].scopes.clone_from(&asked);
        }
        match successor.filter(|_| spent_at.is_some()) {
            Some(next) => self.give("the same successor again", family, &asked, key, next),
            None => {
                self.refresh[at].spent_at = Some(self.now);
                let now_bound = if owner == Client::App { bound.or(key) } else { None };
                self.families[family].bound_late |= now_bound != bound;
                let bound = now_bound;
                let next = self.next(family, bound);
                self.give("a successor", family, &asked, key, next)
            }
        }
    }

    /// Nothing of this family counts any more.
    fn end(&mut self, family: usize) {
        self.families[family].revoked = true;
        self.access.iter_mut().filter(|access| access.family == family).for_each(|access| access.denied = true);
    }

    /// Whether this caller may revoke what that client has.
    fn revokes(&mut self, owner: Client, who: Who) -> Result<bool, Answer> {
        let caller = self.caller(owner, who)?;
        Ok(caller == owner || self.is(Mutation::AnyClientRevokes))
    }

    fn revoke_refresh(&mut self, at: usize, who: Who) -> Answer {
        let family = self.refresh[at].family;
        match self.revokes(self.families[family].client, who) {
            Err(refused) => refused,
            Ok(true) if self.now < self.families[family].until => {
                self.end(family);
                self.done("a family revoked", 200)
            }
            Ok(false) if self.now < self.families[family].until && !self.families[family].revoked => {
                self.refuse("revocation: another client's", 400, "invalid_grant")
            }
            Ok(_) => self.done("revocation: nothing of the caller's", 200),
        }
    }

    fn revoke_access(&mut self, at: usize, who: Who) -> Answer {
        match self.revokes(self.families[self.access[at].family].client, who) {
            Err(refused) => refused,
            Ok(true) => {
                self.access[at].denied = true;
                self.done("an access token revoked", 200)
            }
            Ok(false) if self.now < self.access[at].until + LEEWAY => {
                self.refuse("revocation: another client's", 400, "invalid_grant")
            }
            Ok(false) => self.done("revocation: nothing of the caller's", 200),
        }
    }

    fn introspect(&mut self, at: usize, who: Who) -> Answer {
        if who != Who::Right {
            return self.refuse("introspection: who is that?", 401, "invalid_client");
        }
        let active = self.live().0[at];
        Answer { active: Some(active), ..self.done("introspected", 200) }
    }
}
