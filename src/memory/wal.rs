//! The log in front of the store: what is committed is appended to one file and held in memory, so
//! that a commit costs one write instead of a round through the store's own threads.
//!
//! A write that has returned is the operating system's: it survives a kill of the process. For a
//! power cut the file is synced as well. A log that has grown is put aside and a new one begun; the
//! one put aside goes when the store has taken it in. All entries are absolute (this key has this
//! value, that key is gone), so that taking in a log twice, or one whose beginning the store has
//! already, changes nothing.
//!
//! An entry is `length, CRC-32 (4 bytes each, little endian), changes`; a change is
//! `length of key, length of value + 1 or 0 where the key goes (4 bytes each), key, value`.

use super::settings::Durability;
use sled::IVec;
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
};

/// The log that is written.
pub(super) const FILE: &str = "wal";
/// The log that the store is taking in.
pub(super) const ASIDE: &str = "wal.aside";
const HEAD_BYTES: usize = 8;

/// A key and its value; `None` where the key goes.
pub(super) type Change = (IVec, Option<IVec>);

/// A set of changes that happens whole or not at all.
#[derive(Default)]
pub(super) struct Changes {
    list: Vec<Change>,
    entry: Vec<u8>,
}

impl Changes {
    pub(super) fn insert(&mut self, key: impl AsRef<[u8]>, value: impl AsRef<[u8]>) {
        let (key, value) = (key.as_ref(), value.as_ref());
        self.log(key, Some(value));
        self.list.push((key.into(), Some(value.into())));
    }

    pub(super) fn remove(&mut self, key: impl AsRef<[u8]>) {
        let key = key.as_ref();
        self.log(key, None);
        self.list.push((key.into(), None));
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

    /// The changes, in order.
    pub(super) fn into_list(self) -> Vec<Change> {
        self.list
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
    path: PathBuf,
    file: File,
    bytes: u64,
    durability: Durability,
}

impl Wal {
    /// Opens the log of this directory, or makes one; and what the logs there hold, oldest first.
    pub(super) fn open(path: &Path, durability: Durability) -> io::Result<(Self, Vec<Change>)> {
        let mut held = match fs::read(path.join(ASIDE)) {
            Ok(aside) => entries(&aside),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error),
        };
        let mut file = create(path)?;
        let mut log = Vec::new();
        file.read_to_end(&mut log)?;
        held.extend(entries(&log));
        let wal = Self {
            path: path.to_owned(),
            file,
            bytes: log.len() as u64,
            durability,
        };
        Ok((wal, held.into_iter().flatten().collect()))
    }

    /// Appends the changes; durable on return.
    pub(super) fn append(&mut self, changes: &mut Changes) -> io::Result<()> {
        let Some(entry) = changes.sealed() else {
            return Ok(());
        };
        self.file.write_all(entry)?;
        self.bytes += entry.len() as u64;
        match self.durability {
            Durability::Process => Ok(()),
            Durability::Power => self.file.sync_data(),
        }
    }

    /// Puts the log aside and begins a new one. The one put aside before must be gone.
    pub(super) fn put_aside(&mut self) -> io::Result<()> {
        fs::rename(self.path.join(FILE), self.path.join(ASIDE))?;
        self.file = create(&self.path)?;
        self.bytes = 0;
        self.keep_names()
    }

    /// Makes the names of files durable where a power cut is to be survived.
    fn keep_names(&self) -> io::Result<()> {
        match self.durability {
            Durability::Process => Ok(()),
            Durability::Power => File::open(&self.path)?.sync_all(),
        }
    }

    /// Begins anew: the store has everything, durably.
    pub(super) fn clear(&mut self) -> io::Result<()> {
        remove_aside(&self.path)?;
        self.file.set_len(0)?;
        self.bytes = 0;
        self.keep_names()
    }

    /// Bytes in the log.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }
}

/// Opened for appending, so that it need not be rewound.
fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    let options = options.create(true).read(true).append(true);
    options.open(path.join(FILE))
}

/// Forgets the log that was put aside; the store has it, durably.
pub(super) fn remove_aside(path: &Path) -> io::Result<()> {
    match fs::remove_file(path.join(ASIDE)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// The entries that are whole, up to the first that is not: that one was cut off and never
/// acknowledged.
fn entries(mut log: &[u8]) -> Vec<Vec<Change>> {
    let mut entries = Vec::new();
    while !log.is_empty() {
        let Some((entry, rest)) = entry(log) else {
            tracing::warn!(
                bytes = log.len(),
                "the end of the memory's log is not whole: a write was cut off"
            );
            break;
        };
        entries.push(entry);
        log = rest;
    }
    entries
}

fn entry(log: &[u8]) -> Option<(Vec<Change>, &[u8])> {
    let (length, rest) = number(log)?;
    let (checksum, rest) = number(rest)?;
    let (mut body, rest) = rest.split_at_checked(length as usize)?;
    if crc32fast::hash(body) != checksum {
        return None;
    }
    let mut changes = Vec::new();
    while !body.is_empty() {
        let (key, after) = number(body)?;
        let (value, after) = number(after)?;
        let (key, after) = after.split_at_checked(key as usize)?;
        let (bytes, after) = after.split_at_checked((value as usize).saturating_sub(1))?;
        changes.push((key.into(), (value > 0).then(|| bytes.into())));
        body = after;
    }
    Some((changes, rest))
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

    /// The keys that are put or removed, in the order of the log.
    fn held(path: &Path) -> Vec<(u8, Option<usize>)> {
        let held = Wal::open(path, Durability::Process).unwrap().1;
        let key = |(key, value): &Change| (key[0], value.as_ref().map(|value| value.len()));
        held.iter().map(key).collect()
    }

    fn of(numbers: impl IntoIterator<Item = u8>) -> Vec<(u8, Option<usize>)> {
        let both = |number: u8| [(number, Some(100)), (number - 1, None)];
        numbers.into_iter().flat_map(both).collect()
    }

    #[test]
    fn what_was_appended_is_read_back_in_order_until_the_store_has_it() {
        for durability in [Durability::Process, Durability::Power] {
            let dir = tempfile::tempdir().unwrap();
            let (mut wal, nothing) = Wal::open(dir.path(), durability).unwrap();
            assert!(nothing.is_empty());
            wal.append(&mut changes(1)).unwrap();
            wal.append(&mut changes(2)).unwrap();
            wal.append(&mut Changes::default()).unwrap();
            assert_eq!(held(dir.path()), of(1..3));
            let full = wal.bytes();
            wal.put_aside().unwrap();
            wal.append(&mut changes(3)).unwrap();
            assert!(wal.bytes() < full);
            assert_eq!(held(dir.path()), of(1..4));
            remove_aside(dir.path()).unwrap();
            remove_aside(dir.path()).unwrap();
            assert_eq!(held(dir.path()), of(3..4));
            wal.put_aside().unwrap();
            wal.append(&mut changes(4)).unwrap();
            wal.clear().unwrap();
            assert_eq!(held(dir.path()), []);
            wal.append(&mut changes(9)).unwrap();
            assert_eq!(held(dir.path()), of(9..10));
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
            assert_eq!(entries(&bytes[..cut]).len(), whole, "cut at {cut}");
            let mut damaged = bytes.clone();
            damaged[cut] ^= 0x55;
            assert_eq!(entries(&damaged).len(), whole, "damaged at {cut}");
        }
    }
}
