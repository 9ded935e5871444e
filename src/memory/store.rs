//! The only place that touches sled: atomic batches, durable on return, and no panic gets out.
//!
//! Measured on sled 0.34.7: `apply_batch` alone is lost at a kill; `flush` hands the log to the
//! operating system (`sync_file_range`), which survives a kill of the process, and takes .1 ms and
//! two changes of thread. Therefore changes are durable in a log of our own (`wal`) first, and sled
//! flushes when that is full; only an fsync of the file survives a power cut. sled panics on some
//! damaged files, hence `catch_unwind`.

use super::{ReadError, WriteError, settings::Durability, wal::Wal};
use sled::IVec;
use std::{
    fs::File,
    io,
    ops::Range,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
    thread,
    time::Duration,
};

/// How long opening waits for the store's file to be let go, in steps of [`LOCK_STEP`].
const LOCK_WAIT: Duration = Duration::from_secs(5);
const LOCK_STEP: Duration = Duration::from_millis(10);

pub(super) use super::wal::Changes;

/// Bytes shared with the store's cache.
pub(super) type Bytes = IVec;

/// Why sled did not do what was asked.
#[derive(Debug)]
pub(super) enum Failure {
    Io(io::Error),
    Damage(String),
}

impl From<sled::Error> for Failure {
    fn from(error: sled::Error) -> Self {
        match error {
            sled::Error::Io(error) => Self::Io(error),
            other => Self::Damage(other.to_string()),
        }
    }
}

impl Failure {
    /// Somebody still has the store's file. sled wraps the cause in an error of kind `Other`.
    fn is_lock(&self) -> bool {
        matches!(self, Self::Io(error) if error.to_string().starts_with("could not acquire lock"))
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Io(error) => write!(f, "{error}"),
            Self::Damage(reason) => f.write_str(reason),
        }
    }
}

/// Runs a piece of sled and turns its panics into failures.
fn guarded<T>(work: impl FnOnce() -> sled::Result<T>) -> Result<T, Failure> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(result) => result.map_err(Failure::from),
        Err(panic) => {
            let text = panic
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| panic.downcast_ref::<&str>().copied());
            let text = text.unwrap_or("no message").lines().next().unwrap_or("");
            Err(Failure::Damage(format!("the store panicked: {text}")))
        }
    }
}

/// Opens the store. Its own threads keep the lock on its file a moment longer than the last handle
/// lives, so a lock is waited for; that no other process has the memory is settled before (`files`).
fn open_when_free(
    config: &sled::Config,
    mut pause: impl FnMut(Duration),
) -> Result<sled::Db, Failure> {
    let mut left = LOCK_WAIT;
    loop {
        match guarded(|| config.open()) {
            Err(failure) if failure.is_lock() && !left.is_zero() => {
                pause(LOCK_STEP);
                left = left.saturating_sub(LOCK_STEP);
            }
            other => return other,
        }
    }
}

pub(super) struct Store {
    db: sled::Db,
    /// Held over a commit: the store takes changes in the order of the log.
    wal: Mutex<Wal>,
    /// For fsync; `None` where a process kill is all that is to be survived.
    file: Option<File>,
    /// Set by the first failed write and never taken back: what the log holds after it is not known.
    failed: OnceLock<String>,
}

impl Store {
    pub(super) fn open(
        path: &Path,
        cache_bytes: u64,
        durability: Durability,
    ) -> Result<Self, Failure> {
        let config = sled::Config::new()
            .path(path)
            .cache_capacity(cache_bytes)
            .mode(sled::Mode::LowSpace);
        let db = open_when_free(&config, thread::park_timeout)?;
        let file = match durability {
            Durability::Process => None,
            Durability::Power => Some(File::open(path.join("db")).map_err(Failure::Io)?),
        };
        let (wal, held) = Wal::open(path, durability).map_err(Failure::Io)?;
        if file.is_some() {
            File::open(path)
                .and_then(|dir| dir.sync_all())
                .map_err(Failure::Io)?;
        }
        let store = Self {
            db,
            wal: Mutex::new(wal),
            file,
            failed: OnceLock::new(),
        };
        for batch in held {
            guarded(|| store.db.apply_batch(batch))?;
        }
        store.settle(&mut store.wal())?;
        Ok(store)
    }

    fn wal(&self) -> MutexGuard<'_, Wal> {
        // After a panic in between, `failed` keeps everybody from writing on.
        self.wal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes durable in the store what the log holds, and empties the log.
    fn settle(&self, wal: &mut Wal) -> Result<(), Failure> {
        guarded(|| {
            self.db.flush()?;
            if let Some(file) = &self.file {
                file.sync_data()?;
            }
            wal.clear()?;
            Ok(())
        })
    }

    /// Applies the changes as one and makes them durable.
    pub(super) fn commit(&self, mut changes: Changes) -> Result<(), WriteError> {
        let mut wal = self.wal();
        if let Some(reason) = self.failed.get() {
            return Err(WriteError::Failed {
                reason: reason.clone(),
            });
        }
        let done = wal.append(&mut changes).map_err(Failure::Io);
        let done = done.and_then(|()| guarded(|| self.db.apply_batch(changes.batch)));
        let done = done.and_then(|()| match wal.is_full() {
            true => self.settle(&mut wal),
            false => Ok(()),
        });
        done.map_err(|failure| {
            let reason = failure.to_string();
            tracing::error!(%reason, "the memory cannot be written any more");
            let _ = self.failed.set(reason.clone());
            WriteError::Failed { reason }
        })
    }

    /// As if a write had failed.
    #[cfg(test)]
    pub(super) fn break_down(&self, reason: &str) {
        let _ = self.failed.set(reason.to_owned());
    }

    /// Everything is in the store itself, durably, and the log is empty.
    pub(super) fn settled(&self) -> Result<(), WriteError> {
        if let Some(reason) = self.failed.get() {
            let reason = reason.clone();
            return Err(WriteError::Failed { reason });
        }
        let settled = self.settle(&mut self.wal());
        settled.map_err(|failure| WriteError::Failed {
            reason: failure.to_string(),
        })
    }

    /// Why writing has stopped, if it has.
    pub(super) fn failure(&self) -> Option<&str> {
        self.failed.get().map(String::as_str)
    }

    pub(super) fn get(&self, key: &[u8]) -> Result<Option<Bytes>, ReadError> {
        guarded(|| self.db.get(key)).map_err(read_error)
    }

    pub(super) fn contains(&self, key: &[u8]) -> Result<bool, ReadError> {
        guarded(|| self.db.contains_key(key)).map_err(read_error)
    }

    pub(super) fn range(&self, keys: Range<Vec<u8>>) -> Scan {
        Scan(self.db.range(keys))
    }

    /// All keys of one kind.
    pub(super) fn kind(&self, kind: u8) -> Scan {
        self.range(vec![kind]..vec![kind + 1])
    }

    pub(super) fn is_empty(&self) -> Result<bool, Failure> {
        guarded(|| Ok(self.db.iter().next().transpose()?.is_none()))
    }

    pub(super) fn size_on_disk(&self) -> Result<u64, ReadError> {
        let log = self.wal().bytes();
        let store = guarded(|| self.db.size_on_disk());
        store.map(|store| store + log).map_err(read_error)
    }
}

impl Drop for Store {
    /// Leaves an empty log behind, so that nothing is to be taken in at the next start. Where that
    /// fails the log is kept, and is taken in then.
    fn drop(&mut self) {
        if let Err(error) = self.settled() {
            tracing::warn!(%error, "the memory's log is left for the next start");
        }
    }
}

fn read_error(failure: Failure) -> ReadError {
    ReadError {
        reason: failure.to_string(),
    }
}

/// Records in the order of their keys, from either end.
pub(super) struct Scan(sled::Iter);

impl Iterator for Scan {
    type Item = Result<(Bytes, Bytes), ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        guarded(|| self.0.next().transpose())
            .map_err(read_error)
            .transpose()
    }
}

impl DoubleEndedIterator for Scan {
    fn next_back(&mut self) -> Option<Self::Item> {
        guarded(|| self.0.next_back().transpose())
            .map_err(read_error)
            .transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_that_is_let_go_is_waited_for_and_one_that_is_not_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let config = sled::Config::new().path(dir.path());
        std::fs::create_dir_all(dir.path()).unwrap();
        let file = File::create(dir.path().join("db")).unwrap();
        file.lock().unwrap();
        let failure = open_when_free(&config, |_| ()).unwrap_err();
        assert!(failure.is_lock(), "{failure}");
        let mut pauses = 0;
        open_when_free(&config, |_| {
            pauses += 1;
            if pauses == 3 {
                file.unlock().unwrap();
            }
        })
        .unwrap();
        assert_eq!(pauses, 3);
    }
}
