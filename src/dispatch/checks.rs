//! Active health checks: a cheap call now and then to each deployment that asks for it, so that a
//! dead upstream is known before a caller pays for it.

use super::backoff::draw;
use super::{Deployment, Deployments, Mode, Notice, Observer};
use crate::domain::{Fault, FaultKind};
use crate::provider::Probe;
use futures_util::future::join_all;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// Checks of one deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckSettings {
    /// Time between two checks, give or take a tenth.
    pub interval: Duration,
    /// One check at most.
    pub timeout: Duration,
    /// Path to ask for, from the root of the host; `None` = the dialect's own probe.
    pub endpoint: Option<String>,
}

/// Runs all checks, forever. To be spawned, and aborted at the end. `seed` spreads the checks.
pub async fn run(registry: Arc<Deployments>, observer: Arc<dyn Observer>, seed: u64) {
    let each = registry
        .all()
        .iter()
        .zip(0u64..)
        .filter_map(|(deployment, number)| {
            let settings = deployment.spec.check.clone()?;
            let seed = seed.wrapping_add(number << 40);
            Some(watch(&registry, deployment, settings, &*observer, seed))
        });
    join_all(each).await;
}

async fn watch(
    registry: &Deployments,
    deployment: &Deployment,
    settings: CheckSettings,
    observer: &dyn Observer,
    seed: u64,
) {
    for number in 0.. {
        let spread = if number == 0 {
            draw(seed, 0)
        } else {
            0.9 + 0.2 * draw(seed, number)
        };
        sleep(settings.interval.mul_f64(spread)).await;
        if deployment.state().mode == Mode::Disabled {
            continue;
        }
        let fault = check(deployment, &settings).await.err();
        take_in(registry, deployment, fault, observer);
    }
}

async fn check(deployment: &Deployment, settings: &CheckSettings) -> Result<(), Fault> {
    let probe = Probe {
        endpoint: settings.endpoint.clone(),
        timeout: settings.timeout,
    };
    let answer = deployment.spec.provider.probe(probe);
    timeout(settings.timeout, answer).await.unwrap_or_else(|_| {
        let ms = settings.timeout.as_millis();
        Err(Fault::new(
            FaultKind::FirstTokenTimeout,
            format!("no answer to a health check within {ms} ms"),
        ))
    })
}

/// Throttled is alive; a server without the path that was asked for is alive, too.
fn take_in(
    registry: &Deployments,
    deployment: &Deployment,
    fault: Option<Fault>,
    observer: &dyn Observer,
) {
    let fault = fault.filter(|fault| {
        fault.kind.counts_against_deployment() && fault.kind != FaultKind::UnknownModel
    });
    let now = registry.now();
    let mut state = deployment.state();
    let changed = state.check_fault.is_some() != fault.is_some();
    state.check_fault.clone_from(&fault);
    let transition = state.breaker.check(fault.is_none(), now);
    if let Some(transition) = &transition {
        state.statistics.count_trip(transition);
    }
    drop(state);
    if changed {
        let deployment = deployment.spec.id.clone();
        observer.notice(Notice::Checked { deployment, fault });
    }
    if let Some(transition) = transition {
        observer.notice(deployment.notice(transition, now));
    }
}
