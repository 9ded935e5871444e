//! The words of each dialect: an answer `abc` of 10 input and 3 output tokens, whole and in pieces.

use pointsman::clock::SystemClock;
use pointsman::provider::{
    Provider, Secret,
    anthropic::Anthropic,
    azure::Azure,
    endpoint::Endpoint,
    gemini::Gemini,
    http::Http,
    ollama::Ollama,
    openai::{OpenAi, Quirks},
    vertex::{Credentials, Place, Publisher, Vertex},
};
use std::sync::Arc;

/// What Vertex' token server answers.
pub const TOKEN: &str = r#"{"access_token":"ya29.test","expires_in":3600}"#;

/// A dialect on the wire.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Wire {
    OpenAi,
    Anthropic,
    Gemini,
    Ollama,
    Azure,
    VertexGemini,
    VertexClaude,
}

impl Wire {
    pub const ALL: [Self; 7] = [
        Self::OpenAi,
        Self::Anthropic,
        Self::Gemini,
        Self::Ollama,
        Self::Azure,
        Self::VertexGemini,
        Self::VertexClaude,
    ];

    /// Our side of it.
    pub fn provider(self, http: Http, url: &str) -> Arc<dyn Provider> {
        let endpoint = Endpoint {
            base_url: url.into(),
            key: Some(Secret::new("sk-test-key-1234")),
            ..Endpoint::default()
        };
        match self {
            Self::OpenAi => Arc::new(OpenAi::new(http, endpoint, Quirks::named("openai")).unwrap()),
            Self::Anthropic => Arc::new(Anthropic::new(http, endpoint, "2023-06-01").unwrap()),
            Self::Gemini => Arc::new(Gemini::new(http, endpoint).unwrap()),
            Self::Ollama => Arc::new(Ollama::new(http, endpoint).unwrap()),
            Self::Azure => {
                let version = Some("2024-10-21".into());
                Arc::new(Azure::new(http, endpoint, version, false).unwrap())
            }
            Self::VertexGemini => vertex(http, endpoint, Publisher::Google),
            Self::VertexClaude => vertex(http, endpoint, Publisher::Anthropic),
        }
    }

    pub fn is_streamed(self, request: &str) -> bool {
        match self {
            Self::Gemini | Self::VertexGemini => request.contains(":streamGenerateContent"),
            Self::VertexClaude => request.contains(":streamRawPredict"),
            _ => request.replace(' ', "").contains("\"stream\":true"),
        }
    }

    pub fn stream_type(self) -> &'static str {
        if self == Self::Ollama {
            "application/x-ndjson"
        } else {
            "text/event-stream"
        }
    }

    pub fn whole(self, text: &str) -> String {
        match self {
            Self::OpenAi | Self::Azure => format!(
                r#"{{"id":"1","model":"m","choices":[{{"index":0,"message":{{"role":"assistant","content":"{text}"}},"finish_reason":"stop"}}],"usage":{{"prompt_tokens":10,"completion_tokens":3,"total_tokens":13}}}}"#
            ),
            Self::Anthropic | Self::VertexClaude => format!(
                r#"{{"id":"1","type":"message","role":"assistant","model":"m","content":[{{"type":"text","text":"{text}"}}],"stop_reason":"end_turn","usage":{{"input_tokens":10,"output_tokens":3}}}}"#
            ),
            Self::Gemini | Self::VertexGemini => format!(
                r#"{{"candidates":[{{"content":{{"role":"model","parts":[{{"text":"{text}"}}]}},"finishReason":"STOP","index":0}}],"usageMetadata":{{"promptTokenCount":10,"candidatesTokenCount":3,"totalTokenCount":13}},"modelVersion":"m"}}"#
            ),
            Self::Ollama => format!(
                r#"{{"model":"m","message":{{"role":"assistant","content":"{text}"}},"done":true,"done_reason":"stop","prompt_eval_count":10,"eval_count":3}}"#
            ),
        }
    }

    pub fn start(self) -> String {
        if self == Self::Azure {
            return data(
                r#"{"choices":[],"prompt_filter_results":[{"prompt_index":0,"content_filter_results":{}}]}"#,
            );
        }
        match self {
            Self::Anthropic | Self::VertexClaude => {
                event(
                    "message_start",
                    r#"{"type":"message_start","message":{"id":"1","type":"message","role":"assistant","model":"m","content":[],"usage":{"input_tokens":10,"output_tokens":1}}}"#,
                ) + &event(
                    "content_block_start",
                    r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#,
                ) + &event("ping", r#"{"type":"ping"}"#)
            }
            Self::Ollama => "\n".into(),
            _ => ": hello\n\n".into(),
        }
    }

    pub fn piece(self, text: &str) -> String {
        match self {
            Self::OpenAi | Self::Azure => data(&format!(
                r#"{{"id":"1","model":"m","choices":[{{"index":0,"delta":{{"content":"{text}"}},"finish_reason":null}}]}}"#
            )),
            Self::Anthropic | Self::VertexClaude => event(
                "content_block_delta",
                &format!(
                    r#"{{"type":"content_block_delta","index":0,"delta":{{"type":"text_delta","text":"{text}"}}}}"#
                ),
            ),
            Self::Gemini | Self::VertexGemini => data(&format!(
                r#"{{"candidates":[{{"content":{{"role":"model","parts":[{{"text":"{text}"}}]}},"index":0}}],"modelVersion":"m"}}"#
            )),
            Self::Ollama => {
                format!(
                    r#"{{"model":"m","message":{{"role":"assistant","content":"{text}"}},"done":false}}"#
                ) + "\n"
            }
        }
    }

    pub fn end(self) -> String {
        match self {
            Self::OpenAi | Self::Azure => data(r#"{"id":"1","model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#)
                + &data(r#"{"id":"1","model":"m","choices":[],"usage":{"prompt_tokens":10,"completion_tokens":3,"total_tokens":13}}"#)
                + &data("[DONE]"),
            Self::Anthropic | Self::VertexClaude => event("content_block_stop", r#"{"type":"content_block_stop","index":0}"#)
                + &event("message_delta", r#"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":3}}"#)
                + &event("message_stop", r#"{"type":"message_stop"}"#),
            Self::Gemini | Self::VertexGemini => data(r#"{"candidates":[{"content":{"role":"model","parts":[{"text":""}]},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":10,"candidatesTokenCount":3,"totalTokenCount":13},"modelVersion":"m"}"#),
            Self::Ollama => r#"{"model":"m","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","prompt_eval_count":10,"eval_count":3}"#.to_owned() + "\n",
        }
    }

    /// The error body for a status, or for `context` and `filter`.
    pub fn error(self, fault: &str) -> String {
        let (kind, message) = match fault {
            "400" => ("invalid_request_error", "temperature is out of range"),
            "context" => (
                "invalid_request_error",
                "prompt is too long: 9 tokens > 8 maximum",
            ),
            "filter" => (
                "invalid_request_error",
                "the prompt was flagged by content filter",
            ),
            "no-stream" => (
                "invalid_request_error",
                "Your organization must be verified to stream this model.",
            ),
            "401" => ("authentication_error", "wrong key sk-test-key-1234"),
            "429" => ("rate_limit_error", "too fast"),
            "529" => ("overloaded_error", "overloaded"),
            _ => ("api_error", "boom"),
        };
        let code = fault.parse::<u16>().unwrap_or(400);
        match self {
            Self::OpenAi | Self::Azure => {
                format!(r#"{{"error":{{"message":"{message}","type":"{kind}","code":null}}}}"#)
            }
            Self::Anthropic | Self::VertexClaude => {
                format!(r#"{{"type":"error","error":{{"type":"{kind}","message":"{message}"}}}}"#)
            }
            Self::Gemini | Self::VertexGemini => {
                format!(r#"{{"error":{{"code":{code},"message":"{message}","status":"X"}}}}"#)
            }
            Self::Ollama => format!(r#"{{"error":"{message}"}}"#),
        }
    }

    pub fn quota(self) -> String {
        r#"{"error":{"message":"You exceeded your current quota","code":"insufficient_quota"}}"#
            .into()
    }

    pub fn error_event(self) -> String {
        match self {
            Self::Anthropic | Self::VertexClaude => event("error", &self.error("500")),
            Self::Ollama => self.error("500") + "\n",
            _ => data(&self.error("500")),
        }
    }

    pub fn broken_event(self) -> String {
        match self {
            Self::Anthropic | Self::VertexClaude => event("content_block_delta", "{\"oops"),
            Self::Ollama => "{\"oops\n".into(),
            _ => data("{\"oops"),
        }
    }
}

/// Vertex, whose token is given out by the same server.
fn vertex(http: Http, endpoint: Endpoint, publisher: Publisher) -> Arc<dyn Provider> {
    let file = include_str!("../../golden/vertex/service_account.json");
    let mut file: serde_json::Value = serde_json::from_str(file).unwrap();
    // Its own address is plain even where the models' is not.
    let server = endpoint.base_url.replace("https://", "http://");
    file["token_uri"] = format!("{server}/token").into();
    let credentials = Credentials::parse(&Secret::new(file.to_string())).unwrap();
    let place = Place {
        project: "p".into(),
        location: "us-central1".into(),
        publisher,
    };
    let clock = Arc::new(SystemClock::new());
    Arc::new(Vertex::new(http, clock, endpoint, place, credentials).unwrap())
}

fn data(json: &str) -> String {
    format!("data: {json}\n\n")
}

fn event(name: &str, json: &str) -> String {
    format!("event: {name}\ndata: {json}\n\n")
}
