//! What is remembered, durably: decisions, outcomes, feedback, facts, and snapshots of the learner.
//!
//! One writer at a time, many readers, all of them synchronous: `append` takes some ten microseconds
//! where it need not wait for the disk, the rest is called from blocking threads. What `append` has
//! acknowledged survives a kill at any moment, whole or not at all. Records are checked when they are
//! read: a damaged one is set aside, reported, and never fails a request.
//!
//! Not here: what the records mean (`learn`), and when to write them (`engine`). Only `store`,
//! `checkpoint` and `scan` touch sled.

mod append;
mod checkpoint;
mod counts;
mod decisions;
mod dump;
mod error;
mod facts;
mod files;
mod key;
mod open;
mod quarantine;
mod record;
mod retention;
mod scan;
mod settings;
mod snapshot;
mod store;
mod table;
#[cfg(test)]
mod tests;
mod transfer;
mod wal;
mod wipe;

pub use append::{Appended, Batch, Refused};
pub use counts::{Counts, Statistics};
pub use decisions::{Filter, Page, Stored, replaced};
pub use error::{ExportError, ImportError, OpenError, ReadError, WriteError};
pub use facts::Facts;
pub use files::reset;
pub use open::Recovered;
pub use quarantine::Quarantined;
pub use retention::Purged;
pub use settings::{Durability, Identity, Settings};
pub use snapshot::Snapshot;
pub use transfer::{Entries, Imported};

use crate::domain::DecisionId;
use std::{
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Format of the memory as a whole. Rises when an older program could not read what a newer writes.
pub const FORMAT: u32 = 1;

/// An open memory. One process at a time has it.
pub struct Memory {
    path: PathBuf,
    settings: Settings,
    identity: Identity,
    store: store::Store,
    /// Held by whoever writes, so that the counts on disk follow those in here.
    counts: Mutex<Counts>,
    /// No decision is newer, so that one that is need not be looked up before it is written.
    newest: Mutex<Option<DecisionId>>,
    /// Held while snapshots come and go, facts before them included.
    snapshots: Mutex<()>,
    _lock: files::Lock,
}

impl Memory {
    /// Where it lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whom it belongs to.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// What an acknowledged write survives.
    #[must_use]
    pub fn durability(&self) -> Durability {
        self.settings.durability
    }

    /// Why it cannot be written any more, if so. It stays so until it is opened again.
    #[must_use]
    pub fn failure(&self) -> Option<&str> {
        self.store.failure()
    }

    /// Makes every write from now on fail, as a full disk does.
    #[cfg(test)]
    pub(crate) fn break_down(&self, reason: &str) {
        self.store.break_down(reason);
    }

    /// A small value of the engine's own that was written with [`Batch::notes`].
    ///
    /// # Errors
    /// The store failed.
    pub fn note(&self, name: &str) -> Result<Option<Vec<u8>>, ReadError> {
        let key = key::note(name);
        let Some(stored) = self.store.get(&key)? else {
            return Ok(None);
        };
        match record::open_v1(&key, &stored) {
            Ok(note) => Ok(Some(note)),
            Err(damage) => {
                self.set_aside(&key, &stored, &damage);
                Ok(None)
            }
        }
    }

    /// The engine's notes whose names begin so, in the order of their names.
    ///
    /// # Errors
    /// The store failed.
    pub fn notes(&self, prefix: &str) -> Result<Vec<(String, Vec<u8>)>, ReadError> {
        let from = key::note(prefix);
        let start = key::note("").len();
        let after = [&from[..], &[u8::MAX]].concat();
        let mut notes = Vec::new();
        for entry in self.store.range(from..after) {
            let (key, stored) = entry?;
            let name = String::from_utf8_lossy(&key[start..]).into_owned();
            match record::open_v1(&key, &stored) {
                Ok(note) => notes.push((name, note)),
                Err(damage) => self.set_aside(&key, &stored, &damage),
            }
        }
        Ok(notes)
    }

    fn snapshotting(&self) -> MutexGuard<'_, ()> {
        self.snapshots
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn newest(&self) -> MutexGuard<'_, Option<DecisionId>> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn writing(&self) -> MutexGuard<'_, Counts> {
        // A panic of another writer left the counts as of its last commit: still right.
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Memory")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}
