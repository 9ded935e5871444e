//! Spend and savings: what the ledger counted, and what one arm for everything would have cost.

use super::{
    api::{EngineError, Savings, Statistics, StatisticsRange},
    core::Core,
};
use crate::{
    domain::{ArmId, ClassId, ProviderId},
    learn::{ArmClassProfile, Knowledge},
};
use std::collections::HashMap;

impl Core {
    pub(crate) fn statistics(&self, range: &StatisticsRange) -> Result<Statistics, EngineError> {
        let span = (
            range.from_ms.unwrap_or(0),
            range.to_ms.unwrap_or_else(|| self.clock.now_ms() + 1),
        );
        let knowledge = self.recorder.knowledge();
        let label = |class: ClassId| match knowledge.label(class) {
            None => class.to_string(),
            Some(label) => format!("{class} {label}"),
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
