//! Behaviour of the memory.

mod basic;
mod damage;
mod doors;
mod kill;
mod model;
pub(super) mod sample;
mod transfer;

use super::{Batch, Identity, Memory, OpenError, Recovered, Settings};
use std::path::Path;

pub(super) fn identity() -> Identity {
    Identity {
        embedder: "test-embedder 1".to_owned(),
        dimensions: 384,
    }
}

fn open(path: &Path) -> (Memory, Recovered) {
    try_open(path).unwrap()
}

fn try_open(path: &Path) -> Result<(Memory, Recovered), OpenError> {
    Memory::open(path, Settings::default(), &identity(), sample::NOW_MS)
}

/// Facts, numbered from `first`.
fn facts(first: u64, count: u64) -> Batch {
    Batch {
        facts: (first..first + count)
            .map(|n| (n, sample::fact(n)))
            .collect(),
        ..Batch::default()
    }
}
