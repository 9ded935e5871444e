//! What is remembered of one arm beside its sums by class.

use super::cell::Cell;
use super::drift::{Detector, Fall};
use crate::domain::{ArmId, Price};
use serde::{Deserialize, Serialize};

/// What is known of an arm before any request: its list price and, perhaps, a catalogue's opinion.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ArmPrior {
    /// The arm.
    pub arm: ArmId,
    /// List price.
    pub price: Option<Price>,
    /// Mean quality in [0, 1] to expect, where somebody knows better than the price tells.
    pub prior_quality: Option<f64>,
}

/// All that is remembered of one arm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct ArmState {
    pub prior: ArmPrior,
    /// In the configuration now. An arm that left keeps its evidence for its return.
    pub declared: bool,
    /// Sums by class row.
    pub cells: Vec<Cell>,
    /// Sums of what came without a context.
    pub unplaced: Cell,
    /// Calls that ended, and those that failed (after forgetting).
    pub calls: f64,
    pub failures: f64,
    /// Squared residuals of judgements: number and sum.
    pub noise_n: f64,
    pub noise_sum: f64,
    pub detector: Detector,
    /// Times chosen since it was declared.
    pub chosen: u64,
    /// Value of the learner's count of choices when this arm was chosen last.
    pub last_chosen: u64,
    /// The learner's count of choices when this arm was first declared.
    pub joined_at: u64,
    /// Judgements beside those of other arms on the same prompt (weighted, after forgetting).
    pub compared: f64,
    /// It became worse, and has not come back.
    pub fall: Option<Fall>,
}

/// Calls beyond which the failure rate forgets.
const RECENT_CALLS: f64 = 200.0;
/// Choices within which all arms are new, so that none is a newcomer.
const COLD_CHOICES: u64 = 50;
/// Judgements after which a newcomer is one no longer.
const FRESH_EVIDENCE: f64 = 30.0;
/// Comparisons that make exploration care for 0.7 of the usual deviation.
const ENOUGH_COMPARED: f64 = 60.0;
/// Judgements beyond which the noise forgets.
const RECENT_NOISE: f64 = 500.0;

impl ArmState {
    pub fn new(prior: ArmPrior, classes: usize) -> Self {
        Self {
            prior,
            declared: true,
            cells: vec![Cell::default(); classes],
            unplaced: Cell::default(),
            calls: 0.0,
            failures: 0.0,
            noise_n: 0.0,
            noise_sum: 0.0,
            detector: Detector::default(),
            chosen: 0,
            last_chosen: 0,
            joined_at: 0,
            compared: 0.0,
            fall: None,
        }
    }

    /// Judgements (weighted) over all classes.
    pub fn evidence(&self) -> f64 {
        self.cells.iter().map(|cell| cell.n).sum::<f64>() + self.unplaced.n
    }

    pub fn count_call(&mut self, failed: bool) {
        if self.calls >= RECENT_CALLS {
            let keep = 1.0 - 1.0 / RECENT_CALLS;
            self.calls *= keep;
            self.failures *= keep;
        }
        self.calls += 1.0;
        self.failures += f64::from(u8::from(failed));
    }

    /// Mean of a Beta posterior with one failure in fifty calls as prior.
    pub fn failure_rate(&self) -> f64 {
        (self.failures + 0.02) / (self.calls + 1.0)
    }

    pub fn count_residual(&mut self, residual: f64, weight: f64) {
        if self.noise_n >= RECENT_NOISE {
            let keep = 1.0 - weight / RECENT_NOISE;
            self.noise_n *= keep;
            self.noise_sum *= keep;
        }
        self.noise_n += weight;
        self.noise_sum += weight * residual * residual;
    }

    /// Factor of exploration: the more of an arm is known beside all others on the same prompts, the
    /// less a pull of its own tells.
    pub fn caution(&self) -> f64 {
        (ENOUGH_COMPARED / (ENOUGH_COMPARED + self.compared)).sqrt()
    }

    /// Share of the posterior deviation that exploration uses: all of it for an arm that joined a
    /// running service, until it has been judged some times; then the usual share.
    pub fn explore_share(&self, usual: f64) -> f64 {
        let usual = usual * self.caution();
        let open = 1.0 - self.evidence() / FRESH_EVIDENCE;
        if self.joined_at > COLD_CHOICES {
            usual.max(open)
        } else {
            usual
        }
    }

    /// It became worse: what was judged since then is taken out of its evidence again.
    pub fn fall(&mut self) {
        let run = std::mem::take(&mut self.detector).run;
        let evidence = self.evidence();
        if evidence > 0.0 {
            let each = run.1 / evidence;
            let cells = self.cells.iter_mut().chain([&mut self.unplaced]);
            cells.for_each(|cell| cell.shift(-each));
        }
        self.fall = Some(Fall::new(run));
    }

    /// A fall that lasts is how the arm is now.
    pub fn settle(&mut self, keep: f64) {
        if let Some(fall) = self.fall.take() {
            let cells = self.cells.iter_mut().chain([&mut self.unplaced]);
            cells.for_each(|cell| {
                cell.shift(-fall.depth());
                cell.forget(keep);
            });
        }
    }

    /// How far below its old quality it is now.
    pub fn depth(&self) -> f64 {
        self.fall.map_or(0.0, |fall| fall.depth())
    }

    /// Keeps this share of what was judged.
    pub fn forget(&mut self, keep: f64) {
        self.cells.iter_mut().for_each(|cell| cell.forget(keep));
        self.unplaced.forget(keep);
        self.compared *= keep;
    }

    /// List price as one number, where it is known and sound.
    pub fn blended_price(&self) -> Option<f64> {
        let price = self.prior.price?.blended_per_mtok();
        (price.is_finite() && price > 0.0).then_some(price)
    }
}

impl ArmState {
    /// Declared again, perhaps at another price: costs that were observed are converted.
    pub fn redeclare(&mut self, prior: &ArmPrior) {
        let before = self.blended_price();
        self.prior = prior.clone();
        self.declared = true;
        if let (Some(before), Some(after)) = (before, self.blended_price()) {
            let factor = after / before;
            if (factor - 1.0).abs() > 1e-9 {
                let cells = self.cells.iter_mut().chain([&mut self.unplaced]);
                cells.for_each(|cell| cell.cost.sum *= factor);
            }
        }
    }
}
