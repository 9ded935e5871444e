//! A bounded store of answers: a short list under each key, newest last. The whole is bounded in
//! bytes (least used lists go first), each answer in age.

use crate::domain::{ArmId, Completion, Decision, Part};
use moka::sync::Cache;
use std::{sync::Arc, time::Duration};

/// Bytes that an entry takes beside its texts: the decision that made it, for the most part.
const ENTRY_BYTES: usize = 2048;

/// An answer that was given.
pub(crate) struct Entry {
    pub tenant: Option<String>,
    /// The decision whose answer it is.
    pub decision: Arc<Decision>,
    pub served_by: ArmId,
    pub completion: Completion,
    /// What it cost, in US dollars.
    pub cost_usd: Option<f64>,
    /// The prompt's text, for the semantic cache.
    pub prompt: String,
    /// The prompt's embedding, of norm 1.
    pub vector: Option<Arc<[f32]>>,
    pub stored_at_ms: u64,
}

impl Entry {
    fn len_bytes(&self) -> usize {
        let parts = self.completion.parts.iter().map(|part| match part {
            Part::Text(text) => text.len(),
            Part::Reasoning { text, signature } => {
                text.len() + signature.as_ref().map_or(0, String::len)
            }
            Part::Image(_) => 0,
        });
        let calls = self.completion.tool_calls.iter();
        let calls = calls.map(|call| call.name.len() + call.arguments.len() + 64);
        let vector = self.vector.as_ref().map_or(0, |vector| 4 * vector.len());
        ENTRY_BYTES + parts.chain(calls).sum::<usize>() + self.prompt.len() + vector
    }
}

pub(crate) type Key = [u8; 32];
type Entries = Arc<Vec<Arc<Entry>>>;

pub(super) struct Store {
    lists: Cache<Key, Entries>,
    ttl: Duration,
}

impl Store {
    pub(super) fn new(ttl: Duration, max_bytes: u64) -> Self {
        let weigh = |_: &Key, entries: &Entries| {
            let bytes: usize = entries.iter().map(|entry| entry.len_bytes()).sum();
            u32::try_from(bytes).unwrap_or(u32::MAX)
        };
        let lists = Cache::builder()
            .max_capacity(max_bytes)
            .weigher(weigh)
            .time_to_live(ttl)
            .build();
        Self { lists, ttl }
    }

    /// Young enough, by the engine's clock?
    pub(super) fn is_fresh(&self, entry: &Entry, now_ms: u64) -> bool {
        u128::from(now_ms.saturating_sub(entry.stored_at_ms)) < self.ttl.as_millis()
    }

    pub(super) fn newest(&self, key: &Key, now_ms: u64) -> Option<Arc<Entry>> {
        let newest = self.lists.get(key)?.last()?.clone();
        self.is_fresh(&newest, now_ms).then_some(newest)
    }

    pub(super) fn all(&self, key: &Key) -> impl Iterator<Item = Arc<Entry>> + use<> {
        let entries = self.lists.get(key).unwrap_or_default();
        (0..entries.len()).map(move |i| Arc::clone(&entries[i]))
    }

    /// Adds an answer; the oldest of the list go beyond `most`, and those to the same prompt.
    pub(super) fn put(&self, key: Key, entry: Arc<Entry>, most: usize) {
        self.lists.entry(key).and_upsert_with(|old| {
            let old = old.map(moka::Entry::into_value).unwrap_or_default();
            let mut entries: Vec<Arc<Entry>> = old
                .iter()
                .filter(|one| one.prompt != entry.prompt)
                .cloned()
                .collect();
            entries.push(entry);
            let beyond = entries.len().saturating_sub(most.max(1));
            entries.drain(..beyond);
            Arc::new(entries)
        });
    }

    /// Removes what matches; how many.
    pub(super) fn evict(&self, matches: &dyn Fn(&Entry) -> bool) -> u64 {
        let mut removed = 0;
        for (key, entries) in &self.lists {
            let kept: Vec<Arc<Entry>> = entries
                .iter()
                .filter(|one| !matches(one))
                .cloned()
                .collect();
            removed += (entries.len() - kept.len()) as u64;
            if kept.is_empty() {
                self.lists.invalidate(&*key);
            } else if kept.len() < entries.len() {
                self.lists.insert(*key, Arc::new(kept));
            }
        }
        removed
    }

    /// Answers and their bytes.
    pub(super) fn size(&self) -> (u64, u64) {
        let lists = self.lists.iter();
        lists.fold((0, 0), |(answers, bytes), (_, entries)| {
            let own: usize = entries.iter().map(|entry| entry.len_bytes()).sum();
            (answers + entries.len() as u64, bytes + own as u64)
        })
    }
}
