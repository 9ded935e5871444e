//! What can be chosen about the memory, and whom it belongs to.

use serde::{Deserialize, Serialize};

/// What an acknowledged write survives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Durability {
    /// A kill of this process at any moment.
    #[default]
    Process,
    /// A power cut as well: each group of writes waits for an fsync.
    Power,
}

/// What can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// What an acknowledged write survives.
    pub durability: Durability,
    /// The store's page cache at most, in bytes.
    pub cache_bytes: u64,
    /// A decision waits this long for feedback, in milliseconds.
    pub retention_ms: u64,
    /// Decisions kept at most; the oldest go first.
    pub max_decisions: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            durability: Durability::Process,
            cache_bytes: 16 << 20,
            retention_ms: 7 * 24 * 3600 * 1000,
            max_decisions: 1_000_000,
        }
    }
}

/// Whom the memory belongs to. What was learned with one embedder means nothing to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The embedder's fingerprint.
    pub embedder: String,
    /// Its dimensions.
    pub dimensions: u32,
}
