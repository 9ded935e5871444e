//! Random operations, restarts among them, against a map that cannot be wrong.

use super::{super::*, *};
use crate::domain::DecisionId;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Clone, Debug)]
enum Operation {
    /// Decisions of these numbers with some facts.
    Decide(Vec<u64>, u64),
    /// Outcomes of these.
    End(Vec<u64>),
    /// Feedback on a decision, under a request id.
    Judge(u64, u64),
    Snapshot,
    Purge(u64),
    Clear,
    Restart,
}

fn operations() -> impl Strategy<Value = Vec<Operation>> {
    let number = || 0u64..40;
    let some = || prop::collection::vec(number(), 1..6);
    let one = prop_oneof![
        6 => (some(), 0u64..8).prop_map(|(numbers, facts)| Operation::Decide(numbers, facts)),
        4 => some().prop_map(Operation::End),
        4 => (number(), 0u64..3).prop_map(|(n, request)| Operation::Judge(n, request)),
        2 => Just(Operation::Snapshot),
        1 => number().prop_map(Operation::Purge),
        1 => Just(Operation::Clear),
        3 => Just(Operation::Restart),
    ];
    prop::collection::vec(one, 1..40)
}

/// What should be remembered.
#[derive(Default)]
struct Model {
    /// Of each id: decision, outcome, requests of its feedback.
    entries: BTreeMap<DecisionId, (Option<u64>, Option<u64>, Vec<u64>)>,
    last_fact: u64,
    snapshots: Vec<u64>,
}

impl Model {
    fn check(&self, memory: &Memory) {
        let page = memory.list(&Filter::default(), None, 1000).unwrap();
        let found: Vec<_> = page
            .decisions
            .iter()
            .map(|stored| stored.decision.id)
            .collect();
        let decided = self
            .entries
            .iter()
            .rev()
            .filter(|(_, (decision, ..))| decision.is_some());
        assert_eq!(found, decided.map(|(id, _)| *id).collect::<Vec<_>>());
        for stored in page.decisions {
            let (decision, outcome, requests) = &self.entries[&stored.decision.id];
            assert_eq!(
                Some(&stored.decision),
                decision.map(sample::decision).as_ref()
            );
            assert_eq!(stored.outcome, outcome.map(sample::outcome));
            let feedback = requests
                .iter()
                .map(|r| sample::feedback(decision.unwrap(), *r, 0.5));
            assert_eq!(stored.feedback, feedback.collect::<Vec<_>>());
        }
        let counts = memory.counts();
        assert_eq!(
            (counts.decisions, counts.last_fact),
            (found.len() as u64, self.last_fact)
        );
        let kept_from = match self.snapshots[..] {
            [.., older, _] => older,
            _ => 0,
        };
        let facts: Vec<_> = memory.facts_after(0).collect();
        assert_eq!(
            facts,
            super::facts(kept_from + 1, self.last_fact - kept_from).facts
        );
    }

    fn apply(&mut self, memory: &Memory, operation: &Operation) {
        match operation {
            Operation::Decide(numbers, facts) => {
                let mut batch = super::facts(self.last_fact + 1, *facts);
                batch.decisions = numbers
                    .iter()
                    .map(|n| Arc::new(sample::decision(*n)))
                    .collect();
                batch.decisions.dedup_by_key(|decision| decision.id);
                memory.append(&batch).unwrap();
                self.last_fact += facts;
                for n in numbers {
                    self.entries.entry(sample::id(*n)).or_default().0 = Some(*n);
                }
            }
            Operation::End(numbers) => {
                let outcomes = numbers.iter().map(|n| sample::outcome(*n)).collect();
                memory
                    .append(&Batch {
                        outcomes,
                        ..Batch::default()
                    })
                    .unwrap();
                for n in numbers {
                    self.entries.entry(sample::id(*n)).or_default().1 = Some(*n);
                }
            }
            Operation::Judge(n, request) => {
                let feedback = vec![sample::feedback(*n, *request, 0.5)];
                memory
                    .append(&Batch {
                        feedback,
                        ..Batch::default()
                    })
                    .unwrap();
                let requests = &mut self.entries.entry(sample::id(*n)).or_default().2;
                if !requests.contains(request) {
                    requests.push(*request);
                }
            }
            Operation::Snapshot => {
                memory
                    .save_snapshot(self.last_fact, &self.last_fact.to_le_bytes().repeat(3000))
                    .unwrap();
                if self.snapshots.last() != Some(&self.last_fact) {
                    self.snapshots.push(self.last_fact);
                }
            }
            Operation::Purge(n) => {
                // As if retention had just run out for everything before this number.
                let retention_ms = Settings::default().retention_ms;
                memory
                    .purge(sample::NOW_MS + n + retention_ms, u64::MAX)
                    .unwrap();
                self.entries
                    .retain(|id, _| id.at_ms() >= sample::NOW_MS + n);
            }
            Operation::Clear => {
                memory.clear(0).unwrap();
                *self = Self::default();
            }
            Operation::Restart => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_memory_is_a_map_that_survives_restarts(operations in operations()) {
        let dir = tempfile::tempdir().unwrap();
        let (mut memory, _) = open(dir.path());
        let mut model = Model::default();
        for operation in operations {
            model.apply(&memory, &operation);
            if matches!(operation, Operation::Restart) {
                drop(memory);
                let (again, recovered) = open(dir.path());
                memory = again;
                let newest = recovered.snapshots.first();
                prop_assert_eq!(newest.map(|s| s.fact), model.snapshots.last().copied());
                prop_assert_eq!(recovered.quarantined.len(), 0);
            }
            model.check(&memory);
        }
    }
}
