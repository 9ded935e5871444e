//! The one clock. Everything else is told what time it is.

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// Tells the time. Shared by reference or in an `Arc`.
pub trait Clock: Send + Sync + fmt::Debug {
    /// Unix milliseconds: what records carry. May step when the machine's clock is set.
    fn now_ms(&self) -> u64;

    /// Time since some fixed moment: what timeouts and cooldowns are measured with. Never steps back.
    fn monotonic(&self) -> Duration;
}

/// The machine's clocks.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    started: Instant,
}

impl SystemClock {
    /// A clock whose monotonic time starts at 0 now.
    #[must_use]
    #[allow(clippy::disallowed_methods, reason = "the home of this call")]
    pub fn new() -> Self {
        Self {
            started: Instant::now(),
        }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "the home of this call")]
    fn now_ms(&self) -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        // A machine set to a time before 1970 gets 0, not a panic.
        since.map_or(0, |since| {
            u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
        })
    }

    fn monotonic(&self) -> Duration {
        self.started.elapsed()
    }
}

/// A clock that stands still until it is set; for tests and simulations.
#[derive(Debug)]
pub struct ManualClock {
    now_ms: AtomicU64,
    monotonic_ns: AtomicU64,
}

impl ManualClock {
    /// A clock that shows this Unix time, its monotonic time at 0.
    #[must_use]
    pub fn at(now_ms: u64) -> Self {
        Self {
            now_ms: AtomicU64::new(now_ms),
            monotonic_ns: AtomicU64::new(0),
        }
    }

    /// Lets time pass: both times move on.
    pub fn advance(&self, by: Duration) {
        let ns = u64::try_from(by.as_nanos()).unwrap_or(u64::MAX);
        let before = self.monotonic_ns.fetch_add(ns, Ordering::SeqCst);
        // Whole milliseconds passed by the monotonic time, so that small steps add up.
        let passed_ms = before.wrapping_add(ns) / 1_000_000 - before / 1_000_000;
        self.now_ms.fetch_add(passed_ms, Ordering::SeqCst);
    }

    /// Sets the Unix time, forwards or back, as an administrator would; monotonic time stands still.
    pub fn set_now_ms(&self, now_ms: u64) {
        self.now_ms.store(now_ms, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now_ms(&self) -> u64 {
        self.now_ms.load(Ordering::SeqCst)
    }

    fn monotonic(&self) -> Duration {
        Duration::from_nanos(self.monotonic_ns.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_when_told() {
        let clock = ManualClock::at(1000);
        for _ in 0..4 {
            clock.advance(Duration::from_micros(500));
        }
        assert_eq!(clock.now_ms(), 1002);
        assert_eq!(clock.monotonic(), Duration::from_millis(2));
        clock.set_now_ms(5);
        assert_eq!(clock.now_ms(), 5);
        assert_eq!(clock.monotonic(), Duration::from_millis(2));
    }

    #[test]
    fn the_system_clock_is_in_this_century() {
        let clock = SystemClock::new();
        assert!(clock.now_ms() > 1_700_000_000_000);
        assert!(clock.monotonic() <= clock.monotonic());
    }
}
