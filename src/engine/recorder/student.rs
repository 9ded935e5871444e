//! The learning side: folds what is durable into the learner, writes its snapshots, and publishes
//! what is known. Lives on the thread alone.

use super::{Fold, Shared, group::Lesson};
use crate::{
    clock::Clock,
    engine::{
        api::{EngineError, Event},
        events,
    },
    memory::Memory,
};
use std::sync::Arc;
use tokio::sync::broadcast;

/// Bytes of a fact on disk, about.
const FACT_BYTES: u64 = 256;

pub(super) struct Student {
    pub(super) memory: Arc<Memory>,
    fold: Fold,
    snapshot_every_facts: u64,
    shared: Arc<Shared>,
    events: broadcast::Sender<Event>,
    clock: Arc<dyn Clock>,
    facts_since_snapshot: u64,
    /// Of the last one.
    snapshot_bytes: u64,
}

impl Student {
    pub(super) fn new(
        (memory, fold): (Arc<Memory>, Fold),
        snapshot_every_facts: u64,
        shared: Arc<Shared>,
        (events, clock): (broadcast::Sender<Event>, Arc<dyn Clock>),
    ) -> Self {
        Self {
            memory,
            fold,
            snapshot_every_facts: snapshot_every_facts.max(1),
            shared,
            events,
            clock,
            facts_since_snapshot: 0,
            snapshot_bytes: 0,
        }
    }

    /// Folds the lessons in, publishes, and then tells those who waited for it.
    pub(super) fn learn(&mut self, lessons: Vec<Lesson>) {
        let learned: Vec<_> = lessons
            .into_iter()
            .map(|lesson| (self.fold_in(&lesson), lesson))
            .collect();
        self.publish();
        for (result, lesson) in learned {
            if let Err(error) = &result {
                super::tell_failure(&self.memory, &self.shared.failure);
                tracing::error!(%error, "what was written could not be learned");
            }
            lesson.acknowledge(&result);
        }
    }

    fn fold_in(&mut self, lesson: &Lesson) -> Result<(), EngineError> {
        for (number, fact) in &lesson.facts {
            let Some(changes) = self.fold.apply(*number, fact) else {
                tracing::error!(
                    fact = number,
                    "the learner failed on a fact; it is passed over"
                );
                // All that is durable is folded again.
                self.rebuild()?;
                break;
            };
            for change in changes {
                let event = events::learned(self.clock.now_ms(), &change);
                let _ = self.events.send(event);
            }
        }
        self.facts_since_snapshot += lesson.facts.len() as u64;
        if lesson.snapshot || self.facts_since_snapshot >= self.snapshot_after() {
            self.write_snapshot()?;
        }
        Ok(())
    }

    /// Facts until the next snapshot: as configured, and more where a snapshot is large, so that
    /// snapshots never cost more to write than the facts they stand for.
    fn snapshot_after(&self) -> u64 {
        self.snapshot_every_facts
            .max(self.snapshot_bytes / FACT_BYTES)
    }

    fn write_snapshot(&mut self) -> Result<(), EngineError> {
        let bytes = self.fold.encode();
        self.snapshot_bytes = bytes.len() as u64;
        self.memory
            .save_snapshot(self.fold.last(), &bytes)
            .map_err(|error| EngineError::Memory(error.to_string()))?;
        self.facts_since_snapshot = 0;
        Ok(())
    }

    fn rebuild(&mut self) -> Result<(), EngineError> {
        self.fold.rebuild(&self.memory).map_err(EngineError::Memory)
    }

    /// After work on the memory: what is known must be what is on disk.
    pub(super) fn restore(&mut self) {
        if let Err(error) = self.rebuild() {
            tracing::error!(%error, "what was learned could not be read again; it is held as it was");
        }
        self.facts_since_snapshot = 0;
        self.publish();
    }

    fn publish(&self) {
        self.shared.knowledge.store(self.fold.knowledge());
    }
}
