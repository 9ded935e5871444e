//! All deployments, by arm: who takes the next call, and how they are.

use super::backoff::draw;
use super::deployment::{Deployment, DeploymentSpec, Lease, Mode, NotNow};
use super::snapshot::{Snapshot, shown};
use crate::breaker::{Breaker, Saved};
use crate::clock::Clock;
use crate::domain::{ArmId, DeploymentId, FaultKind};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// The run-time registry.
pub struct Deployments {
    all: Vec<Arc<Deployment>>,
    by_arm: HashMap<ArmId, Vec<Arc<Deployment>>>,
    clock: Arc<dyn Clock>,
    origin: Instant,
}

impl Deployments {
    /// A registry of these deployments. Must be called within a tokio runtime's time.
    #[must_use]
    pub fn new(specs: impl IntoIterator<Item = DeploymentSpec>, clock: Arc<dyn Clock>) -> Self {
        let all: Vec<Arc<Deployment>> = specs
            .into_iter()
            .map(|spec| Arc::new(Deployment::new(spec)))
            .collect();
        let mut by_arm: HashMap<ArmId, Vec<Arc<Deployment>>> = HashMap::new();
        for deployment in &all {
            let arm = by_arm.entry(deployment.spec.arm.clone()).or_default();
            arm.push(Arc::clone(deployment));
        }
        Self {
            all,
            by_arm,
            clock,
            origin: Instant::now(),
        }
    }

    /// Time since the registry was made: the breakers' clock. Follows tokio's time.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.origin.elapsed()
    }

    pub(super) fn unix_ms(&self) -> u64 {
        self.clock.now_ms()
    }

    /// A moment of the breakers' clock as tokio's.
    pub(super) fn instant(&self, at: Duration) -> Instant {
        self.origin + at
    }

    /// All deployments in the order of the configuration.
    #[must_use]
    pub fn all(&self) -> &[Arc<Deployment>] {
        &self.all
    }

    /// The deployment of this id.
    #[must_use]
    pub fn get(&self, id: &DeploymentId) -> Option<&Arc<Deployment>> {
        self.all.iter().find(|deployment| deployment.spec.id == *id)
    }

    pub(super) fn of_arm(&self, arm: &ArmId) -> &[Arc<Deployment>] {
        self.by_arm.get(arm).map_or(&[], Vec::as_slice)
    }

    /// Would some deployment of the arm take a call of so many tokens now? For eligibility.
    ///
    /// # Errors
    /// The refusal that ends first.
    pub fn available(&self, arm: &ArmId, tokens: u64) -> Result<(), NotNow> {
        let now = self.now();
        let mut refusals = Vec::new();
        for deployment in self.of_arm(arm) {
            match deployment.admits(tokens, now) {
                Ok(()) => return Ok(()),
                Err(refusal) => refusals.push(refusal),
            }
        }
        Err(soonest(refusals))
    }

    /// Calls under way on all deployments of the arm.
    #[must_use]
    pub fn in_flight(&self, arm: &ArmId) -> u32 {
        let all = self.of_arm(arm).iter();
        all.map(|deployment| deployment.state().meter.in_flight())
            .sum()
    }

    /// A deployment of the arm that takes the call: of two drawn at random the less loaded ("power
    /// of two choices"), those not in `tried` first, none of `spent`.
    pub(super) fn lease(
        &self,
        arm: &ArmId,
        tokens: u64,
        tried: &[DeploymentId],
        spent: &[DeploymentId],
        seed: u64,
    ) -> Result<Lease, NotNow> {
        let now = self.now();
        let (mut open, mut refusals) = (Vec::new(), Vec::new());
        for one in self
            .of_arm(arm)
            .iter()
            .filter(|one| !spent.contains(&one.spec.id))
        {
            match one.admits(tokens, now) {
                Ok(()) => open.push(one),
                Err(refusal) => refusals.push(refusal),
            }
        }
        if open.iter().any(|one| !tried.contains(&one.spec.id)) {
            open.retain(|one| !tried.contains(&one.spec.id));
        }
        while let Some(chosen) = two_choices(&open, seed, now) {
            match chosen.lease(tokens, now) {
                Ok(lease) => return Ok(lease),
                Err(refusal) => refusals.push(refusal),
            }
            open.retain(|one| one.spec.id != chosen.spec.id);
        }
        Err(soonest(refusals))
    }

    /// Sets what the operator asks for; false where there is no such deployment.
    pub fn set_mode(&self, id: &DeploymentId, mode: Mode) -> bool {
        let found = self.get(id);
        found
            .map(|deployment| deployment.state().mode = mode)
            .is_some()
    }

    /// Closes a breaker and forgets its history; false where there is no such deployment.
    pub fn reset(&self, id: &DeploymentId) -> bool {
        let Some(deployment) = self.get(id) else {
            return false;
        };
        let mut state = deployment.state();
        state.breaker.reset();
        state.latency = super::load::Latency::default();
        state.check_fault = None;
        true
    }

    /// How all deployments are.
    #[must_use]
    pub fn snapshot(&self) -> Vec<Snapshot> {
        let now = self.now();
        self.all
            .iter()
            .map(|deployment| shown(deployment, now))
            .collect()
    }

    /// All breakers for the memory.
    #[must_use]
    pub fn save(&self) -> Vec<(DeploymentId, Saved)> {
        let now = self.now();
        let saved = |one: &Arc<Deployment>| (one.spec.id.clone(), one.state().breaker.save(now));
        self.all.iter().map(saved).collect()
    }

    /// Takes breakers back that were saved `ago`; those of unknown deployments are passed over.
    pub fn restore(&self, saved: &[(DeploymentId, Saved)], ago: Duration) {
        let now = self.now();
        for (id, saved) in saved {
            if let Some(deployment) = self.get(id) {
                let settings = deployment.spec.breaker;
                deployment.state().breaker = Breaker::restore(settings, saved, ago, now);
            }
        }
    }
}

fn two_choices<'a>(
    open: &[&'a Arc<Deployment>],
    seed: u64,
    now: Duration,
) -> Option<&'a Arc<Deployment>> {
    let place =
        |number, count: usize| ((draw(seed, number) * count as f64) as usize).min(count - 1);
    let first = match open.len() {
        0 => return None,
        1 => return Some(open[0]),
        count => place(0, count),
    };
    let other = (first + 1 + place(1, open.len() - 1)) % open.len();
    let (first, other) = (open[first], open[other]);
    Some(if other.cost(now) < first.cost(now) {
        other
    } else {
        first
    })
}

/// The refusal that ends first.
fn soonest(refusals: Vec<NotNow>) -> NotNow {
    let first = refusals
        .into_iter()
        .min_by_key(|one| one.until.unwrap_or(Duration::MAX));
    first.unwrap_or_else(|| NotNow {
        until: None,
        kind: FaultKind::BreakerOpen,
        why: "no deployment of the arm is left".into(),
        limit: None,
    })
}
