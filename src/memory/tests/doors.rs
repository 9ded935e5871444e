//! Opening what should not be opened: each error names the place and the way out.

use super::{super::*, *};
use std::fs;
use store::Changes;

/// The error's text with the directory's changing name taken out.
fn refusal(path: &Path) -> String {
    let text = try_open(path).unwrap_err().to_string();
    text.replace(path.to_str().unwrap(), "DIR")
        .replace(&std::process::id().to_string(), "PID")
}

fn overwrite(path: &Path, key: &[u8], record: Vec<u8>) {
    let (memory, _) = open(path);
    let mut changes = Changes::default();
    changes.insert(key, record);
    memory.store.commit(changes).unwrap();
}

#[test]
fn a_memory_in_use_is_not_opened_twice() {
    let dir = tempfile::tempdir().unwrap();
    let (memory, _) = open(dir.path());
    insta::assert_snapshot!(refusal(dir.path()), @"the memory at DIR is in use by process PID: stop that process, or give this one a directory of its own (`memory.path`)");
    assert!(matches!(reset(dir.path()), Err(OpenError::Locked { .. })));
    assert!(matches!(
        Memory::inspect(dir.path(), Settings::default()),
        Err(OpenError::Locked { .. })
    ));
    drop(memory);
    open(dir.path());
}

#[test]
fn another_embedder_is_refused_but_may_be_inspected() {
    let dir = tempfile::tempdir().unwrap();
    let other = Identity {
        embedder: "other 3".to_owned(),
        dimensions: 256,
    };
    drop(Memory::open(dir.path(), Settings::default(), &other, 5).unwrap());
    insta::assert_snapshot!(refusal(dir.path()), @r#"the memory at DIR was learned with embedder "other 3", but "test-embedder 1" is configured: configure the former (`embedding.kind`), or another directory (`memory.path`), or keep a copy with `pointsman memory export FILE --directory DIR` and start anew with `pointsman memory reset --directory DIR --yes`"#);
    let (memory, _) = Memory::inspect(dir.path(), Settings::default()).unwrap();
    assert_eq!(*memory.identity(), other);
}

#[test]
fn a_newer_format_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    overwrite(
        dir.path(),
        key::FORMAT,
        record::seal(key::FORMAT, 1, &(FORMAT + 1)),
    );
    insta::assert_snapshot!(refusal(dir.path()), @"the memory at DIR has format 2, this program knows formats up to 1: use a newer pointsman, or start anew with `pointsman memory reset --directory DIR --yes`");
}

#[test]
fn a_memory_that_has_lost_its_owner_is_damaged() {
    let dir = tempfile::tempdir().unwrap();
    overwrite(dir.path(), key::IDENTITY, b"garbage".to_vec());
    insta::assert_snapshot!(refusal(dir.path()), @"the memory at DIR is damaged (m/identity: the checksum does not fit): restore a copy, or start anew with `pointsman memory reset --directory DIR --yes`");
}

#[test]
fn a_file_or_a_strangers_directory_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let holiday = dir.path().join("holiday.jpg");
    fs::write(&holiday, "a beach").unwrap();
    insta::assert_snapshot!(refusal(&holiday), @"DIR is not a memory (it is a file): give the memory a directory of its own (`memory.path`)");
    insta::assert_snapshot!(refusal(dir.path()), @r#"DIR is not a memory (it holds other files, such as "holiday.jpg"): give the memory a directory of its own (`memory.path`)"#);
    assert!(matches!(
        reset(dir.path()),
        Err(OpenError::NotAMemory { .. })
    ));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    let inspected = Memory::inspect(dir.path(), Settings::default());
    assert!(matches!(inspected, Err(OpenError::NotAMemory { .. })));
}

#[test]
fn a_place_that_cannot_be_written_is_refused() {
    let error = refusal(Path::new("/proc/pointsman"));
    assert!(
        error.starts_with("the memory at DIR cannot be opened: "),
        "{error}"
    );
}

#[test]
fn a_reset_removes_the_memory_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    assert!(!reset(&dir.path().join("nothing")).unwrap());
    drop(open(dir.path()));
    let mine = dir.path().join("notes.txt");
    fs::write(&mine, "mine").unwrap();
    assert!(reset(dir.path()).unwrap());
    assert!(mine.exists());
    assert!(!reset(dir.path()).unwrap());
    assert!(open(dir.path()).1.new);
}
