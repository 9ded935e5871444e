//! A request as the engine sees it: what to ask, and how to route it.

use super::{
    ArmId, FanOutMode, Message, ProviderId, ResponseFormat, Role, Sampling, Tool, ToolChoice,
    Weights,
};
use serde::{Deserialize, Serialize};

/// What to ask a model.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct ChatRequest {
    /// The conversation; at least one message.
    pub messages: Vec<Message>,
    /// Functions the model may call.
    pub tools: Vec<Tool>,
    /// Whether it must.
    pub tool_choice: ToolChoice,
    /// May several tools be called at once? `None` = the upstream's default.
    pub parallel_tool_calls: Option<bool>,
    /// Form of the answer.
    pub response_format: ResponseFormat,
    /// Sampling parameters.
    pub sampling: Sampling,
}

impl ChatRequest {
    /// The text that is embedded: the last user turn. Earlier turns and the system prompt say more
    /// about the application than about the prompt, and would make all its prompts look alike.
    #[must_use]
    pub fn prompt(&self) -> String {
        self.messages
            .iter()
            .rev()
            .find(|message| message.role == Role::User)
            .or(self.messages.last())
            .map(Message::plain_text)
            .unwrap_or_default()
    }

    /// Does any turn but the system's say something: text, an image or a tool call?
    #[must_use]
    pub fn asks(&self) -> bool {
        self.messages
            .iter()
            .any(|message| message.role != Role::System && message.has_content())
    }

    /// A rough count of input tokens: four bytes of text each, 800 for an image.
    #[must_use]
    pub fn estimated_input_tokens(&self) -> u64 {
        let messages: u64 = self.messages.iter().map(message_tokens).sum();
        let tools: u64 = self
            .tools
            .iter()
            .map(|tool| 8 + (tool.parameters.to_string().len() as u64) / 4)
            .sum();
        messages + tools
    }

    /// Bytes of all texts of the messages together, reasoning included.
    #[must_use]
    pub fn text_bytes(&self) -> usize {
        let parts = self.messages.iter().flat_map(|message| &message.parts);
        let bytes = parts.map(|part| match part {
            super::Part::Text(text) | super::Part::Reasoning { text, .. } => text.len(),
            super::Part::Image(_) => 0,
        });
        bytes.sum()
    }

    /// Does any message carry an image?
    #[must_use]
    pub fn has_images(&self) -> bool {
        self.messages
            .iter()
            .flat_map(|message| &message.parts)
            .any(|part| matches!(part, super::Part::Image(_)))
    }
}

fn message_tokens(message: &Message) -> u64 {
    let parts: u64 = message
        .parts
        .iter()
        .map(|part| match part {
            super::Part::Text(text) | super::Part::Reasoning { text, .. } => {
                (text.len() as u64).div_ceil(4)
            }
            super::Part::Image(_) => 800,
        })
        .sum();
    let calls: u64 = message
        .tool_calls
        .iter()
        .map(|call| (call.arguments.len() as u64) / 4 + 8)
        .sum();
    parts + calls + 4
}

/// How to route one request. All fields are optional wishes; the configuration fills the rest.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct Routing {
    /// A named policy of the configuration, or one of `balanced`, `quality`, `cost`, `latency`.
    pub policy: Option<String>,
    /// A trade-off for this request alone; wins over the policy's.
    pub weights: Option<Weights>,
    /// A strategy for this request alone, by name.
    pub strategy: Option<String>,
    /// Exactly this arm.
    pub arm: Option<ArmId>,
    /// A model name or alias; `auto` or nothing lets the router choose.
    pub model: Option<String>,
    /// Only arms of this provider.
    pub provider: Option<ProviderId>,
    /// Only these arms; empty = all.
    pub allow: Vec<String>,
    /// Not these arms.
    pub deny: Vec<String>,
    /// What to try after the chosen arm, in this order; empty = by the ranking.
    pub fallbacks: Vec<String>,
    /// No fallback and no retry at all.
    pub disable_fallbacks: bool,
    /// Estimated cost at most, in US dollars, for each arm that is called.
    pub max_cost_usd: Option<f64>,
    /// Call several arms at once.
    pub fan_out: Option<FanOutWish>,
    /// Requests of one session keep their arm where that costs little.
    pub session: Option<String>,
    /// Who asks; for limits, budgets and statistics.
    pub tenant: Option<String>,
    /// Free labels for rules and statistics.
    pub tags: Vec<(String, String)>,
    /// May the router try an arm that is not the best by estimate? `None` = yes.
    pub explore: Option<bool>,
    /// A cut stream may start again on another arm, announced to the caller.
    pub restart_stream: bool,
    /// May what no eligible arm is able to do be left out? `None` = as configured.
    pub degrade: Option<bool>,
    /// Who chooses where the answers of a fan-out split; `None` = as configured.
    pub judge: Option<ArmId>,
    /// What the response caches may do; `None` = as configured.
    pub cache: Option<CacheWish>,
}

/// What the response caches may do for one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CacheWish {
    /// Neither look nor keep.
    Off,
    /// Look and keep, also where tools or a temperature would keep it out.
    On,
    /// Do not look, but keep the new answer instead of the old one.
    Refresh,
}

/// A wish to call several arms at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FanOutWish {
    /// How many arms, 2 to 8.
    pub arms: u32,
    /// How the answer is chosen.
    pub mode: FanOutMode,
}
