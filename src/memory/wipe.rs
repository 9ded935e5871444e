//! Emptying an open memory. A marker on disk says that it is under way, so that a kill in between
//! leaves no half of a memory behind: opening finishes the work.

use super::{Counts, Memory, WriteError, key, store::Changes};

impl Memory {
    /// Forgets everything but whom the memory belongs to. Nobody else may write meanwhile.
    ///
    /// # Errors
    /// The store failed; opening the memory again finishes the work.
    pub fn clear(&self, now_ms: u64) -> Result<(), WriteError> {
        self.mark_unfinished()?;
        self.finish_wipe(now_ms)
    }

    /// From here until the marker is gone, what the memory holds is to be thrown away.
    pub(super) fn mark_unfinished(&self) -> Result<(), WriteError> {
        let mut changes = Changes::default();
        changes.insert(key::UNFINISHED, b"1");
        self.store.commit(changes)
    }

    pub(super) fn finish_wipe(&self, now_ms: u64) -> Result<(), WriteError> {
        for kind in [key::DECISIONS, key::FACTS, key::QUARANTINE, key::SNAPSHOTS] {
            self.remove_range(vec![kind], vec![kind + 1])?;
        }
        self.remove_range(key::note(""), key::after_notes())?;
        let fresh = Counts {
            created_ms: now_ms,
            ..Counts::default()
        };
        let mut counts = self.writing();
        let mut changes = Changes::default();
        fresh.put(&mut changes);
        changes.remove(key::UNFINISHED);
        self.store.commit(changes)?;
        *counts = fresh;
        Ok(())
    }
}
