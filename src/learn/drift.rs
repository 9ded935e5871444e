//! Detects that an arm's quality has changed, and that it has come back.
//!
//! A two-sided Page-Hinkley test (Page 1954) on residuals in units of the arm's own noise: a threshold
//! in units of quality would give false alarms for coarse 0/1 judgements and sleep through changes of
//! finely graded ones. What was known of an arm that became worse is set aside, not dropped: so a
//! false alarm costs some probes, and a recovered arm is at once what it was.

use serde::{Deserialize, Serialize};

/// Change of quality per judgement that is let pass: half of the least fall worth an alarm; and its
/// bounds in deviations of the arm's noise. A class that is not yet understood makes an arm look as
/// much better or worse.
const SLACK_QUALITY: f64 = 0.13;
const SLACK: (f64, f64) = (0.3, 1.0);
/// Cumulated excess that raises the alarm. An unchanged arm raises one about once in a hundred
/// thousand judgements (Siegmund's approximation); a fall of 0.65 deviations is seen after about 50.
const THRESHOLD: f64 = 16.0;
/// Becoming better is believed later: it drops evidence, and learning follows it anyway.
const BETTER_THRESHOLD: f64 = 24.0;
/// Likelihood (as a logarithm) of having recovered against still being down that is believed.
const RECOVERED: f64 = 2.3;
/// The same from which an arm is probed more often, to be sure soon.
const HOPEFUL: f64 = 0.5;
/// Least fall in quality that is told from none.
const LEAST_FALL: f64 = 0.1;
/// Judgements that the depth of a fall is the mean of.
const RECENT: f64 = 30.0;
/// Judgements after which a fall counts as lasting.
const LASTING: u32 = 300;
/// Choices between two probes: such that probes tell much the same in a hundred choices however deep
/// the fall, for a deep one costs more a probe and needs fewer of them. The least and the most.
const PROBE_EVERY: f64 = 25.0;
const PROBE_BOUNDS: (f64, f64) = (15.0, 40.0);
/// How many times as often a hopeful arm is probed.
const HASTE: f64 = 4.0;

/// The two cumulated sums.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Detector {
    pub up: f64,
    pub down: f64,
    /// Judgements since `down` was last 0, and the sum of their residuals in units of quality.
    pub run: (f64, f64),
}

/// Which way an arm's quality changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// It became better.
    Better,
    /// It became worse.
    Worse,
}

impl Detector {
    /// Takes in a residual, where judgements scatter by `sd`; says whether quality has changed. The
    /// sums are kept where it became worse ([`Fall::new`] needs them).
    pub fn observe(&mut self, residual: f64, sd: f64, weight: f64) -> Option<Direction> {
        let deviations = weight * (residual / sd).clamp(-4.0, 4.0);
        let slack = weight * (SLACK_QUALITY / sd).clamp(SLACK.0, SLACK.1);
        self.up = (self.up + deviations - slack).max(0.0);
        self.down = (self.down - deviations - slack).max(0.0);
        if self.down > 0.0 {
            self.run.0 += weight;
            self.run.1 += weight * residual;
        } else {
            self.run = (0.0, 0.0);
        }
        if self.down > THRESHOLD {
            Some(Direction::Worse)
        } else if self.up > BETTER_THRESHOLD {
            *self = Self::default();
            Some(Direction::Better)
        } else {
            None
        }
    }
}

/// A fall in an arm's quality: how deep, by the latest judgements, and whether it is over, by a
/// sequential likelihood ratio test (Wald 1945).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Fall {
    /// Judgements, at most [`RECENT`], and the sum of their residuals.
    pub n: f64,
    pub sum: f64,
    /// Logarithm of the likelihood ratio since it was last 0.
    pub recovery: f64,
    pub judged: u32,
}

/// What a judgement says of a fallen arm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Down,
    Recovered,
    Lasting,
}

impl Fall {
    /// Begins with what raised the alarm.
    pub fn new(run: (f64, f64)) -> Self {
        let share = (RECENT / run.0.max(1.0)).min(1.0);
        Self {
            n: run.0 * share,
            sum: run.1 * share,
            ..Self::default()
        }
    }

    /// How deep, above 0.
    pub fn depth(&self) -> f64 {
        (-self.sum / self.n.max(1.0)).clamp(0.0, 1.0)
    }

    /// Takes in a judgement's residual from what was known before the fall.
    pub fn observe(&mut self, residual: f64, weight: f64, noise: f64) -> Standing {
        let depth = self.depth().max(LEAST_FALL);
        let evidence = weight * (residual + 0.5 * depth) * depth / noise;
        self.recovery = (self.recovery + evidence.clamp(-2.0, 2.0)).max(0.0);
        self.judged = self.judged.saturating_add(1);
        if self.n >= RECENT {
            let keep = 1.0 - weight / RECENT;
            self.n *= keep;
            self.sum *= keep;
        }
        self.n += weight;
        self.sum += weight * residual;
        if self.recovery > RECOVERED {
            Standing::Recovered
        } else if self.judged >= LASTING {
            Standing::Lasting
        } else {
            Standing::Down
        }
    }

    /// Choices after which the arm is to be tried again, where a judgement's variance is `noise`.
    pub fn probe_after(&self, noise: f64) -> f64 {
        let (least, most) = PROBE_BOUNDS;
        let calm = (PROBE_EVERY * self.depth().powi(2) / noise).clamp(least, most);
        if self.recovery > HOPEFUL {
            calm / HASTE
        } else {
            calm
        }
    }
}
