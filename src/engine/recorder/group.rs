//! What is written with one flush, and who waits for it.

use crate::{
    domain::Fact,
    engine::{
        api::EngineError,
        ledger::{Row, RowKey},
    },
    memory::Batch,
};

/// Commands in one group at most: bounds the wait of the first.
pub(super) const GROUP_MAX: usize = 1024;

type Waiter = Box<dyn FnOnce(Result<(), EngineError>) + Send>;

#[derive(Default)]
pub(super) struct Group {
    pub batch: Batch,
    pub facts: Vec<Fact>,
    pub rows: Vec<(RowKey, Option<Row>)>,
    pub snapshot: bool,
    pub size: usize,
    waiters: Vec<Waiter>,
}

impl Group {
    /// When the group is durable, `ack` gets `answer`.
    pub(super) fn when_durable<T: Send + 'static>(
        &mut self,
        ack: super::command::Ack<T>,
        answer: T,
    ) {
        self.size += 1;
        self.waiters.push(Box::new(move |result| {
            // A caller that left does not want to know.
            let _ = ack.send(result.map(|()| answer));
        }));
    }

    pub(super) fn acknowledge(self, result: &Result<(), EngineError>) {
        for waiter in self.waiters {
            waiter(result.clone());
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.size == 0 && !self.snapshot
    }
}
