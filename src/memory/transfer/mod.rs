//! A whole memory as one file: JSON lines, a head, the records, and an end with a checksum.
//!
//! The form is that of the domain's types, so that other tools can read it; a test holds it still,
//! and the head's version rises when it must change. Nothing is ever held whole: neither side needs
//! more memory than the longest line.

mod entries;
mod export;
mod import;
mod lines;

pub use entries::Entries;
pub use import::Imported;

use crate::domain::{Decision, Fact, Feedback, Outcome};
use serde::{Deserialize, Serialize};

/// Version of the exported form.
const VERSION: u32 = 1;

/// One line of an export.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Line {
    /// The first.
    PointsmanMemory {
        version: u32,
        embedder: String,
        dimensions: u32,
        exported_at_ms: u64,
    },
    /// A piece of the learner's newest snapshot, in order, base 64.
    Snapshot {
        fact: u64,
        last: bool,
        data: String,
    },
    /// A small value of the engine's own, base 64.
    Note {
        name: String,
        data: String,
    },
    /// A fact after the snapshot.
    Fact {
        number: u64,
        fact: Fact,
    },
    Decision(Box<Decision>),
    Outcome(Box<Outcome>),
    Feedback(Box<Feedback>),
    /// The last: lines before it, and the BLAKE3 hash of all their bytes in hexadecimal.
    End {
        lines: u64,
        blake3: String,
    },
}
