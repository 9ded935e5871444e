//! How long a call to a deployment is likely to take: a peak-sensitive moving average of its
//! latency. It jumps up at once and comes down slowly, so that a deployment that turns slow loses
//! traffic at the first sign; without calls it decays, so that one that was slow once comes back.
//! (Peak EWMA as in Finagle's load balancer.) Pure.

use std::time::Duration;

/// Half of what is remembered fades in about 7 s.
const DECAY: Duration = Duration::from_secs(10);

/// Latency of one deployment.
#[derive(Clone, Copy, Debug, Default)]
pub struct Latency {
    /// Milliseconds and when it was last brought up to date.
    average: Option<(f64, Duration)>,
}

impl Latency {
    /// A call took so long (failed ones count, too: a timeout is a long wait).
    pub fn add(&mut self, took: Duration, now: Duration) {
        let took = took.as_secs_f64() * 1e3;
        let next = match self.average {
            Some((before, at)) if took < before => {
                let keep = (-(now.saturating_sub(at).as_secs_f64()) / DECAY.as_secs_f64()).exp();
                before * keep + took * (1.0 - keep)
            }
            Some(_) | None => took,
        };
        self.average = Some((next, now));
    }

    /// The average in milliseconds; `None` before the first call.
    #[must_use]
    pub fn average_ms(&self) -> Option<f64> {
        self.average.map(|(average, _)| average)
    }

    /// What a new call would add itself to, in milliseconds: the faded average times the calls
    /// waiting. A deployment never called has no latency; it counts as a quick one, once: with a
    /// call under way it counts as slow until it has answered, so that an upstream that never
    /// answers does not look like the fastest.
    #[must_use]
    pub fn cost_ms(&self, in_flight: u32, now: Duration) -> f64 {
        let waiting = f64::from(in_flight) + 1.0;
        match self.average {
            None if in_flight == 0 => 0.0,
            None => 10_000.0 * waiting,
            Some((average, at)) => {
                let idle = now.saturating_sub(at).as_secs_f64();
                (average * (-idle / DECAY.as_secs_f64()).exp()).max(0.1) * waiting
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn peaks_count_at_once_and_fade() {
        let mut latency = Latency::default();
        assert_eq!(latency.cost_ms(0, at(0)), 0.0);
        assert!(latency.cost_ms(1, at(0)) > 1000.0);
        latency.add(Duration::from_millis(10), at(0));
        latency.add(Duration::from_millis(1000), at(1));
        assert_eq!(latency.average_ms(), Some(1000.0));
        latency.add(Duration::from_millis(10), at(2));
        let after = latency.average_ms().unwrap();
        assert!((900.0..950.0).contains(&after), "{after}");
        assert!(latency.cost_ms(0, at(60)) < 10.0, "never comes back");
        assert_eq!(latency.cost_ms(2, at(2)), after * 3.0);
    }
}
