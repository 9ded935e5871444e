//! Limits for one deployment or one tenant: requests and tokens a minute, calls at once. A call reserves what it is expected to use before it starts and settles when it ends, so
//! that calls that start together cannot spend the same allowance twice. Pure.

use std::time::Duration;

/// Slices of one second each.
const SLICES: usize = 60;

/// Limits; `None` = no limit. Each is at least 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct CallLimits {
    /// Requests started within a minute.
    pub requests_per_minute: Option<u32>,
    /// Tokens, input and output, within a minute.
    pub tokens_per_minute: Option<u64>,
    /// Requests at once.
    pub concurrent: Option<u32>,
}

/// A limit is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full {
    /// Which, in plain words.
    pub what: &'static str,
    /// When there may be room again.
    pub until: Duration,
}

/// What a call reserved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reserved {
    second: u64,
    tokens: u64,
}

/// The meter of one deployment or tenant.
#[derive(Clone, Debug)]
pub struct Meter {
    limits: CallLimits,
    slices: [Slice; SLICES],
    in_flight: u32,
}

#[derive(Clone, Copy, Debug, Default)]
struct Slice {
    second: u64,
    requests: u64,
    tokens: u64,
}

impl Meter {
    /// An empty meter.
    #[must_use]
    pub fn new(limits: CallLimits) -> Self {
        Self {
            limits,
            slices: [Slice::default(); SLICES],
            in_flight: 0,
        }
    }

    /// Calls under way.
    #[must_use]
    pub fn in_flight(&self) -> u32 {
        self.in_flight
    }

    /// Is there room for a call of so many tokens? A call that is larger than the whole limit goes
    /// alone: refusing it forever would help nobody.
    ///
    /// # Errors
    /// Which limit is reached, and when there may be room.
    pub fn room(&self, tokens: u64, now: Duration) -> Result<(), Full> {
        if self
            .limits
            .concurrent
            .is_some_and(|limit| self.in_flight >= limit)
        {
            let (what, until) = ("concurrent requests", now + Duration::from_millis(50));
            return Err(Full { what, until });
        }
        let requests = self.limits.requests_per_minute.map(u64::from);
        self.fits(requests, 1, now, "requests per minute", |slice| {
            slice.requests
        })?;
        let limit = self.limits.tokens_per_minute;
        self.fits(limit, tokens, now, "tokens per minute", |slice| {
            slice.tokens
        })
    }

    /// Takes the room. Comes back with [`Meter::settle`].
    ///
    /// # Errors
    /// As [`Meter::room`].
    pub fn reserve(&mut self, tokens: u64, now: Duration) -> Result<Reserved, Full> {
        self.room(tokens, now)?;
        self.in_flight += 1;
        let second = now.as_secs();
        let slice = self.slice(second);
        slice.requests += 1;
        slice.tokens += tokens;
        Ok(Reserved { second, tokens })
    }

    /// The call ended and used so many tokens; `None` = not known, the reservation stands.
    pub fn settle(&mut self, reserved: Reserved, used: Option<u64>) {
        self.in_flight = self.in_flight.saturating_sub(1);
        let slice = &mut self.slices[reserved.second as usize % SLICES];
        if let (Some(used), true) = (used, slice.second == reserved.second) {
            slice.tokens = slice.tokens.saturating_sub(reserved.tokens) + used;
        }
    }

    fn slice(&mut self, second: u64) -> &mut Slice {
        let slice = &mut self.slices[second as usize % SLICES];
        if slice.second != second {
            *slice = Slice {
                second,
                ..Slice::default()
            };
        }
        slice
    }

    fn fits(
        &self,
        limit: Option<u64>,
        wanted: u64,
        now: Duration,
        what: &'static str,
        count: impl Fn(&Slice) -> u64,
    ) -> Result<(), Full> {
        let Some(limit) = limit else { return Ok(()) };
        let second = now.as_secs();
        let oldest = second.saturating_sub(SLICES as u64 - 1);
        let live = |slice: &&Slice| slice.second >= oldest && slice.second <= second;
        let mut used: Vec<(u64, u64)> = self
            .slices
            .iter()
            .filter(live)
            .map(|slice| (slice.second, count(slice)))
            .filter(|(_, used)| *used > 0)
            .collect();
        let mut sum: u64 = used.iter().map(|(_, used)| used).sum();
        if sum == 0 || sum + wanted <= limit {
            return Ok(());
        }
        // Old slices leave the window one after another: until enough of them have left.
        used.sort_unstable();
        let mut until = now;
        for (second, used) in used {
            sum -= used;
            until = Duration::from_secs(second + SLICES as u64);
            if sum == 0 || sum + wanted <= limit {
                break;
            }
        }
        Err(Full { what, until })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn meter(requests: Option<u32>, tokens: Option<u64>, concurrent: Option<u32>) -> Meter {
        Meter::new(CallLimits {
            requests_per_minute: requests,
            tokens_per_minute: tokens,
            concurrent,
        })
    }

    #[test]
    fn requests_a_minute_come_back_as_the_window_moves() {
        let mut meter = meter(Some(2), None, None);
        meter.reserve(1, at(500)).unwrap();
        meter.reserve(1, at(30_000)).unwrap();
        let full = meter.reserve(1, at(59_999)).unwrap_err();
        assert_eq!((full.what, full.until), ("requests per minute", at(60_000)));
        meter.reserve(1, at(60_000)).unwrap();
        assert_eq!(meter.reserve(1, at(60_001)).unwrap_err().until, at(90_000));
    }

    #[test]
    fn tokens_are_reserved_first_and_settled_later() {
        let mut meter = meter(None, Some(100), None);
        let first = meter.reserve(60, at(0)).unwrap();
        assert!(
            meter.reserve(60, at(0)).is_err(),
            "the same allowance twice"
        );
        meter.settle(first, Some(10));
        let second = meter.reserve(60, at(1000)).unwrap();
        meter.settle(second, None);
        assert!(
            meter.reserve(60, at(1000)).is_err(),
            "unknown use keeps the reservation"
        );
        assert_eq!(
            meter.reserve(40, at(1000)).map(|_| ()),
            Err(Full {
                what: "tokens per minute",
                until: at(60_000),
            })
        );
    }

    #[test]
    fn a_call_larger_than_the_limit_goes_alone() {
        let mut meter = meter(None, Some(100), None);
        meter.reserve(1000, at(0)).unwrap();
        assert!(meter.reserve(1, at(59_000)).is_err());
        meter.reserve(1000, at(60_000)).unwrap();
    }

    #[test]
    fn calls_at_once_are_given_back() {
        let mut meter = meter(None, None, Some(1));
        let first = meter.reserve(1, at(0)).unwrap();
        assert_eq!(
            meter.reserve(1, at(0)).unwrap_err().what,
            "concurrent requests"
        );
        meter.settle(first, None);
        assert_eq!(meter.in_flight(), 0);
        meter.reserve(1, at(0)).unwrap();
    }
}
