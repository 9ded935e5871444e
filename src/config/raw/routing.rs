//! `routing` and `policies`.

use super::arms::RawCost;
use super::flexible::{OneOrMany, Pairs};
use super::provider::{RawBreaker, RawHealthCheck, RawTimeouts};
use crate::config::span::Span;
use serde::Deserialize;

/// Routing.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawRouting {
    /// Strategy; adaptive where absent.
    pub strategy: Option<String>,
    /// Policy; balanced where absent.
    pub policy: Option<String>,
    /// Cost of one request at most, in US dollars.
    pub max_cost_usd: Option<f64>,
    /// Priority, weight, price and checks by provider, as the seeds write them.
    pub providers: Vec<RawRoutingProvider>,
    /// For `latency`.
    pub latency: RawLatency,
    /// For `model`.
    pub model_routes: Pairs<OneOrMany>,
    /// For `custom`.
    pub rules: Vec<RawRule>,
    /// Class to arms, those only.
    pub class_pins: Pairs<OneOrMany>,
    /// Class to arms, those first.
    pub category_overrides: Pairs<OneOrMany>,
    /// Retry and fallback.
    pub failover: RawFailover,
    /// When all else failed.
    pub fallback: Option<RawFallback>,
    /// Second attempt before failure.
    pub hedge: Option<RawHedge>,
    /// Time-outs of all providers.
    pub timeouts: RawTimeouts,
    /// How much better another arm must be before a session changes.
    pub session_margin: Option<f64>,
    /// Leave out what no arm is able to do.
    pub degrade: Option<bool>,
    /// The arm that chooses where a fan-out splits.
    pub judge: Option<String>,
}

/// A provider's place in routing.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawRoutingProvider {
    /// The provider.
    pub name: String,
    /// Order under `priority`.
    pub priority: Option<u32>,
    /// Share under `weighted`.
    pub weight: Option<f64>,
    /// List price of its models.
    pub cost: Option<RawCost>,
    /// Active checks.
    pub health_check: Option<RawHealthCheck>,
}

/// For `strategy: latency`.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawLatency {
    /// Calls of this last time count.
    pub window: Option<Span>,
    /// Percentile.
    pub percentile: Option<f64>,
}

/// One rule.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawRule {
    /// Its name in explanations.
    pub name: Option<String>,
    /// Condition in CEL; absent = always.
    pub when: Option<String>,
    /// Arms in order.
    pub arms: OneOrMany,
    /// How to order the arms.
    pub strategy: Option<String>,
    /// Policy in force.
    pub policy: Option<String>,
}

/// Retry and fallback.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawFailover {
    /// Switch.
    pub enabled: Option<bool>,
    /// Attempts after the first.
    pub max_retries: Option<u32>,
    /// Attempts on one arm.
    pub attempts_per_arm: Option<u32>,
    /// Statuses that another attempt may mend.
    pub retry_codes: Vec<u16>,
    /// First wait.
    pub backoff: Option<Span>,
    /// Longest wait.
    pub max_backoff: Option<Span>,
    /// Retries as a share of requests.
    pub retry_budget: Option<f64>,
    /// Retries a second that are always allowed.
    pub min_retries_per_second: Option<u32>,
    /// Wait where all are out.
    pub wait_when_all_open: Option<bool>,
    /// Breaker of all deployments.
    pub circuit_breaker: RawBreaker,
}

/// Where to go when all else failed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawFallback {
    /// All arms of this provider.
    pub provider: Option<String>,
    /// These arms.
    pub arms: OneOrMany,
    /// After errors.
    pub on_error: Option<bool>,
    /// After rate limits.
    pub on_rate_limit: Option<bool>,
    /// After "context too long".
    pub on_context_length: Option<bool>,
    /// After a refusal by the vendor's filter.
    pub on_content_policy: Option<bool>,
}

/// A second attempt before the first failed.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawHedge {
    /// Switch.
    pub enabled: Option<bool>,
    /// After this long.
    pub after: Option<Span>,
    /// After this percentile of the arm's own time to first token.
    pub percentile: Option<f64>,
    /// Hedges as a share of requests.
    pub max_share: Option<f64>,
}

/// A named trade-off.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawPolicy {
    /// Weight of quality.
    pub quality: Option<f64>,
    /// Weight of cost.
    pub cost: Option<f64>,
    /// Weight of latency.
    pub latency: Option<f64>,
    /// Cost of one request at most, in US dollars.
    pub max_cost_usd: Option<f64>,
    /// May arms that are not the best by estimate be tried?
    pub explore: Option<bool>,
    /// Leave out what no arm is able to do.
    pub degrade: Option<bool>,
}
