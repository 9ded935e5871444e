//! What the engine asks: a vector for a prompt, within a time, without blocking an async thread.
//!
//! The static table runs inline (some microseconds); everything else runs on the pool. In front of
//! both stand the cut of long prompts and the cache.

use super::cache::{self, Cache};
use super::pool::{self, Pool};
use super::{EmbedError, Embedder, OpenError, STATIC_FINGERPRINT, Settings, StaticTable, cut};
use crate::domain::Context;
use std::borrow::Cow;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// The embedding of prompts. Share it by `Arc`.
pub struct EmbedService {
    fingerprint: String,
    dimensions: usize,
    cache: Arc<Cache>,
    mode: Mode,
    counts: Counts,
}

enum Mode {
    Inline(StaticTable),
    Pool(Pool),
}

/// A prompt's vector.
#[derive(Clone, Debug, PartialEq)]
pub struct Embedded {
    /// Norm 1.
    pub vector: Arc<[f32]>,
    /// It was in the cache.
    pub cached: bool,
    /// Shared with the cache, where the vector is of the whole text.
    context: Arc<OnceLock<Context>>,
}

impl Embedded {
    /// What the learner sees of the text; made once and kept as long as the vector.
    pub fn context(&self, make: impl FnOnce(&[f32]) -> Context) -> Context {
        self.context.get_or_init(|| make(&self.vector)).clone()
    }
}

/// What has been asked since the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Stats {
    /// Prompts whose vector was in the cache.
    pub cached: u64,
    /// Prompts that were embedded, or joined one that was.
    pub embedded: u64,
    /// Prompts that the embedder failed on.
    pub failed: u64,
    /// Prompts whose vector was not there in time.
    pub late: u64,
    /// Prompts turned away by the full queue.
    pub queue_full: u64,
}

impl EmbedService {
    /// What the settings ask for.
    ///
    /// # Errors
    /// Names the file or library that is missing or unfit, and the remedy.
    pub fn open(settings: &Settings) -> Result<Self, OpenError> {
        super::settings::open(settings)
    }

    /// The table within the binary, inline.
    pub fn built_in(cache_entries: u64) -> Self {
        let table = StaticTable::built_in();
        Self {
            fingerprint: STATIC_FINGERPRINT.to_owned(),
            dimensions: table.dimensions(),
            cache: Arc::new(Cache::new(cache_entries)),
            mode: Mode::Inline(table),
            counts: Counts::default(),
        }
    }

    /// A thread for each embedder; all must be of one fingerprint.
    ///
    /// # Errors
    /// Where there is no embedder, or the system gives no thread.
    pub fn pooled(
        embedders: Vec<Box<dyn Embedder>>,
        queue_limit: usize,
        cache_entries: u64,
    ) -> Result<Self, OpenError> {
        let first = embedders.first().ok_or(OpenError::NoWorkers)?;
        let (fingerprint, dimensions) = (first.fingerprint().to_owned(), first.dimensions());
        let cache = Arc::new(Cache::new(cache_entries));
        let pool = Pool::start(embedders, queue_limit, &cache).map_err(OpenError::Threads)?;
        let mode = Mode::Pool(pool);
        Ok(Self {
            fingerprint,
            dimensions,
            cache,
            mode,
            counts: Counts::default(),
        })
    }

    /// What the memory must have been learned with.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Length of the vectors.
    pub fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// Counts since the start.
    pub fn stats(&self) -> Stats {
        self.counts.read()
    }

    /// The text's vector.
    ///
    /// # Errors
    /// Where the embedder fails, has no room, or takes longer than `wait`. A vector that came too
    /// late is there for the next who asks.
    pub async fn embed(&self, text: &str, wait: Duration) -> Result<Embedded, EmbedError> {
        let text = cut::to_bytes(text);
        let key = cache::key(&text);
        if let Some(kept) = self.cache.get(&key) {
            self.counts.cached.fetch_add(1, Ordering::Relaxed);
            // Of texts that are cut to the same, each has a context of its own.
            let whole = matches!(text, Cow::Borrowed(_));
            return Ok(Embedded {
                vector: kept.vector,
                cached: true,
                context: if whole { kept.context } else { Arc::default() },
            });
        }
        let reply = match &self.mode {
            Mode::Inline(table) => table.vector(&text).map(Arc::from).inspect(|vector| {
                self.cache.insert(key, Arc::clone(vector));
            }),
            Mode::Pool(pool) => match pool.ask(key, &text) {
                Ok(flight) => in_time(flight, wait).await,
                Err(error) => Err(error),
            },
        };
        self.counts.note(&reply);
        Ok(Embedded {
            vector: reply?,
            cached: false,
            context: Arc::default(),
        })
    }
}

async fn in_time(flight: pool::Flight, wait: Duration) -> Result<Arc<[f32]>, EmbedError> {
    match tokio::time::timeout(wait, flight).await {
        Ok(reply) => reply.unwrap_or_else(|_| Err(pool::gone())),
        Err(_) => Err(EmbedError::Late(
            u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
        )),
    }
}

#[derive(Default)]
struct Counts {
    cached: AtomicU64,
    embedded: AtomicU64,
    failed: AtomicU64,
    late: AtomicU64,
    queue_full: AtomicU64,
}

impl Counts {
    fn note(&self, reply: &Result<Arc<[f32]>, EmbedError>) {
        let count = match reply {
            Ok(_) => &self.embedded,
            Err(EmbedError::Failed(_)) => &self.failed,
            Err(EmbedError::Late(_)) => &self.late,
            Err(EmbedError::QueueFull) => &self.queue_full,
        };
        count.fetch_add(1, Ordering::Relaxed);
    }

    fn read(&self) -> Stats {
        let Self {
            cached,
            embedded,
            failed,
            late,
            queue_full,
        } = self;
        let [cached, embedded, failed, late, queue_full] =
            [cached, embedded, failed, late, queue_full].map(|count| count.load(Ordering::Relaxed));
        Stats {
            cached,
            embedded,
            failed,
            late,
            queue_full,
        }
    }
}
