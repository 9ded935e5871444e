//! How much is remembered. Kept in every batch, so that nobody has to count a million records.

use super::{Memory, ReadError, key, record, store::Changes};
use serde::{Deserialize, Serialize};

/// Counts that are written with each batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// Unix milliseconds of the memory's making.
    pub created_ms: u64,
    /// Decisions held now.
    pub decisions: u64,
    /// Decisions ever written.
    pub decisions_ever: u64,
    /// Outcomes ever written.
    pub outcomes_ever: u64,
    /// Feedback ever taken.
    pub feedback_ever: u64,
    /// Decisions removed by retention.
    pub purged_ever: u64,
    /// Records set aside as damaged.
    pub quarantined: u64,
    /// Number of the last fact; 0 = none yet.
    pub last_fact: u64,
    /// Facts up to this number are in both snapshots and were removed.
    pub pruned_fact: u64,
}

impl Counts {
    pub(super) fn put(&self, changes: &mut Changes) {
        changes.insert(key::COUNTS, record::seal(key::COUNTS, 1, self));
    }
}

/// The memory in numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statistics {
    /// Counts.
    pub counts: Counts,
    /// Bytes of the store's files.
    pub bytes_on_disk: u64,
    /// Snapshots of the learner: (last fact included, bytes), oldest first.
    pub snapshots: Vec<(u64, u64)>,
    /// Unix milliseconds of the oldest and the newest decision held.
    pub span_ms: Option<(u64, u64)>,
}

impl Memory {
    /// Counts as of the last write.
    #[must_use]
    pub fn counts(&self) -> Counts {
        *self.writing()
    }

    /// The memory in numbers; cheap at any size.
    ///
    /// # Errors
    /// The store failed.
    pub fn statistics(&self) -> Result<Statistics, ReadError> {
        let mut keys = self.store.kind(key::DECISIONS);
        let at_ms = |entry: (super::store::Bytes, _)| {
            key::parse_decision(&entry.0).map(|(id, _)| id.at_ms())
        };
        let oldest = keys.next().transpose()?.and_then(at_ms);
        let newest = keys.next_back().transpose()?.and_then(at_ms).or(oldest);
        Ok(Statistics {
            counts: self.counts(),
            bytes_on_disk: self.store.size_on_disk()?,
            snapshots: self.snapshot_sizes()?,
            span_ms: oldest.zip(newest),
        })
    }
}
