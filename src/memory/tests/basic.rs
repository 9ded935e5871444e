//! What is written comes back, after a restart too.

use super::{super::*, *};
use crate::domain::DecisionId;

fn full(range: std::ops::Range<u64>) -> Batch {
    Batch {
        decisions: range
            .clone()
            .map(sample::decision)
            .map(std::sync::Arc::new)
            .collect(),
        outcomes: range.clone().map(sample::outcome).collect(),
        feedback: range.clone().map(|n| sample::feedback(n, 1, 0.5)).collect(),
        ..Batch::default()
    }
}

#[test]
fn what_was_written_comes_back_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let (memory, recovered) = open(dir.path());
    assert!(recovered.new);
    let mut batch = full(0..20);
    batch.facts = facts(1, 9).facts;
    batch.notes = vec![("statistics".to_owned(), Some(b"abc".to_vec()))];
    assert_eq!(memory.append(&batch).unwrap(), Appended::default());
    let before = memory.counts();
    drop(memory);

    let (memory, recovered) = open(dir.path());
    assert!(!recovered.new);
    assert_eq!((recovered.last_fact, recovered.facts), (9, 9));
    assert_eq!(memory.counts(), before);
    for n in 0..20 {
        let stored = memory.decision(sample::id(n)).unwrap().unwrap();
        assert_eq!(stored.decision, sample::decision(n));
        assert_eq!(stored.outcome, Some(sample::outcome(n)));
        assert_eq!(stored.feedback, [sample::feedback(n, 1, 0.5)]);
    }
    let read: Vec<_> = memory.facts_after(4).collect();
    assert_eq!(read, facts(5, 5).facts);
    assert_eq!(memory.note("statistics").unwrap().unwrap(), b"abc");
    assert_eq!(memory.note("other").unwrap(), None);
    assert_eq!(memory.decision(DecisionId(5)).unwrap(), None);
}

#[test]
fn a_decision_with_ten_arms_takes_less_than_one_and_a_half_kilobytes() {
    let key = key::decision(sample::id(1), key::Part::Decision);
    let bytes = record::Stored::store(&sample::decision(1), &key)
        .unwrap()
        .len();
    assert!((1200..1500).contains(&bytes), "{bytes}");
}

#[test]
fn feedback_is_taken_once_an_id_and_a_correction_stands() {
    let dir = tempfile::tempdir().unwrap();
    let (memory, _) = open(dir.path());
    memory.append(&full(0..1)).unwrap();
    let feedback = |request, quality| Batch {
        feedback: vec![sample::feedback(0, request, quality)],
        ..Batch::default()
    };
    memory.append(&feedback(1, 0.9)).unwrap();
    assert_eq!(memory.counts().feedback_ever, 1);
    memory.append(&feedback(2, 0.9)).unwrap();
    let stored = memory.decision(sample::id(0)).unwrap().unwrap();
    assert_eq!(stored.feedback.len(), 2);
    assert_eq!(stored.standing_feedback(), [&sample::feedback(0, 2, 0.9)]);
    let seen = memory.feedback_seen(sample::id(0), "feedback-1").unwrap();
    assert_eq!(seen, Some(sample::feedback(0, 1, 0.5)));
    assert_eq!(memory.feedback_seen(sample::id(0), "other").unwrap(), None);
    assert_eq!(memory.feedback_seen(sample::id(7), "other").unwrap(), None);
}

#[test]
fn decisions_are_listed_newest_first_by_pages_and_filters() {
    let dir = tempfile::tempdir().unwrap();
    let (memory, _) = open(dir.path());
    memory.append(&full(0..50)).unwrap();
    let list = |filter: &Filter| {
        let (mut all, mut before) = (Vec::new(), None);
        loop {
            let page = memory.list(filter, before, 7).unwrap();
            all.extend(
                page.decisions
                    .iter()
                    .map(|stored| stored.decision.input_tokens - 120),
            );
            before = page.next;
            if before.is_none() {
                return all;
            }
        }
    };
    let any = Filter::default();
    assert_eq!(list(&any), (0..50).rev().collect::<Vec<_>>());
    let filter = Filter {
        tenant: Some("tenant-even".to_owned()),
        status: Some(crate::domain::OutcomeStatus::Failed),
        since_ms: Some(sample::NOW_MS + 8),
        until_ms: Some(sample::NOW_MS + 21),
        ..any
    };
    assert_eq!(list(&filter), [20, 16, 12, 8]);
}

#[test]
fn retention_forgets_the_oldest_by_age_and_by_number() {
    let dir = tempfile::tempdir().unwrap();
    let settings = Settings {
        retention_ms: 100,
        max_decisions: 30,
        ..Settings::default()
    };
    let (memory, _) = Memory::open(dir.path(), settings, &identity(), 0).unwrap();
    memory.append(&full(0..50)).unwrap();
    // Ten are more than 100 ms old, twenty are too many.
    let now_ms = sample::NOW_MS + 110;
    let first = memory.purge(now_ms, 8).unwrap();
    assert_eq!(
        first,
        Purged {
            decisions: 8,
            more: true
        }
    );
    let second = memory.purge(now_ms, 100).unwrap();
    assert_eq!(
        second,
        Purged {
            decisions: 12,
            more: false
        }
    );
    assert_eq!(memory.purge(now_ms, 100).unwrap(), Purged::default());
    assert_eq!(memory.counts().decisions, 30);
    assert_eq!(memory.decision(sample::id(19)).unwrap(), None);
    assert!(memory.decision(sample::id(20)).unwrap().is_some());
    assert_eq!(
        memory.statistics().unwrap().span_ms,
        Some((sample::NOW_MS + 20, sample::NOW_MS + 49))
    );
    let later = memory.purge(sample::NOW_MS + 10_000, 100).unwrap();
    assert_eq!(later.decisions, 30);
    assert_eq!(memory.store.kind(key::DECISIONS).count(), 0);
}

#[test]
fn the_two_newest_snapshots_are_kept_and_the_facts_since_the_older() {
    let dir = tempfile::tempdir().unwrap();
    let (memory, _) = open(dir.path());
    let bytes = |n: u64| (0..300_000u64).map(|i| (i * n) as u8).collect::<Vec<_>>();
    for round in 1..=4 {
        memory.append(&facts(10 * round - 9, 10)).unwrap();
        memory.save_snapshot(10 * round, &bytes(round)).unwrap();
    }
    memory.append(&facts(41, 3)).unwrap();
    drop(memory);
    let (memory, recovered) = open(dir.path());
    let numbers: Vec<_> = recovered
        .snapshots
        .iter()
        .map(|snapshot| snapshot.fact)
        .collect();
    assert_eq!(numbers, [40, 30]);
    assert_eq!(recovered.snapshots[0].bytes, bytes(4));
    assert_eq!(recovered.facts, 3);
    assert_eq!(memory.facts_after(0).next().unwrap().0, 31);
    assert_eq!(memory.counts().pruned_fact, 30);
}

#[test]
fn clearing_forgets_everything_but_the_owner() {
    let dir = tempfile::tempdir().unwrap();
    let (memory, _) = open(dir.path());
    memory.append(&full(0..50)).unwrap();
    memory.append(&facts(1, 10)).unwrap();
    memory.save_snapshot(5, b"snapshot").unwrap();
    memory.clear(77).unwrap();
    let empty = Counts {
        created_ms: 77,
        ..Counts::default()
    };
    assert_eq!(memory.counts(), empty);
    drop(memory);
    let (memory, recovered) = open(dir.path());
    assert_eq!(recovered, Recovered::default());
    assert_eq!(memory.counts(), empty);
}

#[test]
fn facts_must_rise() {
    let dir = tempfile::tempdir().unwrap();
    let (memory, _) = open(dir.path());
    memory.append(&facts(1, 3)).unwrap();
    let error = memory.append(&facts(3, 1)).unwrap_err();
    assert_eq!(error, WriteError::OutOfOrder { number: 3, last: 3 });
    memory.append(&facts(4, 1)).unwrap();
}
