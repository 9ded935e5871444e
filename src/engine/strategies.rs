//! Configured tables and strategies, put in force on one request: pins, routes and rules say which
//! arms it may go to; a strategy that does not learn puts them in order.

use super::{
    api::{EngineError, RouteRequest},
    core::Core,
    prepare::{self, Prepared},
};
use crate::{
    config::Config,
    domain::{ArmId, ClassId, Context, Exclusion, Ranking},
    learn::Knowledge,
    strategy::{self, Live, Order, Selection, Signals, Strategy},
};

/// Asks the tables and takes their answer into the request: fewer arms, another policy.
///
/// # Errors
/// No arm is left, or a rule names a policy that is not there.
pub(crate) fn select(
    core: &Core,
    prepared: &mut Prepared,
    request: &RouteRequest,
    (knowledge, context): (&Knowledge, Option<&Context>),
    stream: bool,
) -> Result<Selection, EngineError> {
    let tables = &core.tables;
    let by_class = !tables.class_pins.is_empty() || !tables.category_overrides.is_empty();
    let asked = by_class || matches!(prepared.strategy, Strategy::Model | Strategy::Custom);
    if !asked {
        return Ok(Selection {
            only: None,
            strategy: Some(prepared.strategy),
            first: Vec::new(),
            policy: None,
            because: String::new(),
        });
    }
    let class = context.and_then(|context| knowledge.classify(context));
    let class = class.map_or_else(String::new, |class| label(knowledge, class.class));
    let signals = Signals::of(&request.chat, &request.routing, &class, stream);
    let selection = strategy::select(tables, prepared.strategy, &signals);
    if let Some(only) = &selection.only {
        restrict(&core.config, prepared, only, &selection.because)?;
    }
    if let (Some(policy), None) = (&selection.policy, &request.routing.policy) {
        prepare::take_policy(&core.config, prepared, policy, &request.routing)?;
    }
    prepared.strategy = selection.strategy.unwrap_or(prepared.strategy);
    Ok(selection)
}

/// The class's label, or `c` and its number.
fn label(knowledge: &Knowledge, class: ClassId) -> String {
    let label = knowledge.label(class);
    label.map_or_else(|| class.to_string(), str::to_owned)
}

fn restrict(
    config: &Config,
    prepared: &mut Prepared,
    only: &[ArmId],
    because: &str,
) -> Result<(), EngineError> {
    let named = |position: &usize| {
        config
            .arms
            .get(*position)
            .is_some_and(|spec| only.contains(&spec.arm.id))
    };
    let (kept, out): (Vec<usize>, Vec<usize>) =
        prepared.arms.iter().partition(|position| named(position));
    prepared
        .excluded
        .extend(out.into_iter().filter_map(|position| {
            let arm = config.arms.get(position)?.arm.id.clone();
            Some(Exclusion {
                arm,
                reason: format!("not among the arms of {because}"),
            })
        }));
    if kept.is_empty() {
        return Err(EngineError::NoEligibleArm {
            exclusions: prepared.excluded.clone(),
        });
    }
    prepared.arms = kept;
    Ok(())
}

impl Core {
    /// Arms in the order of the selection, where something else than learning orders them.
    pub(crate) fn order(
        &self,
        selection: &Selection,
        ranking: &Ranking,
        seed: u64,
    ) -> Option<Order> {
        let mut order = match selection.strategy {
            Some(Strategy::Adaptive | Strategy::Quality | Strategy::Balanced) => None,
            Some(other) => {
                let counter = match other {
                    Strategy::RoundRobin => self
                        .turns
                        .fetch_add(1, std::sync::atomic::Ordering::Relaxed),
                    _ => 0,
                };
                Some(strategy::order(other, &self.live(ranking), seed, counter))
            }
            None => Some(as_listed(
                selection.only.as_deref().unwrap_or_default(),
                ranking,
            )),
        };
        if !selection.first.is_empty() {
            let known = order.map_or_else(
                || {
                    ranking
                        .scores
                        .iter()
                        .map(|score| score.arm.clone())
                        .collect()
                },
                |order| {
                    order
                        .arms
                        .into_iter()
                        .map(|(arm, _)| arm)
                        .collect::<Vec<_>>()
                },
            );
            let all: Vec<ArmId> = selection.first.iter().chain(&known).cloned().collect();
            order = Some(as_listed(&all, ranking));
        }
        order.filter(|order| !order.arms.is_empty())
    }

    fn live(&self, ranking: &Ranking) -> Vec<Live> {
        let snapshots = self.dispatcher.registry().snapshot();
        let percentile = self.config.routing.latency.percentile / 100.0;
        let live = ranking.scores.iter().map(|score| {
            let spec = self.config.arm(&score.arm);
            let own = || snapshots.iter().filter(|one| one.arm == score.arm);
            Live {
                arm: score.arm.clone(),
                priority: spec.map_or(u32::MAX, |spec| spec.priority),
                weight: spec.map_or(1.0, |spec| spec.weight),
                cost_usd: score.cost_usd.map(|cost| cost.mean),
                latency_ms: own()
                    .filter_map(|one| one.statistics.latency_ms(percentile))
                    .reduce(f64::min),
                failure_rate: score.failure_rate,
                in_flight: own().map(|one| one.in_flight).sum(),
                quality: score.quality.mean,
                score: score.score,
            }
        });
        let mut live: Vec<Live> = live.collect();
        // Ties go by the order of the configuration, not by what was learned.
        let place = |arm: &ArmId| self.config.arms.iter().position(|spec| spec.arm.id == *arm);
        live.sort_by_key(|one| place(&one.arm));
        live
    }
}

/// The eligible arms in the order of a list, the first of them for certain.
fn as_listed(list: &[ArmId], ranking: &Ranking) -> Order {
    let mut arms: Vec<(ArmId, f64)> = Vec::new();
    for arm in list {
        let eligible = ranking.scores.iter().any(|score| score.arm == *arm);
        if eligible && arms.iter().all(|(known, _)| known != arm) {
            arms.push((arm.clone(), if arms.is_empty() { 1.0 } else { 0.0 }));
        }
    }
    Order {
        arms,
        explored: false,
    }
}
