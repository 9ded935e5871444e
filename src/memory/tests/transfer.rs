//! An export holds everything, and an import takes it whole or not at all.

use super::{super::*, *};
use std::io::BufReader;
use std::sync::Arc;

const LATER_MS: u64 = sample::NOW_MS + 1_000_000;

/// A memory with something of everything.
fn full(path: &Path) -> Memory {
    let (memory, _) = open(path);
    let mut batch = facts(1, 30);
    batch.decisions = (0..20).map(sample::decision).map(Arc::new).collect();
    batch.outcomes = (0..15).map(sample::outcome).collect();
    batch.feedback = (0..10)
        .flat_map(|n| [1, 2].map(|request| sample::feedback(n, request, 0.5)))
        .collect();
    batch.notes = vec![("breakers".to_owned(), Some(vec![0, 255, 10]))];
    memory.append(&batch).unwrap();
    memory.save_snapshot(10, b"older").unwrap();
    memory.save_snapshot(20, &[7; 100_000]).unwrap();
    memory
}

fn export(memory: &Memory) -> Vec<u8> {
    let mut bytes = Vec::new();
    memory.export(&mut bytes, LATER_MS).unwrap();
    bytes
}

fn import(memory: &Memory, bytes: &[u8]) -> Result<Imported, ImportError> {
    memory.import(BufReader::new(bytes), LATER_MS)
}

#[test]
fn an_export_comes_back_whole() {
    let dirs = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let memory = full(dirs[0].path());
    let exported = export(&memory);
    let (copy, _) = open(dirs[1].path());
    assert_eq!(
        copy.verify(&exported[..]).unwrap(),
        import(&copy, &exported).unwrap()
    );
    assert_eq!(export(&copy), exported);
    let recovered = copy.recover().unwrap();
    assert_eq!((recovered.last_fact, recovered.facts), (30, 10));
    assert_eq!(
        recovered.snapshots,
        memory.recover().unwrap().snapshots[..1]
    );
    copy.append(&facts(31, 1)).unwrap();
    let again = import(&copy, &exported).unwrap_err();
    assert!(
        again
            .to_string()
            .contains("not empty (20 decisions, 31 facts)"),
        "{again}"
    );
}

#[test]
fn a_cut_or_changed_export_is_refused_and_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let exported = export(&full(dir.path()));
    let target = tempfile::tempdir().unwrap();
    let (copy, _) = open(target.path());
    let cuts = (0..exported.len()).step_by(exported.len() / 12);
    let mut bad: Vec<Vec<u8>> = cuts.map(|at| exported[..at].to_vec()).collect();
    for at in (50..exported.len()).step_by(exported.len() / 12) {
        let mut changed = exported.clone();
        changed[at] ^= 1;
        bad.push(changed);
    }
    for bytes in bad {
        let error = import(&copy, &bytes).unwrap_err();
        assert!(copy.verify(&bytes[..]).is_err(), "{error}");
        assert_eq!(
            copy.counts(),
            Counts {
                created_ms: copy.counts().created_ms,
                ..Counts::default()
            }
        );
        assert_eq!(copy.recover().unwrap(), Recovered::default());
    }
    import(&copy, &exported).unwrap();
}

#[test]
fn heads_that_do_not_fit_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let (memory, _) = open(dir.path());
    let head = |version: u32, embedder: &str| {
        let head = format!(
            r#"{{"pointsman_memory":{{"version":{version},"embedder":"{embedder}","dimensions":384,"exported_at_ms":0}}}}"#
        );
        import(&memory, format!("{head}\n").as_bytes())
            .unwrap_err()
            .to_string()
    };
    let mut errors = vec![head(9, "x"), head(1, "other 2"), head(1, "test-embedder 1")];
    errors.push(import(&memory, b"").unwrap_err().to_string());
    errors.push(import(&memory, b"PK\x03\x04\n").unwrap_err().to_string());
    insta::assert_snapshot!(errors.join("\n"), @r#"
    line 1 is not the head of a memory export this program knows: its version is 9, this program reads versions up to 1
    the export was learned with embedder "other 2", this memory is for "test-embedder 1"
    the export is incomplete or was changed: its end is missing
    line 1 is not the head of a memory export this program knows: the file is empty
    line 1 is not the head of a memory export this program knows: expected value at line 1 column 1
    "#);
}

#[test]
fn an_import_that_was_killed_leaves_an_empty_memory() {
    let dir = tempfile::tempdir().unwrap();
    let memory = full(dir.path());
    memory.mark_unfinished().unwrap();
    drop(memory);
    let (memory, recovered) = open(dir.path());
    assert!(recovered.unfinished);
    assert_eq!((memory.counts().decisions, recovered.last_fact), (0, 0));
    drop(memory);
    assert!(!open(dir.path()).1.unfinished);
}

/// The exported form of version 1. A change here breaks everybody's exports: raise the version.
#[test]
fn the_exported_form_of_version_1_does_not_change() {
    let dir = tempfile::tempdir().unwrap();
    let (memory, _) = open(dir.path());
    let mut batch = facts(1, 3);
    batch.decisions = vec![Arc::new(sample::decision(7))];
    batch.outcomes = vec![sample::outcome(7)];
    batch.feedback = vec![sample::feedback(7, 1, 0.5)];
    memory.append(&batch).unwrap();
    let exported = String::from_utf8(export(&memory)).unwrap();
    // Contexts are long lists of numbers: shown by their length.
    let short = |line: &str| {
        let mut rest = line;
        let mut short = String::new();
        while let Some((before, after)) = rest.split_once("\"units\":[") {
            let (units, after) = after.split_once(']').unwrap();
            short += &format!("{before}\"units\":[{} numbers]", units.split(',').count());
            rest = after;
        }
        short + rest
    };
    let lines: Vec<_> = exported.lines().map(short).collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn a_dump_reads_as_text() {
    let dir = tempfile::tempdir().unwrap();
    let mut text = Vec::new();
    full(dir.path()).dump(&mut text, 6).unwrap();
    insta::assert_snapshot!(String::from_utf8(text).unwrap());
}
