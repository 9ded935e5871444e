//! What a run showed, for people and for programs.

use super::{
    plan::{Pace, Plan},
    tally::Tally,
};
use hdrhistogram::Histogram;
use serde::Serialize;
use std::{collections::BTreeMap, fmt::Write as _};

/// What a run showed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// What was called.
    pub call: String,
    /// Open or closed loop.
    pub pace: Pace,
    /// Seconds that calls were counted over, to the end of the last.
    pub seconds: f64,
    /// Calls that ended well.
    pub calls: u64,
    /// Calls that did not, by what went wrong. No histogram holds them.
    pub errors: BTreeMap<String, u64>,
    /// Calls a second that ended well.
    pub per_second: f64,
    /// From the moment a call was due (open loop) or sent (closed loop) to its end.
    pub latency_ms: Percentiles,
    /// From the moment a call was sent; what a generator that omits waits would print.
    pub service_ms: Percentiles,
    /// From due to sent: how late the generator was. Contained in `latency_ms`.
    pub lateness_ms: Percentiles,
    /// As `latency_ms`, to the first token of a stream.
    pub first_token_ms: Option<Percentiles>,
    /// Pieces of text a second, over all streams.
    pub pieces_per_second: f64,
    /// Mean bytes of an answer.
    pub answer_bytes: f64,
}

/// Percentiles in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Percentiles {
    /// Mean.
    pub mean: f64,
    /// Median.
    pub p50: f64,
    /// 90 in 100 are at most this.
    pub p90: f64,
    /// 95 in 100.
    pub p95: f64,
    /// 99 in 100.
    pub p99: f64,
    /// 999 in 1,000.
    pub p999: f64,
    /// All.
    pub max: f64,
}

impl Percentiles {
    fn of(histogram: &Histogram<u64>) -> Self {
        let ms = |nanoseconds: u64| nanoseconds as f64 / 1e6;
        let at = |quantile: f64| ms(histogram.value_at_quantile(quantile));
        Self {
            mean: histogram.mean() / 1e6,
            p50: at(0.5),
            p90: at(0.9),
            p95: at(0.95),
            p99: at(0.99),
            p999: at(0.999),
            max: ms(histogram.max()),
        }
    }
}

impl Report {
    pub(super) fn new(call: &str, plan: &Plan, tally: &Tally, seconds: f64) -> Self {
        let calls = tally.latency.len();
        let seconds = seconds.max(1e-9);
        Self {
            call: call.to_owned(),
            pace: plan.pace,
            seconds,
            calls,
            errors: tally.errors.clone(),
            per_second: calls as f64 / seconds,
            latency_ms: Percentiles::of(&tally.latency),
            service_ms: Percentiles::of(&tally.service),
            lateness_ms: Percentiles::of(&tally.lateness),
            first_token_ms: (!tally.first.is_empty()).then(|| Percentiles::of(&tally.first)),
            pieces_per_second: tally.pieces as f64 / seconds,
            answer_bytes: tally.bytes as f64 / calls.max(1) as f64,
        }
    }

    /// Calls that did not end well.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.errors.values().sum()
    }

    /// The report as a person reads it.
    #[must_use]
    pub fn text(&self) -> String {
        let loop_kind = match self.pace {
            Pace::Rate(rate) => format!("open loop, {rate} calls a second"),
            Pace::Callers(1) => "closed loop, 1 caller".to_owned(),
            Pace::Callers(callers) => format!("closed loop, {callers} callers"),
        };
        let mut text = format!(
            "{}: {loop_kind}, {:.1} s\n{} calls, {:.1} a second, {} failed, answers of {:.0} bytes\n\n",
            self.call,
            self.seconds,
            self.calls,
            self.per_second,
            self.failed(),
            self.answer_bytes,
        );
        let _ = writeln!(
            text,
            "{:<14}{:>10}{:>10}{:>10}{:>10}{:>10}{:>10}",
            "ms", "p50", "p90", "p95", "p99", "p99.9", "max"
        );
        match self.pace {
            Pace::Rate(_) => {
                row(&mut text, "latency", &self.latency_ms);
                row(&mut text, "  once sent", &self.service_ms);
                row(&mut text, "  sent late by", &self.lateness_ms);
            }
            Pace::Callers(_) => row(&mut text, "latency", &self.latency_ms),
        }
        if let Some(first) = &self.first_token_ms {
            row(&mut text, "first token", first);
            let _ = writeln!(
                text,
                "{:.0} pieces of text a second",
                self.pieces_per_second
            );
        }
        for (name, count) in &self.errors {
            let _ = writeln!(text, "failed: {count} x {name}");
        }
        text.push_str(match self.pace {
            Pace::Rate(_) => "Latency counts from the moment each call was due.\n",
            Pace::Callers(_) => {
                "Closed loop: a stalled server also stalls the callers, so that these percentiles \
                 leave out\nthe calls it would have kept waiting. Use --rate to see those.\n"
            }
        });
        text
    }
}

fn row(text: &mut String, name: &str, times: &Percentiles) {
    let Percentiles {
        mean: _,
        p50,
        p90,
        p95,
        p99,
        p999,
        max,
    } = times;
    let _ = write!(text, "{name:<14}");
    for ms in [p50, p90, p95, p99, p999, max] {
        let _ = write!(text, "{ms:>10.3}");
    }
    text.push('\n');
}
