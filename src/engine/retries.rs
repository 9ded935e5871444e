//! The same prompt again within a session and within moments says that the first answer was no
//! good. Only sessions are watched: without one, two callers may well ask the same.

use crate::domain::Decision;
use moka::sync::Cache;
use std::{sync::Arc, time::Duration};

/// Prompts watched at most.
const PROMPTS_MAX: u64 = 50_000;
/// A repetition after this long is a new question.
const AT_ONCE: Duration = Duration::from_secs(60);

/// Latest decisions by session and prompt.
pub(crate) struct QuickRetries(Cache<[u8; 32], Arc<Decision>>);

impl QuickRetries {
    pub(crate) fn new() -> Self {
        Self(
            Cache::builder()
                .max_capacity(PROMPTS_MAX)
                .time_to_live(AT_ONCE)
                .build(),
        )
    }

    /// Notes a decision; the earlier one that it repeats, where there is one.
    pub(crate) fn note(&self, prompt: &str, decision: &Arc<Decision>) -> Option<Arc<Decision>> {
        let session = decision.session.as_deref()?;
        let mut hasher = blake3::Hasher::new();
        hasher.update(decision.tenant.as_deref().unwrap_or_default().as_bytes());
        hasher.update(&[0]);
        hasher.update(session.as_bytes());
        hasher.update(&[0]);
        hasher.update(prompt.as_bytes());
        let key = *hasher.finalize().as_bytes();
        let earlier = self.0.get(&key);
        self.0.insert(key, Arc::clone(decision));
        earlier
    }
}
