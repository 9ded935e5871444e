//! Providers, classes and profiles: engine -> wire.

use super::{decision::to_interval, outcome::to_fault};
use crate::{
    engine::api::{
        AdminState, BreakerShown, BreakerState, CallStatistics, ClassShown, DeploymentShown,
        ProfileShown, ProviderShown,
    },
    proto,
};

/// A provider.
#[must_use]
pub fn to_provider(provider: ProviderShown) -> proto::Provider {
    proto::Provider {
        name: provider.name.to_string(),
        dialect: provider.dialect,
        arms: provider.arms.iter().map(ToString::to_string).collect(),
        deployments: provider
            .deployments
            .into_iter()
            .map(to_deployment)
            .collect(),
    }
}

/// A deployment.
#[must_use]
pub fn to_deployment(deployment: DeploymentShown) -> proto::Deployment {
    proto::Deployment {
        id: deployment.id.to_string(),
        provider: deployment.provider.to_string(),
        model: deployment.model,
        address: deployment.address,
        state: to_state(deployment.state).into(),
        breaker: Some(to_breaker(deployment.breaker)),
        in_flight: deployment.in_flight,
        statistics: Some(to_calls(deployment.statistics)),
    }
}

fn to_state(state: AdminState) -> proto::DeploymentState {
    match state {
        AdminState::Enabled => proto::DeploymentState::Enabled,
        AdminState::Draining => proto::DeploymentState::Draining,
        AdminState::Disabled => proto::DeploymentState::Disabled,
    }
}

fn to_breaker(breaker: BreakerShown) -> proto::Breaker {
    let state = match breaker.state {
        BreakerState::Closed => proto::BreakerState::Closed,
        BreakerState::Open => proto::BreakerState::Open,
        BreakerState::HalfOpen => proto::BreakerState::HalfOpen,
    };
    proto::Breaker {
        state: state.into(),
        reason: breaker.reason,
        retry_at_ms: breaker.retry_at_ms,
        trips: breaker.trips,
    }
}

fn to_calls(calls: CallStatistics) -> proto::CallStatistics {
    let (fault, at_ms) = calls.last_fault.unzip();
    proto::CallStatistics {
        calls: calls.calls,
        completed: calls.completed,
        failed: calls.failed,
        throttled: calls.throttled,
        cancelled: calls.cancelled,
        latency_p50_ms: calls.latency_p50_ms,
        latency_p95_ms: calls.latency_p95_ms,
        cost_usd: calls.cost_usd,
        last_fault: fault.map(to_fault),
        last_fault_at_ms: at_ms,
    }
}

/// A class.
#[must_use]
pub fn to_class(class: ClassShown) -> proto::PromptClass {
    proto::PromptClass {
        id: class.id.to_string(),
        label: class.label,
        prompts: class.prompts,
        share: class.share,
        cohesion: class.cohesion,
        parent: class.parent.map(|parent| parent.to_string()),
        best_arm: class.best_arm.map(|arm| arm.to_string()),
    }
}

/// A profile.
#[must_use]
pub fn to_profile(profile: ProfileShown) -> proto::Profile {
    proto::Profile {
        class_id: profile.class.map(|class| class.to_string()),
        class_label: profile.label,
        arm: profile.arm.to_string(),
        quality: Some(to_interval(profile.quality)),
        evidence: profile.evidence,
        cost_usd: profile.cost_usd.map(to_interval),
        latency_ms: profile.latency_ms.map(to_interval),
        failure_rate: profile.failure_rate,
        calls: profile.calls,
    }
}
