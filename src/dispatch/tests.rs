//! Scenarios as text, played with scripted upstreams in paused time: `tests/scenarios.txt` reads
//! as the specification of retry, fallback, hedging, waiting and streams.

use super::*;
use crate::breaker;
use crate::clock::ManualClock;
use crate::domain::{
    AttemptResult, ChatRequest, FanOut, FanOutMode, FaultKind, Message, Plan, Price, Role, Step,
};
use crate::provider::{
    Timeouts,
    scripted::{Scripted, Turn},
};
use futures_util::StreamExt;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use tokio_util::sync::CancellationToken;

mod cancelling;
mod fallbacks;
mod judged;
mod scenarios;

/// Deployments by name and what plays behind them.
pub(super) struct Stage {
    pub dispatcher: Dispatcher,
    pub upstreams: BTreeMap<String, Arc<Scripted>>,
    pub notices: Arc<Mutex<Vec<Notice>>>,
}

/// `arm` or `arm#2`.
pub(super) fn stage(
    scripts: &[(&str, Vec<Turn>)],
    limits: CallLimits,
    settings: Settings,
) -> Stage {
    let mut upstreams = BTreeMap::new();
    let specs: Vec<DeploymentSpec> = scripts
        .iter()
        .map(|(name, turns)| {
            let upstream = Scripted::new(turns.clone());
            upstreams.insert((*name).to_owned(), Arc::clone(&upstream));
            spec(name, upstream, limits)
        })
        .collect();
    let clock = Arc::new(ManualClock::at(1_700_000_000_000));
    let registry = Arc::new(Deployments::new(specs, clock));
    let notices = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&notices);
    let observer = Arc::new(move |notice| heard.lock().unwrap().push(notice));
    Stage {
        dispatcher: Dispatcher::new(registry, settings, observer, None),
        upstreams,
        notices,
    }
}

pub(super) fn spec(name: &str, upstream: Arc<Scripted>, limits: CallLimits) -> DeploymentSpec {
    DeploymentSpec {
        id: name.into(),
        arm: name.split('#').next().unwrap().into(),
        provider_id: "test".into(),
        model: "m".into(),
        provider: upstream,
        price: Some(Price {
            input_per_mtok: 1e6,
            output_per_mtok: 2e6,
            cache_read_per_mtok: None,
            cache_write_per_mtok: None,
        }),
        timeouts: Timeouts {
            first_token: Duration::from_millis(1000),
            idle: Duration::from_millis(500),
            total: Duration::from_millis(5000),
        },
        breaker: breaker::Settings {
            failure_threshold: 3,
            cooldown: Duration::from_secs(10),
            throttle_wait: Duration::from_millis(200),
            ..breaker::Settings::default()
        },
        limits,
        weight: 1.0,
        check: None,
        streams: true,
        context_tokens: None,
    }
}

pub(super) fn request() -> Arc<ChatRequest> {
    Arc::new(ChatRequest {
        messages: vec![Message::text(Role::User, "12345678")],
        ..ChatRequest::default()
    })
}

pub(super) fn plan(steps: &[(&str, u32)], max_attempts: u32) -> Plan {
    let step = |(arm, attempts): &(&str, u32)| Step {
        arm: (*arm).into(),
        attempts: *attempts,
    };
    Plan {
        steps: steps.iter().map(step).collect(),
        fan_out: None,
        max_attempts,
        hedge_after_ms: None,
    }
}

/// One attempt in a word or two.
pub(super) fn told(attempt: &Attempt) -> String {
    let place = attempt
        .deployment
        .as_ref()
        .map_or_else(|| format!("({})", attempt.arm), ToString::to_string);
    let result = match &attempt.result {
        AttemptResult::Completed => "completed",
        AttemptResult::Cancelled => "cancelled",
        AttemptResult::Failed(fault) => fault.kind.as_str(),
    };
    let cost = attempt
        .cost_usd
        .map_or(String::new(), |usd| format!(" ${usd}"));
    format!("{place} {result}{cost}")
}
