//! What a caller asks a model: messages, tools, sampling. One form for all dialects.

use super::ToolCall;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Instructions (also `developer`).
    System,
    /// The caller.
    User,
    /// The model.
    Assistant,
    /// The result of a tool call.
    Tool,
}

/// One turn of a conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// Content in order.
    pub parts: Vec<Part>,
    /// Tool calls of an assistant turn.
    pub tool_calls: Vec<ToolCall>,
    /// The call that a tool turn answers.
    pub tool_call_id: Option<String>,
    /// Name of the speaker or of the tool.
    pub name: Option<String>,
}

impl Message {
    /// A turn of plain text.
    #[must_use]
    pub fn text(role: Role, text: impl Into<String>) -> Self {
        Self {
            role,
            parts: vec![Part::Text(text.into())],
            tool_calls: Vec::new(),
            tool_call_id: None,
            name: None,
        }
    }

    /// Does it say something: text, an image or a tool call?
    #[must_use]
    pub fn has_content(&self) -> bool {
        let says = |part: &Part| match part {
            Part::Text(text) => !text.trim().is_empty(),
            Part::Image(_) => true,
            Part::Reasoning { .. } => false,
        };
        !self.tool_calls.is_empty() || self.parts.iter().any(says)
    }

    /// The text parts, joined by new lines.
    #[must_use]
    pub fn plain_text(&self) -> String {
        let texts: Vec<&str> = self
            .parts
            .iter()
            .filter_map(|part| match part {
                Part::Text(text) => Some(text.as_str()),
                Part::Image(_) | Part::Reasoning { .. } => None,
            })
            .collect();
        texts.join("\n")
    }
}

/// A piece of content.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Plain text.
    Text(String),
    /// An image.
    Image(ImageSource),
    /// Reasoning of an earlier assistant turn, with the vendor's signature, echoed back unchanged.
    Reasoning {
        /// Its text; may be empty where the vendor hides it.
        text: String,
        /// Opaque proof that some vendors want back.
        signature: Option<String>,
    },
}

/// Where an image comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImageSource {
    /// An address that the upstream fetches.
    Url(String),
    /// Base 64 data of a media type such as `image/png`.
    Inline {
        /// Media type.
        media_type: String,
        /// Base 64.
        data: String,
    },
}

/// A function the model may call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tool {
    /// Name.
    pub name: String,
    /// What it does.
    pub description: Option<String>,
    /// JSON schema of its arguments.
    pub parameters: Value,
    /// Ask the upstream to hold the arguments to the schema.
    pub strict: Option<bool>,
}

/// Whether a tool must be called.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToolChoice {
    /// The model decides.
    #[default]
    Auto,
    /// No tool.
    None,
    /// Some tool.
    Required,
    /// This tool.
    Named(String),
}

/// Form of the answer.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseFormat {
    /// Free text.
    #[default]
    Text,
    /// Some JSON object.
    JsonObject,
    /// JSON that follows a schema.
    JsonSchema {
        /// Name of the schema.
        name: String,
        /// The schema.
        schema: Value,
        /// Ask the upstream to hold the answer to it.
        strict: Option<bool>,
    },
}

/// Sampling parameters; `None` leaves the upstream's default.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct Sampling {
    /// 0 to 2.
    pub temperature: Option<f64>,
    /// 0 to 1.
    pub top_p: Option<f64>,
    /// At least 1.
    pub top_k: Option<u32>,
    /// Output tokens at most.
    pub max_tokens: Option<u32>,
    /// Texts at which the answer ends.
    pub stop: Vec<String>,
    /// -2 to 2.
    pub presence_penalty: Option<f64>,
    /// -2 to 2.
    pub frequency_penalty: Option<f64>,
    /// For repeatable answers where the upstream offers them.
    pub seed: Option<i64>,
    /// `low`, `medium`, `high` or what the vendor knows.
    pub reasoning_effort: Option<String>,
    /// Parameters of the vendor that are passed through as they are.
    pub extra: Map<String, Value>,
}
