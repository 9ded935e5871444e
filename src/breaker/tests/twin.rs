//! The breaker again, slowly: it keeps the whole history and works the state out of it anew.

use super::{CallResult, Settings};

pub struct Twin {
    settings: Settings,
    /// Changes of state: when, what.
    eras: Vec<(u64, State)>,
    /// Recorded results of the current era: when, failed.
    results: Vec<(u64, bool)>,
    probes: Vec<(usize, u64)>,
    given: usize,
    good_probes: u32,
    failed_checks: u32,
    throttled_until: u64,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Closed,
    Open { until: u64, by_check: bool },
    HalfOpen,
}

/// A permit: its number and the era it belongs to.
pub type Ticket = (usize, usize);

impl Twin {
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            eras: vec![(0, State::Closed)],
            results: Vec::new(),
            probes: Vec::new(),
            given: 0,
            good_probes: 0,
            failed_checks: 0,
            throttled_until: 0,
        }
    }

    fn state(&self) -> State {
        self.eras.last().unwrap().1
    }

    fn enter(&mut self, now: u64, state: State) {
        self.eras.push((now, state));
        self.results.clear();
        self.probes.clear();
        self.good_probes = 0;
    }

    fn wake(&mut self, now: u64) {
        if matches!(self.state(), State::Open { until, .. } if until <= now) {
            self.enter(now, State::HalfOpen);
        }
    }

    pub fn admit(&mut self, now: u64) -> Option<Ticket> {
        if self.throttled_until > now {
            return None;
        }
        self.wake(now);
        match self.state() {
            State::Open { .. } => return None,
            State::HalfOpen => {
                let lease = self.settings.probe_lease.as_millis() as u64;
                self.probes.retain(|(_, since)| since + lease > now);
                if !self.probes.is_empty() {
                    return None;
                }
                self.probes.push((self.given, now));
            }
            State::Closed => {}
        }
        self.given += 1;
        Some((self.given - 1, self.eras.len()))
    }

    pub fn record(&mut self, (number, era): Ticket, result: CallResult, now: u64) {
        self.wake(now);
        self.probes.retain(|(probe, _)| *probe != number);
        if let CallResult::Throttle(Some(wait)) = result {
            self.throttled_until = self.throttled_until.max(now + wait.as_millis() as u64);
        }
        if era != self.eras.len() {
            return;
        }
        let failed = match result {
            CallResult::Success => false,
            CallResult::Failure => true,
            _ => return,
        };
        if self.state() == State::HalfOpen {
            self.good_probes += 1;
            if failed {
                self.open(now, false);
            } else if self.good_probes == self.settings.success_threshold {
                self.failed_checks = 0;
                self.enter(now, State::Closed);
            }
            return;
        }
        self.results.push((now, failed));
        let slice = |at: u64| at / 100;
        let recent: Vec<bool> = self
            .results
            .iter()
            .filter(|(at, _)| slice(*at) + 10 > slice(now))
            .map(|(_, failed)| *failed)
            .collect();
        let bad = recent.iter().filter(|failed| **failed).count();
        let row = self
            .results
            .iter()
            .rev()
            .take_while(|(_, failed)| *failed)
            .count();
        let ratio = failed && recent.len() >= 8 && bad * 2 >= recent.len();
        if row >= 3 || ratio {
            self.open(now, false);
        }
    }

    fn open(&mut self, now: u64, by_check: bool) {
        // Trips since the last recovery that lasted a whole slow start.
        let mut trips = 0;
        for (i, (at, state)) in self.eras.iter().enumerate() {
            let end = self.eras.get(i + 1).map_or(now, |(next, _)| *next);
            match state {
                State::Open { .. } => trips += 1,
                State::Closed if end - at >= 200 => trips = 0,
                _ => {}
            }
        }
        let until = now + (100u64 << trips.min(10)).min(300);
        self.failed_checks = 0;
        self.enter(now, State::Open { until, by_check });
    }

    pub fn check(&mut self, healthy: bool, now: u64) {
        self.wake(now);
        if healthy {
            self.failed_checks = 0;
            if matches!(self.state(), State::Open { by_check: true, .. }) {
                self.enter(now, State::HalfOpen);
            }
            return;
        }
        self.failed_checks += 1;
        if self.failed_checks >= 3 && !matches!(self.state(), State::Open { .. }) {
            self.open(now, true);
        }
    }

    pub fn status(&self, now: u64) -> &'static str {
        match self.state() {
            State::Open { until, .. } if until > now => "open",
            State::Open { .. } | State::HalfOpen => "half_open",
            State::Closed if self.eras.len() > 1 && now - self.eras.last().unwrap().0 < 200 => {
                "recovering"
            }
            State::Closed => "closed",
        }
    }
}
