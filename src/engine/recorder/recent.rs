//! The newest decisions in memory, so that most feedback needs no read from disk, and feedback for
//! a decision that is still in the writer's hands finds it.

use crate::domain::{Decision, DecisionId, Feedback, Outcome};
use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

/// Decisions kept; more than one group can hold.
const KEPT: usize = 2048;

/// A decision with what followed.
#[derive(Clone)]
pub(super) struct Entry {
    pub decision: Arc<Decision>,
    pub outcome: Option<Outcome>,
    pub feedback: Vec<Feedback>,
}

#[derive(Default)]
pub(super) struct Recent {
    entries: HashMap<DecisionId, Entry>,
    order: VecDeque<DecisionId>,
}

impl Recent {
    pub(super) fn insert(&mut self, entry: Entry) {
        let id = entry.decision.id;
        if self.entries.insert(id, entry).is_none() {
            self.order.push_back(id);
        }
        while self.order.len() > KEPT {
            if let Some(oldest) = self.order.pop_front() {
                self.entries.remove(&oldest);
            }
        }
    }

    pub(super) fn get_mut(&mut self, id: DecisionId) -> Option<&mut Entry> {
        self.entries.get_mut(&id)
    }

    pub(super) fn clear(&mut self) {
        self.entries.clear();
        self.order.clear();
    }
}
