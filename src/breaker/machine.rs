//! The state machine: closed, open, half open; beside it the wait that a throttle asks for.

use super::{Admission, CallResult, Permit, Reason, Refusal, Settings, Transition, window::Window};
use std::time::Duration;

/// The breaker of one deployment.
#[derive(Clone, Debug)]
pub struct Breaker {
    pub(super) settings: Settings,
    pub(super) state: State,
    window: Window,
    failures_in_a_row: u32,
    failed_checks_in_a_row: u32,
    throttles_in_a_row: u32,
    last_success: Option<Duration>,
    pub(super) throttled_until: Option<Duration>,
    /// Trips since a recovery lasted; each doubles the cooldown.
    pub(super) trips: u32,
    /// Counts changes of state. A result that belongs to an earlier one is out of date.
    era: u64,
    permits: u64,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum State {
    Closed {
        /// When it recovered, while its share still grows.
        recovered: Option<Duration>,
    },
    Open {
        until: Duration,
        reason: Reason,
    },
    HalfOpen {
        /// Permit numbers of probes under way, and when each is given up.
        probes: Vec<(u64, Duration)>,
        successes: u32,
    },
}

impl Breaker {
    /// A closed breaker.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self {
            window: Window::new(settings.window),
            settings,
            state: State::Closed { recovered: None },
            failures_in_a_row: 0,
            failed_checks_in_a_row: 0,
            throttles_in_a_row: 0,
            last_success: None,
            throttled_until: None,
            trips: 0,
            era: 0,
            permits: 0,
        }
    }

    /// Asks for one call. Whoever gets a permit brings it back with [`Breaker::record`].
    pub fn admit(&mut self, now: Duration) -> Admission {
        if let Err((until, why)) = self.would_admit(now) {
            return Admission::Rejected { until, why };
        }
        self.pass_time(now);
        self.permits += 1;
        let lease = (self.permits, now + self.settings.probe_lease);
        let probe = match &mut self.state {
            State::HalfOpen { probes, .. } => {
                probes.retain(|(_, given_up)| *given_up > now);
                probes.push(lease);
                true
            }
            _ => false,
        };
        Admission::Admitted(Permit {
            number: self.permits,
            era: self.era,
            probe,
            at: now,
        })
    }

    /// Would a call be admitted? Changes nothing.
    ///
    /// # Errors
    /// When to ask again, and why not now.
    pub fn would_admit(&self, now: Duration) -> Result<(), (Duration, Refusal)> {
        if let Some(until) = self.throttled_until.filter(|until| *until > now) {
            return Err((until, Refusal::Throttled));
        }
        match &self.state {
            State::Open { until, reason } if *until > now => Err((*until, Refusal::Open(*reason))),
            State::HalfOpen { probes, .. } => {
                let live = || {
                    probes
                        .iter()
                        .map(|(_, given_up)| *given_up)
                        .filter(|at| *at > now)
                };
                let busy = live().count() >= self.settings.half_open_probes as usize;
                let next = live().min().unwrap_or(now);
                if busy {
                    Err((next, Refusal::Probing))
                } else {
                    Ok(())
                }
            }
            State::Open { .. } | State::Closed { .. } => Ok(()),
        }
    }

    /// Takes a result back.
    pub fn record(
        &mut self,
        permit: Permit,
        result: CallResult,
        now: Duration,
    ) -> Option<Transition> {
        self.pass_time(now);
        if let CallResult::Throttle(wait) = result {
            self.release(permit);
            return self.throttle(wait, now);
        }
        if permit.era != self.era {
            return None;
        }
        self.release(permit);
        match result {
            CallResult::Success => self.succeed(now),
            CallResult::Failure => self.fail(now),
            CallResult::Hang if self.last_success.is_some_and(|last| last >= permit.at) => {
                self.fail(now)
            }
            CallResult::Hang if permit.probe => self.fail(now),
            CallResult::Hang => Some(self.trip(Reason::Hang, now)),
            CallResult::Throttle(_) | CallResult::Neutral => None,
        }
    }

    /// Takes the result of an active check. Failed checks trip like failed calls; a good check
    /// ends only what checks began, because an upstream can list its models and yet answer nothing.
    pub fn check(&mut self, healthy: bool, now: Duration) -> Option<Transition> {
        self.pass_time(now);
        if healthy {
            self.failed_checks_in_a_row = 0;
            if let State::Open {
                until,
                reason: Reason::HealthCheck,
            } = &mut self.state
            {
                *until = now;
                self.pass_time(now);
            }
            return None;
        }
        self.failed_checks_in_a_row += 1;
        let enough = self.failed_checks_in_a_row >= self.settings.failure_threshold;
        let shut = matches!(self.state, State::Open { .. });
        (enough && !shut).then(|| self.trip(Reason::HealthCheck, now))
    }

    /// The upstream said that nothing more will be taken until then, before it had to refuse a call.
    pub fn pause(&mut self, until: Duration, now: Duration) -> Option<Transition> {
        let longer = until > now && self.throttled_until.is_none_or(|known| until > known);
        if longer {
            self.throttled_until = Some(until);
        }
        longer.then_some(Transition::Throttled { until })
    }

    /// Opens it by hand.
    pub fn force_open(&mut self, now: Duration) -> Transition {
        self.trip(Reason::Forced, now)
    }

    /// Closes it by hand and forgets all.
    pub fn reset(&mut self) {
        let (era, permits) = (self.era + 1, self.permits);
        *self = Self {
            era,
            permits,
            ..Self::new(self.settings)
        };
    }

    /// What time alone changes: an open breaker becomes half open, a recovery becomes lasting.
    fn pass_time(&mut self, now: Duration) {
        match &self.state {
            State::Open { until, .. } if *until <= now => {
                let (probes, successes) = (Vec::new(), 0);
                self.enter(State::HalfOpen { probes, successes });
            }
            State::Closed {
                recovered: Some(since),
            } if *since + self.settings.slow_start <= now => {
                self.state = State::Closed { recovered: None };
                self.trips = 0;
            }
            _ => {}
        }
    }

    fn release(&mut self, permit: Permit) {
        if let State::HalfOpen { probes, .. } = &mut self.state {
            probes.retain(|(number, _)| *number != permit.number);
        }
    }

    fn succeed(&mut self, now: Duration) -> Option<Transition> {
        self.failures_in_a_row = 0;
        self.throttles_in_a_row = 0;
        self.last_success = Some(now);
        let needed = self.settings.success_threshold;
        match &mut self.state {
            State::HalfOpen { successes, .. } => {
                *successes += 1;
                if *successes < needed {
                    return None;
                }
                self.window.clear();
                self.failed_checks_in_a_row = 0;
                self.enter(State::Closed {
                    recovered: Some(now),
                });
                Some(Transition::Recovered)
            }
            State::Closed { .. } => {
                self.window.add(false, now);
                None
            }
            State::Open { .. } => None,
        }
    }

    fn fail(&mut self, now: Duration) -> Option<Transition> {
        if matches!(self.state, State::HalfOpen { .. }) {
            return Some(self.trip(Reason::ProbeFailed, now));
        }
        self.failures_in_a_row += 1;
        self.window.add(true, now);
        let sum = self.window.sum(now);
        let share = f64::from(sum.failures) / f64::from(sum.calls.max(1));
        if self.failures_in_a_row >= self.settings.failure_threshold {
            Some(self.trip(Reason::Consecutive, now))
        } else if sum.calls >= self.settings.min_calls && share >= self.settings.failure_ratio {
            Some(self.trip(Reason::Ratio, now))
        } else {
            None
        }
    }

    fn throttle(&mut self, asked: Option<Duration>, now: Duration) -> Option<Transition> {
        let default = doubled(
            self.settings.throttle_wait,
            self.throttles_in_a_row,
            self.settings.max_cooldown,
        );
        self.throttles_in_a_row += 1;
        self.pause(now + asked.unwrap_or(default), now)
    }

    fn trip(&mut self, reason: Reason, now: Duration) -> Transition {
        let until = now
            + doubled(
                self.settings.cooldown,
                self.trips,
                self.settings.max_cooldown,
            );
        self.trips = self.trips.saturating_add(1);
        self.failures_in_a_row = 0;
        self.failed_checks_in_a_row = 0;
        self.window.clear();
        self.enter(State::Open { until, reason });
        Transition::Tripped { reason, until }
    }

    fn enter(&mut self, state: State) {
        self.state = state;
        self.era += 1;
    }
}

/// `base * 2^times`, at most `max` (but at least `base`).
fn doubled(base: Duration, times: u32, max: Duration) -> Duration {
    let grown = base.checked_mul(1u32.checked_shl(times).unwrap_or(u32::MAX));
    grown.unwrap_or(max).min(max.max(base))
}
