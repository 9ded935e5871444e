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

    pub(super) fn acknowledge_durable(&mut self) {
        acknowledge(std::mem::take(&mut self.durable), &Ok(()));
    }

    /// Tells everybody who has not been told yet.
    pub(super) fn acknowledge(self, result: &Result<(), EngineError>) {
        acknowledge(self.durable, result);
        acknowledge(self.learned, result);
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
