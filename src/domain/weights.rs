//! How a caller trades quality against cost and latency.

use serde::{Deserialize, Serialize};

/// Weights of one decision. Each is finite and at least 0, and not all are 0.
///
/// The score of an arm is `quality * q - cost * (usd / reference_usd) - latency * (ms / reference_ms)`,
/// where the references are those of the knowledge (`learn::Knowledge::references`), so that the
/// weights mean the same for cheap and for dear sets of models.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Weights {
    /// Value of one unit of quality in [0, 1].
    pub quality: f64,
    /// Price of the reference cost.
    pub cost: f64,
    /// Price of the reference latency.
    pub latency: f64,
}

impl Weights {
    /// The named trade-off used where nobody asked for another.
    pub const BALANCED: Self = Self {
        quality: 1.0,
        cost: 0.2,
        latency: 0.02,
    };
    /// Quality above all; cost only breaks ties.
    pub const QUALITY: Self = Self {
        quality: 1.0,
        cost: 0.02,
        latency: 0.0,
    };
    /// Cost above all, but a useless answer is no bargain.
    pub const COST: Self = Self {
        quality: 1.0,
        cost: 1.0,
        latency: 0.0,
    };
    /// Speed first.
    pub const LATENCY: Self = Self {
        quality: 1.0,
        cost: 0.1,
        latency: 0.5,
    };

    /// Checks the range.
    ///
    /// # Errors
    /// Says which weight is out of range, or that all are 0.
    pub fn checked(self) -> Result<Self, InvalidWeights> {
        for (name, value) in [
            ("quality", self.quality),
            ("cost", self.cost),
            ("latency", self.latency),
        ] {
            if !(value.is_finite() && value >= 0.0) {
                return Err(InvalidWeights::Range { name, value });
            }
        }
        if self.quality == 0.0 && self.cost == 0.0 && self.latency == 0.0 {
            return Err(InvalidWeights::AllZero);
        }
        Ok(self)
    }
}

/// Weights that no decision can be made with.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum InvalidWeights {
    /// One weight is negative, infinite or not a number.
    #[error("weight {name:?} is {value}: expected a finite number of at least 0")]
    Range {
        /// Which weight.
        name: &'static str,
        /// What was given.
        value: f64,
    },
    /// Nothing to prefer.
    #[error("all weights are 0: give at least one of quality, cost and latency a positive weight")]
    AllZero,
}
