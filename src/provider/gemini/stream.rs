//! A streamed answer of Gemini: each event is a piece in the shape of a whole answer. Pure.
//!
//! There is no terminal marker but the candidate's finish reason; the end of the connection
//! without one is a cut. Function calls arrive whole. Candidates other than the first are passed
//! over.

use super::{MADE_UP_ID, VENDOR, finish, usage};
use crate::domain::{Delta, Fault, FaultKind, StopReason, Usage};
use crate::provider::http::fault_in_body;
use crate::provider::reader;
use crate::provider::translate::{signature, text};
use serde_json::{Map, Value};

/// What a candidate says beside its content, kept as it is; the last event's counts.
const KEPT: [&str; 5] = [
    "groundingMetadata",
    "urlContextMetadata",
    "citationMetadata",
    "avgLogprobs",
    "logprobsResult",
];

/// What is known of the answer so far.
#[derive(Debug, Default)]
pub struct Reader {
    model: String,
    id: Option<String>,
    usage: Usage,
    finish: Option<String>,
    calls: u32,
    extra: Map<String, Value>,
    content: bool,
    done: bool,
}

impl reader::Reader for Reader {
    fn event(&mut self, data: &str, out: &mut Vec<Delta>) -> Result<(), Fault> {
        let event: Value = serde_json::from_str(data)
            .map_err(|_| Fault::new(FaultKind::Garbled, "an event of the stream is not JSON"))?;
        self.value(&event, out)
    }

    fn end(&mut self, out: &mut Vec<Delta>) -> Result<(), Fault> {
        if std::mem::replace(&mut self.done, true) {
            return Ok(());
        }
        let Some(reason) = self.finish.take() else {
            return Err(Fault::new(
                FaultKind::Cut,
                "the stream ended without a finish reason",
            ));
        };
        if !self.content
            && let Some(fault) = finish::no_answer(&reason)
        {
            return Err(fault);
        }
        let stop = match finish::stop_reason(&reason) {
            StopReason::Stop if self.calls > 0 => StopReason::ToolCalls,
            stop => stop,
        };
        out.push(Delta::Done {
            stop,
            usage: self.usage,
            model: std::mem::take(&mut self.model),
            upstream_id: self.id.take(),
            reported_cost_usd: None,
            extra: std::mem::take(&mut self.extra),
        });
        Ok(())
    }
}

impl Reader {
    /// Takes one event as JSON.
    ///
    /// # Errors
    /// As [`reader::Reader::event`].
    pub fn value(&mut self, event: &Value, out: &mut Vec<Delta>) -> Result<(), Fault> {
        if let Some(fault) = fault_in_body(event) {
            return Err(fault);
        }
        if let Some(model) = text(&event["modelVersion"]) {
            self.model = model.into();
        }
        if let Some(id) = text(&event["responseId"]) {
            self.id = Some(id.into());
        }
        let seen = usage::usage(&event["usageMetadata"]);
        if seen.known {
            self.usage = seen;
        }
        let candidate = &event["candidates"][0];
        if candidate.is_null()
            && let Some(reason) = text(&event["promptFeedback"]["blockReason"])
        {
            return Err(finish::blocked_prompt(reason));
        }
        for part in candidate["content"]["parts"]
            .as_array()
            .into_iter()
            .flatten()
        {
            self.part(part, out);
        }
        for key in KEPT {
            if let Some(value) = candidate.get(key).filter(|value| !value.is_null()) {
                self.extra.insert(key.to_owned(), value.clone());
            }
        }
        if let Some(reason) = text(&candidate["finishReason"]) {
            self.finish = Some(reason.into());
        }
        Ok(())
    }

    fn part(&mut self, part: &Value, out: &mut Vec<Delta>) {
        let proof = text(&part["thoughtSignature"]).map(|proof| signature::tag(VENDOR, proof));
        if part["functionCall"].is_object() {
            out.push(self.call(&part["functionCall"], proof));
            return;
        }
        let content = text(&part["text"]);
        if part["thought"] == true {
            out.push(Delta::Reasoning {
                text: content.unwrap_or_default().into(),
                signature: proof,
            });
            return;
        }
        if let Some(content) = content {
            self.content = true;
            out.push(Delta::Text(content.into()));
        }
        if proof.is_some() {
            out.push(Delta::Reasoning {
                text: String::new(),
                signature: proof,
            });
        }
    }

    fn call(&mut self, call: &Value, signature: Option<String>) -> Delta {
        let index = self.calls;
        self.calls += 1;
        self.content = true;
        let id = match text(&call["id"]) {
            Some(id) => id.into(),
            None => self.make_id(call, index),
        };
        Delta::ToolCall {
            index,
            id: Some(id),
            name: Some(call["name"].as_str().unwrap_or_default().into()),
            arguments: match &call["args"] {
                Value::Null => "{}".into(),
                args => args.to_string(),
            },
            signature,
        }
    }

    /// The vendor often gives none. Made of the answer's id, or else of the call itself, so that it
    /// is the same whenever the same answer is read.
    fn make_id(&self, call: &Value, index: u32) -> String {
        let answer = self.id.clone().unwrap_or_else(|| {
            let hash = blake3::hash(call.to_string().as_bytes());
            hash.to_hex()[..16].to_owned()
        });
        format!("{MADE_UP_ID}{answer}_{index}")
    }
}
