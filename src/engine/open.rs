//! Opening and closing: recovers what was learned, builds the parts, starts the background work.

use super::{
    Engine,
    api::{About, Event},
    budgets::Budgets,
    cache::ResponseCache,
    core::Core,
    events, ledger,
    recorder::{Fold, Parts, Recorder},
    retries::QuickRetries,
    sessions::Sessions,
    similarity::Meaning,
    tenants::Tenants,
    upkeep, wiring,
};
use crate::{
    clock::{Clock, SystemClock},
    config::Config,
    dispatch::{self, Deployments, Dispatcher, Notice, Observer},
    embed::{self, EmbedService},
    memory::{self, Batch, Identity, Memory, Recovered},
    rng::{self, Seeds},
};
use std::{
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicBool, atomic::AtomicU64},
};
use tokio::sync::{Semaphore, broadcast};

/// Events kept for a watcher that is slow.
const EVENTS_KEPT: usize = 4096;
const SEED_NOTE: &str = "seed";

/// What may be chosen beside the configuration.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Root of all draws; `None` = the memory's own, made once by chance.
    pub seed: Option<u64>,
    /// The clock; `None` = the machine's.
    pub clock: Option<Arc<dyn Clock>>,
}

/// Why the engine cannot start.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// No embedder.
    #[error("embedding: {0}")]
    Embed(#[from] embed::OpenError),
    /// No memory.
    #[error("memory: {0}")]
    Memory(#[from] memory::OpenError),
    /// The memory opened, but what it holds cannot be used.
    #[error("memory: {0}")]
    Recovery(String),
    /// A deployment cannot be set up.
    #[error("{0}")]
    Deployment(String),
    /// The system gives no thread or no temporary directory.
    #[error("cannot start: {0}")]
    System(#[from] std::io::Error),
}

impl Engine {
    /// Starts the engine. Needs a tokio runtime.
    ///
    /// # Errors
    /// Says what is missing or damaged and the way out.
    pub async fn open(config: Config, options: Options) -> Result<Self, OpenError> {
        let clock = options
            .clock
            .unwrap_or_else(|| Arc::new(SystemClock::new()));
        let (path, temporary) = place(&config)?;
        let started_at_ms = clock.now_ms();
        let opened = tokio::task::spawn_blocking(move || {
            let (embed, memory, recovered) = remembering(&config, &path, started_at_ms)?;
            Ok::<_, OpenError>((config, embed, memory, recovered))
        });
        let (config, embed, memory, recovered) = opened
            .await
            .map_err(|error| OpenError::Recovery(error.to_string()))??;
        report(&recovered);
        let (memory, embed) = (Arc::new(memory), Arc::new(embed));
        let (events, _) = broadcast::channel(EVENTS_KEPT);
        let seeds = Seeds::new(root_seed(&memory, options.seed)?);
        let recorder = recorder(&config, &memory, &events, &clock)?;
        let tables = config.routing.tables();
        let registry = registry(&config, &clock, &memory)?;
        let observer = observer(&events, &clock);
        let dispatcher = Dispatcher::new(
            Arc::clone(&registry),
            wiring::dispatch_settings(&config),
            Arc::clone(&observer),
            Some(Arc::new(Meaning {
                embed: Arc::clone(&embed),
                wait: config.embedding.wait,
            })),
        );
        let budgets = recorder.with_ledger(|ledger| Budgets::new(&config, ledger, started_at_ms));
        let cache = ResponseCache::new(&config.cache);
        let core = Arc::new(Core {
            tenants: Tenants::new(&config),
            config,
            embed,
            dispatcher,
            recorder,
            memory,
            clock,
            seeds,
            ordinal: AtomicU64::new(0),
            events,
            sessions: Sessions::new(),
            tables,
            turns: AtomicU64::new(0),
            budgets,
            retries: QuickRetries::new(),
            cache,
            draining: AtomicBool::new(false),
            started_at_ms,
        });
        let seed = core.seeds.seed(crate::domain::DecisionId(0), "checks");
        let upkeep = Arc::new(Semaphore::new(1));
        let background = vec![
            tokio::spawn(dispatch::checks::run(registry, observer, seed)),
            tokio::spawn(upkeep::rounds(Arc::downgrade(&core), Arc::clone(&upkeep))),
        ];
        Ok(Self {
            core,
            background,
            upkeep,
            _temporary: temporary,
        })
    }

    /// Takes no more requests; those in work go on.
    pub fn drain(&self) {
        self.core
            .draining
            .store(true, std::sync::atomic::Ordering::Relaxed);
    }

    /// Writes all that is queued and a last snapshot, and ends the background work.
    pub async fn close(&self) {
        self.drain();
        for task in &self.background {
            task.abort();
        }
        // A round that is under way holds the memory open.
        let _ = self.upkeep.acquire().await;
        self.upkeep.close();
        upkeep::save_breakers(&self.core);
        self.core.recorder.stop().await;
    }
}

/// A directory for a memory that is not to last; removed with the engine.
#[derive(Debug)]
pub(crate) struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn place(config: &Config) -> Result<(PathBuf, Option<Temporary>), OpenError> {
    if let Some(path) = &config.memory.path {
        return Ok((path.clone(), None));
    }
    let path = std::env::temp_dir().join(format!("pointsman-{:016x}", rng::os_seed()));
    std::fs::create_dir_all(&path)?;
    Ok((path.clone(), Some(Temporary(path))))
}

/// The embedder and the memory: a memory that is there says which embedder it was learned with; a
/// new one begins with the one that opens.
fn remembering(
    config: &Config,
    path: &Path,
    now_ms: u64,
) -> Result<(EmbedService, Memory, Recovered), OpenError> {
    let settings = wiring::memory_settings(config);
    let found = Memory::open_existing(path, settings.clone(), now_ms)?;
    let learned_with = found.as_ref().map(|(memory, _)| memory.identity());
    let learned_with = learned_with.map(|identity| identity.embedder.clone());
    let embed = EmbedService::open(&wiring::embed_settings(config, learned_with))?;
    let identity = Identity {
        embedder: embed.fingerprint().to_owned(),
        dimensions: u32::try_from(embed.dimensions()).unwrap_or(u32::MAX),
    };
    let (memory, recovered) = match found {
        Some((memory, recovered)) => {
            memory.belongs_to(&identity)?;
            (memory, recovered)
        }
        None => Memory::open(path, settings, &identity, now_ms)?,
    };
    Ok((embed, memory, recovered))
}

fn report(recovered: &Recovered) {
    for damaged in &recovered.quarantined {
        tracing::warn!(what = %damaged.what, reason = %damaged.reason, "a damaged record was set aside");
    }
    tracing::info!(
        new = recovered.new,
        facts = recovered.last_fact,
        "memory open"
    );
}

fn root_seed(memory: &Memory, wanted: Option<u64>) -> Result<u64, OpenError> {
    if let Some(seed) = wanted {
        return Ok(seed);
    }
    let stored = memory
        .note(SEED_NOTE)
        .map_err(|error| OpenError::Recovery(error.to_string()))?;
    if let Some(seed) = stored.and_then(|bytes| Some(u64::from_le_bytes(bytes.try_into().ok()?))) {
        return Ok(seed);
    }
    let seed = rng::os_seed();
    let notes = vec![(SEED_NOTE.to_owned(), Some(seed.to_le_bytes().to_vec()))];
    memory
        .append(&Batch {
            notes,
            ..Batch::default()
        })
        .map_err(|error| OpenError::Recovery(error.to_string()))?;
    Ok(seed)
}

fn recorder(
    config: &Config,
    memory: &Arc<Memory>,
    events: &broadcast::Sender<Event>,
    clock: &Arc<dyn Clock>,
) -> Result<Recorder, OpenError> {
    let fold = Fold::recover(
        memory,
        wiring::learn_settings(&config.learning),
        wiring::arm_priors(config),
    )
    .map_err(OpenError::Recovery)?;
    let ledger = ledger::load(memory).map_err(|error| OpenError::Recovery(error.to_string()))?;
    Ok(Recorder::start(Parts {
        memory: Arc::clone(memory),
        fold,
        ledger,
        next_seq: memory.counts().last_fact + 1,
        snapshot_every_facts: config.memory.snapshot_every_facts,
        learning: config.learning.enabled,
        events: events.clone(),
        clock: Arc::clone(clock),
    })?)
}

fn registry(
    config: &Config,
    clock: &Arc<dyn Clock>,
    memory: &Memory,
) -> Result<Arc<Deployments>, OpenError> {
    let specs = wiring::deployments(config, clock).map_err(OpenError::Deployment)?;
    let registry = Deployments::new(specs, Arc::clone(clock));
    upkeep::restore_breakers(memory, &registry, clock.now_ms())?;
    Ok(Arc::new(registry))
}

/// Notices of the dispatcher become events and logs.
fn observer(events: &broadcast::Sender<Event>, clock: &Arc<dyn Clock>) -> Arc<dyn Observer> {
    let (events, clock) = (events.clone(), Arc::clone(clock));
    Arc::new(move |notice: Notice| {
        if let Some(event) = events::of_notice(clock.now_ms(), &notice) {
            if let About::Words(words) = &event.about {
                tracing::info!(subject = %words.subject, "{}", words.message);
            }
            let _ = events.send(event);
        }
    })
}
