//! Answers given before: an exact cache and a semantic one, both off unless configured. In memory
//! only; a restart begins anew.
//!
//! Only whole answers are kept that came to their own end: no error, no answer cut by a limit or a
//! filter, none that breaks the form it was asked for, none to a lessened request. The tenant is part
//! of every key: no answer crosses from one to another. A hit is a decision of its own (`hit`); a bad
//! judgement of it, or of the answer it repeats, evicts the answer.
//!
//! Leaves out single-flight: two equal requests at the same time are both sent.

mod guard;
mod hit;
mod key;
mod store;

pub(crate) use hit::AtHand;
pub(crate) use key::Slot;

use self::store::{Entry, Store};
use super::{
    api::{CacheFilter, CacheShown},
    implicit,
};
use crate::{
    config::CacheSettings,
    domain::{
        CacheHit, CacheKind, CacheWish, ChatRequest, Completion, Decision, DecisionId, Outcome,
        StopReason,
    },
};
use moka::sync::Cache;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// Judgements below this evict the answer.
const BAD: f64 = 0.5;
/// Repetitions remembered at most, and how long: a bad judgement that comes later evicts nothing.
const SOURCES_MAX: u64 = 100_000;
const SOURCES_KEPT: Duration = Duration::from_secs(86_400);

/// The caches that are configured.
pub(crate) struct ResponseCache {
    settings: CacheSettings,
    exact: Option<Store>,
    semantic: Option<Store>,
    /// Repetitions and the decisions whose answers they are.
    sources: Cache<DecisionId, DecisionId>,
    looked: AtomicU64,
    hits: [AtomicU64; 2],
}

/// An answer that was at hand.
#[derive(Clone)]
pub(crate) struct Found {
    pub hit: CacheHit,
    pub entry: Arc<Entry>,
}

impl ResponseCache {
    pub(crate) fn new(settings: &CacheSettings) -> Self {
        let exact = settings.exact.as_ref();
        let semantic = settings.semantic.as_ref();
        Self {
            exact: exact.map(|one| Store::new(one.ttl, one.max_bytes)),
            semantic: semantic.map(|one| Store::new(one.ttl, one.max_bytes)),
            settings: settings.clone(),
            sources: Cache::builder()
                .max_capacity(SOURCES_MAX)
                .time_to_live(SOURCES_KEPT)
                .build(),
            looked: AtomicU64::new(0),
            hits: Default::default(),
        }
    }

    /// Where this request's answer has its place; `None` where it has none: caches are off, or the
    /// request asks for something new each time (tools, a temperature) and nobody said otherwise.
    pub(crate) fn slot(&self, chat: &ChatRequest, scope: &key::Scope<'_>) -> Option<Slot> {
        let on = self.exact.is_some() || self.semantic.is_some();
        let asked = scope.routing.cache == Some(CacheWish::On);
        let sampled = chat.sampling.temperature.is_some_and(|degree| degree > 0.0);
        let kept_out = scope.routing.cache == Some(CacheWish::Off)
            || !chat.tools.is_empty() && !self.settings.tools
            || sampled && !self.settings.sampled;
        (on && (asked || !kept_out)).then(|| Slot::new(chat, scope, self.semantic.is_some()))
    }

    /// The same request's answer.
    pub(crate) fn exact(&self, slot: &Slot, now_ms: u64) -> Option<Found> {
        self.looked.fetch_add(1, Ordering::Relaxed);
        let store = self.exact.as_ref()?;
        let entry = store.newest(&slot.exact, now_ms)?;
        Some(self.found(CacheKind::Exact, entry, 1.0, now_ms))
    }

    /// Is an embedding worth asking for?
    pub(crate) fn wants_vector(&self, slot: &Slot) -> bool {
        self.semantic.is_some() && slot.prompt.is_some()
    }

    /// The answer to a prompt that says the same.
    pub(crate) fn semantic(&self, slot: &Slot, vector: &[f32], now_ms: u64) -> Option<Found> {
        let (store, settings) = (self.semantic.as_ref()?, self.settings.semantic.as_ref()?);
        let prompt = slot.prompt.as_ref()?;
        let near = store
            .all(&slot.scope)
            .filter(|entry| store.is_fresh(entry, now_ms))
            .filter_map(|entry| {
                let similarity = cosine(vector, entry.vector.as_deref()?);
                (similarity >= settings.threshold).then_some((similarity, entry))
            });
        let same = near.filter(|(_, entry)| guard::same_meaning(prompt, &entry.prompt));
        let (similarity, entry) = same.max_by(|a, b| a.0.total_cmp(&b.0))?;
        Some(self.found(CacheKind::Semantic, entry, similarity.min(1.0), now_ms))
    }

    fn found(&self, kind: CacheKind, entry: Arc<Entry>, similarity: f64, now_ms: u64) -> Found {
        self.hits[kind as usize].fetch_add(1, Ordering::Relaxed);
        let hit = CacheHit {
            kind,
            source: entry.decision.id,
            age_ms: now_ms.saturating_sub(entry.stored_at_ms),
            similarity,
            saved_usd: entry.cost_usd,
        };
        Found { hit, entry }
    }

    /// Keeps an answer, where it may be kept.
    pub(crate) fn keep(
        &self,
        slot: Slot,
        (decision, outcome): (&Arc<Decision>, &Outcome),
        (chat, completion): (&ChatRequest, &Completion),
        now_ms: u64,
    ) {
        let ended = matches!(completion.stop, StopReason::Stop | StopReason::ToolCalls);
        let broken = completion.tool_calls.is_empty()
            && implicit::broken_form(&chat.response_format, &completion.text());
        let lessened = !decision.dropped.is_empty();
        let Some(served_by) = outcome.served_by.clone().filter(|_| ended && !broken) else {
            return;
        };
        if completion.is_empty() || lessened {
            return;
        }
        let entry = Arc::new(Entry {
            tenant: decision.tenant.clone(),
            decision: Arc::clone(decision),
            served_by,
            completion: completion.clone(),
            cost_usd: outcome.cost_usd(),
            prompt: slot.prompt.clone().unwrap_or_default(),
            vector: slot.vector.clone(),
            stored_at_ms: now_ms,
        });
        if let Some(store) = &self.exact {
            store.put(slot.exact, Arc::clone(&entry), 1);
        }
        if let (Some(store), true) = (&self.semantic, slot.vector.is_some()) {
            let most = self
                .settings
                .semantic
                .as_ref()
                .map_or(1, |one| one.per_scope);
            store.put(slot.scope, entry, most as usize);
        }
    }

    /// Remembers whose answer a repetition is.
    pub(crate) fn repeated(&self, id: DecisionId, source: DecisionId) {
        self.sources.insert(id, source);
    }

    /// The decision whose answer this repetition is.
    pub(crate) fn source(&self, id: DecisionId) -> Option<DecisionId> {
        self.sources.get(&id)
    }

    /// A judgement of this decision's answer: a bad one evicts it.
    pub(crate) fn judged(&self, source: DecisionId, quality: f64) {
        if quality < BAD {
            self.evict(&CacheFilter {
                decision: Some(source),
                tenant: None,
            });
        }
    }

    /// Evicts answers; how many.
    pub(crate) fn evict(&self, filter: &CacheFilter) -> u64 {
        let matches = |entry: &Entry| {
            filter.decision.is_none_or(|id| entry.decision.id == id)
                && (filter.tenant.is_none() || entry.tenant == filter.tenant)
        };
        let stores = self.exact.iter().chain(&self.semantic);
        stores.map(|store| store.evict(&matches)).sum()
    }

    /// Is any cache on?
    pub(crate) fn is_on(&self) -> bool {
        self.exact.is_some() || self.semantic.is_some()
    }

    /// What is held, and what was found since the start.
    pub(crate) fn shown(&self) -> CacheShown {
        let sizes = |store: &Option<Store>| store.as_ref().map(Store::size);
        CacheShown {
            exact: sizes(&self.exact),
            semantic: sizes(&self.semantic),
            requests: self.looked.load(Ordering::Relaxed),
            exact_hits: self.hits[CacheKind::Exact as usize].load(Ordering::Relaxed),
            semantic_hits: self.hits[CacheKind::Semantic as usize].load(Ordering::Relaxed),
        }
    }
}

/// Cosine of two unit vectors.
fn cosine(a: &[f32], b: &[f32]) -> f64 {
    f64::from(a.iter().zip(b).map(|(x, y)| x * y).sum::<f32>())
}
