//! Values by contestant and round; their medians.

use super::results::Measure;
use crate::load::{Pace, Report};

/// Values as they come in.
#[derive(Default)]
pub(super) struct Rounds {
    rows: Vec<(String, &'static str, Vec<f64>)>,
}

impl Rounds {
    pub(super) fn add(&mut self, what: &str, of: &'static str, value: f64) {
        let known = self
            .rows
            .iter_mut()
            .find(|row| row.0 == what && row.1 == of);
        match known {
            Some((_, _, values)) => values.push(value),
            None => self.rows.push((what.to_owned(), of, vec![value])),
        }
    }

    /// What a load report says.
    pub(super) fn report(&mut self, what: &str, report: &Report) {
        if matches!(report.pace, Pace::Callers(_)) {
            self.add(what, "per_second", report.per_second);
        }
        let latency = &report.latency_ms;
        for (of, value) in [
            ("p50_ms", latency.p50),
            ("p95_ms", latency.p95),
            ("p99_ms", latency.p99),
            ("p999_ms", latency.p999),
        ] {
            self.add(what, of, value);
        }
        if let Some(first) = &report.first_token_ms {
            self.add(what, "first_p50_ms", first.p50);
            self.add(what, "first_p99_ms", first.p99);
            self.add(what, "pieces_per_second", report.pieces_per_second);
        }
    }

    pub(super) fn medians(self, suite: &str) -> Vec<Measure> {
        let measure = |(what, of, mut values): (String, &str, Vec<f64>)| {
            values.sort_by(f64::total_cmp);
            Measure {
                suite: suite.to_owned(),
                what,
                of: of.to_owned(),
                value: median(&values),
                range: (values[0], values[values.len() - 1]),
            }
        };
        self.rows.into_iter().map(measure).collect()
    }
}

/// Of sorted values, at least one.
fn median(sorted: &[f64]) -> f64 {
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 {
        sorted[middle]
    } else {
        f64::midpoint(sorted[middle - 1], sorted[middle])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_are_by_contestant_and_kind() {
        let mut rounds = Rounds::default();
        for value in [3.0, 1.0, 2.0] {
            rounds.add("a", "x", value);
            rounds.add("a", "y", -value);
        }
        rounds.add("b", "x", 4.0);
        rounds.add("b", "x", 6.0);
        let medians = rounds.medians("suite");
        let shown: Vec<_> = medians
            .iter()
            .map(|m| (m.what.as_str(), m.of.as_str(), m.value, m.range))
            .collect();
        assert_eq!(
            shown,
            [
                ("a", "x", 2.0, (1.0, 3.0)),
                ("a", "y", -2.0, (-3.0, -1.0)),
                ("b", "x", 5.0, (4.0, 6.0)),
            ]
        );
    }
}
