//! Memories that cannot be used, each in its own way.

use crate::process::{Server, simulated, write};
use pointsman::memory::{Identity, Memory, Settings};
use std::{fs, path::Path};

/// A memory that a server has filled a little and left in order.
fn made(directory: &Path) -> std::path::PathBuf {
    let memory = directory.join("memory");
    fs::create_dir_all(directory).unwrap();
    let config = write(directory, &simulated(&memory, ""));
    assert_eq!(Server::start(&config).terminate(), Some(0));
    memory
}

/// Its store's file holds something else.
pub fn damaged(directory: &Path) -> String {
    let memory = made(directory);
    let store = memory.join("db");
    let size = fs::metadata(&store).unwrap().len() as usize;
    fs::write(&store, vec![b'x'; size]).unwrap();
    memory.display().to_string()
}

/// Of a format that is not known yet.
pub fn newer(directory: &Path) -> String {
    let memory = made(directory);
    let (key, version, body) = (b"m/format", 1_u8, [99_u8]);
    let mut crc = crc32fast::Hasher::new();
    for part in [&key[..], &[version], &body] {
        crc.update(part);
    }
    let mut record = vec![version];
    record.extend(crc.finalize().to_le_bytes());
    record.extend(body);
    let store = sled::Config::new().path(&memory).mode(sled::Mode::LowSpace);
    let store = store.open().unwrap();
    store.insert(key, record).unwrap();
    store.flush().unwrap();
    memory.display().to_string()
}

/// Learned with another embedder.
pub fn foreign(directory: &Path) -> String {
    let memory = directory.join("memory");
    let identity = Identity {
        embedder: "another 1".to_owned(),
        dimensions: 8,
    };
    drop(Memory::open(&memory, Settings::default(), &identity, 1).unwrap());
    memory.display().to_string()
}

/// A directory of someone else's.
pub fn strange(directory: &Path) -> String {
    let memory = directory.join("pictures");
    fs::create_dir_all(&memory).unwrap();
    fs::write(memory.join("beach.jpg"), "a beach").unwrap();
    memory.display().to_string()
}
