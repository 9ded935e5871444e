//! Parts of a stream that are measured apart, and what could have been had in each.

use super::field::Trace;
use super::measure::{Point, aiq};
use super::regime::Stream;
use super::world::World;
use std::ops::Range;

/// A part of the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// The second half.
    SecondHalf,
    /// All of it.
    Whole,
    /// The first 300 requests.
    First300,
    /// Requests 300 to 1000.
    To1000,
}

/// All windows, in the order of the results.
pub const WINDOWS: [Window; 4] = [
    Window::SecondHalf,
    Window::Whole,
    Window::First300,
    Window::To1000,
];

impl Window {
    /// Its steps in a stream of `n`; never empty.
    #[must_use]
    pub fn range(self, n: usize) -> Range<usize> {
        match self {
            Self::SecondHalf => n / 2..n,
            Self::Whole => 0..n,
            Self::First300 => 0..n.min(300),
            Self::To1000 => n.saturating_sub(1).min(300)..n.min(1000),
        }
    }
}

/// Units and axis of a window: costs are in units of the best single arm's mean cost.
#[derive(Clone, Debug)]
pub struct Scale {
    /// Mean cost of the best single arm in US dollars.
    pub unit: f64,
    /// From the cheapest arm's mean cost to the best single arm's.
    pub axis: (f64, f64),
    /// The cheapest arm.
    pub floor: Point,
    /// All single arms.
    pub singles: Vec<Point>,
    /// Quality of the best single arm.
    pub best: f64,
}

impl Scale {
    /// Cost that lambda is per unit of: the best single arm's mean over the whole dataset.
    #[must_use]
    pub fn unit_usd(world: &World) -> f64 {
        let all: Vec<usize> = (0..world.prompts.len()).collect();
        let means = (0..world.arms.len()).map(|a| world.means(a, &all));
        means
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .map_or(1.0, |m| m.1.max(1e-12))
    }

    fn new(world: &World, stream: &Stream, range: &Range<usize>) -> Self {
        let n = range.len().max(1) as f64;
        let mean = |a: usize| {
            range.clone().fold((0.0, 0.0), |(q, c), step| {
                let quality = stream.quality(world, step, a);
                (q + quality / n, c + world.cost(stream.order[step], a) / n)
            })
        };
        let means: Vec<(f64, f64)> = (0..world.arms.len()).map(mean).collect();
        let best = means
            .iter()
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .copied()
            .unwrap_or_default();
        let unit = best.1.max(1e-12);
        let singles: Vec<Point> = means
            .iter()
            .map(|m| Point {
                cost: m.1 / unit,
                quality: m.0,
            })
            .collect();
        let cheapest = singles.iter().min_by(|a, b| a.cost.total_cmp(&b.cost));
        let floor = cheapest.copied().unwrap_or(Point {
            cost: 0.0,
            quality: 0.0,
        });
        Self {
            unit,
            axis: (floor.cost, 1.0),
            floor,
            singles,
            best: best.0,
        }
    }

    /// A router's point.
    #[must_use]
    pub fn point(&self, trace: &Trace, range: Range<usize>) -> Point {
        let n = range.len().max(1) as f64;
        Point {
            cost: trace.cost[range.clone()].iter().sum::<f64>() / n / self.unit,
            quality: trace.quality[range]
                .iter()
                .map(|q| f64::from(*q))
                .sum::<f64>()
                / n,
        }
    }

    /// Area under these points.
    #[must_use]
    pub fn aiq(&self, points: &[Point]) -> f64 {
        aiq(points, self.axis, self.floor)
    }
}

/// What could have been had in a window.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub scale: Scale,
    pub hull: f64,
    pub offline: f64,
    pub tasks: f64,
    pub oracle: f64,
}

/// Prices of a unit of cost that the anchors are swept over; they cost nothing to play.
const SWEEP: [f64; 20] = [
    0.0, 0.005, 0.01, 0.02, 0.03, 0.045, 0.06, 0.08, 0.1, 0.13, 0.16, 0.22, 0.3, 0.45, 0.6, 1.0,
    1.5, 3.0, 5.0, 10.0,
];

impl Seen {
    pub fn new(world: &World, stream: &Stream, offline: &[f64], range: Range<usize>) -> Self {
        let scale = Scale::new(world, stream, &range);
        let arms = world.arms.len();
        let truth = |step: usize, a: usize| stream.quality(world, step, a);
        let halves = |step: usize, a: usize| {
            let halved = stream
                .halved
                .is_some_and(|(from, to)| (from..to).contains(&step));
            if halved && a == stream.newcomer {
                0.5
            } else {
                1.0
            }
        };
        let tasks = task_means(world);
        let predicted =
            |step: usize, a: usize| halves(step, a) * offline[stream.order[step] * arms + a];
        let by_task = |step: usize, a: usize| {
            halves(step, a) * tasks[world.prompts[stream.order[step]].task * arms + a]
        };
        let area = |value: &dyn Fn(usize, usize) -> f64| {
            let points: Vec<Point> = SWEEP
                .iter()
                .map(|l| sweep(world, stream, &scale, &range, *l, value))
                .collect();
            scale.aiq(&points)
        };
        Self {
            hull: scale.aiq(&scale.singles),
            offline: area(&predicted),
            tasks: area(&by_task),
            oracle: area(&truth),
            scale,
        }
    }
}

fn task_means(world: &World) -> Vec<f64> {
    let (arms, tasks) = (world.arms.len(), world.prompts.iter().map(|p| p.task).max());
    let mut sums = vec![(0.0, 0.0); (tasks.unwrap_or(0) + 1) * arms];
    for (i, prompt) in world.prompts.iter().enumerate() {
        for a in 0..arms {
            let sum = &mut sums[prompt.task * arms + a];
            *sum = (sum.0 + 1.0, sum.1 + world.answer(i, a).quality);
        }
    }
    sums.iter()
        .map(|(n, s)| if *n > 0.0 { s / n } else { 0.0 })
        .collect()
}

/// The point of choosing the arm with the highest `value - lambda * mean cost` for each prompt.
fn sweep(
    world: &World,
    stream: &Stream,
    scale: &Scale,
    range: &Range<usize>,
    lambda: f64,
    value: &dyn Fn(usize, usize) -> f64,
) -> Point {
    let n = range.len().max(1) as f64;
    let mut point = Point {
        cost: 0.0,
        quality: 0.0,
    };
    for step in range.clone() {
        let score = |a: usize| value(step, a) - lambda * scale.singles[a].cost;
        let mut best = 0;
        for a in 1..world.arms.len() {
            if score(a) > score(best) {
                best = a;
            }
        }
        point.quality += stream.quality(world, step, best) / n;
        point.cost += world.cost(stream.order[step], best) / n / scale.unit;
    }
    point
}
