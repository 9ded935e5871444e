//! Detects that an arm's quality has changed: a two-sided Page-Hinkley test on residuals in units of
//! the arm's own noise (Page 1954). A threshold in units of quality would give false alarms for
//! coarse 0/1 judgements and sleep through changes of finely graded ones.

use serde::{Deserialize, Serialize};

/// Change per judgement that is let pass, in deviations of the arm's noise. Larger than what a
/// class that is not yet understood makes an arm look better or worse.
const SLACK: f64 = 0.3;
/// Cumulated excess that raises the alarm. An unchanged arm raises one about once in ten million
/// judgements (Siegmund's approximation), and a change of 0.65 deviations is seen after about 70.
/// A false alarm costs more than a late one: at 16 a warm start lost several points.
const THRESHOLD: f64 = 24.0;
/// The same for a demoted arm becoming better: a false alarm there costs a few probes only.
const RECOVERY_THRESHOLD: f64 = 6.0;

/// The two cumulated sums.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Detector {
    pub up: f64,
    pub down: f64,
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
    /// Takes in a residual in deviations of noise; says whether quality has changed, and starts anew.
    pub fn observe(&mut self, residual: f64, demoted: bool) -> Option<Direction> {
        let better = if demoted {
            RECOVERY_THRESHOLD
        } else {
            THRESHOLD
        };
        let residual = residual.clamp(-4.0, 4.0);
        self.up = (self.up + residual - SLACK).max(0.0);
        self.down = (self.down - residual - SLACK).max(0.0);
        let seen = if self.up > better {
            Direction::Better
        } else if self.down > THRESHOLD {
            Direction::Worse
        } else {
            return None;
        };
        *self = Self::default();
        Some(seen)
    }
}
