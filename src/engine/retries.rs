//! The same prompt again within a session and within moments says that the first answer was no
//! good. Only sessions are watched: without one, two callers may well ask the same.

use crate::domain::{Decision, Routing};
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

    /// Notes a decision; the earlier one that it repeats, where there is one. An answer that was at
    /// hand is not this arm's to be blamed for.
    pub(crate) fn note(&self, prompt: &str, decision: &Arc<Decision>) -> Option<Arc<Decision>> {
        let key = key(
            prompt,
            decision.tenant.as_deref(),
            decision.session.as_deref()?,
        );
        let earlier = self.0.get(&key);
        self.0.insert(key, Arc::clone(decision));
        earlier.filter(|earlier| earlier.cached.is_none())
    }

    /// Was the same asked in this session moments ago?
    pub(crate) fn seen(&self, prompt: &str, routing: &Routing) -> bool {
        let session = routing.session.as_deref();
        session.is_some_and(|session| {
            self.0
                .contains_key(&key(prompt, routing.tenant.as_deref(), session))
        })
    }
}

fn key(prompt: &str, tenant: Option<&str>, session: &str) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(tenant.unwrap_or_default().as_bytes());
    hasher.update(&[0]);
    hasher.update(session.as_bytes());
    hasher.update(&[0]);
    hasher.update(prompt.as_bytes());
    *hasher.finalize().as_bytes()
}
