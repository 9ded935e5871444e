//! What can go wrong with the memory. Each error names the place and the way out.

use std::{io, path::PathBuf};

/// The memory could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it open.
    #[error(
        "the memory at {path} is in use by {holder}: stop that process, or give this one a directory of its own (`memory.path`)"
    )]
    Locked {
        /// The memory.
        path: PathBuf,
        /// `process 4711`, or `another process`.
        holder: String,
    },
    /// The store's own files are damaged.
    #[error(
        "the memory at {path} is damaged ({reason}): restore a copy, or start anew with `pointsman memory reset --directory {path} --yes`"
    )]
    Damaged {
        /// The memory.
        path: PathBuf,
        /// What was found.
        reason: String,
    },
    /// Written by a newer program.
    #[error(
        "the memory at {path} has format {found}, this program knows formats up to {known}: use a newer pointsman, or start anew with `pointsman memory reset --directory {path} --yes`"
    )]
    Newer {
        /// The memory.
        path: PathBuf,
        /// Format of the memory.
        found: u32,
        /// Newest format known.
        known: u32,
    },
    /// Learned with another embedder: its classes mean nothing to this one.
    #[error(
        "the memory at {path} was learned with embedder {stored:?}, but {configured:?} is configured: configure the former (`embedding.kind`), or another directory (`memory.path`), or keep a copy with `pointsman memory export FILE --directory {path}` and start anew with `pointsman memory reset --directory {path} --yes`"
    )]
    OtherEmbedder {
        /// The memory.
        path: PathBuf,
        /// Fingerprint in the memory.
        stored: String,
        /// Fingerprint configured.
        configured: String,
    },
    /// The path is a file, or a directory with other things in it.
    #[error(
        "{path} is not a memory ({reason}): give the memory a directory of its own (`memory.path`)"
    )]
    NotAMemory {
        /// The path.
        path: PathBuf,
        /// What was found.
        reason: String,
    },
    /// The operating system refused: no permission, disk full, and the like.
    #[error("the memory at {path} cannot be opened: {source}{}", remedy(source))]
    Io {
        /// The memory.
        path: PathBuf,
        /// The system's words.
        #[source]
        source: io::Error,
    },
}

fn remedy(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::PermissionDenied => {
            ": give this user the right to write there, or choose another directory"
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            ": free some space on that disk, or choose another directory"
        }
        io::ErrorKind::ReadOnlyFilesystem => ": choose a directory that can be written",
        _ => "",
    }
}

/// Something could not be written. Nothing of the batch is acknowledged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// The store failed, now or earlier. It stays failed until the memory is opened again.
    #[error("the memory cannot be written: {reason}; free space or mend the disk, then restart")]
    Failed {
        /// The store's words.
        reason: String,
    },
    /// Facts out of order: a defect of the caller.
    #[error("fact {number} came after fact {last}")]
    OutOfOrder {
        /// The number given.
        number: u64,
        /// The last one taken.
        last: u64,
    },
    /// More than the memory takes at once: a defect of the caller.
    #[error("{what} has {bytes} bytes, at most {limit} are taken")]
    TooLarge {
        /// What was too large.
        what: &'static str,
        /// Its size.
        bytes: usize,
        /// The bound.
        limit: usize,
    },
}

/// Something could not be read because the store failed. (A single damaged record is not an error:
/// it is set aside.)
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the memory cannot be read: {reason}")]
pub struct ReadError {
    /// The store's words.
    pub reason: String,
}

/// An import failed; the memory is empty again.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The target holds something already.
    #[error(
        "the memory is not empty ({decisions} decisions, {facts} facts): import into a new directory, or reset it first"
    )]
    NotEmpty {
        /// Decisions held.
        decisions: u64,
        /// Facts held.
        facts: u64,
    },
    /// The file is not an export, or of a newer form.
    #[error("line 1 is not the head of a memory export this program knows: {0}")]
    Head(String),
    /// Learned with another embedder.
    #[error("the export was learned with embedder {stored:?}, this memory is for {configured:?}")]
    OtherEmbedder {
        /// In the export.
        stored: String,
        /// Of this memory.
        configured: String,
    },
    /// A line is not what it should be.
    #[error("line {line}: {reason}")]
    Line {
        /// Counted from 1.
        line: u64,
        /// What is wrong.
        reason: String,
    },
    /// The end is missing or does not fit: the file was cut or changed.
    #[error("the export is incomplete or was changed: {0}")]
    Incomplete(String),
    /// Reading the file failed.
    #[error("the export cannot be read: {0}")]
    Io(#[from] io::Error),
    /// Writing the memory failed.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// An export failed.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The target could not be written.
    #[error("the export cannot be written: {0}")]
    Io(#[from] io::Error),
    /// The memory could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}
