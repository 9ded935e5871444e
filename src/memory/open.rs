//! Opening: whose memory is it, is it whole, and what has the learner to catch up with.

use super::{
    Counts, FORMAT, Identity, Memory, OpenError, Quarantined, ReadError, Settings, Snapshot,
    WriteError, files,
    key::{self, Part},
    record,
    store::{Changes, Failure, Store},
};
use crate::domain::DecisionId;
use std::{io, path::Path, sync::Mutex};

/// Damaged records named in [`Recovered`] at most.
const MAX_NAMED: usize = 100;

/// What the engine starts from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Snapshots of the learner, newest first, two at most. Should the learner not accept the first,
    /// the second and the facts after it lead to the same knowledge.
    pub snapshots: Vec<Snapshot>,
    /// Number of the last fact; the next is one above.
    pub last_fact: u64,
    /// Facts that wait after the newest snapshot, damaged ones left out.
    pub facts: u64,
    /// What was found damaged now and before, at most 100 records.
    pub quarantined: Vec<Quarantined>,
    /// A wipe or an import had been cut off; the memory was emptied.
    pub unfinished: bool,
    /// There was no memory here before.
    pub new: bool,
}

impl Memory {
    /// Opens the memory at this directory, or makes one. Decisions are not read: a quarter of a second
    /// with 600,000 of them. After a kill the store first reads what it wrote since it was last
    /// opened, some seconds for a gigabyte.
    ///
    /// # Errors
    /// See [`OpenError`]: each names the place and the way out.
    pub fn open(
        path: &Path,
        settings: Settings,
        identity: &Identity,
        now_ms: u64,
    ) -> Result<(Self, Recovered), OpenError> {
        Self::open_as(path, settings, Some(identity), now_ms)
    }

    /// Opens an existing memory whomever it belongs to; `None` where there is none.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open_existing(
        path: &Path,
        settings: Settings,
        now_ms: u64,
    ) -> Result<Option<(Self, Recovered)>, OpenError> {
        if !path.join("db").exists() {
            return Ok(None);
        }
        Self::open_as(path, settings, None, now_ms).map(Some)
    }

    /// As [`Memory::open_existing`], for the tools that look at a memory or copy it.
    ///
    /// # Errors
    /// See [`OpenError`]; no memory at the path is one.
    pub fn inspect(path: &Path, settings: Settings) -> Result<(Self, Recovered), OpenError> {
        Self::open_existing(path, settings, 0)?.ok_or_else(|| OpenError::NotAMemory {
            path: path.to_owned(),
            reason: "nothing was ever remembered here".to_owned(),
        })
    }

    /// Does it belong to this embedder?
    ///
    /// # Errors
    /// It was learned with another.
    pub fn belongs_to(&self, identity: &Identity) -> Result<(), OpenError> {
        same_embedder(&self.path, &self.identity, identity)
    }

    fn open_as(
        path: &Path,
        settings: Settings,
        identity: Option<&Identity>,
        now_ms: u64,
    ) -> Result<(Self, Recovered), OpenError> {
        let lock = files::take(path)?;
        let store = Store::open(path, settings.cache_bytes, settings.durability)
            .map_err(|failure| open_error(path, failure))?;
        let new = store
            .is_empty()
            .map_err(|failure| open_error(path, failure))?;
        if new && files::is_marked(path) {
            return Err(damaged(path, "nothing is left of what it held".to_owned()));
        }
        if let (true, Some(identity)) = (new, identity) {
            initialise(&store, identity, now_ms).map_err(|error| write_error(path, &error))?;
        }
        check_format(path, &store)?;
        let identity = check_identity(path, &store, identity)?;
        // Without it a total loss goes unnoticed; that is no reason not to open.
        let _ = files::mark(path);
        let memory = Self {
            path: path.to_owned(),
            settings,
            identity,
            store,
            counts: Mutex::default(),
            newest: Mutex::default(),
            snapshots: Mutex::default(),
            _lock: lock,
        };
        let mut recovered = memory
            .recover_all(now_ms)
            .map_err(|error| write_error(path, &error))?;
        recovered.new = new;
        Ok((memory, recovered))
    }

    fn recover_all(&self, now_ms: u64) -> Result<Recovered, WriteError> {
        let counts = self.read_counts().map_err(failed)?;
        *self.writing() = counts;
        *self.newest() = self.newest_decision();
        let unfinished = self.store.contains(key::UNFINISHED).map_err(failed)?;
        if unfinished {
            tracing::warn!("a wipe or an import was cut off: the memory is emptied");
            self.finish_wipe(now_ms)?;
        }
        let mut recovered = self.recover()?;
        recovered.unfinished = unfinished;
        Ok(recovered)
    }

    /// What the engine starts from; also after [`Memory::clear`] or an import.
    ///
    /// # Errors
    /// The store failed.
    pub fn recover(&self) -> Result<Recovered, WriteError> {
        let (snapshots, damaged) = self.load_snapshots()?;
        let newest = snapshots.first().map_or(0, |snapshot| snapshot.fact);
        let facts = self.facts_after(newest).count() as u64;
        let mut quarantined = self.quarantined(MAX_NAMED).map_err(failed)?;
        for (fact, damage) in damaged {
            tracing::warn!(fact, reason = %damage, "a damaged learner snapshot was removed");
            quarantined.push(Quarantined {
                what: format!("learner snapshot {fact}"),
                reason: damage.to_string(),
            });
        }
        Ok(Recovered {
            snapshots,
            last_fact: self.counts().last_fact,
            facts,
            quarantined,
            unfinished: false,
            new: false,
        })
    }

    /// Where it cannot be read, each decision is looked up before it is written.
    fn newest_decision(&self) -> Option<DecisionId> {
        let last = self.store.kind(key::DECISIONS).next_back()?.ok();
        let last = last.and_then(|(key, _)| key::parse_decision(&key));
        Some(last.map_or(DecisionId(u128::MAX), |(id, _)| id))
    }

    /// The counts, or where they are damaged a count of what is there.
    fn read_counts(&self) -> Result<Counts, ReadError> {
        let stored = self.store.get(key::COUNTS)?;
        match stored.map(|stored| record::open_v1::<Counts>(key::COUNTS, &stored)) {
            Some(Ok(counts)) if self.are_behind(&counts)? => {
                let counted = self.recount()?;
                Ok(Counts {
                    decisions: counted.decisions,
                    decisions_ever: counted.decisions_ever.max(counts.decisions_ever),
                    last_fact: counted.last_fact.max(counts.last_fact),
                    ..counts
                })
            }
            Some(Ok(counts)) => Ok(counts),
            _ => self.recount(),
        }
    }

    /// After a power cut the end of the log may be gone that the store had taken in already; what
    /// is left of the log then puts older counts back, and the next fact would overwrite one.
    fn are_behind(&self, counts: &Counts) -> Result<bool, ReadError> {
        let next = key::fact(counts.last_fact.saturating_add(1)).to_vec();
        let later = self.store.range(next..vec![key::FACTS + 1]).next();
        Ok(later.transpose()?.is_some())
    }

    fn recount(&self) -> Result<Counts, ReadError> {
        tracing::warn!("the memory's counts are damaged or behind: counting anew");
        let mut counts = Counts::default();
        for entry in self.store.kind(key::DECISIONS) {
            let part = key::parse_decision(&entry?.0).map(|(_, part)| part);
            counts.decisions += u64::from(part == Some(Part::Decision));
        }
        counts.decisions_ever = counts.decisions;
        let last = self.store.kind(key::FACTS).next_back().transpose()?;
        let last = last.and_then(|(key, _)| key::parse_fact(&key)).unwrap_or(0);
        let included = self.snapshot_sizes()?.last().map_or(0, |(fact, _)| *fact);
        counts.last_fact = last.max(included);
        Ok(counts)
    }
}

fn initialise(store: &Store, identity: &Identity, now_ms: u64) -> Result<(), WriteError> {
    let mut changes = Changes::default();
    changes.insert(key::FORMAT, record::seal(key::FORMAT, 1, &FORMAT));
    changes.insert(key::IDENTITY, record::seal(key::IDENTITY, 1, identity));
    let counts = Counts {
        created_ms: now_ms,
        ..Counts::default()
    };
    counts.put(&mut changes);
    store.commit(changes)?;
    // In the store itself, so that a store that is lost later cannot be taken for a whole one
    // because the log still has its beginning.
    store.settled()
}

/// A record that must be there.
fn required<T: serde::de::DeserializeOwned>(
    path: &Path,
    store: &Store,
    key: &[u8],
) -> Result<T, OpenError> {
    let name = key::describe(key);
    let stored = store
        .get(key)
        .map_err(|error| damaged(path, error.reason))?;
    let stored = stored.ok_or_else(|| damaged(path, format!("{name} is missing")))?;
    record::open_v1(key, &stored).map_err(|damage| damaged(path, format!("{name}: {damage}")))
}

fn check_format(path: &Path, store: &Store) -> Result<(), OpenError> {
    let found: u32 = required(path, store, key::FORMAT)?;
    if found > FORMAT {
        return Err(OpenError::Newer {
            path: path.to_owned(),
            found,
            known: FORMAT,
        });
    }
    Ok(())
}

fn check_identity(
    path: &Path,
    store: &Store,
    configured: Option<&Identity>,
) -> Result<Identity, OpenError> {
    let stored: Identity = required(path, store, key::IDENTITY)?;
    if let Some(configured) = configured {
        same_embedder(path, &stored, configured)?;
    }
    Ok(stored)
}

fn same_embedder(path: &Path, stored: &Identity, configured: &Identity) -> Result<(), OpenError> {
    if stored == configured {
        return Ok(());
    }
    Err(OpenError::OtherEmbedder {
        path: path.to_owned(),
        stored: stored.embedder.clone(),
        configured: configured.embedder.clone(),
    })
}

fn damaged(path: &Path, reason: String) -> OpenError {
    OpenError::Damaged {
        path: path.to_owned(),
        reason,
    }
}

fn open_error(path: &Path, failure: Failure) -> OpenError {
    match failure {
        Failure::Io(source) if source.kind() != io::ErrorKind::UnexpectedEof => OpenError::Io {
            path: path.to_owned(),
            source,
        },
        other => damaged(path, other.to_string()),
    }
}

fn write_error(path: &Path, error: &WriteError) -> OpenError {
    OpenError::Io {
        path: path.to_owned(),
        source: io::Error::other(error.to_string()),
    }
}

fn failed(error: ReadError) -> WriteError {
    WriteError::Failed {
        reason: error.reason,
    }
}
