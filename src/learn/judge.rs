//! Takes judgements of quality in, and notices where they show that an arm has changed.

use super::drift::{Direction, Standing};
use super::{Change, Learner, publish, sources};
use crate::domain::{ArmId, Source};

/// Judgements before which an arm's level is still being found, so that surprises are no change.
const SETTLED_EVIDENCE: f64 = 30.0;

impl Learner {
    pub(super) fn judged(
        &mut self,
        row: Option<usize>,
        arm: &ArmId,
        quality: f64,
        replaces: Option<f64>,
        source: &Source,
        changes: &mut Vec<Change>,
    ) {
        let Some(&a) = self.index.get(arm) else {
            return;
        };
        if !quality.is_finite() {
            return;
        }
        let quality = quality.clamp(0.0, 1.0);
        if let Some(before) = replaces.filter(|before| before.is_finite()) {
            let weight = sources::kind_weight(source, &self.settings);
            self.cell(a, row)
                .corrected(before.clamp(0.0, 1.0), quality, weight);
            return;
        }
        let weight = self.callers.take(source, &self.settings);
        if weight > 0.0 {
            self.learn_quality(a, row, (quality, weight), true, changes);
        }
    }

    /// Takes a judgement (quality and weight) in. Only live ones can show that an arm has changed:
    /// examples are imported in any order.
    pub(super) fn learn_quality(
        &mut self,
        a: usize,
        row: Option<usize>,
        (quality, weight): (f64, f64),
        live: bool,
        changes: &mut Vec<Change>,
    ) {
        if let Some(expected) = self.solution.expected(a, row, self.arms.len()) {
            let residual = quality - expected;
            if self.arms[a].fall.is_some() {
                self.fallen(a, residual, weight, changes);
                return;
            }
            self.arms[a].count_residual(residual, weight);
            if live && self.falls(a, residual, weight, changes) {
                return;
            }
        }
        if self.settings.forgetting < 1.0 {
            self.arms[a].forget(self.settings.forgetting.powf(weight));
        }
        self.cell(a, row).judged(quality, weight);
    }

    /// Compares a judgement with what was expected. True where it shows that the arm became worse,
    /// and so is not to be mixed with what was known of it before.
    fn falls(&mut self, a: usize, residual: f64, weight: f64, changes: &mut Vec<Change>) -> bool {
        if !self.settings.detect_drift || self.arms[a].evidence() < SETTLED_EVIDENCE {
            return false;
        }
        let sd = publish::noise(&self.arms, a).sqrt();
        let arm = &mut self.arms[a];
        let Some(direction) = arm.detector.observe(residual, sd, weight) else {
            return false;
        };
        match direction {
            Direction::Worse => arm.fall(),
            Direction::Better => arm.forget(self.settings.keep_on_drift),
        }
        let arm = arm.prior.arm.clone();
        changes.push(Change::Drift { arm, direction });
        self.publish_soon();
        direction == Direction::Worse
    }

    /// A judgement of a fallen arm: it says whether the arm is back, and nothing of what it was.
    fn fallen(&mut self, a: usize, residual: f64, weight: f64, changes: &mut Vec<Change>) {
        let noise = publish::noise(&self.arms, a);
        let arm = &mut self.arms[a];
        let Some(fall) = &mut arm.fall else {
            return;
        };
        match fall.observe(residual, weight, noise) {
            Standing::Down => return,
            Standing::Lasting => arm.settle(self.settings.keep_on_drift),
            Standing::Recovered => {
                arm.fall = None;
                changes.push(Change::Drift {
                    arm: arm.prior.arm.clone(),
                    direction: Direction::Better,
                });
            }
        }
        self.publish_soon();
    }
}
