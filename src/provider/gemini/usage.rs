//! Tokens as Gemini counts them. Pure.
//!
//! `promptTokenCount` holds the cached ones; output is candidates plus thoughts, where the total
//! shows that thoughts are not already among the candidates.

use crate::domain::Usage;
use crate::provider::translate::count;
use serde_json::Value;

/// `usageMetadata` in the normal form. Each event of a stream carries it whole; the last counts.
pub fn usage(meta: &Value) -> Usage {
    let field = |name: &str| count(&meta[name]);
    let Some(prompt) = field("promptTokenCount") else {
        return Usage::default();
    };
    let cached = field("cachedContentTokenCount").unwrap_or(0).min(prompt);
    let tools = field("toolUsePromptTokenCount").unwrap_or(0);
    let thoughts = field("thoughtsTokenCount").unwrap_or(0);
    let candidates = field("candidatesTokenCount").unwrap_or(0);
    let inclusive = thoughts <= candidates
        && thoughts > 0
        && field("totalTokenCount") == Some(prompt + tools + candidates);
    Usage {
        input_uncached: prompt - cached + tools,
        cache_read: cached,
        cache_write: 0,
        output_visible: if inclusive {
            candidates - thoughts
        } else {
            candidates
        },
        reasoning: thoughts,
        known: true,
    }
}
