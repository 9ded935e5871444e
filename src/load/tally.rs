//! What calls took, in histograms of three significant digits.

use super::Answer;
use hdrhistogram::Histogram;
use std::{collections::BTreeMap, time::Duration};
use tokio::time::Instant;

/// The longest time that is told apart; longer ones count as this.
const LONGEST: Duration = Duration::from_secs(3600);
const DIGITS: u8 = 3;

/// Calls, counted.
#[derive(Clone)]
pub(super) struct Tally {
    /// From the moment each call was due, in nanoseconds.
    pub latency: Histogram<u64>,
    /// From the moment each call was sent.
    pub service: Histogram<u64>,
    /// From due to sent: how late the generator itself was.
    pub lateness: Histogram<u64>,
    /// From due to the first token.
    pub first: Histogram<u64>,
    pub pieces: u64,
    pub bytes: u64,
    pub errors: BTreeMap<String, u64>,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            latency: histogram(),
            service: histogram(),
            lateness: histogram(),
            first: histogram(),
            pieces: 0,
            bytes: 0,
            errors: BTreeMap::new(),
        }
    }
}

fn histogram() -> Histogram<u64> {
    let longest = u64::try_from(LONGEST.as_nanos()).unwrap_or(u64::MAX);
    Histogram::new_with_bounds(1, longest, DIGITS)
        .expect("the bounds and digits are ones that the library allows")
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

impl Tally {
    /// Counts one call that has just ended.
    pub(super) fn count(
        &mut self,
        due: Instant,
        sent: Instant,
        now: Instant,
        result: Result<Answer, String>,
    ) {
        self.lateness
            .saturating_record(nanoseconds(sent.saturating_duration_since(due)));
        let answer = match result {
            Ok(answer) => answer,
            Err(name) => {
                *self.errors.entry(name).or_default() += 1;
                return;
            }
        };
        self.latency
            .saturating_record(nanoseconds(now.saturating_duration_since(due)));
        self.service
            .saturating_record(nanoseconds(now.saturating_duration_since(sent)));
        if let Some(first) = answer.first {
            self.first
                .saturating_record(nanoseconds(first.saturating_duration_since(due)));
        }
        self.pieces += answer.pieces;
        self.bytes += answer.bytes;
    }

    /// Adds another's counts.
    pub(super) fn add(&mut self, other: &Self) {
        let pairs = [
            (&mut self.latency, &other.latency),
            (&mut self.service, &other.service),
            (&mut self.lateness, &other.lateness),
            (&mut self.first, &other.first),
        ];
        for (into, from) in pairs {
            into.add(from).expect("all histograms have the same bounds");
        }
        self.pieces += other.pieces;
        self.bytes += other.bytes;
        for (name, count) in &other.errors {
            *self.errors.entry(name.clone()).or_default() += count;
        }
    }
}
