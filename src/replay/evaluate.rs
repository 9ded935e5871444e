//! What would another policy have had? Estimated from a log of decisions with their propensities:
//! inverse propensity (self-normalised) and doubly robust (Dudik et al. 2011), with intervals and the
//! effective sample size. Where the log cannot tell, it says so instead of giving a number.

use crate::domain::{ArmId, ArmScore, Ranking, Weights};
use crate::learn;
use std::collections::BTreeMap;

/// One logged decision and what came of it.
#[derive(Clone, Debug)]
pub struct Logged {
    /// The decision's ranking, as stored.
    pub ranking: Ranking,
    /// Quality of the chosen arm's answer; `None` where nobody judged (left out).
    pub quality: Option<f64>,
    /// Its cost in US dollars.
    pub cost_usd: Option<f64>,
}

/// A policy to evaluate: the best arm under other weights, among arms that are not denied.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// The trade-off.
    pub weights: Weights,
    /// Only these arms; empty = all.
    pub allow: Vec<ArmId>,
    /// Not these arms.
    pub deny: Vec<ArmId>,
    /// What the weights are relative to.
    pub references: learn::References,
}

/// Gathers from a log what weights were relative to, which is not stored: as
/// [`learn::References`], quadratic means over arms of what a typical call was expected to cost and
/// to take.
#[derive(Clone, Debug, Default)]
pub struct References {
    cost_usd: BTreeMap<ArmId, (f64, f64)>,
    latency_ms: BTreeMap<ArmId, (f64, f64)>,
}

impl References {
    /// Takes a decision in.
    pub fn take(&mut self, ranking: &Ranking) {
        for score in &ranking.scores {
            let columns = [
                (&mut self.cost_usd, score.cost_usd),
                (&mut self.latency_ms, score.latency_ms),
            ];
            for (column, value) in columns {
                if let Some(value) = value.filter(|value| value.mean.is_finite()) {
                    let sum = column.entry(score.arm.clone()).or_default();
                    *sum = (sum.0 + 1.0, sum.1 + value.mean);
                }
            }
        }
    }

    /// The references of what was taken in.
    #[must_use]
    pub fn usual(&self) -> learn::References {
        let quadratic = |column: &BTreeMap<ArmId, (f64, f64)>, usual: f64| {
            let squares = column.values().map(|(n, sum)| (sum / n).powi(2));
            let mean = (squares.sum::<f64>() / column.len().max(1) as f64).sqrt();
            if mean > 0.0 { mean } else { usual }
        };
        learn::References {
            cost_usd: quadratic(&self.cost_usd, 0.001),
            latency_ms: quadratic(&self.latency_ms, 2000.0),
            input_tokens: learn::TYPICAL_INPUT_TOKENS,
        }
    }
}

/// An estimate of a mean with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Value {
    /// The estimate.
    pub mean: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// What the log says of a policy.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Evaluation {
    /// Judged decisions used.
    pub decisions: usize,
    /// Decisions that weigh as much as all of them together.
    pub effective: f64,
    /// Mean quality by self-normalised inverse propensity.
    pub quality_ips: Value,
    /// Mean quality, doubly robust.
    pub quality_dr: Value,
    /// Mean cost in US dollars, doubly robust; `None` where costs are not known.
    pub cost_dr_usd: Option<Value>,
    /// Mean quality of what was logged.
    pub quality_logged: Value,
    /// Mean cost in US dollars of what was logged, where it is known of every decision.
    pub cost_logged_usd: Option<Value>,
    /// Share of decisions in which the policy's arm had no chance in the log.
    pub uncovered: f64,
}

/// Why the log cannot tell.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// Too few judged decisions.
    #[error("{found} judged decisions in the log: at least {LEAST} are needed")]
    TooFew {
        /// How many there are.
        found: usize,
    },
    /// The policy chooses what was never tried.
    #[error(
        "in {percent:.0} % of decisions the policy chooses an arm that had no chance in the log: \
         let the router explore (routing.explore), or deny those arms in the policy"
    )]
    Uncovered {
        /// Percent of decisions.
        percent: f64,
    },
    /// The policy is too unlike what was logged.
    #[error(
        "the log is worth only {effective:.0} decisions for this policy (of {decisions}): at least \
         {LEAST} are needed"
    )]
    TooUnlike {
        /// Effective sample size.
        effective: f64,
        /// Judged decisions.
        decisions: usize,
    },
}

/// Decisions needed at least, counted and effective.
pub const LEAST: usize = 30;
/// Share of decisions without a chance in the log that is let pass.
const MOST_UNCOVERED: f64 = 0.2;
/// Importance weights at most.
const MOST_WEIGHT: f64 = 50.0;

impl Policy {
    /// The arm it chooses; `None` where none is left.
    fn choose<'a>(&self, ranking: &'a Ranking) -> Option<&'a ArmScore> {
        let open = |score: &&ArmScore| {
            !self.deny.contains(&score.arm)
                && (self.allow.is_empty() || self.allow.contains(&score.arm))
        };
        let value = |score: &ArmScore| {
            let (r, w) = (&self.references, &self.weights);
            let cost = score.cost_usd.map_or(1.0, |c| c.mean / r.cost_usd);
            let latency = score.latency_ms.map_or(1.0, |l| l.mean / r.latency_ms);
            w.quality * score.quality.mean * (1.0 - score.failure_rate)
                - w.cost * cost
                - w.latency * latency
        };
        let open = ranking.scores.iter().filter(open);
        open.max_by(|a, b| {
            value(a)
                .total_cmp(&value(b))
                .then_with(|| b.arm.cmp(&a.arm))
        })
    }
}

/// An evaluation of a policy; give it the log decision by decision.
#[must_use]
pub fn evaluate(policy: &Policy) -> Estimating<'_> {
    Estimating {
        policy,
        sums: Sums::default(),
    }
}

/// An evaluation under way. Holds a few numbers a decision.
pub struct Estimating<'a> {
    policy: &'a Policy,
    sums: Sums,
}

impl Estimating<'_> {
    /// Takes a decision in; one that nobody judged is passed over.
    pub fn take(&mut self, logged: &Logged) {
        self.sums.take(logged, self.policy);
    }

    /// The estimates.
    ///
    /// # Errors
    /// Where the log cannot tell, with the reason.
    pub fn finish(self) -> Result<Evaluation, Refusal> {
        self.sums.evaluation()
    }
}

#[derive(Default)]
struct Sums {
    weights: Vec<f64>,
    qualities: Vec<f64>,
    robust: Vec<f64>,
    costs: Vec<Option<f64>>,
    logged_costs: Vec<Option<f64>>,
    uncovered: usize,
}

impl Sums {
    fn take(&mut self, logged: &Logged, policy: &Policy) {
        let Some(quality) = logged.quality.filter(|q| q.is_finite()) else {
            return;
        };
        let Some(wanted) = policy.choose(&logged.ranking) else {
            return;
        };
        let chosen = &logged.ranking.chosen;
        let matched = wanted.arm == *chosen;
        self.uncovered += usize::from(wanted.propensity <= 0.0 && !matched);
        let weight = if matched && logged.ranking.propensity > 0.0 {
            (1.0 / logged.ranking.propensity).min(MOST_WEIGHT)
        } else {
            0.0
        };
        let quality = quality.clamp(0.0, 1.0);
        let model = wanted.quality.mean;
        self.weights.push(weight);
        self.qualities.push(quality);
        self.robust.push(model + weight * (quality - model));
        let cost = |seen: f64| {
            let model = wanted.cost_usd?.mean;
            Some(model + weight * (seen - model))
        };
        self.logged_costs.push(logged.cost_usd);
        self.costs
            .push(match logged.cost_usd.filter(|c| c.is_finite()) {
                Some(seen) => cost(seen),
                None => wanted.cost_usd.map(|c| c.mean),
            });
    }

    fn evaluation(self) -> Result<Evaluation, Refusal> {
        let decisions = self.weights.len();
        if decisions < LEAST {
            return Err(Refusal::TooFew { found: decisions });
        }
        let uncovered = self.uncovered as f64 / decisions as f64;
        if uncovered > MOST_UNCOVERED {
            return Err(Refusal::Uncovered {
                percent: 100.0 * uncovered,
            });
        }
        let total: f64 = self.weights.iter().sum();
        let squares: f64 = self.weights.iter().map(|w| w * w).sum();
        let effective = if squares > 0.0 {
            total * total / squares
        } else {
            0.0
        };
        if effective < LEAST as f64 {
            return Err(Refusal::TooUnlike {
                effective,
                decisions,
            });
        }
        let costs: Option<Vec<f64>> = self.costs.into_iter().collect();
        let logged: Option<Vec<f64>> = self.logged_costs.into_iter().collect();
        Ok(Evaluation {
            decisions,
            effective,
            quality_ips: self_normalised(&self.weights, &self.qualities, total),
            quality_dr: value(&self.robust),
            cost_dr_usd: costs.map(|costs| value(&costs)),
            quality_logged: value(&self.qualities),
            cost_logged_usd: logged.map(|costs| value(&costs)),
            uncovered,
        })
    }
}

fn value(values: &[f64]) -> Value {
    let n = values.len().max(2) as f64;
    let mean = values.iter().sum::<f64>() / n;
    let var = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0);
    around(mean, (var / n).sqrt())
}

fn self_normalised(weights: &[f64], values: &[f64], total: f64) -> Value {
    let pairs = || weights.iter().zip(values);
    let mean = pairs().map(|(w, v)| w * v).sum::<f64>() / total;
    let var = pairs().map(|(w, v)| (w * (v - mean)).powi(2)).sum::<f64>() / (total * total);
    around(mean, var.sqrt())
}

fn around(mean: f64, error: f64) -> Value {
    Value {
        mean,
        low: mean - 1.96 * error,
        high: mean + 1.96 * error,
    }
}

#[cfg(test)]
mod tests;
