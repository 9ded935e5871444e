//! Tokens of one call, in one normal form for all dialects.

use serde::{Deserialize, Serialize};

/// Tokens of one upstream call. The five counts do not overlap: they add up to all tokens billed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Usage {
    /// Input tokens billed at the full input price.
    pub input_uncached: u64,
    /// Input tokens read from the upstream's prompt cache.
    pub cache_read: u64,
    /// Input tokens written to the upstream's prompt cache.
    pub cache_write: u64,
    /// Output tokens that the caller sees.
    pub output_visible: u64,
    /// Output tokens spent on reasoning.
    pub reasoning: u64,
    /// False where the upstream said nothing: then all counts are 0 and cost is unknown, not 0.
    pub known: bool,
}

impl Usage {
    /// All input tokens.
    #[must_use]
    pub fn input(&self) -> u64 {
        self.input_uncached + self.cache_read + self.cache_write
    }

    /// All output tokens, reasoning included.
    #[must_use]
    pub fn output(&self) -> u64 {
        self.output_visible + self.reasoning
    }

    /// Both calls together; known only where both are.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            input_uncached: self.input_uncached + other.input_uncached,
            cache_read: self.cache_read + other.cache_read,
            cache_write: self.cache_write + other.cache_write,
            output_visible: self.output_visible + other.output_visible,
            reasoning: self.reasoning + other.reasoning,
            known: self.known && other.known,
        }
    }
}
