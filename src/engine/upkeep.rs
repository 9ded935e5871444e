//! Work beside the requests: retention, and the breakers' states over a restart.

use super::{core::Core, open::OpenError};
use crate::{
    breaker::Saved,
    dispatch::Deployments,
    domain::DeploymentId,
    memory::{Batch, Memory},
};
use std::{
    sync::{Arc, Weak},
    time::Duration,
};
use tokio::sync::Semaphore;

const BREAKERS_NOTE: &str = "breakers";
/// Time between two rounds of the background work.
const ROUND: Duration = Duration::from_secs(20);
/// Decisions removed in one write.
const PURGED_AT_ONCE: u64 = 2000;

/// Puts the breakers back as they were kept; those that could not be read start anew.
pub(super) fn restore_breakers(
    memory: &Memory,
    registry: &Deployments,
    now_ms: u64,
) -> Result<(), OpenError> {
    let saved = memory
        .note(BREAKERS_NOTE)
        .map_err(|error| OpenError::Recovery(error.to_string()))?;
    let read = |bytes: Vec<u8>| serde_json::from_slice::<(u64, Vec<(DeploymentId, Saved)>)>(&bytes);
    if let Some((at_ms, breakers)) = saved.and_then(|bytes| read(bytes).ok()) {
        let since = Duration::from_millis(now_ms.saturating_sub(at_ms));
        registry.restore(&breakers, since);
    }
    Ok(())
}

/// Keeps the breakers' states.
pub(super) fn save_breakers(core: &Core) {
    let saved = (core.clock.now_ms(), core.dispatcher.registry().save());
    let Ok(bytes) = serde_json::to_vec(&saved) else {
        return;
    };
    let notes = vec![(BREAKERS_NOTE.to_owned(), Some(bytes))];
    if let Err(error) = core.memory.append(&Batch {
        notes,
        ..Batch::default()
    }) {
        tracing::warn!(%error, "the breakers' states could not be kept");
    }
}

/// Retention and the breakers' states, every now and then, as long as the engine is there. Each round
/// holds the permit until it has let go of the engine, so that closing can wait for it.
pub(super) async fn rounds(core: Weak<Core>, permit: Arc<Semaphore>) {
    loop {
        tokio::time::sleep(ROUND).await;
        let Ok(held) = Arc::clone(&permit).acquire_owned().await else {
            return;
        };
        let Some(core) = core.upgrade() else { return };
        let work = tokio::task::spawn_blocking(move || {
            round(&core);
            drop(core);
            drop(held);
        });
        let _ = work.await;
    }
}

fn round(core: &Core) {
    save_breakers(core);
    // A server that nobody asks anything says so, too.
    if core.recorder.check().is_err() {
        return;
    }
    while let Ok(true) = core
        .memory
        .purge(core.clock.now_ms(), PURGED_AT_ONCE)
        .map(|purged| purged.more)
        .inspect_err(|error| tracing::warn!(%error, "old decisions could not be removed"))
    {}
}
