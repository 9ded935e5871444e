//! What is written with one flush, and who waits for it.

use super::command::Ack;
use crate::{
    domain::Fact,
    engine::{
        api::EngineError,
        ledger::{Row, RowKey},
    },
    memory::Batch,
};
use std::collections::BTreeMap;

/// Commands in one group at most: bounds the wait of the first.
pub(super) const GROUP_MAX: usize = 1024;

type Waiter = Box<dyn FnOnce(Result<(), EngineError>) + Send>;

#[derive(Default)]
pub(super) struct Group {
    pub batch: Batch,
    pub facts: Vec<Fact>,
    /// Rows of the ledger as this group leaves them.
    pub rows: BTreeMap<RowKey, Option<Row>>,
    pub snapshot: bool,
    pub size: usize,
    durable: Vec<Waiter>,
    learned: Vec<Waiter>,
}

/// What a durable group teaches, and who waits until it is learned.
pub(super) struct Lesson {
    pub facts: Vec<(u64, Fact)>,
    pub snapshot: bool,
    learned: Vec<Waiter>,
}

impl Lesson {
    pub(super) fn acknowledge(self, result: &Result<(), EngineError>) {
        acknowledge(self.learned, result);
    }
}

impl Group {
    /// When the group is durable, `ack` gets `answer`: requests do not wait for what they teach.
    pub(super) fn when_durable<T: Send + 'static>(&mut self, ack: Ack<T>, answer: T) {
        self.size += 1;
        self.durable.push(waiter(ack, answer));
    }

    /// When the group is durable and folded in, `ack` gets `answer`: whoever teaches sees at once
    /// what was learned.
    pub(super) fn when_learned<T: Send + 'static>(&mut self, ack: Ack<T>, answer: T) {
        self.size += 1;
        self.learned.push(waiter(ack, answer));
    }

    /// Tells those who wait for no more than that, and keeps the others with what they wait for.
    pub(super) fn durable(self) -> Option<Lesson> {
        acknowledge(self.durable, &Ok(()));
        let lesson = Lesson {
            facts: self.batch.facts,
            snapshot: self.snapshot,
            learned: self.learned,
        };
        let nothing = lesson.facts.is_empty() && lesson.learned.is_empty() && !lesson.snapshot;
        (!nothing).then_some(lesson)
    }

    /// Tells everybody that it is not durable.
    pub(super) fn failed(self, error: &EngineError) {
        acknowledge(self.durable, &Err(error.clone()));
        acknowledge(self.learned, &Err(error.clone()));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.size == 0 && !self.snapshot
    }
}

fn waiter<T: Send + 'static>(ack: Ack<T>, answer: T) -> Waiter {
    Box::new(move |result| {
        // A caller that left does not want to know.
        let _ = ack.send(result.map(|()| answer));
    })
}

fn acknowledge(waiters: Vec<Waiter>, result: &Result<(), EngineError>) {
    for waiter in waiters {
        waiter(result.clone());
    }
}
