//! The writer: takes commands into groups, makes each group durable, and hands on what it teaches.
//!
//! It knows no thread of its own: whoever holds it, a caller or the thread, serves the queue.

use super::{
    Shared,
    command::{Ack, Command, Work},
    group::{GROUP_MAX, Group, Lesson},
    recent::{Entry, Recent},
};
use crate::{
    clock::Clock,
    domain::{Decision, Outcome},
    engine::{
        api::{EngineError, Event},
        facts, ledger,
    },
    memory::{Imported, Memory},
};
use std::sync::{
    Arc,
    atomic::{AtomicIsize, Ordering},
};
use tokio::sync::{broadcast, mpsc};

pub(super) struct Writer {
    pub(super) memory: Arc<Memory>,
    pub(super) next_seq: u64,
    pub(super) learning: bool,
    pub(super) recent: Recent,
    pub(super) shared: Arc<Shared>,
    pub(super) events: broadcast::Sender<Event>,
    pub(super) clock: Arc<dyn Clock>,
    queue: mpsc::Receiver<Command>,
    /// Taken from the queue by a caller, and only for the thread to do.
    held: Option<Command>,
}

/// Who serves the queue.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Server {
    /// A caller, on a thread that must not wait: what may read or write much is left.
    Caller,
    /// The thread.
    Thread,
}

/// What is left when the queue was served.
pub(super) enum Left {
    Nothing,
    /// A command that only the thread does.
    ForThread,
    /// Work on the memory with nothing before it unwritten.
    Exclusive(Work, Ack<Imported>),
    Stop,
}

impl Writer {
    pub(super) fn new(
        memory: Arc<Memory>,
        (next_seq, learning): (u64, bool),
        shared: Arc<Shared>,
        (events, clock): (broadcast::Sender<Event>, Arc<dyn Clock>),
        queue: mpsc::Receiver<Command>,
    ) -> Self {
        Self {
            memory,
            next_seq,
            learning,
            recent: Recent::default(),
            shared,
            events,
            clock,
            queue,
            held: None,
        }
    }

    /// Writes what is queued, one group: what it teaches, and what is left to do.
    pub(super) fn serve(
        &mut self,
        server: Server,
        waiting: &AtomicIsize,
    ) -> (Option<Lesson>, Left) {
        let mut group = Group::default();
        let mut left = Left::Nothing;
        while group.size < GROUP_MAX {
            let Some(command) = self.next(waiting) else {
                break;
            };
            match command {
                heavy if server == Server::Caller && !heavy.is_light() => {
                    self.held = Some(heavy);
                    left = Left::ForThread;
                    break;
                }
                Command::Stop => {
                    self.queue.close();
                    // What came after it is dropped, so that nobody waits for it.
                    while self.next(waiting).is_some() {}
                    left = Left::Stop;
                    break;
                }
                Command::Exclusively { work, ack } => {
                    left = Left::Exclusive(work, ack);
                    break;
                }
                other => self.take(other, &mut group),
            }
        }
        (self.commit(group), left)
    }

    fn next(&mut self, waiting: &AtomicIsize) -> Option<Command> {
        if let Some(held) = self.held.take() {
            return Some(held);
        }
        let next = self.queue.try_recv().ok()?;
        waiting.fetch_sub(1, Ordering::SeqCst);
        Some(next)
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
            // Not for a group.
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

    /// Makes the group durable; what is to be learned from it.
    fn commit(&mut self, mut group: Group) -> Option<Lesson> {
        if group.is_empty() {
            return None;
        }
        match self.write(&mut group) {
            Ok(()) => group.durable(),
            Err(error) => {
                self.restore();
                super::tell_failure(&self.memory, &self.shared.failure);
                tracing::error!(%error, commands = group.size, "a group of records could not be written");
                group.failed(&error);
                None
            }
        }
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

    /// After a failed write, or work on the memory: what is held must be what is on disk.
    pub(super) fn restore(&mut self) {
        self.recent.clear();
        self.next_seq = self.memory.counts().last_fact + 1;
        match ledger::load(&self.memory) {
            Ok(kept) => *self.shared.ledger() = kept,
            Err(error) => tracing::error!(%error, "the spend could not be read again"),
        }
    }
}
