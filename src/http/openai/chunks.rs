//! The engine's events as OpenAI's chunks. Pure.
//!
//! Exactly one end: the finishing chunk, the usage if it was asked for and `[DONE]`; or an error
//! object and nothing after it.

use super::answer;
use super::refusal::Refusal;
use crate::domain::{Decision, Usage};
use crate::engine::api::{EngineError, RouteEvent};
use serde_json::{Value, json};
use std::sync::Arc;

/// Writes one stream.
#[derive(Debug)]
pub struct Chunks {
    decision: Arc<Decision>,
    include_usage: bool,
    usage: Usage,
    begun: bool,
    ended: bool,
}

impl Chunks {
    /// A stream of this decision.
    pub fn new(decision: Arc<Decision>, include_usage: bool) -> Self {
        Self {
            decision,
            include_usage,
            usage: Usage::default(),
            begun: false,
            ended: false,
        }
    }

    /// Has the one end been written?
    pub fn ended(&self) -> bool {
        self.ended
    }

    /// What goes to the caller for one event; may be nothing.
    pub fn event(&mut self, event: RouteEvent) -> String {
        if self.ended {
            return String::new();
        }
        match event {
            RouteEvent::Decision(_) | RouteEvent::AttemptFailed(_) => String::new(),
            RouteEvent::Delta(delta) => {
                let delta = answer::delta(&delta);
                delta.map_or_else(String::new, |delta| self.delta(delta))
            }
            RouteEvent::Usage(usage) => {
                self.usage = usage;
                String::new()
            }
            RouteEvent::Restarted { from, to, fault } => {
                let mut chunk = answer::chunk(&self.decision, &json!({}), None);
                let reason = fault.kind.as_str();
                chunk["pointsman"] = json!({
                    "restarted": { "from": from.as_str(), "to": to.as_str(), "reason": reason },
                });
                self.begun = false;
                self.line(chunk)
            }
            RouteEvent::Completed {
                stop,
                model,
                extra,
                outcome,
                ..
            } => {
                self.ended = true;
                let mut out = self.opening();
                let mut chunk = answer::chunk(&self.decision, &json!({}), Some(stop));
                if !model.is_empty() {
                    chunk["model"] = model.into();
                }
                chunk["pointsman"] = answer::routing(&self.decision, &outcome);
                answer::beside(&mut chunk, "delta", &extra);
                out += &self.line(chunk);
                out += &self.usage_chunk();
                out + "data: [DONE]\n\n"
            }
            RouteEvent::Failed { error, .. } => self.fail(error),
        }
    }

    /// The engine's stream ended without an end.
    pub fn broke_off(&mut self) -> String {
        if self.ended {
            return String::new();
        }
        self.fail(EngineError::Internal("a stream without an end".into()))
    }

    fn fail(&mut self, error: EngineError) -> String {
        self.ended = true;
        format!("data: {}\n\n", Refusal::from(error).body())
    }

    /// The first chunk tells the role.
    fn delta(&mut self, mut delta: Value) -> String {
        if !std::mem::replace(&mut self.begun, true) {
            delta["role"] = "assistant".into();
        }
        self.line(answer::chunk(&self.decision, &delta, None))
    }

    /// An answer without a single delta has a role all the same.
    fn opening(&mut self) -> String {
        if self.begun {
            return String::new();
        }
        self.delta(json!({ "content": "" }))
    }

    fn usage_chunk(&self) -> String {
        if !self.include_usage {
            return String::new();
        }
        let mut chunk = answer::chunk(&self.decision, &json!({}), None);
        chunk["choices"] = json!([]);
        chunk["usage"] = answer::usage(&self.usage);
        format!("data: {chunk}\n\n")
    }

    /// With usage asked for, every other chunk says that it has none.
    fn line(&self, mut chunk: Value) -> String {
        if self.include_usage {
            chunk["usage"] = Value::Null;
        }
        format!("data: {chunk}\n\n")
    }
}
