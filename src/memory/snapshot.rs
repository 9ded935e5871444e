//! Snapshots of the learner: opaque bytes and the last fact they include. The two newest are kept,
//! and the facts since the older of them, so that one damaged snapshot loses nothing.
//!
//! In chunks, because sled moves large values out into files of their own; the head is written last,
//! so that a snapshot without a head never was.

use super::{
    Memory, ReadError, WriteError, key,
    record::{self, Damage},
    store::{Bytes, Changes},
};
use serde::{Deserialize, Serialize};

const CHUNK_BYTES: usize = 4096;
const CHUNKS_A_COMMIT: usize = 64;
const KEYS_A_COMMIT: usize = 1024;
const MAX_SNAPSHOT_BYTES: usize = 256 << 20;
const KEPT: usize = 2;

/// A snapshot of the learner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The last fact it includes; 0 = none.
    pub fact: u64,
    /// The learner's own bytes.
    pub bytes: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
struct Head {
    bytes: u64,
    checksum: [u8; 32],
}

impl Memory {
    /// Keeps a snapshot that includes the facts up to this number, and lets go of what is no longer
    /// needed: older snapshots than the last two, and the facts that both of these include.
    ///
    /// # Errors
    /// The store failed, or the snapshot is too large. The former ones are still there.
    pub fn save_snapshot(&self, fact: u64, bytes: &[u8]) -> Result<(), WriteError> {
        if bytes.len() > MAX_SNAPSHOT_BYTES {
            return Err(WriteError::TooLarge {
                what: "a learner snapshot",
                bytes: bytes.len(),
                limit: MAX_SNAPSHOT_BYTES,
            });
        }
        let _alone = self.snapshotting();
        let mut heads = self.heads().map_err(failed)?;
        if heads.contains(&fact) {
            return Ok(());
        }
        self.write_snapshot(fact, bytes)?;
        heads.push(fact);
        heads.sort_unstable();
        while heads.len() > KEPT {
            self.remove_snapshot(heads.remove(0))?;
        }
        match heads[..] {
            [older, _] => self.prune_facts(older),
            _ => Ok(()),
        }
    }

    fn write_snapshot(&self, fact: u64, bytes: &[u8]) -> Result<(), WriteError> {
        let chunks: Vec<&[u8]> = bytes.chunks(CHUNK_BYTES).collect();
        for (group, chunks) in chunks.chunks(CHUNKS_A_COMMIT).enumerate() {
            let mut changes = Changes::default();
            for (i, chunk) in chunks.iter().enumerate() {
                let number = (group * CHUNKS_A_COMMIT + i) as u32;
                changes.insert(key::chunk(fact, number), *chunk);
            }
            self.store.commit(changes)?;
        }
        let head = Head {
            bytes: bytes.len() as u64,
            checksum: *blake3::hash(bytes).as_bytes(),
        };
        let key = key::snapshot_head(fact);
        let mut changes = Changes::default();
        changes.insert(key, record::seal(&key, 1, &head));
        self.store.commit(changes)
    }

    /// The snapshots that are whole, newest first, and what was wrong with the others, which are
    /// removed.
    pub(super) fn load_snapshots(&self) -> Result<(Vec<Snapshot>, Vec<(u64, Damage)>), WriteError> {
        let (mut whole, mut damaged) = (Vec::new(), Vec::new());
        for fact in self.snapshot_numbers().map_err(failed)? {
            match self.load_snapshot(fact) {
                Ok(Some(bytes)) => whole.push(Snapshot { fact, bytes }),
                // Cut off while it was written: it was never acknowledged.
                Ok(None) => self.remove_snapshot(fact)?,
                Err(damage) => {
                    damaged.push((fact, damage));
                    self.remove_snapshot(fact)?;
                }
            }
        }
        whole.reverse();
        Ok((whole, damaged))
    }

    /// The newest snapshot that is whole.
    pub(super) fn newest_snapshot(&self) -> Result<Option<Snapshot>, ReadError> {
        for fact in self.heads()?.into_iter().rev() {
            if let Ok(Some(bytes)) = self.load_snapshot(fact) {
                return Ok(Some(Snapshot { fact, bytes }));
            }
        }
        Ok(None)
    }

    fn load_snapshot(&self, fact: u64) -> Result<Option<Vec<u8>>, Damage> {
        let unreadable = |error: ReadError| Damage::Form(error.reason);
        let key = key::snapshot_head(fact);
        let Some(stored) = self.store.get(&key).map_err(unreadable)? else {
            return Ok(None);
        };
        let head: Head = record::open_v1(&key, &stored)?;
        let mut bytes = Vec::new();
        for entry in self.store.range(key::chunk(fact, 0).to_vec()..key.to_vec()) {
            bytes.extend_from_slice(&entry.map_err(unreadable)?.1);
        }
        if bytes.len() as u64 != head.bytes || *blake3::hash(&bytes).as_bytes() != head.checksum {
            return Err(Damage::Checksum);
        }
        Ok(Some(bytes))
    }

    fn remove_snapshot(&self, fact: u64) -> Result<(), WriteError> {
        // The head first: without it the rest is nothing.
        let mut changes = Changes::default();
        changes.remove(key::snapshot_head(fact));
        self.store.commit(changes)?;
        self.remove_range(
            key::chunk(fact, 0).to_vec(),
            key::snapshot_head(fact).to_vec(),
        )
    }

    /// Facts have their numbers without gaps worth speaking of, so nothing is looked up.
    fn prune_facts(&self, upto: u64) -> Result<(), WriteError> {
        let mut next = self.counts().pruned_fact + 1;
        while next <= upto {
            let last = upto.min(next + KEYS_A_COMMIT as u64);
            let mut changes = Changes::default();
            for number in next..=last {
                changes.remove(key::fact(number));
            }
            let mut counts = self.writing();
            let mut pruned = *counts;
            pruned.pruned_fact = last;
            pruned.put(&mut changes);
            self.store.commit(changes)?;
            *counts = pruned;
            next = last + 1;
        }
        Ok(())
    }

    /// Removes the keys in slices, so that writes of others get in between.
    pub(super) fn remove_range(&self, from: Vec<u8>, to: Vec<u8>) -> Result<(), WriteError> {
        loop {
            let mut changes = Changes::default();
            let mut removed = 0;
            for entry in self
                .store
                .range(from.clone()..to.clone())
                .take(KEYS_A_COMMIT)
            {
                changes.remove(entry.map_err(failed)?.0);
                removed += 1;
            }
            if removed == 0 {
                return Ok(());
            }
            self.store.commit(changes)?;
        }
    }

    /// Numbers of the snapshots that have a head, oldest first.
    fn heads(&self) -> Result<Vec<u64>, ReadError> {
        let mut heads = Vec::new();
        for fact in self.snapshot_numbers()? {
            if self.store.contains(&key::snapshot_head(fact))? {
                heads.push(fact);
            }
        }
        Ok(heads)
    }

    /// Numbers of all snapshots, whole or not, oldest first. Steps from one to the next.
    fn snapshot_numbers(&self) -> Result<Vec<u64>, ReadError> {
        let mut numbers = Vec::new();
        let mut from = vec![key::SNAPSHOTS];
        let first = |entry: (Bytes, Bytes)| key::parse_snapshot(&entry.0);
        while let Some(entry) = self.store.range(from..vec![key::SNAPSHOTS + 1]).next() {
            let Some((number, _)) = first(entry?) else {
                break;
            };
            numbers.push(number);
            from = key::snapshot_head(number).to_vec();
            from.push(0);
        }
        Ok(numbers)
    }

    /// (last fact included, bytes) of each snapshot, oldest first.
    pub(super) fn snapshot_sizes(&self) -> Result<Vec<(u64, u64)>, ReadError> {
        let mut sizes = Vec::new();
        for fact in self.heads()? {
            let key = key::snapshot_head(fact);
            let stored = self.store.get(&key)?;
            let head = stored.and_then(|stored| record::open_v1::<Head>(&key, &stored).ok());
            sizes.extend(head.map(|head| (fact, head.bytes)));
        }
        Ok(sizes)
    }
}

fn failed(error: ReadError) -> WriteError {
    WriteError::Failed {
        reason: error.reason,
    }
}
