//! The log in front of the store: what is committed is appended to one file before the store takes
//! it, so that a commit costs one write instead of a round through the store's own threads.
//!
//! A write that has returned is the operating system's: it survives a kill of the process. For a
//! power cut the file is synced as well. The log is taken into the store and emptied when it has
//! grown, and when a memory is opened. All entries are absolute (this key has this value, that key
//! is gone), so that taking in a log twice, or one whose beginning the store has already, changes
//! nothing.
//!
//! An entry is `length, CRC-32 (4 bytes each, little endian), changes`; a change is
//! `length of key, length of value + 1 or 0 where the key goes (4 bytes each), key, value`.

use super::settings::Durability;
use sled::IVec;
use std::{
    fs::{File, OpenOptions},
    io::{self, Read as _, Seek as _, Write as _},
    path::Path,
};

/// The file's name.
pub(super) const FILE: &str = "wal";
const HEAD_BYTES: usize = 8;
/// From this length on the log is taken into the store. Reading it back takes some tens of
/// milliseconds.
const FULL_BYTES: u64 = 16 << 20;

/// A set of changes that happens whole or not at all.
#[derive(Default)]
pub(super) struct Changes {
    pub batch: sled::Batch,
    entry: Vec<u8>,
}

impl Changes {
    pub(super) fn insert(&mut self, key: impl AsRef<[u8]>, value: impl AsRef<[u8]>) {
        let (key, value) = (key.as_ref(), value.as_ref());
        self.log(key, Some(value));
        self.batch.insert(key, value);
    }

    pub(super) fn remove(&mut self, key: impl AsRef<[u8]>) {
        self.log(key.as_ref(), None);
        self.batch.remove(key.as_ref());
    }

    fn log(&mut self, key: &[u8], value: Option<&[u8]>) {
        if self.entry.is_empty() {
            self.entry.resize(HEAD_BYTES, 0);
        }
        let length = |bytes: usize| u32::try_from(bytes).unwrap_or(u32::MAX).to_le_bytes();
        self.entry.extend(length(key.len()));
        self.entry
            .extend(length(value.map_or(0, |value| value.len() + 1)));
        self.entry.extend(key);
        self.entry.extend(value.unwrap_or_default());
    }

    /// The entry with its head; `None` where nothing changes.
    fn sealed(&mut self) -> Option<&[u8]> {
        let (head, body) = self.entry.split_at_mut_checked(HEAD_BYTES)?;
        let length = u32::try_from(body.len()).unwrap_or(u32::MAX);
        head[..4].copy_from_slice(&length.to_le_bytes());
        head[4..].copy_from_slice(&crc32fast::hash(body).to_le_bytes());
        Some(&self.entry)
    }
}

/// The open log.
pub(super) struct Wal {
    file: File,
    bytes: u64,
    durability: Durability,
}

impl Wal {
    /// Opens the log of this directory, or makes one; and what it holds.
    pub(super) fn open(
        path: &Path,
        durability: Durability,
    ) -> io::Result<(Self, Vec<sled::Batch>)> {
        let mut options = OpenOptions::new();
        let mut file = options
            .create(true)
            .read(true)
            .append(true)
            .open(path.join(FILE))?;
        let mut held = Vec::new();
        file.read_to_end(&mut held)?;
        let wal = Self {
            file,
            bytes: held.len() as u64,
            durability,
        };
        Ok((wal, batches(&held)))
    }

    /// Appends the changes; durable on return.
    pub(super) fn append(&mut self, changes: &mut Changes) -> io::Result<()> {
        let Some(entry) = changes.sealed() else {
            return Ok(());
        };
        self.file.write_all(entry)?;
        self.bytes += entry.len() as u64;
        self.sync()
    }

    /// Is it time to take the log into the store?
    pub(super) fn is_full(&self) -> bool {
        self.bytes >= FULL_BYTES
    }

    /// Forgets everything; the store has it, durably.
    pub(super) fn clear(&mut self) -> io::Result<()> {
        if self.bytes == 0 {
            return Ok(());
        }
        self.file.set_len(0)?;
        self.file.rewind()?;
        self.bytes = 0;
        self.sync()
    }

    fn sync(&self) -> io::Result<()> {
        match self.durability {
            Durability::Process => Ok(()),
            Durability::Power => self.file.sync_data(),
        }
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }
}

/// The entries that are whole, up to the first that is not: that one was cut off and never
/// acknowledged.
fn batches(mut log: &[u8]) -> Vec<sled::Batch> {
    let mut batches = Vec::new();
    while !log.is_empty() {
        let Some((batch, rest)) = batch(log) else {
            tracing::warn!(
                bytes = log.len(),
                "the end of the memory's log is not whole: a write was cut off"
            );
            break;
        };
        batches.push(batch);
        log = rest;
    }
    batches
}

fn batch(log: &[u8]) -> Option<(sled::Batch, &[u8])> {
    let (length, rest) = number(log)?;
    let (checksum, rest) = number(rest)?;
    let (mut body, rest) = rest.split_at_checked(length as usize)?;
    if crc32fast::hash(body) != checksum {
        return None;
    }
    let mut batch = sled::Batch::default();
    while !body.is_empty() {
        let (key, after) = number(body)?;
        let (value, after) = number(after)?;
        let (key, after) = after.split_at_checked(key as usize)?;
        let (bytes, after) = after.split_at_checked((value as usize).saturating_sub(1))?;
        match value {
            0 => batch.remove(key),
            _ => batch.insert(key, IVec::from(bytes)),
        }
        body = after;
    }
    Some((batch, rest))
}

fn number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (number, rest) = bytes.split_first_chunk()?;
    Some((u32::from_le_bytes(*number), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes(number: u8) -> Changes {
        let mut changes = Changes::default();
        changes.insert([number], vec![number; 100]);
        changes.remove([number.wrapping_sub(1)]);
        changes
    }

    /// What a store holds that has taken the log in.
    fn held(path: &Path) -> Vec<(u8, usize)> {
        let store = sled::Config::new().temporary(true).open().unwrap();
        for batch in Wal::open(path, Durability::Process).unwrap().1 {
            store.apply_batch(batch).unwrap();
        }
        let entry = |entry: sled::Result<(IVec, IVec)>| entry.map(|(k, v)| (k[0], v.len()));
        store
            .iter()
            .map(entry)
            .collect::<sled::Result<_>>()
            .unwrap()
    }

    #[test]
    fn what_was_appended_is_read_back_in_order_until_the_log_is_cleared() {
        for durability in [Durability::Process, Durability::Power] {
            let dir = tempfile::tempdir().unwrap();
            let (mut wal, nothing) = Wal::open(dir.path(), durability).unwrap();
            assert!(nothing.is_empty());
            for number in 1..4 {
                wal.append(&mut changes(number)).unwrap();
            }
            wal.append(&mut Changes::default()).unwrap();
            assert_eq!(held(dir.path()), [(3, 100)]);
            assert!(!wal.is_full() && wal.bytes() > 300);
            wal.clear().unwrap();
            assert_eq!(held(dir.path()), []);
            wal.append(&mut changes(9)).unwrap();
            assert_eq!(held(dir.path()), [(9, 100)]);
        }
    }

    #[test]
    fn a_log_that_is_cut_or_damaged_anywhere_yields_its_whole_entries_before_that() {
        let dir = tempfile::tempdir().unwrap();
        let (mut wal, _) = Wal::open(dir.path(), Durability::Process).unwrap();
        let mut ends = vec![0];
        for number in 1..4 {
            wal.append(&mut changes(number)).unwrap();
            ends.push(wal.bytes() as usize);
        }
        let bytes = std::fs::read(dir.path().join(FILE)).unwrap();
        for cut in 0..bytes.len() {
            let whole = ends[1..].iter().filter(|end| **end <= cut).count();
            assert_eq!(batches(&bytes[..cut]).len(), whole, "cut at {cut}");
            let mut damaged = bytes.clone();
            damaged[cut] ^= 0x55;
            assert_eq!(batches(&damaged).len(), whole, "damaged at {cut}");
        }
    }
}
