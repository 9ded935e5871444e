//! Damaged records are set aside, so that they are reported once and can be looked at.

use super::{
    Counts, Memory, ReadError,
    key::{self, Part},
    record::{self, Damage},
    store::Changes,
};

/// Damaged records kept; beyond it they are removed without a copy.
const MAX_QUARANTINED: u64 = 10_000;

/// A record that was set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantined {
    /// What it was, in words.
    pub what: String,
    /// What is wrong with it.
    pub reason: String,
}

/// Moves a record aside as part of a batch.
pub(super) fn put(
    changes: &mut Changes,
    counts: &mut Counts,
    key: &[u8],
    stored: &[u8],
    damage: &Damage,
) {
    tracing::warn!(what = %key::describe(key), reason = %damage, "a damaged record was set aside");
    if counts.quarantined < MAX_QUARANTINED {
        let aside = key::quarantine(key);
        let record = record::seal(&aside, 1, &(damage.to_string(), stored));
        changes.insert(aside, record);
    }
    counts.quarantined += 1;
    if matches!(key::parse_decision(key), Some((_, Part::Decision))) {
        counts.decisions = counts.decisions.saturating_sub(1);
    }
    changes.remove(key);
}

impl Memory {
    /// Moves a record aside, now. Where that fails the record stays: it is as damaged as before, and
    /// the store has already said what ails it.
    pub(super) fn set_aside(&self, key: &[u8], stored: &[u8], damage: &Damage) {
        let mut counts = self.writing();
        let mut next = *counts;
        let mut changes = Changes::default();
        put(&mut changes, &mut next, key, stored, damage);
        next.put(&mut changes);
        if self.store.commit(changes).is_ok() {
            *counts = next;
        }
    }

    /// The records that were set aside, at most this many.
    ///
    /// # Errors
    /// The store failed.
    pub fn quarantined(&self, limit: usize) -> Result<Vec<Quarantined>, ReadError> {
        let entry = |found: Result<(super::store::Bytes, super::store::Bytes), ReadError>| {
            let (key, stored) = found?;
            let opened = record::open_v1::<(String, Vec<u8>)>(&key, &stored);
            Ok(Quarantined {
                what: key::describe(&key[1..]),
                reason: opened.map_or_else(|damage| damage.to_string(), |(reason, _)| reason),
            })
        };
        self.store
            .kind(key::QUARANTINE)
            .take(limit)
            .map(entry)
            .collect()
    }
}
