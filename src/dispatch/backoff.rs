//! Waits before the same deployment is tried again, and the budget that keeps retries from
//! multiplying a bad day. Pure.

use std::time::Duration;

/// Waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// Upper end of the first wait.
    pub base: Duration,
    /// Upper end of any wait.
    pub max: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self {
            base: Duration::from_millis(250),
            max: Duration::from_secs(8),
        }
    }
}

impl Backoff {
    /// The wait before retry `number` (from 0): uniform in `[0, min(max, base * 2^number)]`, "full
    /// jitter", so that callers that failed together do not come back together.
    #[must_use]
    pub fn wait(&self, number: u32, draw: f64) -> Duration {
        let top = self
            .base
            .checked_mul(1u32.checked_shl(number).unwrap_or(u32::MAX));
        top.unwrap_or(self.max)
            .min(self.max)
            .mul_f64(draw.clamp(0.0, 1.0))
    }
}

/// Draw number `number` of a seed, uniform in [0, 1). (SplitMix64: a counter well mixed.)
#[must_use]
pub fn draw(seed: u64, number: u64) -> f64 {
    let mut z = seed.wrapping_add(number.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
}

/// Retries that the whole service may make: a share of its requests, and a few a second always.
#[derive(Clone, Copy, Debug)]
pub struct RetryBudget {
    /// Retries earned by each request, in [0, 1].
    pub share: f64,
    /// Retries earned by each second.
    pub per_second: f64,
    saved: f64,
    at: Duration,
}

impl RetryBudget {
    /// A budget that may be spent at once for ten seconds' worth.
    #[must_use]
    pub fn new(share: f64, per_second: f64) -> Self {
        Self {
            share,
            per_second,
            saved: per_second * 10.0,
            at: Duration::ZERO,
        }
    }

    /// A request arrived.
    pub fn earn(&mut self, now: Duration) {
        self.flow(now);
        self.saved = (self.saved + self.share).min(self.cap());
    }

    /// May one retry be made? Takes it from the budget.
    pub fn spend(&mut self, now: Duration) -> bool {
        self.flow(now);
        let allowed = self.saved >= 1.0;
        if allowed {
            self.saved -= 1.0;
        }
        allowed
    }

    fn flow(&mut self, now: Duration) {
        let passed = now.saturating_sub(self.at).as_secs_f64();
        self.at = self.at.max(now);
        self.saved = (self.saved + passed * self.per_second).min(self.cap());
    }

    fn cap(&self) -> f64 {
        (self.per_second * 10.0).max(self.share * 1000.0).max(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_their_maximum_and_are_spread() {
        let backoff = Backoff {
            base: Duration::from_millis(100),
            max: Duration::from_millis(350),
        };
        let top: Vec<u128> = (0..4).map(|n| backoff.wait(n, 1.0).as_millis()).collect();
        assert_eq!(top, [100, 200, 350, 350]);
        assert_eq!(backoff.wait(90, 0.5).as_millis(), 175);
        let mean = (0..1000).map(|n| draw(7, n)).sum::<f64>() / 1000.0;
        assert!((mean - 0.5).abs() < 0.03, "{mean}");
        assert_eq!(draw(7, 3), draw(7, 3));
        assert_ne!(draw(7, 3), draw(8, 3));
    }

    #[test]
    fn retries_are_a_share_of_requests() {
        let mut budget = RetryBudget::new(0.2, 0.0);
        let mut made = 0;
        for _ in 0..100 {
            budget.earn(Duration::ZERO);
            made += (0..3).filter(|_| budget.spend(Duration::ZERO)).count();
        }
        assert!((19..=20).contains(&made), "{made} retries for 100 requests");
        let mut always = RetryBudget::new(0.0, 1.0);
        let spent = (0..100).filter(|_| always.spend(Duration::ZERO)).count();
        assert_eq!(spent, 10);
        assert!(!always.spend(Duration::from_millis(500)));
        assert!(always.spend(Duration::from_millis(1500)));
    }
}
