//! What operators ask: providers and deployments, classes, profiles.

use super::{
    api::{
        AdminState, BreakerShown, BreakerState, CallStatistics, ClassShown, DeploymentAction,
        DeploymentShown, EngineError, ProfileFilter, ProfileShown, ProviderShown,
    },
    core::Core,
    events,
};
use crate::{
    breaker::Status,
    dispatch::{Mode, Snapshot},
    domain::{ArmId, ClassId, DeploymentId, Interval},
    learn::{ArmClassProfile, Knowledge},
    near,
};
use std::collections::HashMap;

impl Core {
    pub(crate) fn providers(&self) -> Vec<ProviderShown> {
        let shown: Vec<DeploymentShown> = self.deployments();
        let providers = self.config.providers.iter().map(|summary| {
            let of = |arm: &&crate::config::ArmSpec| arm.arm.provider == summary.id;
            ProviderShown {
                name: summary.id.clone(),
                dialect: summary.kind.clone(),
                arms: self
                    .config
                    .arms
                    .iter()
                    .filter(of)
                    .map(|spec| spec.arm.id.clone())
                    .collect(),
                deployments: shown
                    .iter()
                    .filter(|one| one.provider == summary.id)
                    .cloned()
                    .collect(),
            }
        });
        providers.collect()
    }

    pub(crate) fn deployments(&self) -> Vec<DeploymentShown> {
        let now_ms = self.clock.now_ms();
        let snapshots = self.dispatcher.registry().snapshot();
        snapshots
            .into_iter()
            .map(|one| self.deployment_shown(one, now_ms))
            .collect()
    }

    fn deployment_shown(&self, one: Snapshot, now_ms: u64) -> DeploymentShown {
        let spec = self
            .config
            .deployments
            .iter()
            .find(|spec| spec.id == one.id);
        let statistics = &one.statistics;
        DeploymentShown {
            provider: one.provider,
            model: one.model,
            address: spec
                .map(|spec| spec.base_url.clone())
                .filter(|url| !url.is_empty()),
            state: match one.mode {
                Mode::Enabled => AdminState::Enabled,
                Mode::Draining => AdminState::Draining,
                Mode::Disabled => AdminState::Disabled,
            },
            breaker: BreakerShown {
                state: match one.breaker {
                    Status::Open { .. } => BreakerState::Open,
                    Status::HalfOpen => BreakerState::HalfOpen,
                    Status::Closed | Status::Recovering => BreakerState::Closed,
                },
                reason: one
                    .reason
                    .map(|reason| format!("{reason:?}"))
                    .or_else(|| one.wait.map(|_| "Throttled".to_owned())),
                retry_at_ms: one.wait.map(|wait| now_ms + wait.as_millis() as u64),
                trips: statistics.trips,
            },
            in_flight: one.in_flight,
            statistics: CallStatistics {
                calls: statistics.calls(),
                completed: statistics.completed,
                failed: statistics.failed,
                throttled: statistics.throttled,
                cancelled: statistics.cancelled,
                latency_p50_ms: statistics.latency_ms(0.5),
                latency_p95_ms: statistics.latency_ms(0.95),
                cost_usd: statistics.cost_usd,
                last_fault: statistics.last_fault.clone(),
            },
            id: one.id,
        }
    }

    pub(crate) fn set_deployment_state(
        &self,
        deployment: &DeploymentId,
        action: DeploymentAction,
    ) -> Result<DeploymentShown, EngineError> {
        let registry = self.dispatcher.registry();
        let (found, what) = match action {
            DeploymentAction::Reset => (registry.reset(deployment), "reset"),
            DeploymentAction::Drain => (registry.set_mode(deployment, Mode::Draining), "draining"),
            DeploymentAction::Disable => {
                (registry.set_mode(deployment, Mode::Disabled), "disabled")
            }
            DeploymentAction::Enable => (registry.set_mode(deployment, Mode::Enabled), "enabled"),
        };
        let shown = self
            .deployments()
            .into_iter()
            .find(|shown| shown.id == *deployment);
        match shown.filter(|_| found) {
            Some(shown) => {
                let _ = self.events.send(events::operator(
                    self.clock.now_ms(),
                    deployment,
                    what.to_owned(),
                ));
                Ok(shown)
            }
            None => Err(EngineError::UnknownDeployment {
                name: super::resolve::shortened(deployment.as_str()),
                near: near::matches(
                    deployment.as_str(),
                    self.config.deployments.iter().map(|spec| spec.id.as_str()),
                )
                .into_iter()
                .map(str::to_owned)
                .collect(),
            }),
        }
    }

    pub(crate) fn classes(&self) -> Vec<ClassShown> {
        let knowledge = self.recorder.knowledge();
        let best = best_arms(&knowledge);
        let total: f64 = knowledge.classes().iter().map(|class| class.prompts).sum();
        let mut classes: Vec<ClassShown> = knowledge
            .classes()
            .iter()
            .map(|class| ClassShown {
                id: class.class,
                label: class.label.clone(),
                prompts: class.prompts,
                share: if total > 0.0 {
                    class.prompts / total
                } else {
                    0.0
                },
                cohesion: class.coherence,
                parent: None,
                best_arm: best.get(&class.class).map(|(arm, _)| arm.clone()),
            })
            .collect();
        classes.sort_by(|a, b| b.prompts.total_cmp(&a.prompts).then(a.id.cmp(&b.id)));
        classes
    }

    pub(crate) async fn rename_class(
        &self,
        class: ClassId,
        label: String,
    ) -> Result<ClassShown, EngineError> {
        let known = |core: &Self| core.classes().into_iter().find(|shown| shown.id == class);
        let unknown = || EngineError::UnknownClass {
            name: class.to_string(),
        };
        known(self).ok_or_else(unknown)?;
        self.recorder.rename(class, label.clone()).await?;
        let _ = self.events.send(events::operator(
            self.clock.now_ms(),
            &class,
            format!("named {label:?}"),
        ));
        // What is published may be a few facts old: the answer shows what was asked for.
        let shown = known(self).ok_or_else(unknown)?;
        Ok(ClassShown { label, ..shown })
    }

    pub(crate) fn profiles(&self, filter: &ProfileFilter) -> Vec<ProfileShown> {
        let knowledge = self.recorder.knowledge();
        let labels: HashMap<ClassId, &str> = knowledge
            .classes()
            .iter()
            .map(|class| (class.class, class.label.as_str()))
            .collect();
        let wanted = |profile: &ArmClassProfile| {
            filter
                .class
                .is_none_or(|class| profile.class == Some(class))
                && filter.arm.as_ref().is_none_or(|arm| profile.arm == *arm)
        };
        let shown = knowledge
            .profiles()
            .into_iter()
            .filter(wanted)
            .map(|profile| ProfileShown {
                label: profile
                    .class
                    .and_then(|class| labels.get(&class))
                    .copied()
                    .unwrap_or_default()
                    .to_owned(),
                class: profile.class,
                quality: profile.quality,
                evidence: profile.evidence,
                cost_usd: profile.cost_usd.map(|mean| Interval { mean, sd: 0.0 }),
                latency_ms: profile.latency_ms.map(|mean| Interval { mean, sd: 0.0 }),
                failure_rate: profile.failure_rate,
                calls: profile.evidence,
                arm: profile.arm,
            });
        shown.collect()
    }
}

fn best_arms(knowledge: &Knowledge) -> HashMap<ClassId, (ArmId, f64)> {
    let mut best: HashMap<ClassId, (ArmId, f64)> = HashMap::new();
    for profile in knowledge.profiles() {
        let judged = profile.class.filter(|_| profile.evidence > 0.0);
        let Some(class) = judged else { continue };
        let mean = profile.quality.mean;
        if best.get(&class).is_none_or(|(_, known)| mean > *known) {
            best.insert(class, (profile.arm, mean));
        }
    }
    best
}
