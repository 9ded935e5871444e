//! What rules may look at: a few numbers and names of the request.

use super::complexity;
use crate::domain::{ChatRequest, Routing};

/// What rules may look at.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Signals {
    /// Estimated input tokens.
    pub tokens: u64,
    /// Messages in the conversation.
    pub messages: u64,
    /// Output tokens asked for; 0 where not said.
    pub max_tokens: u64,
    /// Complexity of the prompt, 0 to 100.
    pub complexity: f64,
    /// The class's label, or `c` and its number; empty where unknown.
    pub class: String,
    /// The model asked for; empty where none.
    pub model: String,
    /// Who asks; empty where nobody said.
    pub tenant: String,
    /// Labels of the request.
    pub tags: Vec<(String, String)>,
    /// Does the request bring tools?
    pub tools: bool,
    /// Does it bring images?
    pub images: bool,
    /// Is a stream asked for?
    pub stream: bool,
}

impl Signals {
    /// The signals of one request. `class` is its label, or `c` and its number, or empty.
    #[must_use]
    pub fn of(request: &ChatRequest, routing: &Routing, class: &str, stream: bool) -> Self {
        Self {
            tokens: request.estimated_input_tokens(),
            messages: request.messages.len() as u64,
            max_tokens: request.sampling.max_tokens.unwrap_or(0).into(),
            complexity: complexity::complexity(&request.prompt()),
            class: class.to_owned(),
            model: routing.model.clone().unwrap_or_default(),
            tenant: routing.tenant.clone().unwrap_or_default(),
            tags: routing.tags.clone(),
            tools: !request.tools.is_empty(),
            images: request.has_images(),
            stream,
        }
    }
}
