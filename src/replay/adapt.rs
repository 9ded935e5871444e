//! How the product takes change: a silent halving, a recovery, a newcomer, feedback that is scarce.

use super::field::Trace;
use super::measure::Point;
use super::pass::SeedResult;
use super::regime::Stream;
use super::report::{bootstrap, mean};
use super::windows::{SECOND_HALF, WHOLE};
use super::world::World;
use serde::Serialize;
use std::ops::Range;

/// Requests over which an arm's share is taken.
const SHARE_OVER: usize = 50;
/// Requests after a halving within which the quality is to be back.
const SETTLED_AFTER: usize = 150;

/// What one pass showed, where cost is no object.
#[derive(Clone, Debug)]
pub(super) struct Adapted {
    /// Quality got and that of the best arm left, summed: in the first 150 requests after the
    /// halving, and from then on until the recovery.
    shares: Option<[(f64, f64); 2]>,
    /// Requests until the arm that joined or recovered is in use; `None` where it never was.
    in_use: Option<Option<usize>>,
    /// The product's points by window with every request judged (where the regime judges few).
    fully_judged: Option<Vec<Vec<Point>>>,
}

/// Figures of the regimes with a change; means over seeds.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Adaptation {
    /// Quality in the first 150 requests after the halving, over that of the best arm left.
    pub drift_share_first_150: Option<f64>,
    /// Quality over that of the best arm left, from 150 requests after the halving on.
    pub drift_share_after_150: Option<f64>,
    /// Requests after which the recovered or new arm is in use: over 50 requests it had half of the
    /// share that the offline blend gives it. Mean over the passes in which it was.
    pub in_use_after: Option<f64>,
    /// The worst pass; `None` where it was never used again in some pass.
    pub in_use_after_worst: Option<f64>,
    /// Passes in which it was never in use.
    pub never_in_use: Option<usize>,
    /// Points of quality (area, second half) that scarce feedback costs.
    pub sparse_costs_second_half: Option<f64>,
    /// Its 95 % interval (paired).
    pub sparse_costs_second_half_interval: Option<(f64, f64)>,
    /// The same over the whole stream.
    pub sparse_costs_whole: Option<f64>,
    /// Its 95 % interval (paired).
    pub sparse_costs_whole_interval: Option<(f64, f64)>,
}

impl Adapted {
    pub fn new(
        world: &World,
        stream: &Stream,
        own: &[Trace],
        blend: &Trace,
        fully_judged: Option<Vec<Vec<Point>>>,
    ) -> Self {
        let free = own.first();
        let shares = stream.halved.zip(free).map(|((from, to), trace)| {
            let settled = (from + SETTLED_AFTER).min(to);
            [from..settled, settled..to].map(|range| quality(world, stream, trace, range))
        });
        let returns = stream.joins_at.or(stream.halved.map(|(_, to)| to));
        let in_use = returns.zip(free).map(|(from, trace)| {
            let arm = stream.newcomer as u16;
            first_used(&trace.arms[from..], &blend.arms[from..], arm)
        });
        Self {
            shares,
            in_use,
            fully_judged,
        }
    }
}

/// Quality got, and that of the arm that is best on average while the best one is halved.
fn quality(world: &World, stream: &Stream, trace: &Trace, range: Range<usize>) -> (f64, f64) {
    let all: Vec<usize> = (0..world.prompts.len()).collect();
    let expected = |a: usize| stream.factor(range.start, a) * world.means(a, &all).0;
    let best = (0..world.arms.len())
        .max_by(|a, b| expected(*a).total_cmp(&expected(*b)))
        .unwrap_or(0);
    let got = trace.quality[range.clone()].iter().map(|q| f64::from(*q));
    let had = range.map(|step| stream.quality(world, step, best));
    (got.sum(), had.sum())
}

/// Requests until, over 50 in a row, the arm had half of the share that the blend gives it.
fn first_used(arms: &[u16], blend: &[u16], arm: u16) -> Option<usize> {
    let share =
        |arms: &[u16]| arms.iter().filter(|a| **a == arm).count() as f64 / arms.len().max(1) as f64;
    // A blend that never takes the arm says nothing: then one request in ten will do.
    let wanted = (0.5 * share(blend)).max(0.05);
    let found = arms
        .windows(SHARE_OVER)
        .position(|window| share(window) >= wanted);
    found.map(|at| at + SHARE_OVER)
}

impl Adaptation {
    pub(super) fn gather(results: &[SeedResult]) -> Self {
        let mut adaptation = Self::default();
        adaptation.shares(results);
        adaptation.used(results);
        adaptation.sparse(results);
        adaptation
    }

    fn shares(&mut self, results: &[SeedResult]) {
        let share = |part: usize| {
            let (mut got, mut had) = (0.0, 0.0);
            for result in results {
                let parts = result.adapted.shares?;
                got += parts[part].0;
                had += parts[part].1;
            }
            (had > 0.0).then(|| got / had)
        };
        self.drift_share_first_150 = share(0);
        self.drift_share_after_150 = share(1);
    }

    fn used(&mut self, results: &[SeedResult]) {
        let all: Option<Vec<Option<usize>>> = results.iter().map(|r| r.adapted.in_use).collect();
        let Some(all) = all.filter(|all| !all.is_empty()) else {
            return;
        };
        let used: Vec<f64> = all.iter().flatten().map(|n| *n as f64).collect();
        self.never_in_use = Some(all.len() - used.len());
        self.in_use_after = (!used.is_empty()).then(|| mean(used.iter().copied()));
        if used.len() == all.len() {
            self.in_use_after_worst = used.iter().copied().reduce(f64::max);
        }
    }

    fn sparse(&mut self, results: &[SeedResult]) {
        let cost = |window: usize| -> Option<Vec<f64>> {
            let one = |r: &SeedResult| {
                let full = r.adapted.fully_judged.as_ref()?;
                let full = r.scales[window].aiq(&full[window]);
                Some(100.0 * (full - r.aiq(0, window)))
            };
            let costs: Option<Vec<f64>> = results.iter().map(one).collect();
            costs.filter(|costs| !costs.is_empty())
        };
        if let Some(costs) = cost(SECOND_HALF) {
            self.sparse_costs_second_half = Some(mean(costs.iter().copied()));
            self.sparse_costs_second_half_interval = Some(bootstrap(&costs));
        }
        if let Some(costs) = cost(WHOLE) {
            self.sparse_costs_whole = Some(mean(costs.iter().copied()));
            self.sparse_costs_whole_interval = Some(bootstrap(&costs));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arm_is_in_use_once_it_has_half_of_the_blends_share() {
        let blend = [1u16; 100];
        let arms: Vec<u16> = (0..200).map(|i| u16::from(i >= 60 && i % 3 < 2)).collect();
        let after = first_used(&arms, &blend, 1);
        // From 60 on two thirds are its: 25 of 50 are reached 37 requests later.
        assert_eq!(after, Some(97));
        assert_eq!(first_used(&[0; 200], &blend, 1), None);
    }
}
