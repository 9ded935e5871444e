//! Counts for `/metrics`, kept from the engine's events: what no snapshot of the engine tells.
//!
//! Events are counted when somebody reads and every [`EVERY`], not as they come: nobody has to be
//! woken for them, which would cost each request more than the counting.

use super::exposition::Histogram;
use crate::domain::Outcome;
use crate::engine::api::{About, Event, EventKind, Words};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::broadcast::{Receiver, error::TryRecvError};

/// Often enough that no event is lost at 40,000 requests a second.
const EVERY: Duration = Duration::from_millis(50);

/// Label sets of one metric at most: names come from the configuration, but nothing is unbounded.
const MAX_SERIES: usize = 4096;
/// Upper bounds in seconds of whole requests.
const REQUEST_SECONDS: [f64; 12] = [
    0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0,
];
/// Upper bounds in seconds of our own part.
const OVERHEAD_SECONDS: [f64; 10] = [
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 1.0,
];

/// Counts by labels.
pub type Counters<const N: usize> = BTreeMap<[String; N], u64>;

/// Everything that is counted.
#[derive(Clone, Debug)]
pub struct Counts {
    /// By arm and strategy.
    pub decisions: Counters<2>,
    /// By status.
    pub requests: Counters<1>,
    /// By deployment and kind of fault.
    pub attempt_failures: Counters<2>,
    /// By arm from, arm to, kind of fault.
    pub failovers: Counters<3>,
    /// By arm.
    pub feedback: Counters<1>,
    /// What the memory and the learner told, by kind.
    pub notices: Counters<1>,
    /// Whole requests by arm that served.
    pub latency: BTreeMap<String, Histogram>,
    /// Our own part, of answers that were not streamed.
    pub overhead: Histogram,
    /// Known cost in US dollars, by arm that served.
    pub cost_usd: BTreeMap<String, f64>,
    /// Events that went by uncounted.
    pub missed: u64,
}

impl Default for Counts {
    fn default() -> Self {
        Self {
            decisions: Counters::new(),
            requests: Counters::new(),
            attempt_failures: Counters::new(),
            failovers: Counters::new(),
            feedback: Counters::new(),
            notices: Counters::new(),
            latency: BTreeMap::new(),
            overhead: Histogram::new(&OVERHEAD_SECONDS),
            cost_usd: BTreeMap::new(),
            missed: 0,
        }
    }
}

/// The counts, shared.
#[derive(Clone, Debug)]
pub struct Meter(Arc<Mutex<Counting>>);

#[derive(Debug)]
struct Counting {
    counts: Counts,
    events: Receiver<Event>,
}

impl Meter {
    /// Counts these events.
    pub fn new(events: Receiver<Event>) -> Self {
        let counts = Counts::default();
        Self(Arc::new(Mutex::new(Counting { counts, events })))
    }

    /// A copy for reading.
    pub fn read(&self) -> Counts {
        let mut counting = self.counting();
        counting.catch_up();
        counting.counts.clone()
    }

    /// Counts events until the engine is gone.
    pub async fn watch(self) {
        while self.counting().catch_up() {
            tokio::time::sleep(EVERY).await;
        }
    }

    /// Counts our own part of a request whose attempts ran one after another: all of its time that
    /// no attempt took.
    pub fn overhead(&self, outcome: &Outcome) {
        let upstream: f64 = outcome.attempts.iter().map(|one| one.latency_ms).sum();
        let own = outcome.latency_ms - upstream;
        if own >= 0.0 && outcome.agreement.is_none() {
            self.counting().counts.overhead.add(own / 1e3);
        }
    }

    fn counting(&self) -> MutexGuard<'_, Counting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counting {
    /// Counts what has come; false where no more will come.
    fn catch_up(&mut self) -> bool {
        loop {
            match self.events.try_recv() {
                Ok(event) => self.counts.event(&event),
                Err(TryRecvError::Lagged(missed)) => self.counts.missed += missed,
                Err(TryRecvError::Empty) => return true,
                Err(TryRecvError::Closed) => return false,
            }
        }
    }
}

impl Counts {
    fn event(&mut self, event: &Event) {
        match &event.about {
            About::Decision(decision) => {
                let arm = decision.ranking.chosen.to_string();
                count(&mut self.decisions, [arm, decision.strategy.clone()]);
            }
            About::Outcome(outcome) => self.ended(outcome),
            About::Words(words) => self.told(event.kind, words),
        }
    }

    fn told(&mut self, kind: EventKind, words: &Words) {
        let detail = |name: &str| {
            let found = words.details.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| value.clone()).unwrap_or_default()
        };
        match kind {
            // These two come as they are.
            EventKind::Decided | EventKind::Ended => {}
            EventKind::AttemptFailed => {
                let labels = [detail("deployment"), detail("reason")];
                count(&mut self.attempt_failures, labels);
            }
            EventKind::Switched => {
                let labels = [detail("from"), detail("to"), detail("reason")];
                count(&mut self.failovers, labels);
            }
            EventKind::Feedback => count(&mut self.feedback, [detail("arm")]),
            EventKind::Health => count(&mut self.notices, ["health".into()]),
            EventKind::Operator => count(&mut self.notices, ["operator".into()]),
            EventKind::Learned => count(&mut self.notices, ["learned".into()]),
            EventKind::Memory => count(&mut self.notices, ["memory".into()]),
        }
    }

    fn ended(&mut self, outcome: &Outcome) {
        count(&mut self.requests, [outcome.status.as_str().to_owned()]);
        let Some(arm) = &outcome.served_by else {
            return;
        };
        if !self.latency.contains_key(arm.as_str()) {
            if self.latency.len() >= MAX_SERIES {
                return;
            }
            let histogram = Histogram::new(&REQUEST_SECONDS);
            self.latency.insert(arm.to_string(), histogram);
        }
        if let Some(latency) = self.latency.get_mut(arm.as_str()) {
            latency.add(outcome.latency_ms / 1e3);
        }
        if let Some(cost) = outcome.cost_usd() {
            match self.cost_usd.get_mut(arm.as_str()) {
                Some(total) => *total += cost,
                None => {
                    self.cost_usd.insert(arm.to_string(), cost);
                }
            }
        }
    }
}

fn count<const N: usize>(counters: &mut Counters<N>, labels: [String; N]) {
    if counters.len() < MAX_SERIES || counters.contains_key(&labels) {
        *counters.entry(labels).or_default() += 1;
    }
}
