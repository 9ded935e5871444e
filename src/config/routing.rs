//! How requests are routed, as the configuration means it.

use super::span;
use crate::{
    domain::{ArmId, Weights},
    strategy::{Condition, Rule, Strategy, Tables},
};
use serde::Serialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// Routing.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RoutingSettings {
    /// The strategy where the request names none.
    pub strategy: Strategy,
    /// The policy where neither request nor tenant names one.
    pub policy: String,
    /// Estimated cost of one request at most, in US dollars.
    pub max_cost_usd: Option<f64>,
    /// Retry and fallback after failures.
    pub failover: Failover,
    /// Where to go when all else failed.
    pub fallback: Option<Fallback>,
    /// For `strategy: latency`.
    pub latency: LatencyWindow,
    /// For `strategy: model`.
    pub model_routes: ModelRoutes,
    /// For `strategy: custom`, in order; the first that holds decides.
    pub rules: Vec<RuleSpec>,
    /// Prompts of a class (by label) go to these arms only.
    pub class_pins: BTreeMap<String, Vec<ArmId>>,
    /// Prompts of a class (by label) try these arms first.
    pub category_overrides: BTreeMap<String, Vec<ArmId>>,
    /// A second attempt before the first failed; `None` = never.
    pub hedge: Option<Hedge>,
    /// Requests of one session keep their arm unless another's score is better by this much;
    /// `None` = sessions do not count.
    pub session_margin: Option<f64>,
    /// Leave out what no arm is able to do (tools, images, schema) instead of refusing.
    pub degrade: bool,
    /// Who chooses where the answers of a fan-out by majority or quorum split; `None` = the largest
    /// group does.
    pub judge: Option<ArmId>,
}

impl RoutingSettings {
    /// The tables that choose among arms before a strategy does, with their conditions compiled.
    #[must_use]
    pub fn tables(&self) -> Tables {
        let owned = |map: &BTreeMap<String, Vec<ArmId>>| map.clone().into_iter().collect();
        let rules = self.rules.iter().filter_map(|rule| {
            // Checked at load: one that does not compile does not get here.
            let when = Condition::compile(&rule.when).ok()?;
            Some(Rule {
                name: rule.name.clone(),
                when,
                arms: rule.arms.clone(),
                strategy: rule.strategy,
                policy: rule.policy.clone(),
            })
        });
        Tables {
            rules: rules.collect(),
            model_routes: self.model_routes.routes.clone(),
            model_default: self.model_routes.default.clone(),
            class_pins: owned(&self.class_pins),
            category_overrides: owned(&self.category_overrides),
        }
    }
}

/// Retry and fallback after failures.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Failover {
    /// Try another arm after a failure?
    pub enabled: bool,
    /// Attempts after the first, over all arms.
    pub max_retries: u32,
    /// Attempts on one arm, at least 1.
    pub attempts_per_arm: u32,
    /// Upstream statuses that another attempt may mend; empty = as the fault's kind says.
    pub retry_codes: BTreeSet<u16>,
    /// First wait before the same arm is tried again.
    #[serde(serialize_with = "span::text")]
    pub backoff: Duration,
    /// Longest wait.
    #[serde(serialize_with = "span::text")]
    pub max_backoff: Duration,
    /// Retries as a share of requests that the whole service may do, in [0, 1].
    pub retry_budget: f64,
    /// Retries a second that are always allowed, whatever the share.
    pub min_retries_per_second: u32,
    /// Wait for a deployment to come back, where all are out, up to the deadline.
    pub wait_when_all_open: bool,
}

impl Default for Failover {
    fn default() -> Self {
        Self {
            enabled: true,
            max_retries: 2,
            attempts_per_arm: 1,
            retry_codes: BTreeSet::new(),
            backoff: Duration::from_millis(250),
            max_backoff: Duration::from_secs(8),
            retry_budget: 0.2,
            min_retries_per_second: 10,
            wait_when_all_open: true,
        }
    }
}

/// Where to go when all else failed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fallback {
    /// These arms, in order, after all others.
    pub arms: Vec<ArmId>,
    /// After errors.
    pub on_error: bool,
    /// After rate limits.
    pub on_rate_limit: bool,
    /// After "context too long": only arms with a larger window.
    pub on_context_length: bool,
    /// After a refusal by the vendor's filter.
    pub on_content_policy: bool,
}

/// What `strategy: latency` compares.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LatencyWindow {
    /// Calls of this last time count.
    #[serde(serialize_with = "span::text")]
    pub window: Duration,
    /// Percentile in (0, 100].
    pub percentile: f64,
}

impl Default for LatencyWindow {
    fn default() -> Self {
        Self {
            window: Duration::from_mins(5),
            percentile: 95.0,
        }
    }
}

/// Arms by the model asked for.
#[derive(Clone, Debug, PartialEq, Default, Serialize)]
pub struct ModelRoutes {
    /// Model (a `*` at the end matches any rest) to arms, in order of preference.
    pub routes: Vec<(String, Vec<ArmId>)>,
    /// For models in no route; empty = an error.
    pub default: Vec<ArmId>,
}

/// One rule of `strategy: custom`. Both lists empty = the condition only sets the other fields.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RuleSpec {
    /// Its name in explanations.
    pub name: String,
    /// Condition in CEL over the request; checked at load. Empty = always.
    pub when: String,
    /// Arms in order of preference; empty = all eligible arms by `strategy`.
    pub arms: Vec<ArmId>,
    /// How to order the arms; `None` = as listed, or adaptive where none is.
    pub strategy: Option<Strategy>,
    /// Policy in force.
    pub policy: Option<String>,
}

/// A second attempt before the first failed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Hedge {
    /// After this long without a first token; `None` = after the learned percentile.
    #[serde(serialize_with = "span::optional")]
    pub after: Option<Duration>,
    /// Percentile of the arm's own time to first token, in (0, 100).
    pub percentile: f64,
    /// Hedges as a share of requests at most, in [0, 1].
    pub max_share: f64,
}

/// A named trade-off.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Policy {
    /// Weights of quality, cost and latency.
    pub weights: Weights,
    /// Estimated cost of one request at most, in US dollars.
    pub max_cost_usd: Option<f64>,
    /// May arms that are not the best by estimate be tried?
    pub explore: bool,
    /// May what no arm is able to do be left out? `None` = as `routing` says.
    pub degrade: Option<bool>,
}

/// What a name that callers use as `model` stands for.
#[derive(Clone, Debug, PartialEq, Default, Serialize)]
pub struct Alias {
    /// Only these arms; empty = all.
    pub arms: Vec<ArmId>,
    /// Under this policy.
    pub policy: Option<String>,
    /// By this strategy.
    pub strategy: Option<Strategy>,
}
