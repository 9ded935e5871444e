//! Successes and failures of the last minute or so, in ten slices, so that the size is bounded
//! whatever the traffic.

use std::time::Duration;

const SLICES: u64 = 10;

/// Counts in a sliding window.
#[derive(Clone, Debug)]
pub(super) struct Window {
    slice: Duration,
    counts: [(u64, Counts); SLICES as usize],
}

/// Calls of a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub calls: u32,
    pub failures: u32,
}

impl Window {
    pub fn new(length: Duration) -> Self {
        Self {
            slice: (length / SLICES as u32).max(Duration::from_millis(1)),
            counts: [(u64::MAX, Counts::default()); SLICES as usize],
        }
    }

    pub fn add(&mut self, failed: bool, now: Duration) {
        let number = self.number(now);
        let slot = &mut self.counts[(number % SLICES) as usize];
        if slot.0 != number {
            *slot = (number, Counts::default());
        }
        slot.1.calls = slot.1.calls.saturating_add(1);
        slot.1.failures = slot.1.failures.saturating_add(u32::from(failed));
    }

    pub fn sum(&self, now: Duration) -> Counts {
        let number = self.number(now);
        let mut sum = Counts::default();
        for (slice, counts) in &self.counts {
            if *slice <= number && number - slice < SLICES {
                sum.calls = sum.calls.saturating_add(counts.calls);
                sum.failures = sum.failures.saturating_add(counts.failures);
            }
        }
        sum
    }

    pub fn clear(&mut self) {
        self.counts = [(u64::MAX, Counts::default()); SLICES as usize];
    }

    fn number(&self, now: Duration) -> u64 {
        (now.as_nanos() / self.slice.as_nanos()) as u64
    }
}
