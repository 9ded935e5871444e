//! Forgetting decisions that nobody will judge any more. What was learned from them stays.

use super::{
    Memory, WriteError,
    key::{self, Part},
    store::Changes,
};
use crate::domain::DecisionId;

/// What one call removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Purged {
    /// Decisions removed.
    pub decisions: u64,
    /// More are due.
    pub more: bool,
}

impl Memory {
    /// Would a decision of this id be kept, as far as its age goes?
    #[must_use]
    pub fn keeps(&self, id: DecisionId, now_ms: u64) -> bool {
        id.at_ms() >= now_ms.saturating_sub(self.settings.retention_ms)
    }

    /// Removes the oldest decisions that are due, by age or by number, `at_most` of them. Call again
    /// while `more` says so; writes of others get in between.
    ///
    /// # Errors
    /// The store failed.
    pub fn purge(&self, now_ms: u64, at_most: u64) -> Result<Purged, WriteError> {
        let mut counts = self.writing();
        let expired_ms = now_ms.saturating_sub(self.settings.retention_ms);
        let surplus = counts.decisions.saturating_sub(self.settings.max_decisions);
        let mut changes = Changes::default();
        let mut purged = Purged::default();
        let (mut ids, mut last) = (0, None);
        for entry in self.store.kind(key::DECISIONS) {
            let (key, _) = entry.map_err(|error| WriteError::Failed {
                reason: error.reason,
            })?;
            let Some((id, part)) = key::parse_decision(&key) else {
                continue;
            };
            // What belongs to one decision lies together and goes together.
            if last != Some(id) {
                let due = id.at_ms() < expired_ms || purged.decisions < surplus;
                purged.more = due && ids == at_most;
                if !due || purged.more {
                    break;
                }
                last = Some(id);
                ids += 1;
            }
            purged.decisions += u64::from(part == Part::Decision);
            changes.remove(key);
        }
        if ids > 0 {
            let mut next = *counts;
            next.decisions = next.decisions.saturating_sub(purged.decisions);
            next.purged_ever += purged.decisions;
            next.put(&mut changes);
            self.store.commit(changes)?;
            *counts = next;
        }
        Ok(purged)
    }
}
