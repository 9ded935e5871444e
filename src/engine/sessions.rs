//! Which arm each session had last. In memory only: after a restart a session may change its arm
//! once.

use crate::domain::ArmId;
use moka::sync::Cache;
use std::time::Duration;

/// Sessions remembered at most.
const SESSIONS_MAX: u64 = 100_000;
/// A session that is quiet for this long is forgotten; upstream prompt caches do not live longer.
const IDLE: Duration = Duration::from_secs(3600);

/// Sessions and their arms.
pub(crate) struct Sessions(Cache<String, ArmId>);

impl Sessions {
    pub(crate) fn new() -> Self {
        Self(
            Cache::builder()
                .max_capacity(SESSIONS_MAX)
                .time_to_idle(IDLE)
                .build(),
        )
    }

    /// The arm that this session had last.
    pub(crate) fn arm(&self, session: &str) -> Option<ArmId> {
        self.0.get(session)
    }

    pub(crate) fn keep(&self, session: &str, arm: &ArmId) {
        self.0.insert(session.to_owned(), arm.clone());
    }
}
