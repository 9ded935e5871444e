//! What can be chosen: an arm, what it costs by list and what it is able to do.

use super::{ArmId, DeploymentId, ProviderId, Usage};
use serde::{Deserialize, Serialize};

/// An arm as configured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Arm {
    /// `provider/model` unless named otherwise.
    pub id: ArmId,
    /// The provider of its first deployment; for display and for `provider` filters.
    pub provider: ProviderId,
    /// The vendor's model name.
    pub model: String,
    /// List price; `None` where it is not known (then cost is learned from reported costs only).
    pub price: Option<Price>,
    /// What it is able to do.
    pub capabilities: Capabilities,
    /// Places that serve it, at least one.
    pub deployments: Vec<DeploymentId>,
    /// Free labels for filters and rules.
    pub tags: Vec<String>,
}

/// List price in US dollars per million tokens.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Price {
    /// Uncached input.
    pub input_per_mtok: f64,
    /// Output, reasoning included.
    pub output_per_mtok: f64,
    /// Input read from the prompt cache; `None` = as uncached input.
    pub cache_read_per_mtok: Option<f64>,
    /// Input written to the prompt cache; `None` = as uncached input.
    pub cache_write_per_mtok: Option<f64>,
}

impl Price {
    /// Cost in US dollars, `None` where the usage is not known.
    #[must_use]
    pub fn cost_usd(&self, usage: &Usage) -> Option<f64> {
        if !usage.known {
            return None;
        }
        let read = self.cache_read_per_mtok.unwrap_or(self.input_per_mtok);
        let write = self.cache_write_per_mtok.unwrap_or(self.input_per_mtok);
        let total = usage.input_uncached as f64 * self.input_per_mtok
            + usage.cache_read as f64 * read
            + usage.cache_write as f64 * write
            + usage.output() as f64 * self.output_per_mtok;
        Some(total / 1e6)
    }

    /// Cost in US dollars of that many uncached input and output tokens.
    #[must_use]
    pub fn estimate_usd(&self, input_tokens: f64, output_tokens: f64) -> f64 {
        (input_tokens * self.input_per_mtok + output_tokens * self.output_per_mtok) / 1e6
    }

    /// One number to compare list prices with: dollars per million tokens at three input tokens
    /// to one output token.
    #[must_use]
    pub fn blended_per_mtok(&self) -> f64 {
        (3.0 * self.input_per_mtok + self.output_per_mtok) / 4.0
    }
}

/// What an arm is able to do. Requests that need more leave it out, with the reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capabilities {
    /// Accepts image parts.
    pub vision: bool,
    /// Accepts tools.
    pub tools: bool,
    /// Accepts a JSON schema as response format.
    pub json_schema: bool,
    /// Streams its answer.
    pub streaming: bool,
    /// Input and output tokens together at most; `None` = not known, not checked.
    pub context_tokens: Option<u32>,
    /// Output tokens at most; `None` = not known, not checked.
    pub max_output_tokens: Option<u32>,
}

impl Default for Capabilities {
    /// An unknown model is given the benefit of the doubt: the upstream will say no itself.
    fn default() -> Self {
        Self {
            vision: true,
            tools: true,
            json_schema: true,
            streaming: true,
            context_tokens: None,
            max_output_tokens: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_counts_every_kind_of_token_once() {
        let price = Price {
            input_per_mtok: 3.0,
            output_per_mtok: 15.0,
            cache_read_per_mtok: Some(0.3),
            cache_write_per_mtok: Some(3.75),
        };
        let usage = Usage {
            input_uncached: 1000,
            cache_read: 10_000,
            cache_write: 2000,
            output_visible: 100,
            reasoning: 100,
            known: true,
        };
        let cost = price.cost_usd(&usage).unwrap();
        assert!(
            (cost - (0.003 + 0.003 + 0.0075 + 0.003)).abs() < 1e-12,
            "{cost}"
        );
        assert_eq!(price.cost_usd(&Usage::default()), None);
    }
}
