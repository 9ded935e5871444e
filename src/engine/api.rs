//! What the faces (`service`, `http`, `cli`) ask of the engine: plain types and one trait.
//!
//! The trait is the boundary that lets the faces be tested against a scripted engine. Nothing here
//! knows a wire format.

mod call;
mod error;
mod event;
mod shown;
mod statistics;

pub use call::{
    Answer, Compared, Deadline, DeploymentAction, Example, ExamplesImported, FeedbackAccepted,
    ImportMode, MemoryImported, RouteEvent, RouteRequest, Routed,
};
pub use error::EngineError;
pub use event::{About, Event, EventKind, Words};
pub use shown::{
    AdminState, BreakerShown, BreakerState, CacheFilter, CacheShown, CallStatistics, ClassShown,
    ConfigurationShown, DecisionFilter, DecisionPage, DecisionSummary, DeploymentShown, Explained,
    FeedbackShown, Page, ProfileFilter, ProfileShown, ProviderShown,
};
pub use statistics::{Savings, Statistics, StatisticsRange, StatisticsRow};

use crate::domain::{ClassId, Decision, DecisionId, DeploymentId, Feedback};
use bytes::Bytes;
use futures_util::stream::BoxStream;
use std::{future::Future, sync::Arc};
use tokio::sync::{broadcast, watch};

/// What every call of the engine returns.
pub type Result<T> = std::result::Result<T, EngineError>;

/// The engine as the faces see it. Dropping a future or a stream cancels what it runs upstream.
pub trait EngineApi: Send + Sync + 'static {
    /// Decides and records; calls nobody.
    fn decide(&self, request: RouteRequest) -> impl Future<Output = Result<Arc<Decision>>> + Send;
    /// Decides, calls and learns.
    fn route(
        &self,
        request: RouteRequest,
        deadline: Deadline,
    ) -> impl Future<Output = Result<Routed>> + Send;
    /// As `route`, with events. `Decision` comes first; exactly one of `Completed` and `Failed`
    /// comes last. What is refused before a decision is an error of the call itself.
    fn route_stream(
        &self,
        request: RouteRequest,
        deadline: Deadline,
    ) -> impl Future<Output = Result<BoxStream<'static, RouteEvent>>> + Send;
    /// Asks several arms at once; `arms` empty = the best by the ranking, as many as the request's
    /// fan-out wish says.
    fn compare(
        &self,
        request: RouteRequest,
        arms: Vec<String>,
        deadline: Deadline,
    ) -> impl Future<Output = Result<Compared>> + Send;
    /// Takes a judgement in; returns when it is durable.
    fn feedback(&self, feedback: Feedback)
    -> impl Future<Output = Result<FeedbackAccepted>> + Send;

    /// All providers by name.
    fn providers(&self) -> impl Future<Output = Result<Vec<ProviderShown>>> + Send;
    /// Resets, drains, disables or enables a deployment.
    fn set_deployment_state(
        &self,
        deployment: DeploymentId,
        action: DeploymentAction,
    ) -> impl Future<Output = Result<DeploymentShown>> + Send;
    /// Learned classes, largest first.
    fn classes(&self) -> impl Future<Output = Result<Vec<ClassShown>>> + Send;
    /// Labels a class; an empty label takes it away.
    fn rename_class(
        &self,
        class: ClassId,
        label: String,
    ) -> impl Future<Output = Result<ClassShown>> + Send;
    /// What is known of each (class, arm).
    fn profiles(
        &self,
        filter: ProfileFilter,
    ) -> impl Future<Output = Result<Vec<ProfileShown>>> + Send;
    /// Explains a past decision.
    fn decision(&self, id: DecisionId) -> impl Future<Output = Result<Explained>> + Send;
    /// Past decisions, newest first.
    fn decisions(
        &self,
        filter: DecisionFilter,
        page: Page,
    ) -> impl Future<Output = Result<DecisionPage>> + Send;
    /// Spend and savings.
    fn statistics(&self, range: StatisticsRange)
    -> impl Future<Output = Result<Statistics>> + Send;
    /// Events from now on.
    fn watch(&self) -> broadcast::Receiver<Event>;
    /// Why nothing can be remembered any more, should that happen. It stays so until a restart, and
    /// requests are refused meanwhile.
    fn failure(&self) -> watch::Receiver<Option<String>>;
    /// Takes scored examples in; one call a batch.
    fn import_examples(
        &self,
        examples: Vec<Example>,
    ) -> impl Future<Output = Result<ExamplesImported>> + Send;
    /// The whole memory, in pieces of at most 1 MiB.
    fn export_memory(
        &self,
    ) -> impl Future<Output = Result<BoxStream<'static, Result<Bytes>>>> + Send;
    /// Takes an export in.
    fn import_memory(
        &self,
        mode: ImportMode,
        pieces: BoxStream<'static, Result<Bytes>>,
    ) -> impl Future<Output = Result<MemoryImported>> + Send;
    /// Forgets what was learned; the number of records forgotten.
    fn reset_memory(&self) -> impl Future<Output = Result<u64>> + Send;
    /// Names beside arms that callers may use as `model`: aliases and policies, each with its kind.
    fn names(&self) -> Vec<(String, &'static str)> {
        Vec::new()
    }
    /// What the response caches hold and found; an engine may have none.
    fn cache(&self) -> impl Future<Output = Result<CacheShown>> + Send {
        std::future::ready(Ok(CacheShown::default()))
    }
    /// Evicts cached answers; how many.
    fn clear_cache(&self, _filter: CacheFilter) -> impl Future<Output = Result<u64>> + Send {
        std::future::ready(Ok(0))
    }
    /// The configuration in force, secrets hidden.
    fn configuration_shown(&self) -> ConfigurationShown;
}
