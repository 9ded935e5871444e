//! Tokens as Anthropic counts them. Pure.
//!
//! `input_tokens` leaves cached tokens out; `output_tokens` holds everything, thinking included. In
//! a stream the counts are cumulative: the later replaces the earlier, field by field.

use crate::domain::Usage;
use crate::provider::translate::count;
use serde_json::Value;

/// The counts seen so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    input: Option<u64>,
    cache_read: Option<u64>,
    cache_write: Option<u64>,
    output: Option<u64>,
    thinking: Option<u64>,
}

impl Counts {
    /// Takes a `usage` object over what was known; what it does not say stays.
    pub fn update(&mut self, usage: &Value) {
        for (field, value) in [
            (&mut self.input, &usage["input_tokens"]),
            (&mut self.cache_read, &usage["cache_read_input_tokens"]),
            (&mut self.cache_write, &usage["cache_creation_input_tokens"]),
            (&mut self.output, &usage["output_tokens"]),
            (
                &mut self.thinking,
                &usage["output_tokens_details"]["thinking_tokens"],
            ),
        ] {
            *field = count(value).or(*field);
        }
        if self.cache_write.is_none() {
            self.cache_write = by_lifetime(&usage["cache_creation"]);
        }
    }

    /// In the normal form; known once both input and output were said.
    #[must_use]
    pub fn usage(&self) -> Usage {
        let (Some(input), Some(output)) = (self.input, self.output) else {
            return Usage::default();
        };
        let reasoning = self.thinking.unwrap_or(0).min(output);
        Usage {
            input_uncached: input,
            cache_read: self.cache_read.unwrap_or(0),
            cache_write: self.cache_write.unwrap_or(0),
            output_visible: output - reasoning,
            reasoning,
            known: true,
        }
    }
}

/// The sum over the lifetimes, where the vendor says them apart only.
fn by_lifetime(creation: &Value) -> Option<u64> {
    let short = count(&creation["ephemeral_5m_input_tokens"]);
    let long = count(&creation["ephemeral_1h_input_tokens"]);
    (short.is_some() || long.is_some()).then(|| short.unwrap_or(0) + long.unwrap_or(0))
}
