//! The directory of a memory: is it one, whose is it now, and how to empty it.

use super::{OpenError, wal};
use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read as _, Seek as _, Write as _},
    path::Path,
};

const LOCK: &str = "lock";
/// What the store puts into the directory.
const STORE_FILES: [&str; 5] = ["db", "conf", "blobs", wal::FILE, wal::ASIDE];
const STORE_SNAPSHOTS: &str = "snap.";
/// Says that the store has held a memory: one that opens empty beside it has lost all.
const MARK: &str = "pointsman-memory";

/// Held while the memory is open. The operating system lets go of it when the process ends, however
/// it ends.
pub(super) struct Lock {
    _file: File,
}

/// Makes the directory where there is none, and takes it for this process.
pub(super) fn take(path: &Path) -> Result<Lock, OpenError> {
    let io = |source| OpenError::Io {
        path: path.to_owned(),
        source,
    };
    if path.exists() && !path.is_dir() {
        return Err(not_a_memory(path, "it is a file".to_owned()));
    }
    fs::create_dir_all(path).map_err(io)?;
    if let Some(foreign) = foreign_file(path).map_err(io)? {
        return Err(not_a_memory(
            path,
            format!("it holds other files, such as {foreign:?}"),
        ));
    }
    lock(path)
}

fn lock(path: &Path) -> Result<Lock, OpenError> {
    let io = |source| OpenError::Io {
        path: path.to_owned(),
        source,
    };
    let mut options = OpenOptions::new();
    options.create(true).read(true).write(true).truncate(false);
    let mut file = options.open(path.join(LOCK)).map_err(io)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut pid = String::new();
            let _ = (&file).take(20).read_to_string(&mut pid);
            let pid = pid.trim();
            let numeric = !pid.is_empty() && pid.bytes().all(|byte| byte.is_ascii_digit());
            return Err(OpenError::Locked {
                path: path.to_owned(),
                holder: if numeric {
                    format!("process {pid}")
                } else {
                    "another process".to_owned()
                },
            });
        }
        Err(TryLockError::Error(error)) => return Err(io(error)),
    }
    // Only for the message above: a full disk must not keep a memory from being read.
    let _ = file.set_len(0).and_then(|()| {
        file.rewind()?;
        write!(file, "{}", std::process::id())
    });
    Ok(Lock { _file: file })
}

fn not_a_memory(path: &Path, reason: String) -> OpenError {
    OpenError::NotAMemory {
        path: path.to_owned(),
        reason,
    }
}

/// A file that has no place in a memory, in a directory that holds no memory.
fn foreign_file(path: &Path) -> io::Result<Option<String>> {
    let mut foreign = None;
    for entry in fs::read_dir(path)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name == LOCK || is_store_file(&name) {
            return Ok(None);
        }
        foreign = Some(name);
    }
    Ok(foreign)
}

fn is_store_file(name: &str) -> bool {
    name == MARK || STORE_FILES.contains(&name) || name.starts_with(STORE_SNAPSHOTS)
}

/// Has there been a memory here?
pub(super) fn is_marked(path: &Path) -> bool {
    path.join(MARK).exists()
}

/// Notes that there is a memory here.
pub(super) fn mark(path: &Path) -> io::Result<()> {
    if is_marked(path) {
        return Ok(());
    }
    fs::write(
        path.join(MARK),
        "A memory of pointsman; its records are in `db`.\n",
    )
}

/// Removes the memory at this path, whatever state it is in. Other files in the directory stay.
/// Returns whether there was one.
///
/// # Errors
/// It is in use, it is no memory, or the operating system refused.
pub fn reset(path: &Path) -> Result<bool, OpenError> {
    if !path.exists() {
        return Ok(false);
    }
    let _lock = take(path)?;
    remove_store(path).map_err(|source| OpenError::Io {
        path: path.to_owned(),
        source,
    })
}

fn remove_store(path: &Path) -> io::Result<bool> {
    let mut removed = false;
    // First, so that a reset that is cut off leaves nothing that looks like a loss.
    if is_marked(path) {
        fs::remove_file(path.join(MARK))?;
        removed = true;
    }
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        if !is_store_file(&entry.file_name().to_string_lossy()) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())?;
        } else {
            fs::remove_file(entry.path())?;
        }
        removed = true;
    }
    Ok(removed)
}
