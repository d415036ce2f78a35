//! A host whose whole memory is plain data: what the stores' contracts promise, and nothing else. Deterministic, so that a schedule
//! can be run again.

use crate::behind::Behind;
use crate::user::{Policy, Spendable};
use attesto_core::Timestamp;
use attesto_core::authorization::Step;
use attesto_core::authorization::{
    Answered, AuthorizationCode, AuthorizationEvent, Client, ConsentGrant, ConsentQuestion, FamilyId,
    IssuedAccessToken, Principal, PushedRequest, Question, RefreshState, ScopeSet, Unavailable,
};
use attesto_core::authorization::{
    ClientQuestion, CodeQuestion, DenyListQuestion, PushedRequestQuestion, Recorded, RefreshTokenQuestion,
};
use attesto_core::dpop::{ReplayAnswer, ReplayKey, ReplayOwner};
use std::collections::{BTreeSet, HashMap};

/// What goes wrong with one question.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Fault {
    /// The store fails before it acts.
    BeforeActing,
    /// The store acts, and its answer is lost.
    AfterActing,
    /// The driver loses an answer and asks again: it happens twice, the second answer counts.
    Twice,
    /// The driver asks twice and the first answer counts.
    TwiceFirstCounts,
    /// The answer comes so late that everything which expires soon has expired.
    Late,
    /// The driver goes away with the question.
    Dropped,
    /// The driver goes away after the store has acted.
    DroppedAfterActing,
}

impl Fault {
    pub(crate) const ALL: [Self; 7] = [
        Self::BeforeActing,
        Self::AfterActing,
        Self::Twice,
        Self::TwiceFirstCounts,
        Self::Late,
        Self::Dropped,
        Self::DroppedAfterActing,
    ];
}

/// One code.
#[derive(Clone, Debug)]
pub(crate) struct CodeRow {
    pub(crate) code: AuthorizationCode,
    pub(crate) spent: bool,
    pub(crate) recorded: Option<IssuedAccessToken>,
}

/// Everything that the host remembers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) clients: HashMap<String, (Client, Option<&'static str>)>,
    pub(crate) codes: HashMap<[u8; 32], CodeRow>,
    pub(crate) pushed: HashMap<[u8; 32], Spendable<PushedRequest>>,
    pub(crate) grants: HashMap<[u8; 32], Spendable<ConsentGrant>>,
    pub(crate) refresh: HashMap<[u8; 32], RefreshState>,
    pub(crate) revoked: BTreeSet<FamilyId>,
    /// Access tokens that a revocation named, beside those that are noted with refresh tokens.
    pub(crate) named: Vec<(FamilyId, IssuedAccessToken)>,
    /// Access tokens of revoked families that are taken care of.
    pub(crate) settled: BTreeSet<String>,
    pub(crate) denied: BTreeSet<String>,
    /// Until when the list keeps each token.
    pub(crate) denied_until: HashMap<String, Timestamp>,
    pub(crate) replays: BTreeSet<ReplayKey>,
    /// Whose records the replay store counted, in order.
    pub(crate) replay_owners: Vec<Option<ReplayOwner>>,
    /// Every first use exceeds its owner's share.
    pub(crate) over_share: bool,
    pub(crate) suspended: BTreeSet<String>,
    /// Whether the user has logged in.
    pub(crate) signed_in: bool,
    pub(crate) consent: Policy,
    /// A broken store, to see that it is noticed: what was taken is given to the next who asks, too.
    pub(crate) gives_twice: bool,
    /// The deny list takes nothing in.
    pub(crate) list_is_down: bool,
    /// The consent page that was shown last.
    pub(crate) page: Option<ConsentQuestion>,
    /// What the policy grants, whatever is asked; `None`: all of what is asked.
    pub(crate) policy: Option<ScopeSet>,
    pub(crate) id_claims: Vec<(String, String)>,
    pub(crate) may_introspect: BTreeSet<String>,
    pub(crate) events: Vec<AuthorizationEvent>,
    /// The names of the questions, in order.
    pub(crate) asked: Vec<&'static str>,
    /// The time that the next caller sees.
    pub(crate) now: u64,
    /// A database that does the same.
    pub(crate) behind: Option<Behind>,
}

/// How far a late answer is late: past codes and grace windows, not past refresh tokens.
pub(crate) const LATE: u64 = 700;

impl Ledger {
    /// Answers one question, with or without a fault. `None`: the driver went away.
    pub(crate) fn answer(&mut self, ask: Question, fault: Option<Fault>) -> Option<Step> {
        macro_rules! act {
            ($name:literal, $query:ident, $act:expr) => {{
                self.asked.push($name);
                let act: &dyn Fn(&mut Self) -> Answered<_> = &$act;
                let answer = match fault {
                    None => act(self),
                    Some(Fault::BeforeActing) => Err(Unavailable),
                    Some(Fault::AfterActing) => act(self).and(Err(Unavailable)),
                    Some(Fault::Twice) => {
                        let _ = act(self);
                        act(self)
                    }
                    Some(Fault::TwiceFirstCounts) => {
                        let first = act(self);
                        let _ = act(self);
                        first
                    }
                    Some(Fault::Late) => {
                        self.now += LATE;
                        act(self)
                    }
                    Some(Fault::Dropped) => return None,
                    Some(Fault::DroppedAfterActing) => {
                        let _ = act(self);
                        return None;
                    }
                };
                answer
            }};
        }
        Some(match ask {
            Question::Clients(ClientQuestion::Load(query)) => {
                let answer = act!("LoadClient", query, |own: &mut Self| {
                    Ok(own.clients.get(query.question()).map(|(client, _)| client.clone()))
                });
                query.answer(answer)
            }
            Question::Clients(ClientQuestion::VerifySecret(query)) => {
                let answer = act!("VerifySecret", query, |own: &mut Self| {
                    let asked = query.question();
                    let client = asked.client_id.as_ref().and_then(|id| own.clients.get(id));
                    Ok(client.and_then(|(_, secret)| *secret).is_some_and(|secret| secret == asked.secret.as_str()))
                });
                query.answer(answer)
            }
            Question::RecordReplay(query) if self.over_share => {
                let now = query.question().now;
                query.answer(Recorded { answer: ReplayAnswer::OverShare, now })
            }
            Question::RecordReplay(query) => {
                self.replay_owners.push(query.question().claim.owner);
                let answer =
                    act!("RecordReplay", query, |own: &mut Self| Ok(own.replays.insert(query.question().claim.key)));
                let answer = match answer {
                    Ok(true) => ReplayAnswer::Fresh,
                    Ok(false) => ReplayAnswer::Replay,
                    Err(Unavailable) => ReplayAnswer::Unavailable,
                };
                let now = query.question().now;
                query.answer(Recorded { answer, now })
            }
            Question::Authenticate(query) => {
                let answer = act!("Authenticate", query, |own: &mut Self| Ok(own.authenticate(query.question())));
                query.answer(answer)
            }
            Question::Consent(query) => {
                let answer = act!("Consent", query, |own: &mut Self| Ok(own.decide(query.question())));
                query.answer(answer)
            }
            Question::TakeConsentGrant(query) => {
                let answer =
                    act!("TakeConsentGrant", query, |own: &mut Self| Ok(own.take_consent_grant(query.question())));
                query.answer(answer)
            }
            Question::PushedRequests(PushedRequestQuestion::Insert(query)) => {
                let answer = act!("InsertPushedRequest", query, |own: &mut Self| {
                    let (key, row) = (*query.question().digest.as_bytes(), query.question().request.clone());
                    let known = own.pushed.contains_key(&key);
                    own.pushed.entry(key).or_insert(Spendable::new(row));
                    if known { Err(Unavailable) } else { Ok(()) }
                });
                query.answer(answer)
            }
            Question::PushedRequests(PushedRequestQuestion::Load(query)) => {
                let answer = act!("LoadPushedRequest", query, |own: &mut Self| {
                    let held = own.pushed.get(query.question().as_bytes()).filter(|held| !held.spent);
                    Ok(held.map(|held| held.row.clone()))
                });
                query.answer(answer)
            }
            Question::PushedRequests(PushedRequestQuestion::Take(query)) => {
                let answer = act!("TakePushedRequest", query, |own: &mut Self| Ok(own.take_pushed(query.question())));
                query.answer(answer)
            }
            Question::Codes(CodeQuestion::Insert(query)) => {
                let answer = act!("InsertCode", query, |own: &mut Self| own.insert_code(query.question()));
                query.answer(answer)
            }
            Question::Codes(CodeQuestion::Load(query)) => {
                let answer = act!("LoadCode", query, |own: &mut Self| own.load_code(query.question()));
                query.answer(answer)
            }
            Question::Codes(CodeQuestion::Take(query)) => {
                let answer = act!("TakeCode", query, |own: &mut Self| own.take_code(query.question()));
                query.answer(answer)
            }
            Question::Codes(CodeQuestion::RecordRedemption(query)) => {
                let answer = act!("RecordRedemption", query, |own: &mut Self| own.record_redemption(query.question()));
                query.answer(answer)
            }
            Question::RefreshTokens(RefreshTokenQuestion::Load(query)) => {
                let answer = act!("LoadRefresh", query, |own: &mut Self| own.load_refresh(query.question()));
                query.answer(answer)
            }
            Question::RefreshTokens(RefreshTokenQuestion::Insert(query)) => {
                let answer = act!("InsertRefresh", query, |own: &mut Self| own.insert_refresh(query.question()));
                query.answer(answer)
            }
            Question::RefreshTokens(RefreshTokenQuestion::Rotate(query)) => {
                let answer = act!("RotateRefresh", query, |own: &mut Self| own.rotate_refresh(query.question()));
                query.answer(answer)
            }
            Question::RefreshTokens(RefreshTokenQuestion::RecordRepeat(query)) => {
                let answer = act!("RecordRepeat", query, |own: &mut Self| own.record_repeat(query.question()));
                query.answer(answer)
            }
            Question::RefreshTokens(RefreshTokenQuestion::LoadFamily(query)) => {
                let answer = act!("LoadFamily", query, |own: &mut Self| own.load_family(query.question()));
                query.answer(answer)
            }
            Question::RefreshTokens(RefreshTokenQuestion::RevokeFamily(query)) => {
                let answer = act!("RevokeFamily", query, |own: &mut Self| own.revoke_family(query.question()));
                query.answer(answer)
            }
            Question::RefreshTokens(RefreshTokenQuestion::SettleRevocation(query)) => {
                let answer = act!("SettleRevocation", query, |own: &mut Self| own.settle_revocation(query.question()));
                query.answer(answer)
            }
            Question::DenyList(DenyListQuestion::Revoke(query)) => {
                let answer = act!("RevokeAccessTokens", query, |own: &mut Self| own.deny(query.question()));
                query.answer(answer)
            }
            Question::DenyList(DenyListQuestion::IsRevoked(query)) => {
                let answer = act!("IsRevoked", query, |own: &mut Self| own.is_denied(query.question()));
                query.answer(answer)
            }
            Question::LoadPrincipal(query) => {
                let answer = act!("LoadPrincipal", query, |own: &mut Self| {
                    Ok((!own.suspended.contains(query.question())).then(Principal::new))
                });
                query.answer(answer)
            }
            Question::AuthorizeScope(query) => {
                let answer = act!("AuthorizeScope", query, |own: &mut Self| {
                    Ok(own.policy.clone().unwrap_or_else(|| query.question().scopes.clone()))
                });
                query.answer(answer)
            }
            Question::IdTokenClaims(query) => {
                let answer = act!("IdTokenClaims", query, |own: &mut Self| {
                    let claims = own.id_claims.iter().map(|(name, value)| (name.clone(), value.as_str().into()));
                    Ok(claims.collect())
                });
                query.answer(answer)
            }
            Question::MayIntrospect(query) => {
                let answer = act!("MayIntrospect", query, |own: &mut Self| {
                    Ok(own.may_introspect.contains(&query.question().caller))
                });
                query.answer(answer)
            }
            Question::Record(query) => {
                let event = query.question().clone();
                // A sink has no way to say that it failed.
                let _ = act!("Record", query, |own: &mut Self| {
                    own.events.push(event.clone());
                    Ok(())
                });
                query.answer(())
            }
            other => panic!("not asked in these flows: {other:?}"),
        })
    }
}
