//! In what the servers that copy OpenAI's chat completions differ, as data.

/// Habits of one server. The default is what most of them share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quirks {
    /// Name of the flavour.
    pub name: &'static str,
    /// The field that limits output tokens.
    pub max_tokens: &'static str,
    /// The field of the seed.
    pub seed: &'static str,
    /// The word for "some tool must be called".
    pub tool_required: &'static str,
    /// A tool can be demanded by name; else "some tool" is asked for.
    pub tool_by_name: bool,
    /// Tool schemas may say `strict` and `additionalProperties`.
    pub strict_schemas: bool,
    /// Length that ids of tool calls must have.
    pub tool_id_chars: Option<usize>,
    /// Takes `top_k`.
    pub top_k: bool,
    /// Takes `stop`.
    pub stop: bool,
    /// Takes presence and frequency penalties.
    pub penalties: bool,
    /// A response format may go with streaming.
    pub format_in_stream: bool,
    /// Sends usage in a stream when asked by `stream_options`.
    pub stream_options: bool,
    /// Every assistant turn must carry `reasoning_content`.
    pub echo_reasoning: bool,
    /// Reasoning is switched by `thinking` instead of `reasoning_effort`.
    pub thinking_switch: bool,
    /// `completion_tokens` does not hold the reasoning tokens.
    pub reasoning_apart: bool,
    /// A stream must end with `[DONE]`; else a finish reason will do.
    pub done_marker: bool,
}

impl Default for Quirks {
    fn default() -> Self {
        Self {
            name: "openai_compatible",
            max_tokens: "max_tokens",
            seed: "seed",
            tool_required: "required",
            tool_by_name: true,
            strict_schemas: true,
            tool_id_chars: None,
            top_k: false,
            stop: true,
            penalties: true,
            format_in_stream: true,
            stream_options: true,
            echo_reasoning: false,
            thinking_switch: false,
            reasoning_apart: false,
            done_marker: true,
        }
    }
}

impl Quirks {
    /// The flavour of this name; the common habits where the name is not known.
    #[must_use]
    pub fn named(name: &str) -> Self {
        let common = Self::default();
        match name {
            "openai" | "azure" => Self {
                name: "openai",
                max_tokens: "max_completion_tokens",
                ..common
            },
            "groq" => Self {
                name: "groq",
                format_in_stream: false,
                ..common
            },
            "cerebras" => Self {
                name: "cerebras",
                penalties: false,
                ..common
            },
            "mistral" => Self {
                name: "mistral",
                seed: "random_seed",
                tool_required: "any",
                tool_by_name: false,
                strict_schemas: false,
                tool_id_chars: Some(9),
                ..common
            },
            "xai" => Self {
                name: "xai",
                stop: false,
                penalties: false,
                reasoning_apart: true,
                ..common
            },
            "deepseek" => Self {
                name: "deepseek",
                echo_reasoning: true,
                thinking_switch: true,
                ..common
            },
            "together" => Self {
                name: "together",
                top_k: true,
                ..common
            },
            "vllm" => Self {
                name: "vllm",
                top_k: true,
                strict_schemas: false,
                ..common
            },
            "lmstudio" => Self {
                name: "lmstudio",
                top_k: true,
                ..common
            },
            _ => common,
        }
    }
}
