//! What operators ask: providers, classes, profiles, decisions, spend.

use super::{
    api::{
        AdminState, BreakerShown, BreakerState, CallStatistics, ClassShown, DecisionFilter,
        DecisionPage, DecisionSummary, DeploymentAction, DeploymentShown, EngineError, Explained,
        Page, ProfileFilter, ProfileShown, ProviderShown, Savings, Statistics, StatisticsRange,
    },
    core::Core,
    events, explain,
};
use crate::{
    dispatch::{Mode, Snapshot},
    domain::{ArmId, ClassId, DecisionId, DeploymentId, Interval, ProviderId},
    learn::{ArmClassProfile, Knowledge},
    memory::{Filter, Stored},
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
                    "open" => BreakerState::Open,
                    "half_open" => BreakerState::HalfOpen,
                    _ => BreakerState::Closed,
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

    pub(crate) fn decision(&self, id: DecisionId) -> Result<Explained, EngineError> {
        let stored = self
            .memory
            .decision(id)
            .map_err(|error| EngineError::Memory(error.to_string()))?;
        let mut stored = stored.ok_or(EngineError::UnknownDecision { id })?;
        explain::fill_terms(&mut stored.decision);
        let explanation =
            explain::text(&stored.decision, stored.outcome.as_ref(), &stored.feedback);
        Ok(Explained {
            explanation,
            decision: stored.decision,
            outcome: stored.outcome,
            feedback: stored.feedback,
        })
    }

    pub(crate) fn decisions(
        &self,
        filter: DecisionFilter,
        page: Page,
    ) -> Result<DecisionPage, EngineError> {
        let filter = Filter {
            tenant: filter.tenant,
            arm: filter.arm,
            class: filter.class,
            status: filter.status,
            since_ms: filter.from_ms,
            until_ms: filter.to_ms,
        };
        let listed = self
            .memory
            .list(&filter, page.before, page.size.clamp(1, 1000))
            .map_err(|error| EngineError::Memory(error.to_string()))?;
        Ok(DecisionPage {
            decisions: listed.decisions.into_iter().map(summary).collect(),
            next: listed.next,
        })
    }

    pub(crate) fn statistics(&self, range: &StatisticsRange) -> Result<Statistics, EngineError> {
        let span = (
            range.from_ms.unwrap_or(0),
            range.to_ms.unwrap_or_else(|| self.clock.now_ms() + 1),
        );
        let knowledge = self.recorder.knowledge();
        let label = |class: ClassId| {
            let known = knowledge
                .classes()
                .iter()
                .find(|known| known.class == class);
            match known.map(|known| known.label.as_str()) {
                None | Some("") => class.to_string(),
                Some(label) => format!("{class} {label}"),
            }
        };
        let provider = |arm: &ArmId| {
            let known = self.config.arm(arm).map(|spec| spec.arm.provider.clone());
            known.unwrap_or_else(|| ProviderId::from("(gone)"))
        };
        let (mut statistics, by_class) = self.recorder.with_ledger(|ledger| {
            (
                ledger.statistics(span, provider, label),
                ledger.requests_by_class(span.0, span.1),
            )
        });
        statistics.classes = knowledge.classes().len() as u32;
        let baseline = self.baseline(range.baseline.as_ref())?;
        statistics.savings = baseline.and_then(|arm| {
            savings(
                &knowledge,
                &arm,
                &by_class,
                statistics.total.cost_usd,
                self.config.arm(&arm)?.arm.price.as_ref(),
            )
        });
        Ok(statistics)
    }

    /// The arm that savings are counted against: as asked, as configured, else the dearest by list.
    fn baseline(&self, asked: Option<&ArmId>) -> Result<Option<ArmId>, EngineError> {
        if let Some(arm) = asked {
            return super::resolve::arm(&self.config, arm.as_str()).map(Some);
        }
        if let Some(arm) = &self.config.learning.baseline {
            return Ok(Some(arm.clone()));
        }
        let priced = self.config.arms.iter().filter(|spec| spec.pooled);
        let priced = priced.filter_map(|spec| Some((spec, spec.arm.price?.blended_per_mtok())));
        Ok(priced
            .max_by(|a, b| a.1.total_cmp(&b.1))
            .map(|(spec, _)| spec.arm.id.clone()))
    }
}

/// What the answered requests would have cost on one arm, by what is known of it in each class.
fn savings(
    knowledge: &Knowledge,
    baseline: &ArmId,
    requests: &std::collections::BTreeMap<Option<ClassId>, u64>,
    spent_usd: f64,
    price: Option<&crate::domain::Price>,
) -> Option<Savings> {
    let profiles: HashMap<Option<ClassId>, ArmClassProfile> = knowledge
        .profiles()
        .into_iter()
        .filter(|profile| profile.arm == *baseline)
        .map(|profile| (profile.class, profile))
        .collect();
    let overall = profiles.get(&None)?;
    // An arm that was hardly called is counted with a usual answer at its list price.
    let expected = knowledge
        .estimate(knowledge.column(baseline), None, price, 0)
        .cost_usd;
    let expected = expected.map(|cost| cost.mean);
    let (mut cost, mut quality, mut all) = (0.0, 0.0, 0.0);
    for (class, count) in requests {
        let profile = profiles.get(class).unwrap_or(overall);
        let by_tokens = profile
            .output_tokens
            .zip(price)
            .map(|(output, price)| price.estimate_usd(knowledge.references().input_tokens, output));
        let each = by_tokens.or(profile.cost_usd).or(expected)?;
        cost += *count as f64 * each;
        quality += *count as f64 * profile.quality.mean;
        all += *count as f64;
    }
    Some(Savings {
        baseline: baseline.clone(),
        baseline_cost_usd: cost,
        saved_usd: cost - spent_usd,
        baseline_quality: (all > 0.0).then(|| quality / all),
    })
}

fn best_arms(knowledge: &Knowledge) -> HashMap<ClassId, (ArmId, f64)> {
    let mut best: HashMap<ClassId, (ArmId, f64)> = HashMap::new();
    for profile in knowledge.profiles() {
        let Some(class) = profile.class else { continue };
        let mean = profile.quality.mean;
        let known = best
            .entry(class)
            .or_insert_with(|| (profile.arm.clone(), mean));
        if mean > known.1 {
            *known = (profile.arm, mean);
        }
    }
    best
}

fn summary(stored: Stored) -> DecisionSummary {
    let quality = stored
        .standing_feedback()
        .iter()
        .rev()
        .find_map(|feedback| feedback.quality);
    let Stored {
        decision, outcome, ..
    } = stored;
    DecisionSummary {
        id: decision.id,
        arm: decision.ranking.chosen,
        class: decision.ranking.class,
        propensity: decision.ranking.propensity,
        explored: decision.ranking.explored,
        status: outcome.as_ref().map(|outcome| outcome.status),
        served_by: outcome
            .as_ref()
            .and_then(|outcome| outcome.served_by.clone()),
        cost_usd: outcome.as_ref().and_then(crate::domain::Outcome::cost_usd),
        latency_ms: outcome.as_ref().map(|outcome| outcome.latency_ms),
        quality,
        tenant: decision.tenant,
    }
}
