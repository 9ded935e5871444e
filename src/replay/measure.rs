//! The measure: the area under the cost-quality frontier, over a fixed cost axis.

/// A router at one trade-off: mean cost (in units of the best single arm's) and mean quality.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Point {
    /// Mean cost.
    pub cost: f64,
    /// Mean quality.
    pub quality: f64,
}

/// The non-decreasing upper convex hull, by rising cost.
#[must_use]
pub fn hull(points: &[Point]) -> Vec<Point> {
    let mut sorted = points.to_vec();
    sorted.sort_by(|a, b| {
        a.cost
            .total_cmp(&b.cost)
            .then(b.quality.total_cmp(&a.quality))
    });
    let mut hull: Vec<Point> = Vec::new();
    for point in sorted {
        if hull
            .last()
            .is_some_and(|last| point.quality <= last.quality)
        {
            continue;
        }
        while let [.., a, b] = hull[..] {
            let straight = (b.quality - a.quality) * (point.cost - a.cost)
                - (point.quality - a.quality) * (b.cost - a.cost);
            if straight > 0.0 {
                break;
            }
            hull.pop();
        }
        hull.push(point);
    }
    hull
}

/// Quality of a hull at a cost; level beyond its ends.
#[must_use]
pub fn quality_at(hull: &[Point], cost: f64) -> f64 {
    let after = hull.partition_point(|p| p.cost <= cost);
    match (after.checked_sub(1).map(|i| hull[i]), hull.get(after)) {
        (None, None) => 0.0,
        (None, Some(first)) => first.quality,
        (Some(last), None) => last.quality,
        (Some(a), Some(b)) => {
            a.quality + (b.quality - a.quality) * (cost - a.cost) / (b.cost - a.cost)
        }
    }
}

/// The least cost at which a hull reaches a quality; `None` where it never does.
#[must_use]
pub fn cost_at(hull: &[Point], quality: f64) -> Option<f64> {
    // A mean of means may miss itself by a rounding.
    let at = hull.iter().position(|p| p.quality >= quality - 1e-9)?;
    let b = hull[at];
    let Some(a) = at.checked_sub(1).map(|i| hull[i]) else {
        return Some(b.cost);
    };
    let share = (quality - a.quality) / (b.quality - a.quality);
    Some(a.cost + (b.cost - a.cost) * share.min(1.0))
}

/// Area under the hull of some points over `axis` (from, to), divided by its length. A point at the
/// start of the axis is taken as given: every router may always take the cheapest arm (`floor`).
#[must_use]
pub fn aiq(points: &[Point], axis: (f64, f64), floor: Point) -> f64 {
    let mut all = points.to_vec();
    all.push(floor);
    let hull = hull(&all);
    let (from, to) = axis;
    if to - from < 1e-12 {
        return quality_at(&hull, to);
    }
    let mut corners: Vec<f64> = hull
        .iter()
        .map(|p| p.cost)
        .filter(|c| *c > from && *c < to)
        .collect();
    corners.insert(0, from);
    corners.push(to);
    let area: f64 = corners
        .windows(2)
        .map(|w| 0.5 * (w[1] - w[0]) * (quality_at(&hull, w[0]) + quality_at(&hull, w[1])))
        .sum();
    area / (to - from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(text: &str) -> Vec<Point> {
        let number = |t: &str| t.parse().unwrap();
        let pair = |p: &str| {
            p.split_once(',').map(|(c, q)| Point {
                cost: number(c),
                quality: number(q),
            })
        };
        text.split_whitespace().filter_map(pair).collect()
    }

    #[test]
    fn hulls_and_areas() {
        for (given, expected, area) in [
            ("0,0 1,1", "0,0 1,1", 0.5),
            ("0,0 0.5,0.2 1,1", "0,0 1,1", 0.5),
            ("0,0 0.5,0.8 1,1", "0,0 0.5,0.8 1,1", 0.65),
            ("0,0.5 0.7,0.4 1,0.5", "0,0.5", 0.5),
            ("2,0.9 0,0.5", "0,0.5 2,0.9", 0.6),
        ] {
            assert_eq!(hull(&points(given)), points(expected), "{given}");
            let aiq = aiq(
                &points(given),
                (0.0, 1.0),
                Point {
                    cost: 0.0,
                    quality: 0.0,
                },
            );
            assert!((aiq - area).abs() < 1e-9, "{given}: {aiq}");
        }
        let line = points("0,0 1,1");
        assert_eq!(cost_at(&line, 0.25), Some(0.25));
        assert_eq!(cost_at(&line, 1.5), None);
    }
}
