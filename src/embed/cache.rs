//! Vectors by content. The key is a hash of the text as it is embedded (after the cut), so that the
//! cache holds no prompt.

use crate::domain::Context;
use std::sync::{Arc, OnceLock};

/// 128 bits of BLAKE3: strangers' prompts never meet by chance.
pub(super) type Key = [u8; 16];

/// Key of a text.
pub(super) fn key(text: &str) -> Key {
    let hash = blake3::hash(text.as_bytes());
    let (key, _) = hash
        .as_bytes()
        .split_first_chunk()
        .expect("a hash has 32 bytes");
    *key
}

/// What is kept of a text.
#[derive(Clone)]
pub(super) struct Kept {
    pub vector: Arc<[f32]>,
    /// What was made of vector and text, once somebody asked for it.
    pub context: Arc<OnceLock<Context>>,
}

/// A bounded cache that keeps what is asked for again (S3-FIFO). Putting a vector into it must cost
/// less than the fast embedder does.
pub(super) struct Cache {
    vectors: quick_cache::sync::Cache<Key, Kept>,
}

impl Cache {
    /// Holds so many vectors at most.
    pub(super) fn new(entries: u64) -> Self {
        let entries = usize::try_from(entries).unwrap_or(usize::MAX);
        Self {
            vectors: quick_cache::sync::Cache::new(entries),
        }
    }

    pub(super) fn get(&self, key: &Key) -> Option<Kept> {
        self.vectors.get(key)
    }

    pub(super) fn insert(&self, key: Key, vector: Arc<[f32]>) {
        let context = Arc::default();
        self.vectors.insert(key, Kept { vector, context });
    }
}
