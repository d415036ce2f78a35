//! Limits how much of a store each user may have, and how much of that each of the user's clients, so that none can use
//! up what others need.

use super::capacity::share;
use crate::authorization::FamilyId;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::sync::Arc;
use std::collections::HashMap;

/// One user has at most this fraction of the places,
const USERS: usize = 64;
/// but at least this many in a small store,
const FEW: usize = 1_024;
/// as long as that is at most this fraction of its places.
const FEW_OF: usize = 4;
/// One client of a user has at most this fraction of the user's places.
const CLIENTS_OF_USER: usize = 4;

/// The most places of a store for one user.
pub(super) fn user_share(capacity: usize) -> usize {
    let of_small = capacity.checked_div(FEW_OF).unwrap_or_default().min(FEW);
    share(capacity, USERS).max(of_small)
}

/// The most places of a store for one client of one user.
pub(super) fn client_share(capacity: usize) -> usize {
    user_share(capacity).checked_div(CLIENTS_OF_USER).unwrap_or_default().max(1)
}

/// A user and a client. Their rows refer to it.
pub(super) struct Owner {
    user: String,
    client: String,
    /// Its number, in order of arrival.
    number: u64,
}

/// Counts rows by user and client. Only those with rows are known.
#[derive(Default)]
pub(super) struct Owners {
    users: HashMap<String, User>,
    numbered: u64,
}

#[derive(Default)]
struct User {
    held: usize,
    clients: HashMap<String, Pair>,
}

struct Pair {
    held: usize,
    owner: Arc<Owner>,
}

impl Owners {
    /// The number of this user's rows.
    pub(super) fn held_by(&self, user: &str) -> usize {
        self.users.get(user).map_or(0, |user| user.held)
    }

    /// The number of this user's rows with this client.
    pub(super) fn held_with(&self, user: &str, client: &str) -> usize {
        self.users.get(user).and_then(|user| user.clients.get(client)).map_or(0, |pair| pair.held)
    }

    /// Whether one more row is within the shares of this user and client in a store of this capacity.
    pub(super) fn one_more_fits(&self, user: &str, client: &str, capacity: usize) -> bool {
        self.held_by(user) < user_share(capacity) && self.held_with(user, client) < client_share(capacity)
    }

    /// Finds this user and client, if they have rows.
    pub(super) fn find(&self, user: &str, client: &str) -> Option<Arc<Owner>> {
        Some(Arc::clone(&self.users.get(user)?.clients.get(client)?.owner))
    }

    /// Counts one row more.
    pub(super) fn take(&mut self, user: &str, client: &str) -> Arc<Owner> {
        if !self.users.contains_key(user) {
            self.users.insert(user.into(), User::default());
        }
        self.numbered = self.numbered.saturating_add(1);
        let new = || Arc::new(Owner { user: user.into(), client: client.into(), number: self.numbered });
        let Some(of_user) = self.users.get_mut(user) else { return new() };
        of_user.held = of_user.held.saturating_add(1);
        if let Some(pair) = of_user.clients.get_mut(client) {
            pair.held = pair.held.saturating_add(1);
            return Arc::clone(&pair.owner);
        }
        let owner = new();
        of_user.clients.insert(client.into(), Pair { held: 1, owner: Arc::clone(&owner) });
        owner
    }

    /// Counts one row less.
    pub(super) fn give_back(&mut self, user: &str, client: &str) {
        let Some(of_user) = self.users.get_mut(user) else { return };
        let Some(pair) = of_user.clients.get_mut(client) else { return };
        (of_user.held, pair.held) = (of_user.held.saturating_sub(1), pair.held.saturating_sub(1));
        if pair.held == 0 {
            of_user.clients.remove(client);
        }
        if of_user.held == 0 {
            self.users.remove(user);
        }
    }

    /// Counts one row less.
    pub(super) fn give_back_of(&mut self, owner: &Owner) {
        self.give_back(&owner.user, &owner.client);
    }
}

/// The live families by owner, in the order of their last use.
#[derive(Default)]
pub(super) struct Uses {
    order: BTreeMap<(u64, u64), FamilyId>,
    counted: u64,
}

impl Uses {
    /// Records a use, and returns its number.
    pub(super) fn add(&mut self, owner: &Owner, family: FamilyId) -> u64 {
        self.counted = self.counted.saturating_add(1);
        self.order.insert((owner.number, self.counted), family);
        self.counted
    }

    /// Forgets a use.
    pub(super) fn remove(&mut self, owner: &Owner, used: u64) {
        self.order.remove(&(owner.number, used));
    }

    /// Returns the owner's least recently used family.
    pub(super) fn oldest(&self, owner: &Owner) -> Option<FamilyId> {
        self.order.range((owner.number, 0)..=(owner.number, u64::MAX)).next().map(|(_, family)| *family)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_has_a_64th_of_a_large_store_and_a_thousand_or_a_quarter_of_a_small_one() {
        let shares =
            [1, 200, 400, 4_096, 65_536, 100_000].map(|capacity| (user_share(capacity), client_share(capacity)));
        assert_eq!(shares, [(64, 16), (64, 16), (100, 25), (1_024, 256), (1_024, 256), (1_562, 390)]);
    }

    #[test]
    fn owners_that_hold_nothing_are_forgotten() {
        let mut owners = Owners::default();
        for client in ["a", "a", "b"] {
            owners.take("user", client);
        }
        assert_eq!((owners.held_by("user"), owners.held_with("user", "a"), owners.held_with("other", "a")), (3, 2, 0));
        owners.give_back("user", "a");
        owners.give_back("user", "c");
        let owner = owners.find("user", "a").unwrap();
        owners.give_back_of(&owner);
        assert!((owners.held_by("user"), owners.find("user", "a").is_none()) == (1, true));
        owners.give_back("user", "b");
        assert!(owners.users.is_empty());
    }

    #[test]
    fn the_oldest_is_the_one_used_longest_ago_of_its_owner() {
        let (mut owners, mut uses) = (Owners::default(), Uses::default());
        let [a, b] = ["a", "b"].map(|client| owners.take("user", client));
        let family = |number| FamilyId::from_bytes([number; 16]);
        let first = uses.add(&a, family(1));
        uses.add(&b, family(2));
        uses.add(&a, family(3));
        assert!((uses.oldest(&a), uses.oldest(&b)) == (Some(family(1)), Some(family(2))));
        uses.remove(&a, first);
        uses.add(&a, family(1));
        assert!(uses.oldest(&a) == Some(family(3)));
    }
}
