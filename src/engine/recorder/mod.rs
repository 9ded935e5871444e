//! The one writer: all writes to the memory, and the learner.
//!
//! Callers queue commands (`desk`); whoever finds the writer free takes what is queued, writes it as
//! one batch, durably, and only then acknowledges (group commit; `writer`). A thread then folds the
//! facts (`student`). Feedback and other teaching is acknowledged after that, so that it is seen at
//! once by whoever taught. Readers see what is known through one pointer that is swapped after each
//! lesson; they never wait for the writer.

mod command;
mod desk;
mod fold;
mod group;
mod judge;
mod merge;
mod recent;
mod student;
mod writer;

pub(crate) use command::Receipt;
pub(crate) use fold::Fold;
pub(crate) use merge::Merged;

use self::{command::Command, desk::Desk, student::Student, writer::Writer};
use super::{
    api::{EngineError, Event, FeedbackAccepted},
    ledger::Ledger,
};
use crate::{
    domain::{ClassId, Decision, Fact, Feedback, Outcome},
    learn::Knowledge,
    memory::{Durability, Imported, Memory, Stored},
};
use arc_swap::ArcSwap;
use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::JoinHandle,
};
use tokio::sync::{broadcast, mpsc, oneshot, watch};

/// Commands that wait at most; beyond it callers wait.
const QUEUE_LIMIT: usize = 8192;

/// What the writer needs to start.
pub(crate) struct Parts {
    /// Where records go; `None` = nothing is kept over a restart.
    pub memory: Arc<Memory>,
    /// The learner as recovered.
    pub fold: Fold,
    /// Spend as recovered.
    pub ledger: Ledger,
    /// Sequence number of the next fact.
    pub next_seq: u64,
    /// Facts between two snapshots of the knowledge.
    pub snapshot_every_facts: u64,
    /// Whether facts are learned at all.
    pub learning: bool,
    /// Where changes are told.
    pub events: broadcast::Sender<Event>,
    /// Tells the time of events.
    pub clock: Arc<dyn crate::clock::Clock>,
}

impl Parts {
    /// Who writes, and who learns.
    fn divide(self, queue: mpsc::Receiver<Command>, shared: &Arc<Shared>) -> (Writer, Student) {
        *shared.ledger() = self.ledger;
        let student = Student::new(
            (Arc::clone(&self.memory), self.fold),
            self.snapshot_every_facts,
            Arc::clone(shared),
            (self.events.clone(), Arc::clone(&self.clock)),
        );
        let outlets = (self.events, self.clock);
        let numbers = (self.next_seq, self.learning);
        let writer = Writer::new(self.memory, numbers, Arc::clone(shared), outlets, queue);
        (writer, student)
    }
}

/// A handle to the writer.
pub(crate) struct Recorder {
    desk: Arc<Desk>,
    shared: Arc<Shared>,
    memory: Arc<Memory>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// What the writer and the thread publish.
struct Shared {
    knowledge: ArcSwap<Knowledge>,
    ledger: Mutex<Ledger>,
    failure: watch::Sender<Option<String>>,
}

impl Shared {
    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells, once, that the memory has failed; its reason with the remedy.
fn tell_failure(memory: &Memory, failure: &watch::Sender<Option<String>>) -> Option<String> {
    let reason = memory.failure()?;
    let reason = format!(
        "nothing can be remembered any more, so nothing is routed: {reason}; free space or mend the disk, then restart the server"
    );
    failure.send_if_modified(|told| told.replace(reason.clone()).is_none());
    Some(reason)
}

impl Recorder {
    /// Starts the thread.
    ///
    /// # Errors
    /// The system gives no thread.
    pub(crate) fn start(parts: Parts) -> io::Result<Self> {
        let (commands, queue) = mpsc::channel(QUEUE_LIMIT);
        let shared = Arc::new(Shared {
            knowledge: ArcSwap::new(parts.fold.knowledge()),
            ledger: Mutex::default(),
            failure: watch::Sender::new(None),
        });
        let memory = Arc::clone(&parts.memory);
        let by_callers = memory.durability() == Durability::Process;
        let (writer, student) = parts.divide(queue, &shared);
        let desk = Arc::new(Desk::new(commands, writer, by_callers));
        let served = Arc::clone(&desk);
        let thread = std::thread::Builder::new()
            .name("recorder".to_owned())
            .spawn(move || served.run(student))?;
        Ok(Self {
            desk,
            shared,
            memory,
            thread: Mutex::new(Some(thread)),
        })
    }

    /// What is known now.
    pub(crate) fn knowledge(&self) -> Arc<Knowledge> {
        self.shared.knowledge.load_full()
    }

    /// Why the memory cannot be written any more; told when it happens.
    pub(crate) fn failure(&self) -> watch::Receiver<Option<String>> {
        self.shared.failure.subscribe()
    }

    /// Refuses work that could not be remembered.
    ///
    /// # Errors
    /// The memory has failed.
    pub(crate) fn check(&self) -> Result<(), EngineError> {
        tell_failure(&self.memory, &self.shared.failure)
            .map_or(Ok(()), |reason| Err(EngineError::Memory(reason)))
    }

    /// Reads the ledger under its lock; keep it short.
    pub(crate) fn with_ledger<T>(&self, read: impl FnOnce(&Ledger) -> T) -> T {
        read(&self.shared.ledger())
    }

    /// Queues a decision.
    pub(crate) async fn decided(&self, decision: Arc<Decision>) -> Receipt<()> {
        self.send(|ack| Command::Decided { decision, ack }).await
    }

    /// Queues an outcome with what it teaches.
    pub(crate) async fn finished(
        &self,
        decision: Arc<Decision>,
        outcome: Outcome,
        facts: Vec<Fact>,
    ) -> Receipt<()> {
        self.send(|ack| Command::Finished {
            decision,
            outcome: Box::new(outcome),
            facts,
            ack,
        })
        .await
    }

    /// As `finished`, from where nothing can be awaited (a dropped stream). False where the queue
    /// is full.
    pub(crate) fn finished_now(
        &self,
        decision: Arc<Decision>,
        outcome: Outcome,
        facts: Vec<Fact>,
    ) -> bool {
        let (ack, _) = oneshot::channel();
        let command = Command::Finished {
            decision,
            outcome: Box::new(outcome),
            facts,
            ack,
        };
        self.desk.bring_now(command)
    }

    /// Takes a judgement in; returns when it is durable.
    pub(crate) async fn feedback(
        &self,
        feedback: Feedback,
    ) -> Result<FeedbackAccepted, EngineError> {
        let feedback = Box::new(feedback);
        self.send(|ack| Command::Feedback { feedback, ack })
            .await
            .durable()
            .await
    }

    /// Takes in what another memory remembers; returns when it is durable.
    pub(crate) async fn merge(&self, entries: Vec<Stored>) -> Result<Merged, EngineError> {
        self.send(|ack| Command::Merge { entries, ack })
            .await
            .durable()
            .await
    }

    /// Takes facts in that belong to no decision (imported scores, labels).
    pub(crate) async fn learn(&self, facts: Vec<Fact>) -> Result<(), EngineError> {
        self.send(|ack| Command::Learn { facts, ack })
            .await
            .durable()
            .await
    }

    /// Queues a fact that nobody waits for; left out where the queue is full.
    pub(crate) fn teach(&self, fact: Fact) {
        let (ack, _) = oneshot::channel();
        let facts = vec![fact];
        let _ = self.desk.bring_now(Command::Learn { facts, ack });
    }

    /// Names a class; false where there is none of that id.
    pub(crate) async fn rename(&self, class: ClassId, label: String) -> Result<(), EngineError> {
        self.learn(vec![Fact::Labelled { class, label }]).await
    }

    /// Writes a snapshot of the knowledge now.
    pub(crate) async fn snapshot(&self) -> Result<(), EngineError> {
        self.send(|ack| Command::Snapshot { ack })
            .await
            .durable()
            .await
    }

    /// Runs `work` on the writer's thread with nothing queued before it unwritten, then reads all
    /// that is known anew from the memory. For reset and import.
    pub(crate) async fn exclusively(
        &self,
        work: impl FnOnce(&Memory) -> Result<Imported, EngineError> + Send + 'static,
    ) -> Result<Imported, EngineError> {
        let work = Box::new(work);
        self.send(|ack| Command::Exclusively { work, ack })
            .await
            .durable()
            .await
    }

    /// Writes what is queued and a last snapshot, and ends the thread.
    pub(crate) async fn stop(&self) {
        let _ = self.snapshot().await;
        self.desk.bring(Command::Stop).await;
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(thread) = thread {
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }

    async fn send<T>(&self, command: impl FnOnce(command::Ack<T>) -> Command) -> Receipt<T> {
        let (ack, receipt) = oneshot::channel();
        // After the end the ack is dropped, and the receipt says so.
        self.desk.bring(command(ack)).await;
        Receipt(receipt)
    }
}
