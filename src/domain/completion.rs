//! What a model answers, whole or in pieces.

use super::{Part, Usage};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A whole answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Completion {
    /// Content in order (text and reasoning).
    pub parts: Vec<Part>,
    /// Calls the model wants made.
    pub tool_calls: Vec<ToolCall>,
    /// Why it ended.
    pub stop: StopReason,
    /// Tokens.
    pub usage: Usage,
    /// The model as the upstream names it.
    pub model: String,
    /// The upstream's own id of the answer.
    pub upstream_id: Option<String>,
    /// Cost in US dollars where the upstream bills it in the answer.
    pub reported_cost_usd: Option<f64>,
    /// What else the upstream said, in its own words: fields that have no place above, such as
    /// `system_fingerprint`. `logprobs` are those of the answer; `message` holds what stood in the
    /// message itself.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub extra: Map<String, Value>,
}

impl Completion {
    /// The text parts, joined.
    #[must_use]
    pub fn text(&self) -> String {
        self.parts
            .iter()
            .filter_map(|part| match part {
                Part::Text(text) => Some(text.as_str()),
                Part::Image(_) | Part::Reasoning { .. } => None,
            })
            .collect()
    }

    /// Neither text nor tool call.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tool_calls.is_empty() && self.text().trim().is_empty()
    }
}

/// One call of a tool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolCall {
    /// The call's id; made up by the dialect where the vendor has none.
    pub id: String,
    /// The tool's name.
    pub name: String,
    /// Arguments as JSON text, as the model wrote them.
    pub arguments: String,
    /// Opaque proof that some vendors want back with the call.
    pub signature: Option<String>,
}

/// Why an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// The model was done, or a stop text was met.
    Stop,
    /// The token limit was reached.
    Length,
    /// Tools are to be called.
    ToolCalls,
    /// The vendor's filter ended it.
    ContentFilter,
    /// The vendor gave another reason, or none.
    Other,
}

/// A piece of a streamed answer. A dialect yields these in order; `Done` is last and comes once.
/// A stream that ends without `Done` was cut.
#[derive(Clone, Debug, PartialEq)]
pub enum Delta {
    /// More text.
    Text(String),
    /// More reasoning.
    Reasoning {
        /// Its text.
        text: String,
        /// The vendor's signature, usually in the last piece.
        signature: Option<String>,
    },
    /// More of a tool call.
    ToolCall {
        /// Position among the answer's tool calls, from 0, without gaps.
        index: u32,
        /// In the first piece.
        id: Option<String>,
        /// In the first piece.
        name: Option<String>,
        /// More of the arguments' JSON text.
        arguments: String,
        /// The vendor's signature.
        signature: Option<String>,
    },
    /// The answer is complete.
    Done {
        /// Why it ended.
        stop: StopReason,
        /// Tokens.
        usage: Usage,
        /// The model as the upstream names it.
        model: String,
        /// The upstream's own id of the answer.
        upstream_id: Option<String>,
        /// Cost in US dollars where the upstream bills it in the answer.
        reported_cost_usd: Option<f64>,
        /// As in [`Completion::extra`].
        extra: Map<String, Value>,
    },
}
