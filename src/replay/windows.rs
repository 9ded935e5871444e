//! Parts of a stream that are measured apart, and the units and axis of each.

use super::field::Trace;
use super::measure::{Point, aiq, hull, quality_at};
use super::regime::Stream;
use super::world::World;
use std::ops::Range;

/// Segments of the learning curve at most.
const SEGMENTS: usize = 12;
/// Requests of a stretch; the first stretch is not counted.
const STRETCH: usize = 500;

/// Position of the second half among all windows.
pub const SECOND_HALF: usize = 0;
/// Position of the whole stream.
pub const WHOLE: usize = 1;
/// Position of the first 300 requests.
pub const FIRST_300: usize = 2;
/// Position of requests 300 to 1000.
pub const TO_1000: usize = 3;

/// All windows of a stream: the four named ones, then segments, then stretches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Windows {
    /// Steps of each window; never empty.
    pub ranges: Vec<Range<usize>>,
    /// Positions of the segments of the learning curve.
    pub segments: Range<usize>,
    /// Positions of the stretches of 500 requests after the first 500.
    pub stretches: Range<usize>,
}

impl Windows {
    /// The windows of a stream of `n` requests.
    #[must_use]
    pub fn new(n: usize) -> Self {
        let mut ranges = vec![
            n / 2..n,
            0..n,
            0..n.min(300),
            n.saturating_sub(1).min(300)..n.min(1000),
        ];
        let segments = ranges.len()..ranges.len() + SEGMENTS.min(n / 10).max(1);
        let parts = segments.len();
        ranges.extend((0..parts).map(|i| i * n / parts..(i + 1) * n / parts));
        let stretches = (1..n / STRETCH).map(|i| i * STRETCH..(i + 1) * STRETCH);
        ranges.extend(stretches);
        let stretches = segments.end..ranges.len();
        Self {
            ranges,
            segments,
            stretches,
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
    /// All single arms. For an arm that has not joined yet the best of the others stands in.
    pub singles: Vec<Point>,
    /// Their hull: what the zero router reaches.
    pub hull: Vec<Point>,
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

    /// The scale of some steps of a stream.
    #[must_use]
    pub fn new(world: &World, stream: &Stream, range: &Range<usize>) -> Self {
        let means = single_means(world, stream, range);
        let best = means.iter().max_by(|a, b| a.0.total_cmp(&b.0));
        let best = best.copied().unwrap_or_default();
        let unit = best.1.max(1e-12);
        let point = |m: &(f64, f64)| Point {
            cost: m.1 / unit,
            quality: m.0,
        };
        let singles: Vec<Point> = means.iter().map(point).collect();
        let cheapest = singles.iter().min_by(|a, b| a.cost.total_cmp(&b.cost));
        let floor = cheapest.copied().unwrap_or(Point {
            cost: 0.0,
            quality: 0.0,
        });
        Self {
            unit,
            axis: (floor.cost, 1.0),
            floor,
            hull: hull(&singles),
            singles,
            best: best.0,
        }
    }

    /// A router's point.
    #[must_use]
    pub fn point(&self, trace: &Trace, range: &Range<usize>) -> Point {
        let n = range.len().max(1) as f64;
        let quality = trace.quality[range.clone()].iter();
        Point {
            cost: trace.cost[range.clone()].iter().sum::<f64>() / n / self.unit,
            quality: quality.map(|q| f64::from(*q)).sum::<f64>() / n,
        }
    }

    /// Area under these points.
    #[must_use]
    pub fn aiq(&self, points: &[Point]) -> f64 {
        aiq(points, self.axis, self.floor)
    }

    /// Quality of a point over what the zero router has at its cost.
    #[must_use]
    pub fn above(&self, point: &Point) -> f64 {
        point.quality - quality_at(&self.hull, point.cost)
    }
}

/// Mean quality and cost in US dollars of each arm over some steps.
fn single_means(world: &World, stream: &Stream, range: &Range<usize>) -> Vec<(f64, f64)> {
    let n = range.len().max(1) as f64;
    let stand_in = stream.stand_in(world);
    let mean = |a: usize| {
        range.clone().fold((0.0, 0.0), |(q, c), step| {
            let a = if stream.closed(step) == Some(a) {
                stand_in
            } else {
                a
            };
            let quality = stream.quality(world, step, a);
            (q + quality / n, c + world.cost(stream.order[step], a) / n)
        })
    };
    (0..world.arms.len()).map(mean).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_of_short_and_long_streams_are_never_empty() {
        for n in [20, 99, 300, 301, 999, 1000, 1001, 5989] {
            let windows = Windows::new(n);
            assert!(windows.ranges.iter().all(|r| !r.is_empty() && r.end <= n));
            assert_eq!(windows.ranges[windows.segments.end - 1].end, n);
            assert_eq!(windows.stretches.len(), (n / 500).saturating_sub(1));
        }
    }
}
