//! Limits how much of a store each owner may have, so that none can use up what others need.

use alloc::string::String;
use std::collections::HashMap;

/// Counts places by owner. Only owners with places are known.
#[derive(Default)]
pub(super) struct Shares(HashMap<String, usize>);

impl Shares {
    /// The number of this owner's places.
    pub(super) fn held_by(&self, owner: &str) -> usize {
        self.0.get(owner).copied().unwrap_or_default()
    }

    pub(super) fn take(&mut self, owner: &str, amount: usize) {
        match self.0.get_mut(owner) {
            Some(held) => *held = held.saturating_add(amount),
            None => {
                self.0.insert(owner.into(), amount);
            }
        }
    }

    pub(super) fn give_back(&mut self, owner: &str, amount: usize) {
        let Some(held) = self.0.get_mut(owner) else { return };
        *held = held.saturating_sub(amount);
        if *held == 0 {
            self.0.remove(owner);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_holds_nothing_is_forgotten() {
        let mut shares = Shares::default();
        shares.take("a", 2);
        shares.take("a", 1);
        shares.take("b", 1);
        assert_eq!((shares.held_by("a"), shares.held_by("b"), shares.held_by("c")), (3, 1, 0));
        shares.give_back("a", 3);
        shares.give_back("c", 1);
        assert_eq!((shares.held_by("a"), shares.0.len()), (0, 1));
    }
}
