//! Damage: reported, set aside, never in the way and never taken for truth.

use super::{super::*, *};
use key::Part;
use proptest::prelude::*;
use std::sync::Arc;
use std::{fs, path::PathBuf};
use store::Changes;

/// Changes one byte of a stored record.
fn spoil(memory: &Memory, key: &[u8]) {
    let mut stored = memory.store.get(key).unwrap().unwrap().to_vec();
    let last = stored.len() - 1;
    stored[last] ^= 0x40;
    let mut changes = Changes::default();
    changes.insert(key, stored);
    memory.store.commit(changes).unwrap();
}

fn filled(path: &Path) -> Memory {
    let (memory, _) = open(path);
    let mut batch = facts(1, 9);
    batch.decisions = (0..9).map(sample::decision).map(Arc::new).collect();
    batch.outcomes = (0..9).map(sample::outcome).collect();
    batch.feedback = (0..9).map(|n| sample::feedback(n, 1, 0.5)).collect();
    batch.notes = vec![("breakers".to_owned(), Some(vec![1, 2, 3]))];
    memory.append(&batch).unwrap();
    memory
}

#[test]
fn damaged_records_are_set_aside_and_reported() {
    let dir = tempfile::tempdir().unwrap();
    let memory = filled(dir.path());
    spoil(&memory, &key::decision(sample::id(1), Part::Decision));
    spoil(&memory, &key::decision(sample::id(2), Part::Outcome));
    spoil(&memory, &key::decision(sample::id(3), Part::Feedback));
    spoil(&memory, &key::fact(4));
    spoil(&memory, &key::note("breakers"));
    assert_eq!(memory.decision(sample::id(1)).unwrap(), None);
    let two = memory.decision(sample::id(2)).unwrap().unwrap();
    assert_eq!((two.outcome, two.feedback.len()), (None, 1));
    // Feedback is still taken where earlier feedback is damaged.
    let again = Batch {
        feedback: vec![sample::feedback(3, 2, 0.75)],
        ..Batch::default()
    };
    memory.append(&again).unwrap();
    let three = memory.decision(sample::id(3)).unwrap().unwrap();
    assert_eq!(three.feedback, [sample::feedback(3, 2, 0.75)]);
    let numbers: Vec<u64> = memory.facts_after(0).map(|(number, _)| number).collect();
    assert_eq!(numbers, [1, 2, 3, 5, 6, 7, 8, 9]);
    assert_eq!(memory.note("breakers").unwrap(), None);
    assert_eq!(
        (memory.counts().decisions, memory.counts().quarantined),
        (8, 5)
    );
    drop(memory);
    let (_, recovered) = open(dir.path());
    let mut told: Vec<_> = recovered
        .quarantined
        .iter()
        .map(|q| format!("{}: {}", q.what, q.reason))
        .collect();
    told.sort();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn a_total_loss_is_not_taken_for_a_new_memory() {
    for lost in ["overwritten", "removed"] {
        let dir = tempfile::tempdir().unwrap();
        drop(filled(dir.path()));
        let store = dir.path().join("db");
        let size = fs::metadata(&store).unwrap().len() as usize;
        match lost {
            "overwritten" => fs::write(&store, vec![b'x'; size]).unwrap(),
            _ => fs::remove_file(&store).unwrap(),
        }
        let error = try_open(dir.path()).unwrap_err().to_string();
        assert!(error.contains("is damaged"), "{lost}: {error}");
        assert!(reset(dir.path()).unwrap());
        assert!(open(dir.path()).1.new);
    }
}

#[test]
fn a_poisoned_number_is_refused_without_failing_its_batch() {
    let dir = tempfile::tempdir().unwrap();
    let (memory, _) = open(dir.path());
    let mut batch = facts(1, 2);
    batch.feedback = vec![
        sample::feedback(1, 1, f64::NAN),
        sample::feedback(1, 2, 0.5),
    ];
    let appended = memory.append(&batch).unwrap();
    assert_eq!(appended.refused.len(), 1);
    assert_eq!(appended.refused[0].reason, "quality is NaN, not in [0, 1]");
    assert_eq!(memory.counts().feedback_ever, 1);
    assert_eq!(memory.facts_after(0).count(), 2);
}

#[test]
fn a_damaged_snapshot_gives_way_to_the_older_one() {
    let dir = tempfile::tempdir().unwrap();
    let memory = filled(dir.path());
    memory.save_snapshot(3, &[1; 20_000]).unwrap();
    memory.save_snapshot(6, &[2; 20_000]).unwrap();
    spoil(&memory, &key::chunk(6, 2));
    drop(memory);
    let (memory, recovered) = open(dir.path());
    assert_eq!(
        recovered.snapshots,
        [Snapshot {
            fact: 3,
            bytes: vec![1; 20_000]
        }]
    );
    assert_eq!(recovered.facts, 6);
    assert_eq!(recovered.quarantined[0].what, "learner snapshot 6");
    spoil(&memory, &key::snapshot_head(3));
    drop(memory);
    let (memory, recovered) = open(dir.path());
    assert_eq!((recovered.snapshots.len(), recovered.facts), (0, 6));
    memory.save_snapshot(9, b"new").unwrap();
}

#[test]
fn damaged_counts_are_counted_anew() {
    let dir = tempfile::tempdir().unwrap();
    let memory = filled(dir.path());
    spoil(&memory, key::COUNTS);
    drop(memory);
    let counts = open(dir.path()).0.counts();
    assert_eq!((counts.decisions, counts.last_fact), (9, 9));
}

/// As a power cut leaves them that took the end of the log, but not what the store had of it.
#[test]
fn counts_that_fell_behind_are_counted_anew() {
    let dir = tempfile::tempdir().unwrap();
    let memory = filled(dir.path());
    let before = memory.counts();
    let mut changes = Changes::default();
    let behind = Counts {
        decisions: 4,
        decisions_ever: 4,
        last_fact: 3,
        ..before
    };
    behind.put(&mut changes);
    memory.store.commit(changes).unwrap();
    drop(memory);
    assert_eq!(open(dir.path()).0.counts(), before);
}

fn file(dir: &Path, name: &str) -> PathBuf {
    let mut names = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    names
        .find(|path| {
            path.file_name()
                .unwrap()
                .to_string_lossy()
                .starts_with(name)
        })
        .unwrap()
}

/// Opens what may be damaged and reads all of it. Whatever is found must be what was written.
fn read_all(path: &Path) -> Result<(), OpenError> {
    let (memory, _) = try_open(path)?;
    for (number, fact) in memory.facts_after(0) {
        assert_eq!(fact, sample::fact(number));
    }
    for n in 0..9 {
        if let Ok(Some(stored)) = memory.decision(sample::id(n)) {
            assert_eq!(stored.decision, sample::decision(n));
            assert!(
                stored
                    .outcome
                    .is_none_or(|outcome| outcome == sample::outcome(n))
            );
        }
    }
    let _ = memory.list(&Filter::default(), None, 100);
    let _ = memory.export(std::io::sink(), 0);
    let _ = memory.append(&Batch {
        decisions: vec![Arc::new(sample::decision(20))],
        ..Batch::default()
    });
    let _ = memory.statistics();
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn damaged_files_never_panic_nor_lie(
        name in prop::sample::select(vec!["db", "conf", "snap."]),
        at: prop::sample::Index,
        bytes in prop::collection::vec(any::<u8>(), 0..64),
        cut: bool,
    ) {
        let dir = tempfile::tempdir().unwrap();
        drop(filled(dir.path()));
        drop(open(dir.path()));
        let path = file(dir.path(), name);
        let mut contents = fs::read(&path).unwrap();
        // The store's file is mostly room for more: aim at what is used.
        let used = contents.iter().rposition(|byte| *byte != 0).unwrap_or(0) + 1;
        let at = at.index(used);
        if cut {
            contents.truncate(at);
        }
        for (i, byte) in bytes.into_iter().enumerate() {
            if let Some(slot) = contents.get_mut(at + i) {
                *slot = byte;
            }
        }
        fs::write(&path, contents).unwrap();
        if let Err(error) = read_all(dir.path()) {
            let text = error.to_string();
            prop_assert!(text.contains("is damaged") && text.contains("memory reset"), "{}", text);
        }
        prop_assert!(reset(dir.path()).unwrap());
        prop_assert!(open(dir.path()).1.new);
    }
}
