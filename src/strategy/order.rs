//! Puts eligible arms in order: a distribution over the first place, a draw from it, and the rest.
//!
//! Making the distribution and drawing from it are two functions, so that the propensity that is
//! stored is the one that was used.

use super::Strategy;
use crate::domain::{ArmId, Ranking};

/// An eligible arm with its live state.
#[derive(Clone, Debug, PartialEq)]
pub struct Live {
    /// The arm.
    pub arm: ArmId,
    /// Configured order; lower comes first.
    pub priority: u32,
    /// Configured share, at least 0.
    pub weight: f64,
    /// Estimated cost of this request in US dollars; `None` = not known.
    pub cost_usd: Option<f64>,
    /// The configured percentile of latency in the window, in milliseconds; `None` = no call in it.
    pub latency_ms: Option<f64>,
    /// Probability that a call fails, in [0, 1].
    pub failure_rate: f64,
    /// Requests in flight.
    pub in_flight: u32,
    /// Estimated quality in [0, 1].
    pub quality: f64,
    /// Score by the weights, before exploration.
    pub score: f64,
}

/// The arms in order, each with the probability that it came first.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    /// Chosen arm first, then what to try after it.
    pub arms: Vec<(ArmId, f64)>,
    /// The chosen arm is not the strategy's best.
    pub explored: bool,
}

/// Share of requests by which `latency` measures arms that have no measurement.
const PROBE_SHARE: f64 = 0.1;

/// Probability of each arm to be chosen, in the order given; sums to 1 unless there is no arm.
///
/// `round_robin` counts as even: over its counter each arm has the same share. `adaptive` is decided
/// elsewhere; here it counts as `balanced`, and so do `model` and `custom`, which choose among arms
/// before.
#[must_use]
pub fn distribution(strategy: Strategy, arms: &[Live]) -> Vec<f64> {
    if arms.is_empty() {
        return Vec::new();
    }
    match strategy {
        Strategy::RoundRobin | Strategy::Random => vec![1.0 / arms.len() as f64; arms.len()],
        Strategy::Weighted => shares(arms.iter().map(|a| a.weight.max(0.0)).collect()),
        Strategy::LeastConnections => least(arms, |a| f64::from(a.in_flight)),
        Strategy::Priority => first_of(arms, |a| f64::from(a.priority)),
        Strategy::Cost => first_of(arms, |a| a.cost_usd.unwrap_or(f64::INFINITY)),
        Strategy::Latency => latency(arms),
        Strategy::Quality => first_of(arms, |a| -a.quality),
        Strategy::Adaptive | Strategy::Balanced | Strategy::Model | Strategy::Custom => {
            first_of(arms, |a| -a.score)
        }
    }
}

/// Orders the arms. `seed` is the decision's own; `counter` counts the requests of `round_robin`.
#[must_use]
pub fn order(strategy: Strategy, arms: &[Live], seed: u64, counter: u64) -> Order {
    let probabilities = distribution(strategy, arms);
    let ranked = ranked(strategy, arms);
    let Some(best) = ranked.first().copied() else {
        return Order {
            arms: Vec::new(),
            explored: false,
        };
    };
    let mut state = seed;
    let mut places: Vec<usize> = match strategy {
        Strategy::RoundRobin => {
            let mut turn: Vec<usize> = (0..arms.len()).collect();
            turn.sort_by(|&a, &b| arms[a].arm.cmp(&arms[b].arm));
            turn.rotate_left((counter % arms.len() as u64) as usize);
            turn
        }
        Strategy::Random | Strategy::Weighted => drawn(&probabilities, &mut state),
        _ => ranked,
    };
    let mut explored = false;
    if matches!(strategy, Strategy::Latency | Strategy::LeastConnections) {
        let chosen = draw(&probabilities, &mut state);
        explored = strategy == Strategy::Latency && chosen != best;
        places.retain(|&place| place != chosen);
        places.insert(0, chosen);
    }
    Order {
        arms: places
            .into_iter()
            .map(|place| (arms[place].arm.clone(), probabilities[place]))
            .collect(),
        explored,
    }
}

/// The ranking with its arms in this order and with these propensities. Arms that the order does
/// not hold go away; an order of none leaves the ranking as it is.
#[must_use]
pub fn apply(mut ranking: Ranking, order: &Order) -> Ranking {
    let mut scores = Vec::with_capacity(order.arms.len());
    for (arm, propensity) in &order.arms {
        if let Some(at) = ranking.scores.iter().position(|score| score.arm == *arm) {
            let mut score = ranking.scores.swap_remove(at);
            score.propensity = *propensity;
            scores.push(score);
        }
    }
    if let Some(first) = scores.first() {
        ranking.chosen = first.arm.clone();
        ranking.propensity = first.propensity;
        ranking.explored = order.explored;
        ranking.scores = scores;
    }
    ranking
}

/// Places of the arms, best first by what the strategy compares.
fn ranked(strategy: Strategy, arms: &[Live]) -> Vec<usize> {
    let key = |a: &Live| match strategy {
        Strategy::Priority => f64::from(a.priority),
        Strategy::LeastConnections => f64::from(a.in_flight),
        Strategy::Cost => a.cost_usd.unwrap_or(f64::INFINITY),
        Strategy::Latency => expected_ms(a).unwrap_or(f64::INFINITY),
        Strategy::Quality => -a.quality,
        _ => -a.score,
    };
    let mut places: Vec<usize> = (0..arms.len()).collect();
    places.sort_by(|&a, &b| key(&arms[a]).total_cmp(&key(&arms[b])));
    places
}

/// All for the first of the arms with the lowest key.
fn first_of(arms: &[Live], key: impl Fn(&Live) -> f64) -> Vec<f64> {
    let mut all = vec![0.0; arms.len()];
    let best = (0..arms.len()).min_by(|&a, &b| key(&arms[a]).total_cmp(&key(&arms[b])));
    if let Some(best) = best {
        all[best] = 1.0;
    }
    all
}

/// Even among the arms with the lowest key.
fn least(arms: &[Live], key: impl Fn(&Live) -> f64) -> Vec<f64> {
    let lowest = arms.iter().map(&key).fold(f64::INFINITY, f64::min);
    shares(
        arms.iter()
            .map(|a| f64::from(u8::from(key(a) <= lowest)))
            .collect(),
    )
}

/// Time until an answer when failures are repeated: an arm that always fails is not fast.
fn expected_ms(arm: &Live) -> Option<f64> {
    let works = (1.0 - arm.failure_rate).max(0.001);
    arm.latency_ms.map(|ms| ms / works)
}

/// The fastest, but a tenth for those that were not measured lately; even where none was.
fn latency(arms: &[Live]) -> Vec<f64> {
    let unmeasured = arms.iter().filter(|a| a.latency_ms.is_none()).count();
    if unmeasured == arms.len() {
        return shares(vec![1.0; arms.len()]);
    }
    let probe = if unmeasured == 0 { 0.0 } else { PROBE_SHARE };
    let fastest = first_of(arms, |a| expected_ms(a).unwrap_or(f64::INFINITY));
    arms.iter()
        .zip(fastest)
        .map(|(arm, first)| match arm.latency_ms {
            Some(_) => first * (1.0 - probe),
            None => probe / unmeasured as f64,
        })
        .collect()
}

/// Scaled to a sum of 1; even where all are 0.
fn shares(weights: Vec<f64>) -> Vec<f64> {
    let sum: f64 = weights.iter().sum();
    if sum > 0.0 {
        weights.iter().map(|weight| weight / sum).collect()
    } else {
        vec![1.0 / weights.len() as f64; weights.len()]
    }
}

/// All places, drawn one after another without replacement; those of probability 0 last.
fn drawn(probabilities: &[f64], state: &mut u64) -> Vec<usize> {
    let mut left = probabilities.to_vec();
    let mut places: Vec<usize> = Vec::with_capacity(left.len());
    while left.iter().any(|p| *p > 0.0) {
        let place = draw(&shares(left.clone()), state);
        left[place] = 0.0;
        places.push(place);
    }
    places.extend((0..left.len()).filter(|place| probabilities[*place] == 0.0));
    places
}

/// A place by its probability.
fn draw(probabilities: &[f64], state: &mut u64) -> usize {
    let point = unit(state);
    let mut sum = 0.0;
    let mut last = 0;
    for (place, probability) in probabilities.iter().enumerate() {
        sum += probability;
        if *probability > 0.0 {
            last = place;
            if point < sum {
                return place;
            }
        }
    }
    last
}

/// A number in [0, 1) (S. Vigna's splitmix64).
fn unit(state: &mut u64) -> f64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
}
