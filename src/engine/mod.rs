//! The shell: embed, decide, record, dispatch, learn, persist.
//!
//! `core` has what all calls share and the first half of each; `route` and `stream` the second;
//! `begun` makes sure that each request ends once; `recorder` is the one writer. The deciding itself
//! is pure and elsewhere: `choose` calls `decide`, `learn` and `strategy`. This file only maps
//! [`EngineApi`] to them.

mod admin;
pub mod api;
mod begun;
mod budgets;
mod cache;
mod choose;
mod core;
mod degrade;
mod dialects;
mod ended;
mod events;
mod explain;
mod facts;
mod history;
mod implicit;
mod import;
mod judge;
mod ledger;
mod merge;
mod open;
mod prepare;
mod recorder;
mod resolve;
mod retries;
mod route;
mod sessions;
mod signals;
mod similarity;
mod spend;
mod strategies;
mod stream;
mod tenants;
mod transfer;
mod upkeep;
mod wiring;

pub use open::{OpenError, Options};

use self::{
    api::{
        CacheFilter, CacheShown, ClassShown, Compared, ConfigurationShown, Deadline,
        DecisionFilter, DecisionPage, DeploymentAction, DeploymentShown, EngineApi, EngineError,
        Event, Example, ExamplesImported, Explained, FeedbackAccepted, ImportMode, MemoryImported,
        Page, ProfileFilter, ProfileShown, ProviderShown, Result, RouteEvent, RouteRequest, Routed,
        Statistics, StatisticsRange,
    },
    core::{Core, Kind},
};
use crate::domain::{ClassId, Decision, DecisionId, DeploymentId, Feedback};
use bytes::Bytes;
use futures_util::stream::BoxStream;
use std::sync::Arc;
use tokio::{
    sync::{broadcast, watch},
    task::JoinHandle,
};

/// A running engine. Close it before it is dropped: [`Engine::close`] writes the last snapshot.
pub struct Engine {
    core: Arc<Core>,
    /// Held by a round of the upkeep; closed with the engine.
    upkeep: Arc<tokio::sync::Semaphore>,
    background: Vec<JoinHandle<()>>,
    _temporary: Option<open::Temporary>,
}

impl Engine {
    /// The embedder in use, as the memory knows it.
    #[must_use]
    pub fn embedder(&self) -> &str {
        self.core.embed.fingerprint()
    }

    /// The configuration in force.
    #[must_use]
    pub fn config(&self) -> &crate::config::Config {
        &self.core.config
    }

    /// Milliseconds since the engine was opened.
    #[must_use]
    pub fn uptime_ms(&self) -> u64 {
        self.core
            .clock
            .now_ms()
            .saturating_sub(self.core.started_at_ms)
    }
}

/// Runs a blocking look-up off the async threads.
async fn blocking<T: Send + 'static>(
    core: &Arc<Core>,
    work: impl FnOnce(&Core) -> Result<T> + Send + 'static,
) -> Result<T> {
    let core = Arc::clone(core);
    let done = tokio::task::spawn_blocking(move || work(&core)).await;
    done.unwrap_or_else(|error| Err(EngineError::Internal(error.to_string())))
}

impl EngineApi for Engine {
    async fn decide(&self, request: RouteRequest) -> Result<Arc<Decision>> {
        let begun = self.core.begin(&request, Kind::DecideOnly).await?;
        begun.decided().await
    }

    async fn route(&self, request: RouteRequest, deadline: Deadline) -> Result<Routed> {
        self.core.route(request, deadline).await
    }

    async fn route_stream(
        &self,
        request: RouteRequest,
        deadline: Deadline,
    ) -> Result<BoxStream<'static, RouteEvent>> {
        stream::route_stream(Arc::clone(&self.core), request, deadline).await
    }

    async fn compare(
        &self,
        request: RouteRequest,
        arms: Vec<String>,
        deadline: Deadline,
    ) -> Result<Compared> {
        self.core.compare(request, arms, deadline).await
    }

    async fn feedback(&self, mut feedback: Feedback) -> Result<FeedbackAccepted> {
        if let Some(arm) = &feedback.arm {
            feedback.arm = Some(resolve::arm(&self.core.config, arm.as_str())?);
        }
        if feedback.at_ms == 0 {
            feedback.at_ms = self.core.clock.now_ms();
        }
        let (judged, quality) = (feedback.decision, feedback.quality);
        let accepted = self.core.recorder.feedback(feedback).await?;
        self.core.judged_at_hand(judged, quality);
        Ok(accepted)
    }

    async fn providers(&self) -> Result<Vec<ProviderShown>> {
        Ok(self.core.providers())
    }

    async fn set_deployment_state(
        &self,
        deployment: DeploymentId,
        action: DeploymentAction,
    ) -> Result<DeploymentShown> {
        self.core.set_deployment_state(&deployment, action)
    }

    async fn classes(&self) -> Result<Vec<ClassShown>> {
        Ok(self.core.classes())
    }

    async fn rename_class(&self, class: ClassId, label: String) -> Result<ClassShown> {
        self.core.rename_class(class, label).await
    }

    async fn profiles(&self, filter: ProfileFilter) -> Result<Vec<ProfileShown>> {
        let shown = self.core.profiles(&filter);
        if shown.is_empty() {
            resolve::filter(&self.core.config, &self.core.classes(), &filter)?;
        }
        Ok(shown)
    }

    async fn decision(&self, id: DecisionId) -> Result<Explained> {
        blocking(&self.core, move |core| core.decision(id)).await
    }

    async fn decisions(&self, filter: DecisionFilter, page: Page) -> Result<DecisionPage> {
        blocking(&self.core, move |core| core.decisions(filter, page)).await
    }

    async fn statistics(&self, range: StatisticsRange) -> Result<Statistics> {
        blocking(&self.core, move |core| core.statistics(&range)).await
    }

    fn watch(&self) -> broadcast::Receiver<Event> {
        self.core.events.subscribe()
    }

    fn failure(&self) -> watch::Receiver<Option<String>> {
        self.core.recorder.failure()
    }

    async fn import_examples(&self, examples: Vec<Example>) -> Result<ExamplesImported> {
        self.core.import_examples(examples).await
    }

    async fn export_memory(&self) -> Result<BoxStream<'static, Result<Bytes>>> {
        transfer::export(Arc::clone(&self.core)).await
    }

    async fn import_memory(
        &self,
        mode: ImportMode,
        pieces: BoxStream<'static, Result<Bytes>>,
    ) -> Result<MemoryImported> {
        transfer::import(&self.core, mode, pieces).await
    }

    async fn reset_memory(&self) -> Result<u64> {
        let now_ms = self.core.clock.now_ms();
        let forget = move |memory: &crate::memory::Memory| {
            let counts = memory.counts();
            memory
                .clear(now_ms)
                .map_err(|error| EngineError::Memory(error.to_string()))?;
            Ok(crate::memory::Imported {
                records: counts.decisions + counts.last_fact,
                skipped: 0,
            })
        };
        let forgotten = self.core.recorder.exclusively(forget).await?;
        Ok(forgotten.records)
    }

    fn names(&self) -> Vec<(String, &'static str)> {
        let config = &self.core.config;
        let aliases = config.aliases.keys().map(|name| (name.clone(), "alias"));
        let policies = config.policies.keys().map(|name| (name.clone(), "policy"));
        let policies = policies.filter(|(name, _)| !config.aliases.contains_key(name));
        aliases.chain(policies).collect()
    }

    async fn cache(&self) -> Result<CacheShown> {
        Ok(self.core.cache.shown())
    }

    async fn clear_cache(&self, filter: CacheFilter) -> Result<u64> {
        Ok(self.core.cache.evict(&filter))
    }

    fn configuration_shown(&self) -> ConfigurationShown {
        transfer::configuration(&self.core.config)
    }
}

#[cfg(test)]
mod tests;
