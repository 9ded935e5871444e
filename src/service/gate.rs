//! Who may be in the house at once, and how everybody gets out of it.
//!
//! A pass is held to the last byte of an answer. Draining refuses newcomers, waits for all passes to
//! come back, and after its time tells those who are left to stop.

use super::status;
use crate::engine::api::{Deadline, EngineError, Result};
use std::{future::Future, pin::Pin, sync::Arc, time::Duration};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{sleep_until, timeout},
};
use tokio_util::sync::CancellationToken;
use tonic::Status;

/// The engine sees a deadline itself and records what became of the request; we step in only if it
/// has not by this much later.
const BACKSTOP: Duration = Duration::from_millis(5);
/// When a refused caller should come back, in milliseconds.
const RETRY_MS: u64 = 250;

/// The gate of one server; clones share it.
#[derive(Clone, Debug)]
pub struct Gate {
    passes: Arc<Semaphore>,
    limit: usize,
    closing: CancellationToken,
    stopping: CancellationToken,
}

/// Leave to be in work.
#[derive(Debug)]
pub struct Pass(#[allow(dead_code, reason = "held, not read")] OwnedSemaphorePermit);

impl Gate {
    /// A gate for this many requests at once.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        let limit = limit.clamp(1, Semaphore::MAX_PERMITS.min(u32::MAX as usize));
        Self {
            passes: Arc::new(Semaphore::new(limit)),
            limit,
            closing: CancellationToken::new(),
            stopping: CancellationToken::new(),
        }
    }

    /// A pass, if there is room.
    ///
    /// # Errors
    /// `Draining` after `close`, `LimitReached` while the house is full.
    pub fn enter(&self) -> Result<Pass> {
        if self.closing.is_cancelled() {
            return Err(EngineError::Draining);
        }
        let permit = Arc::clone(&self.passes).try_acquire_owned();
        permit.map(Pass).map_err(|_| EngineError::LimitReached {
            limit: "server.max_concurrent_requests".to_owned(),
            retry_after_ms: Some(RETRY_MS),
        })
    }

    /// Refuse newcomers from now on.
    pub fn close(&self) {
        self.closing.cancel();
    }

    /// Resolves when `close` was called: for streams that have no end of their own.
    pub async fn closed(&self) {
        self.closing.cancelled().await;
    }

    /// Waits for all passes to come back, then tells those who are left to stop; how many they were.
    pub async fn drain(&self, longest: Duration) -> usize {
        let all = u32::try_from(self.limit).unwrap_or(u32::MAX);
        if timeout(longest, self.passes.acquire_many(all))
            .await
            .is_ok()
        {
            return 0;
        }
        let left = self.limit - self.passes.available_permits();
        self.stopping.cancel();
        left
    }

    /// Resolves when a request has to end: its deadline passed, or draining took too long.
    pub fn end(&self, deadline: Deadline) -> Pin<Box<dyn Future<Output = EngineError> + Send>> {
        let stopping = self.stopping.clone();
        Box::pin(async move {
            match deadline.0 {
                None => stopping.cancelled().await,
                Some(at) => tokio::select! {
                    () = sleep_until(at + BACKSTOP) => return EngineError::Deadline,
                    () = stopping.cancelled() => {}
                },
            }
            EngineError::Draining
        })
    }

    /// Runs one request within its deadline. Whatever ends it early drops, and thereby cancels, it.
    ///
    /// # Errors
    /// The engine's own, or `Deadline` or `Draining`, as a status.
    pub async fn run<T>(
        &self,
        deadline: Deadline,
        work: impl Future<Output = Result<T>>,
    ) -> std::result::Result<T, Status> {
        let result = tokio::select! {
            biased;
            result = work => result,
            error = self.end(deadline) => Err(error),
        };
        result.map_err(status::of)
    }
}
