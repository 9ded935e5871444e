//! The writer's loop: take, write, acknowledge, fold, publish.

use super::{
    Parts, Shared,
    command::{Ack, Command, Work},
    fold::Fold,
    group::{GROUP_MAX, Group},
    recent::{Entry, Recent},
};
use crate::{
    domain::{Decision, Outcome},
    engine::{
        api::{EngineError, Event},
        events, facts, ledger,
    },
    memory::{Imported, Memory},
};
use std::sync::Arc;
use tokio::sync::{broadcast, mpsc};

/// Bytes of a fact on disk, about.
const FACT_BYTES: u64 = 256;

pub(super) struct Writer {
    pub(super) memory: Arc<Memory>,
    pub(super) fold: Fold,
    pub(super) next_seq: u64,
    pub(super) facts_since_snapshot: u64,
    pub(super) snapshot_every_facts: u64,
    /// Of the last one.
    pub(super) snapshot_bytes: u64,
    pub(super) learning: bool,
    pub(super) recent: Recent,
    pub(super) queue: mpsc::Receiver<Command>,
    pub(super) shared: Shared,
    pub(super) events: broadcast::Sender<Event>,
    pub(super) clock: Arc<dyn crate::clock::Clock>,
}

impl Writer {
    pub(super) fn new(parts: Parts, queue: mpsc::Receiver<Command>, shared: Shared) -> Self {
        *shared.ledger() = parts.ledger;
        Self {
            memory: parts.memory,
            fold: parts.fold,
            next_seq: parts.next_seq,
            facts_since_snapshot: 0,
            snapshot_every_facts: parts.snapshot_every_facts.max(1),
            snapshot_bytes: 0,
            learning: parts.learning,
            recent: Recent::default(),
            queue,
            shared,
            events: parts.events,
            clock: parts.clock,
        }
    }

    pub(super) fn run(mut self) {
        while let Some(first) = self.queue.blocking_recv() {
            let mut group = Group::default();
            let mut next = Some(first);
            while let Some(command) = next.take() {
                match command {
                    Command::Stop => return self.commit(group),
                    Command::Exclusively { work, ack } => {
                        self.commit(std::mem::take(&mut group));
                        self.exclusively(work, ack);
                    }
                    other => self.take(other, &mut group),
                }
                if group.size < GROUP_MAX {
                    next = self.queue.try_recv().ok();
                }
            }
            self.commit(group);
        }
    }

    /// A decision that is new here: learned from, written, and waiting for its outcome.
    pub(super) fn decided(&mut self, decision: Arc<Decision>, group: &mut Group) {
        group.facts.extend(facts::of_decision(&decision));
        group.batch.decisions.push(Arc::clone(&decision));
        self.recent.insert(Entry {
            decision,
            outcome: None,
            feedback: Vec::new(),
        });
    }

    fn take(&mut self, command: Command, group: &mut Group) {
        match command {
            Command::Decided { decision, ack } => {
                self.decided(decision, group);
                group.when_durable(ack, ());
            }
            Command::Finished {
                decision,
                outcome,
                facts,
                ack,
            } => {
                self.finish(&decision, *outcome, group);
                group.facts.extend(facts);
                group.when_durable(ack, ());
            }
            Command::Feedback { feedback, ack } => self.judge(*feedback, ack, group),
            Command::Merge { entries, ack } => match self.merge(entries, group) {
                Ok(merged) => group.when_learned(ack, merged),
                Err(error) => {
                    let _ = ack.send(Err(error));
                }
            },
            Command::Learn { facts, ack } => {
                group.facts.extend(facts);
                group.when_learned(ack, ());
            }
            Command::Snapshot { ack } => {
                group.snapshot = true;
                group.when_learned(ack, ());
            }
            Command::Exclusively { .. } | Command::Stop => {}
        }
    }

    pub(super) fn finish(&mut self, decision: &Arc<Decision>, outcome: Outcome, group: &mut Group) {
        let mut spend = self.shared.ledger();
        let (key, gone) = spend.count(decision, &outcome);
        let row = spend.row(&key).cloned();
        drop(spend);
        group.rows.insert(key, row);
        group.rows.extend(gone.into_iter().map(|key| (key, None)));
        group.batch.outcomes.push(outcome.clone());
        match self.recent.get_mut(decision.id) {
            Some(entry) => entry.outcome = Some(outcome),
            None => self.recent.insert(Entry {
                decision: Arc::clone(decision),
                outcome: Some(outcome),
                feedback: Vec::new(),
            }),
        }
    }

    fn commit(&mut self, mut group: Group) {
        if group.is_empty() {
            return;
        }
        let result = match self.write(&mut group) {
            Ok(()) => {
                group.acknowledge_durable();
                self.learn(&group)
            }
            Err(error) => {
                self.recent.clear();
                self.restore();
                Err(error)
            }
        };
        if let Err(error) = &result {
            super::tell_failure(&self.memory, &self.shared.failure);
            tracing::error!(%error, commands = group.size, "a group of records could not be written");
        }
        self.shared.knowledge.store(self.fold.knowledge());
        group.acknowledge(&result);
    }

    /// Makes the group durable, its facts numbered.
    fn write(&mut self, group: &mut Group) -> Result<(), EngineError> {
        let facts = std::mem::take(&mut group.facts);
        if self.learning {
            group.batch.facts.extend((self.next_seq..).zip(facts));
        }
        let rows = std::mem::take(&mut group.rows);
        group.batch.notes.extend(
            rows.iter()
                .map(|(key, row)| ledger::note(key, row.as_ref())),
        );
        self.memory
            .append(&group.batch)
            .map_err(|error| EngineError::Memory(error.to_string()))?;
        self.next_seq += group.batch.facts.len() as u64;
        Ok(())
    }

    /// Folds in what is durable.
    fn learn(&mut self, group: &Group) -> Result<(), EngineError> {
        for (number, fact) in &group.batch.facts {
            let Some(changes) = self.fold.apply(fact) else {
                tracing::error!(
                    fact = number,
                    "the learner failed on a fact; it is passed over"
                );
                // All of this group is folded again with it.
                self.fold
                    .rebuild(&self.memory)
                    .map_err(EngineError::Memory)?;
                break;
            };
            for change in changes {
                let _ = self
                    .events
                    .send(events::learned(self.clock.now_ms(), &change));
            }
        }
        self.facts_since_snapshot += group.batch.facts.len() as u64;
        if group.snapshot || self.facts_since_snapshot >= self.snapshot_after() {
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
        let last = self.next_seq.saturating_sub(1);
        let bytes = self.fold.encode();
        self.snapshot_bytes = bytes.len() as u64;
        self.memory
            .save_snapshot(last, &bytes)
            .map_err(|error| EngineError::Memory(error.to_string()))?;
        self.facts_since_snapshot = 0;
        Ok(())
    }

    /// After a failed write: what is held must be what is on disk.
    fn restore(&mut self) {
        if let Err(error) = self.fold.rebuild(&self.memory) {
            tracing::error!(%error, "what was learned could not be read again; it is held as it was");
        }
        match ledger::load(&self.memory) {
            Ok(kept) => *self.shared.ledger() = kept,
            Err(error) => tracing::error!(%error, "the spend could not be read again"),
        }
    }

    fn exclusively(&mut self, work: Work, ack: Ack<Imported>) {
        let result = work(&self.memory);
        self.recent.clear();
        self.restore();
        self.next_seq = self.memory.counts().last_fact + 1;
        self.facts_since_snapshot = 0;
        self.shared.knowledge.store(self.fold.knowledge());
        let _ = ack.send(result);
    }
}
