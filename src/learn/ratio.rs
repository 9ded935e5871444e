//! Means of costs, tokens and latencies by class and arm: `arm x class x particular`, each factor
//! shrunk to 1. Factors, because such quantities differ by multiples; sums rather than logarithms,
//! because what is paid is the mean.

use super::cell::Sum;

/// Observations that a factor of 1 is worth: of a class, and of one arm in one class.
const CLASS_PRIOR: f64 = 4.0;
const CELL_PRIOR: f64 = 8.0;

/// Means by class and arm (row-major), then one row over all classes; `None` where nothing is known
/// of an arm.
pub(super) fn means(cells: &[Sum], unplaced: &[Sum], arms: usize) -> Vec<Option<f64>> {
    let classes = cells.len().checked_div(arms).unwrap_or(0);
    let mut total = unplaced.to_vec();
    for c in 0..classes {
        for a in 0..arms {
            total[a].add(cells[c * arms + a]);
        }
    }
    let mut arm: Vec<Option<f64>> = total
        .iter()
        .map(|t| (t.n > 1e-3).then(|| t.sum / t.n))
        .collect();
    let mut class = vec![1.0; classes];
    for _ in 0..2 {
        for c in 0..classes {
            class[c] = factor(
                (0..arms).map(|a| (cells[c * arms + a], arm[a])),
                CLASS_PRIOR,
            );
        }
        for a in 0..arms {
            let placed = (0..classes).map(|c| (cells[c * arms + a], class[c]));
            let all = placed.chain([(unplaced[a], 1.0)]);
            let (sum, n) = all.fold((0.0, 0.0), |(s, n), (cell, f)| {
                (s + cell.sum, n + cell.n * f)
            });
            arm[a] = (n > 1e-3).then_some(sum / n);
        }
    }
    let mut means = Vec::with_capacity((classes + 1) * arms);
    for c in 0..classes {
        for a in 0..arms {
            let cell = cells[c * arms + a];
            means.push(arm[a].map(|m| {
                let expected = m * class[c];
                let particular = factor([(cell, Some(expected))], CELL_PRIOR);
                expected * particular
            }));
        }
    }
    means.extend(total.iter().map(|t| (t.n > 1e-3).then(|| t.sum / t.n)));
    means
}

/// Observed over expected, shrunk to 1.
fn factor(observed: impl IntoIterator<Item = (Sum, Option<f64>)>, prior: f64) -> f64 {
    let (mut sum, mut expected, mut n) = (0.0, 0.0, 0.0);
    for (cell, mean) in observed {
        if let Some(mean) = mean {
            sum += cell.sum;
            expected += cell.n * mean;
            n += cell.n;
        }
    }
    if n <= 0.0 || expected <= 0.0 {
        return 1.0;
    }
    let weight = prior * expected / n;
    (sum + weight) / (expected + weight)
}
