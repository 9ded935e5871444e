//! Each provider against a server: which address, which headers, and that the answer arrives.

use super::root;
use super::upstream::Upstream;
use crate::domain::{ChatRequest, Delta, FaultKind, Message, Role};
use crate::provider::anthropic::{Anthropic, VERSION};
use crate::provider::azure::Azure;
use crate::provider::endpoint::Endpoint;
use crate::provider::gemini::Gemini;
use crate::provider::http::Http;
use crate::provider::ollama::Ollama;
use crate::provider::{Call, Probe, Provider, Secret};
use futures_util::StreamExt;
use std::sync::Arc;
use std::time::Duration;

pub fn call(model: &str) -> Call {
    let request = ChatRequest {
        messages: vec![Message::text(Role::User, "Hi")],
        ..ChatRequest::default()
    };
    Call::new(Arc::new(request), model)
}

pub fn http() -> Http {
    Http::new(Duration::from_secs(5)).unwrap()
}

pub fn golden(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

pub async fn streamed(provider: &dyn Provider, model: &str) -> String {
    let stream = provider.stream(call(model)).await.unwrap();
    let deltas: Vec<_> = stream.collect().await;
    assert!(
        matches!(deltas.last(), Some(Ok(Delta::Done { .. }))),
        "{deltas:?}"
    );
    deltas
        .into_iter()
        .filter_map(|delta| match delta.unwrap() {
            Delta::Text(text) => Some(text),
            _ => None,
        })
        .collect()
}

type Make = fn(Endpoint) -> Box<dyn Provider>;

struct Case {
    make: Make,
    /// Added to the server's address.
    base: &'static str,
    model: &'static str,
    whole: &'static str,
    stream: &'static str,
    /// Lines expected: a whole answer, a stream, a probe, a probe of `/ready`.
    lines: [&'static str; 4],
    key_header: (&'static str, &'static str),
}

const CASES: [Case; 6] = [
    Case {
        make: |endpoint| Box::new(Anthropic::new(http(), endpoint, VERSION).unwrap()),
        base: "/v1",
        model: "claude-sonnet-4-5",
        whole: "anthropic/response.text.json",
        stream: "anthropic/stream.text_and_tools.txt",
        lines: [
            "POST /v1/messages",
            "POST /v1/messages",
            "GET /v1/models?limit=1",
            "GET /ready",
        ],
        key_header: ("x-api-key", "hunter2"),
    },
    Case {
        make: |endpoint| Box::new(Gemini::new(http(), endpoint).unwrap()),
        base: "",
        model: "models/gemini-2.5-flash",
        whole: "gemini/response.text.json",
        stream: "gemini/stream.text.txt",
        lines: [
            "POST /v1beta/models/gemini-2.5-flash:generateContent",
            "POST /v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse",
            "GET /v1beta/models?pageSize=1",
            "GET /ready",
        ],
        key_header: ("x-goog-api-key", "hunter2"),
    },
    Case {
        make: |endpoint| Box::new(Ollama::new(http(), endpoint).unwrap()),
        base: "/v1",
        model: "llama3.2",
        whole: "ollama/response.text.json",
        stream: "ollama/stream.text.txt",
        lines: [
            "POST /api/chat",
            "POST /api/chat",
            "GET /api/version",
            "GET /ready",
        ],
        key_header: ("authorization", "Bearer hunter2"),
    },
    Case {
        make: |endpoint| Box::new(azure(endpoint, Some("2024-10-21"), false)),
        base: "",
        model: "my-gpt4",
        whole: "azure/response.text.json",
        stream: "azure/stream.text.txt",
        lines: [
            "POST /openai/deployments/my-gpt4/chat/completions?api-version=2024-10-21",
            "POST /openai/deployments/my-gpt4/chat/completions?api-version=2024-10-21",
            "GET /openai/models?api-version=2024-10-21",
            "GET /ready",
        ],
        key_header: ("api-key", "hunter2"),
    },
    Case {
        make: |endpoint| Box::new(azure(endpoint, None, false)),
        base: "/openai/v1",
        model: "my-gpt4",
        whole: "azure/response.text.json",
        stream: "azure/stream.text.txt",
        lines: [
            "POST /openai/v1/chat/completions",
            "POST /openai/v1/chat/completions",
            "GET /openai/v1/models",
            "GET /ready",
        ],
        key_header: ("api-key", "hunter2"),
    },
    Case {
        make: |endpoint| Box::new(azure(endpoint, None, true)),
        base: "/openai",
        model: "my-gpt4",
        whole: "azure/response.text.json",
        stream: "azure/stream.text.txt",
        lines: [
            "POST /openai/v1/chat/completions",
            "POST /openai/v1/chat/completions",
            "GET /openai/v1/models",
            "GET /ready",
        ],
        key_header: ("authorization", "Bearer hunter2"),
    },
];

fn azure(endpoint: Endpoint, version: Option<&str>, bearer: bool) -> Azure {
    Azure::new(http(), endpoint, version.map(Into::into), bearer).unwrap()
}

fn endpoint(url: &str) -> Endpoint {
    Endpoint {
        base_url: url.into(),
        key: Some(Secret::new("hunter2")),
        headers: vec![("x-team".into(), Secret::new("blue"))],
        ..Endpoint::default()
    }
}

#[tokio::test]
async fn each_provider_asks_at_its_address_with_its_key() {
    for case in &CASES {
        let (whole, stream) = (golden(case.whole), golden(case.stream));
        let upstream = Upstream::start(move |seen| {
            let streams = seen.body.contains("\"stream\":true") || seen.line.contains("alt=sse");
            if streams {
                (200, "text/event-stream", stream.clone())
            } else {
                (200, "application/json", whole.clone())
            }
        })
        .await;
        let provider = (case.make)(endpoint(&format!("{}{}", upstream.url, case.base)));
        let answer = provider.complete(call(case.model)).await.unwrap();
        assert!(answer.text().contains("Paris"), "{answer:?}");
        assert!(answer.usage.known);
        let text = streamed(provider.as_ref(), case.model).await;
        assert!(text.contains("Grüße") && text.contains('🌍'), "{text}");
        for path in [None, Some("/ready")] {
            let probe = Probe {
                endpoint: path.map(Into::into),
                timeout: Duration::from_secs(1),
            };
            provider.probe(probe).await.unwrap();
        }
        let seen = upstream.seen();
        let lines: Vec<&str> = seen.iter().map(|one| one.line.as_str()).collect();
        assert_eq!(lines, case.lines, "{}", provider.dialect());
        for one in &seen {
            assert_eq!(one.headers[case.key_header.0], case.key_header.1);
            assert_eq!(one.headers["x-team"], "blue");
        }
    }
}

#[tokio::test]
async fn an_error_is_classified_and_does_not_tell_the_key() {
    for case in &CASES {
        let upstream = Upstream::start(|_| {
            let body = r#"{"error":{"message":"wrong key hunter2"}}"#;
            (401, "application/json", body.into())
        })
        .await;
        let provider = (case.make)(endpoint(&upstream.url));
        let Err(streamed) = provider.stream(call(case.model)).await else {
            panic!("{} streamed", provider.dialect());
        };
        let whole = provider.complete(call(case.model)).await.unwrap_err();
        for fault in [whole, streamed] {
            assert_eq!(fault.kind, FaultKind::Credentials);
            assert_eq!(fault.status, Some(401));
            assert!(!fault.message.contains("hunter2"), "{fault}");
        }
        assert_eq!(upstream.seen().len(), 2, "one call each, no retry");
    }
}
