//! The thread that takes what was put aside into sled, while others write on.

use super::{
    store::{Failure, Shared, guarded},
    table::Table,
    wal,
};
use std::{
    io,
    path::Path,
    sync::Arc,
    thread::{self, JoinHandle},
};

/// Keys taken in before those who scan get in between: about a millisecond.
const KEYS_AT_ONCE: usize = 128;

/// The running thread.
pub(super) struct Checkpoint(Option<JoinHandle<()>>);

impl Checkpoint {
    /// # Errors
    /// The system gives no thread.
    pub(super) fn start(shared: &Arc<Shared>, path: &Path) -> io::Result<Self> {
        let (shared, path) = (Arc::clone(shared), path.to_owned());
        let thread = thread::Builder::new().name("checkpoint".to_owned());
        Ok(Self(Some(thread.spawn(move || run(&shared, &path))?)))
    }

    /// Waits for its end; it has been told that the store closes.
    pub(super) fn join(&mut self) {
        if let Some(thread) = self.0.take() {
            // Its panics are caught within.
            let _ = thread.join();
        }
    }
}

fn run(shared: &Shared, path: &Path) {
    let mut head = shared.head();
    loop {
        let Some(aside) = head.tables.aside.clone() else {
            if head.closing {
                return;
            }
            head = shared.wait(head);
            continue;
        };
        drop(head);
        let done =
            take_in(shared, &aside).and_then(|()| wal::remove_aside(path).map_err(Failure::Io));
        // With the head held: who waits has either not looked yet or is told.
        head = shared.head();
        if let Err(failure) = done {
            shared.fail(&failure);
            return;
        }
        head.tables.aside = None;
        shared.changed.notify_all();
    }
}

/// Puts the table into sled, durably. Not as one batch: until the log is gone, a part of it is
/// completed at the next start.
pub(super) fn take_in(shared: &Shared, table: &Table) -> Result<(), Failure> {
    let mut entries = table.iter().peekable();
    while entries.peek().is_some() {
        let mut changes = shared.changes();
        *changes += 1;
        for (key, value) in entries.by_ref().take(KEYS_AT_ONCE) {
            guarded(|| match value {
                Some(value) => shared.db.insert(key, value.clone()).map(drop),
                None if shared.db.contains_key(key)? => shared.db.remove(key).map(drop),
                // It came and went within this table.
                None => Ok(()),
            })?;
        }
    }
    shared.flush()
}
