//! The only place that touches sled, with the log and the tables in front of it: atomic batches,
//! durable on return, and no panic gets out.
//!
//! Measured on sled 0.34.7: `apply_batch` alone is lost at a kill; `flush` survives one, and takes
//! .1 ms and two changes of thread; each batch is several writes, for each of which all of the
//! store's threads are woken, which was a third of the processor time of a request. Therefore
//! changes are durable in a log of our own (`wal`) first and are held in a table beside it; when the
//! log is full, a thread of our own takes them into sled, in order of their keys and each key once
//! (`checkpoint`). Readers see the tables before the store (`scan`). sled panics on some damaged
//! files, hence `catch_unwind`.

use super::{
    ReadError, WriteError,
    checkpoint::{self, Checkpoint},
    scan::Scan,
    settings::Durability,
    table::Tables,
    wal::Wal,
};
use sled::IVec;
use std::{
    fs::File,
    io,
    ops::Range,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError},
    thread,
    time::Duration,
};

/// How long opening waits for the store's file to be let go, in steps of [`LOCK_STEP`].
const LOCK_WAIT: Duration = Duration::from_secs(5);
const LOCK_STEP: Duration = Duration::from_millis(10);
/// From this length on the log is taken into the store. Reading it back takes some tens of
/// milliseconds. Tests fill it often.
const FULL_BYTES: u64 = if cfg!(test) { 32 << 10 } else { 8 << 20 };
/// A log of this length waits for the one before it to be taken in.
const MAX_BYTES: u64 = 4 * FULL_BYTES;

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
pub(super) fn guarded<T>(work: impl FnOnce() -> sled::Result<T>) -> Result<T, Failure> {
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
    shared: Arc<Shared>,
    checkpoint: Checkpoint,
}

/// What the store and its thread have in common.
pub(super) struct Shared {
    pub(super) db: sled::Db,
    /// For fsync; `None` where a process kill is all that is to be survived.
    pub(super) file: Option<File>,
    /// How often sled was changed; held while it is. sled's own scans may yield a key twice when
    /// they meet a change, so a scan begins anew after each.
    changes: Mutex<u64>,
    head: Mutex<Head>,
    /// Told when a log is put aside, when it was taken in, and when the store fails or closes.
    pub(super) changed: Condvar,
    /// Set by the first failed write and never taken back: what the log holds after it is not known.
    failed: OnceLock<String>,
}

/// What is newer than the store. Changes come in the order of the log.
pub(super) struct Head {
    pub(super) wal: Wal,
    pub(super) tables: Tables,
    pub(super) closing: bool,
}

impl Head {
    /// Hands what there is to the checkpoint. What was handed before must be taken in.
    fn put_aside(&mut self) -> io::Result<()> {
        self.wal.put_aside()?;
        self.tables.aside = Some(Arc::new(std::mem::take(&mut self.tables.active)));
        Ok(())
    }
}

impl Shared {
    pub(super) fn head(&self) -> MutexGuard<'_, Head> {
        // After a panic in between, `failed` keeps everybody from writing on.
        self.head.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn changes(&self) -> MutexGuard<'_, u64> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn wait<'a>(&self, head: MutexGuard<'a, Head>) -> MutexGuard<'a, Head> {
        self.changed
            .wait(head)
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the log that was put aside is taken in.
    fn taken_in<'a>(
        &'a self,
        mut head: MutexGuard<'a, Head>,
    ) -> Result<MutexGuard<'a, Head>, Failure> {
        while head.tables.aside.is_some() {
            if let Some(reason) = self.failed.get() {
                return Err(Failure::Damage(reason.clone()));
            }
            head = self.wait(head);
        }
        Ok(head)
    }

    pub(super) fn fail(&self, failure: &Failure) -> WriteError {
        let reason = failure.to_string();
        tracing::error!(%reason, "the memory cannot be written any more");
        let _ = self.failed.set(reason.clone());
        self.changed.notify_all();
        WriteError::Failed { reason }
    }

    fn working(&self) -> Result<(), WriteError> {
        self.failed.get().map_or(Ok(()), |reason| {
            let reason = reason.clone();
            Err(WriteError::Failed { reason })
        })
    }

    /// Makes durable what the store has taken in.
    pub(super) fn flush(&self) -> Result<(), Failure> {
        guarded(|| {
            self.db.flush()?;
            if let Some(file) = &self.file {
                file.sync_data()?;
            }
            Ok(())
        })
    }
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
            .flush_every_ms(None)
            .mode(sled::Mode::LowSpace);
        let db = open_when_free(&config, thread::park_timeout)?;
        let file = match durability {
            Durability::Process => None,
            Durability::Power => Some(File::open(path.join("db")).map_err(Failure::Io)?),
        };
        let (wal, held) = Wal::open(path, durability).map_err(Failure::Io)?;
        let shared = Arc::new(Shared {
            db,
            file,
            changes: Mutex::default(),
            head: Mutex::new(Head {
                wal,
                tables: Tables::default(),
                closing: false,
            }),
            changed: Condvar::new(),
            failed: OnceLock::new(),
        });
        let mut table = super::table::Table::default();
        table.extend(held);
        checkpoint::take_in(&shared, &table)?;
        shared.head().wal.clear().map_err(Failure::Io)?;
        Ok(Self {
            checkpoint: Checkpoint::start(&shared, path).map_err(Failure::Io)?,
            shared,
        })
    }

    /// Applies the changes as one and makes them durable.
    pub(super) fn commit(&self, mut changes: Changes) -> Result<(), WriteError> {
        let shared = &*self.shared;
        let mut head = shared.head();
        shared.working()?;
        let appended = head.wal.append(&mut changes);
        appended.map_err(|error| shared.fail(&Failure::Io(error)))?;
        head.tables.active.extend(changes.into_list());
        if head.wal.bytes() >= MAX_BYTES {
            head = shared
                .taken_in(head)
                .map_err(|failure| shared.fail(&failure))?;
        }
        if head.wal.bytes() >= FULL_BYTES && head.tables.aside.is_none() {
            let aside = head.put_aside();
            aside.map_err(|error| shared.fail(&Failure::Io(error)))?;
            shared.changed.notify_all();
        }
        Ok(())
    }

    /// As if a write had failed.
    #[cfg(test)]
    pub(super) fn break_down(&self, reason: &str) {
        let _ = self.shared.failed.set(reason.to_owned());
    }

    /// Everything is in the store itself, durably, and the log is empty.
    pub(super) fn settled(&self) -> Result<(), WriteError> {
        let shared = &*self.shared;
        shared.working()?;
        let settle = || {
            let mut head = shared.taken_in(shared.head())?;
            if !head.tables.active.is_empty() {
                head.put_aside().map_err(Failure::Io)?;
                shared.changed.notify_all();
            }
            shared.taken_in(head).map(drop)
        };
        settle().map_err(|failure| WriteError::Failed {
            reason: failure.to_string(),
        })
    }

    /// Why writing has stopped, if it has.
    pub(super) fn failure(&self) -> Option<&str> {
        self.shared.failed.get().map(String::as_str)
    }

    pub(super) fn get(&self, key: &[u8]) -> Result<Option<Bytes>, ReadError> {
        let newer = self.shared.head().tables.get(key);
        match newer {
            Some(newer) => Ok(newer),
            None => guarded(|| self.shared.db.get(key)).map_err(read_error),
        }
    }

    pub(super) fn contains(&self, key: &[u8]) -> Result<bool, ReadError> {
        let newer = self.shared.head().tables.get(key);
        match newer {
            Some(newer) => Ok(newer.is_some()),
            None => guarded(|| self.shared.db.contains_key(key)).map_err(read_error),
        }
    }

    pub(super) fn range(&self, keys: Range<Vec<u8>>) -> Scan {
        Scan::new(&self.shared, keys)
    }

    /// All keys of one kind.
    pub(super) fn kind(&self, kind: u8) -> Scan {
        self.range(vec![kind]..vec![kind + 1])
    }

    pub(super) fn is_empty(&self) -> Result<bool, Failure> {
        // At the start: the tables are empty.
        guarded(|| Ok(self.shared.db.iter().next().transpose()?.is_none()))
    }

    pub(super) fn size_on_disk(&self) -> Result<u64, ReadError> {
        let log = self.shared.head().wal.bytes();
        let store = guarded(|| self.shared.db.size_on_disk());
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
        self.shared.head().closing = true;
        self.shared.changed.notify_all();
        self.checkpoint.join();
    }
}

pub(super) fn read_error(failure: Failure) -> ReadError {
    ReadError {
        reason: failure.to_string(),
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
