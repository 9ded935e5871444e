//! The whole path in process: simulated upstreams, the static embedder, a memory on disk.

mod cached;
mod history;
mod lessened;
mod remembering;
mod requests;
mod rules;

use super::{
    Engine, Options,
    api::{Deadline, EngineApi, EngineError, RouteEvent, RouteRequest},
};
use crate::{
    config::{self, Config, Origin},
    domain::{ChatRequest, DecisionId, Feedback, Message, OutcomeStatus, Role, Source},
};
use futures_util::StreamExt;
use std::path::Path;

fn config(memory: &Path, more: &str) -> Config {
    let text = format!(
        "embedding: {{ kind: static }}\nmemory: {{ path: {memory:?} }}\nproviders:\n  - name: sim\n    type: simulated\n    simulation: {{ seed: 1, time_scale: 0, failures: false }}\n    models: [atlas, forge, quill, sift, wisp]\n{more}"
    );
    match config::from_text(&text, Origin::Simulated, &|_| None) {
        Ok(config) => config,
        Err(problems) => panic!("{problems}"),
    }
}

async fn open(config: Config) -> Engine {
    Engine::open(
        config,
        Options {
            seed: Some(7),
            clock: None,
        },
    )
    .await
    .unwrap()
}

fn ask(prompt: &str) -> RouteRequest {
    let messages = vec![Message::text(Role::User, prompt)];
    RouteRequest {
        chat: ChatRequest {
            messages,
            ..ChatRequest::default()
        },
        ..RouteRequest::default()
    }
}

fn judge(decision: DecisionId, quality: f64, request_id: &str) -> Feedback {
    Feedback {
        decision,
        arm: None,
        request_id: Some(request_id.to_owned()),
        quality: Some(quality),
        comment: None,
        source: Source::Caller("test".to_owned()),
        usage: None,
        cost_usd: None,
        latency_ms: None,
        failed: None,
        at_ms: 0,
    }
}
