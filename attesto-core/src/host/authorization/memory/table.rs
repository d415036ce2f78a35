//! Rows that lapse: a hash map, with a schedule of when to check each row.

use crate::Timestamp;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::borrow::Borrow;
use core::hash::Hash;
use std::collections::HashMap;

/// Rows by key, each kept until its own time. Keys are hashed with a random key of the process, so that clients cannot
/// target a bucket.
pub(super) struct Table<K, V> {
    rows: HashMap<K, Row<V>>,
    /// One entry for each row, at its time or earlier: a row whose time was extended is entered again when its entry
    /// comes up. Also has entries of removed rows, until their time.
    due: Deadlines<K>,
    /// The latest `retain_until` of a freed row.
    forgotten_until: Option<Timestamp>,
}

/// The result of one freeing step.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Freed {
    /// The number of freed rows.
    pub(super) rows: usize,
    /// The number of checked entries, including those of extended and of removed rows: the cost of the step.
    pub(super) entries: usize,
}

struct Row<V> {
    value: V,
    retain_until: Timestamp,
    /// The time of the row's latest entry in `due`.
    due: Timestamp,
}

impl<K: Clone + Eq + Hash, V> Table<K, V> {
    pub(super) fn new() -> Self {
        Self { rows: HashMap::new(), due: Deadlines::new(), forgotten_until: None }
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.rows.get(key).map(|row| &row.value)
    }

    pub(super) fn get_mut<Q: Eq + Hash + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        self.rows.get_mut(key).map(|row| &mut row.value)
    }

    /// Adds a row, to be kept until this time. The caller has checked that the key is free and the table has room.
    pub(super) fn insert(&mut self, key: K, value: V, retain_until: Timestamp) {
        self.due.add(retain_until, key.clone());
        self.rows.insert(key, Row { value, retain_until, due: retain_until });
    }

    /// Removes a row.
    pub(super) fn remove<Q: Eq + Hash + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        // Its entry in `due` is dropped when it comes up; until then it is a key without a row.
        self.rows.remove(key).map(|row| row.value)
    }

    /// Removes a row that would have been kept for long, together with its entry in `due`, which would otherwise
    /// outlive it.
    pub(super) fn end(&mut self, key: &K) -> Option<V> {
        let row = self.rows.remove(key)?;
        self.due.remove(row.due, key);
        Some(row.value)
    }

    /// Keeps a row at least until this time.
    pub(super) fn retain<Q: Eq + Hash + ?Sized>(&mut self, key: &Q, until: Timestamp)
    where
        K: Borrow<Q>,
    {
        if let Some(row) = self.rows.get_mut(key) {
            row.retain_until = row.retain_until.max(until);
        }
    }

    /// Keeps a row until exactly this time, replacing its former time.
    pub(super) fn retain_only(&mut self, key: &K, until: Timestamp) {
        if let Some(row) = self.rows.get_mut(key) {
            (row.retain_until, row.due) = (until, until);
            // In addition to its former entry, which then finds no row.
            self.due.add(until, key.clone());
        }
    }

    /// Checks at most `most` due entries, and frees the rows whose time has passed: strictly `retain_until < now`
    /// (ST-2). Passes freed rows to `gone`.
    pub(super) fn free_each(&mut self, now: Timestamp, most: usize, mut gone: impl FnMut(&K, V)) -> Freed {
        let mut freed = Freed::default();
        while freed.entries < most {
            let Some(key) = self.due.next_before(now) else { break };
            freed.entries = freed.entries.saturating_add(1);
            match self.rows.get_mut(&key) {
                Some(row) if row.retain_until >= now => {
                    row.due = row.retain_until;
                    self.due.add(row.due, key);
                }
                Some(Row { retain_until, .. }) => {
                    let lapsed = *retain_until;
                    if let Some(row) = self.rows.remove(&key) {
                        gone(&key, row.value);
                    }
                    self.forgotten_until = self.forgotten_until.max(Some(lapsed));
                    freed.rows = freed.rows.saturating_add(1);
                }
                None => {}
            }
        }
        freed
    }

    #[cfg(test)]
    fn free(&mut self, now: Timestamp, most: usize) -> Freed {
        self.free_each(now, most, |_, _| {})
    }

    /// Whether a row with this time may have existed and been freed, which happens only if a clock went backwards.
    pub(super) fn may_have_forgotten(&self, retain_until: Timestamp) -> bool {
        self.forgotten_until.is_some_and(|forgotten| retain_until <= forgotten)
    }
}

/// Keys by due time.
pub(super) struct Deadlines<K>(BTreeMap<Timestamp, Vec<K>>);

impl<K> Default for Deadlines<K> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K> Deadlines<K> {
    pub(super) const fn new() -> Self {
        Self(BTreeMap::new())
    }

    pub(super) fn add(&mut self, at: Timestamp, key: K) {
        self.0.entry(at).or_default().push(key);
    }

    /// Removes a key that is due at this time.
    fn remove(&mut self, at: Timestamp, key: &K)
    where
        K: Eq,
    {
        let Some(keys) = self.0.get_mut(&at) else { return };
        if let Some(place) = keys.iter().position(|due| due == key) {
            keys.swap_remove(place);
        }
        if keys.is_empty() {
            self.0.remove(&at);
        }
    }

    /// Takes a key whose time has passed: strictly `at < now`.
    pub(super) fn next_before(&mut self, now: Timestamp) -> Option<K> {
        let mut first = self.0.first_entry().filter(|entry| *entry.key() < now)?;
        let key = first.get_mut().pop();
        if first.get().is_empty() {
            first.remove();
        }
        key
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_table_agrees_with_a_plain_map(steps in prop::collection::vec((0u8..30, 0u64..40, 0usize..4), 0..300)) {
            let mut table = Table::new();
            let mut model: BTreeMap<u8, u64> = BTreeMap::new();
            for (second, (key, lifetime, most)) in steps.into_iter().enumerate() {
                let now = second as u64 / 3;
                let freed = table.free(Timestamp::from_secs(now), most);
                prop_assert!(freed.rows <= freed.entries && freed.entries <= most);
                let until = now + lifetime;
                match model.get_mut(&key) {
                    // Freed or not, depending on `most`; never before its time.
                    Some(kept) => match table.get(&key) {
                        Some(()) => {
                            *kept = (*kept).max(until);
                            table.retain(&key, Timestamp::from_secs(until));
                        }
                        None => {
                            prop_assert!(*kept < now, "freed early");
                            prop_assert!(table.may_have_forgotten(Timestamp::from_secs(*kept)));
                            table.insert(key, (), Timestamp::from_secs(until));
                            *kept = until;
                        }
                    },
                    None => {
                        prop_assert!(table.get(&key).is_none());
                        table.insert(key, (), Timestamp::from_secs(until));
                        model.insert(key, until);
                    }
                }
                prop_assert_eq!(table.due.0.values().map(Vec::len).sum::<usize>(), table.len(), "one entry for each row");
            }
            table.free(Timestamp::from_secs(1_000), usize::MAX);
            prop_assert_eq!((table.len(), table.due.0.len()), (0, 0));
        }
    }

    #[test]
    fn st2_a_row_can_be_kept_for_less_than_was_said() {
        let mut table = Table::new();
        table.insert(1, (), Timestamp::from_secs(100));
        table.retain_only(&1, Timestamp::from_secs(10));
        assert_eq!(table.free(Timestamp::from_secs(10), 9), Freed::default());
        assert_eq!(table.free(Timestamp::from_secs(11), 9), Freed { rows: 1, entries: 1 });
        assert_eq!(table.free(Timestamp::from_secs(101), 9), Freed { rows: 0, entries: 1 });
    }

    #[test]
    fn st2_a_row_that_was_ended_leaves_no_entry_behind() {
        let mut table = Table::new();
        for key in 0..3 {
            table.insert(key, (), Timestamp::from_secs(10));
            table.retain(&key, Timestamp::from_secs(20));
        }
        assert_eq!((table.end(&0), table.end(&0)), (Some(()), None));
        // The others are entered again when they come up.
        assert_eq!(table.free(Timestamp::from_secs(11), 9), Freed { rows: 0, entries: 2 });
        assert_eq!((table.end(&1), table.end(&2), table.due.0.len()), (Some(()), Some(()), 0));
    }

    #[test]
    fn st2_entries_of_rows_that_were_taken_cost_no_call_more_than_its_portion() {
        let mut table = Table::new();
        for key in 0..1_000 {
            table.insert(key, (), Timestamp::from_secs(10));
            table.remove(&key);
        }
        assert_eq!(table.free(Timestamp::from_secs(11), 8), Freed { rows: 0, entries: 8 });
        assert_eq!(table.free(Timestamp::from_secs(11), 10_000), Freed { rows: 0, entries: 992 });
    }

    #[test]
    fn st2_a_row_is_freed_strictly_after_its_time() {
        let mut table = Table::new();
        table.insert(1, (), Timestamp::from_secs(10));
        assert_eq!(table.free(Timestamp::from_secs(10), 9), Freed::default());
        assert!(!table.may_have_forgotten(Timestamp::from_secs(0)));
        assert_eq!(table.free(Timestamp::from_secs(11), 9), Freed { rows: 1, entries: 1 });
        assert!(
            table.may_have_forgotten(Timestamp::from_secs(10)) && !table.may_have_forgotten(Timestamp::from_secs(11))
        );
    }
}
