//! A streamed answer in OpenAI's words becomes normal pieces.
//!
//! Chunks without choices or delta are normal (usage, filter results). `[DONE]` is the end; a
//! stream that stops before it was cut, however complete it looks.

use super::{Quirks, extra, response};
use crate::domain::{Delta, Fault, FaultKind, Usage};
use crate::provider::http::{Reply, Streamed, fault_in_json};
use crate::provider::{DeltaStream, assemble, json::Json, reader, sse::EventStream};
use futures_util::{StreamExt, stream};
use serde_json::{Map, Value};

/// The pieces of an event stream.
#[must_use]
pub fn deltas(events: EventStream, quirks: Quirks) -> DeltaStream {
    reader::of_events(events, Reader::new(quirks))
}

/// The pieces of a response to a call that asked for a stream. Some servers know no streams and
/// answer as they always do: then the whole answer is its pieces.
///
/// # Errors
/// Neither a stream nor an answer.
pub async fn of_reply(reply: Reply, quirks: Quirks) -> Result<DeltaStream, Fault> {
    Ok(match reply.streamed().await? {
        Streamed::Events(events) => deltas(events, quirks),
        Streamed::Whole(body) => {
            let answer = response::completion(&body, &quirks)?;
            stream::iter(assemble::deltas(answer).into_iter().map(Ok)).boxed()
        }
    })
}

/// What is known of the answer so far.
struct Reader {
    quirks: Quirks,
    calls: Vec<Call>,
    finish: Option<String>,
    refused: bool,
    usage: Usage,
    reported_cost_usd: Option<f64>,
    model: String,
    upstream_id: Option<String>,
    extra: Map<String, Value>,
}

/// A tool call under way: its number and id as the upstream has them.
struct Call {
    number: Option<u64>,
    id: String,
}

impl reader::Reader for Reader {
    fn event(&mut self, data: &str, out: &mut Vec<Delta>) -> Result<(), Fault> {
        if data.trim() == "[DONE]" {
            out.push(self.done());
            return Ok(());
        }
        let chunk = Json::parse(data)
            .map_err(|_| Fault::new(FaultKind::Garbled, "an event of the stream is not JSON"))?;
        if let Some(fault) = fault_in_json(&chunk) {
            return Err(fault);
        }
        self.head(&chunk);
        let choice = chunk.get("choices").first();
        let delta = choice.get("delta");
        for key in ["reasoning_content", "reasoning"] {
            if let Some(text) = response::text_of(delta.get(key)) {
                let signature = None;
                out.push(Delta::Reasoning { text, signature });
                break;
            }
        }
        out.extend(response::text_of(delta.get("content")).map(Delta::Text));
        if let Some(refusal) = response::text_of(delta.get("refusal")) {
            self.refused = true;
            out.push(Delta::Text(refusal));
        }
        for call in delta.get("tool_calls").items() {
            out.push(self.tool_call(call));
        }
        if let Some(reason) = choice.get("finish_reason").as_str() {
            self.finish = Some(reason.to_owned());
        }
        Ok(())
    }

    fn end(&mut self, out: &mut Vec<Delta>) -> Result<(), Fault> {
        if self.finish.is_some() && !self.quirks.done_marker {
            out.push(self.done());
            return Ok(());
        }
        let message = "the stream ended without its end marker";
        Err(Fault::new(FaultKind::Cut, message))
    }
}

impl Reader {
    fn new(quirks: Quirks) -> Self {
        Self {
            quirks,
            calls: Vec::new(),
            finish: None,
            refused: false,
            usage: Usage::default(),
            reported_cost_usd: None,
            model: String::new(),
            upstream_id: None,
            extra: Map::new(),
        }
    }

    /// What any chunk may carry beside its delta.
    fn head(&mut self, chunk: &Json<'_>) {
        extra::keep(&mut self.extra, chunk, "delta");
        let said = |key| chunk.get(key).as_str().filter(|text| !text.is_empty());
        // The same in every chunk of most servers.
        if let Some(model) = said("model").filter(|model| *model != self.model) {
            model.clone_into(&mut self.model);
        }
        if let Some(id) = said("id").filter(|id| self.upstream_id.as_deref() != Some(*id)) {
            self.upstream_id = Some(id.to_owned());
        }
        for usage in [chunk.get("usage"), chunk.get("x_groq").get("usage")] {
            let read = response::usage(usage, &self.quirks);
            if read.known {
                self.usage = read;
                self.reported_cost_usd = response::reported_cost_usd(usage);
            }
        }
    }

    fn tool_call(&mut self, fragment: &Json<'_>) -> Delta {
        let number = fragment.get("index").as_u64();
        let id = fragment.get("id").as_str().filter(|id| !id.is_empty());
        let known = self.calls.iter().position(|call| match (number, id) {
            (Some(number), _) => call.number == Some(number),
            (None, Some(id)) => call.id == id,
            (None, None) => false,
        });
        let last = self.calls.len().checked_sub(1);
        let known = known.or(last.filter(|_| number.is_none() && id.is_none()));
        let function = fragment.get("function");
        let arguments = response::arguments(function.get("arguments"));
        let (index, id, name) = match known {
            Some(index) => (index, None, None),
            None => {
                let index = self.calls.len();
                let id = id.map_or_else(|| response::made_up_id(index), str::to_owned);
                self.calls.push(Call {
                    number,
                    id: id.clone(),
                });
                let name = function.get("name").as_str().unwrap_or_default();
                (index, Some(id), Some(name.to_owned()))
            }
        };
        Delta::ToolCall {
            index: u32::try_from(index).unwrap_or(u32::MAX),
            id,
            name,
            arguments,
            signature: None,
        }
    }

    fn done(&mut self) -> Delta {
        let stop = response::stop(self.finish.as_deref(), !self.calls.is_empty());
        Delta::Done {
            stop: if self.refused {
                crate::domain::StopReason::ContentFilter
            } else {
                stop
            },
            usage: self.usage,
            model: std::mem::take(&mut self.model),
            upstream_id: self.upstream_id.take(),
            reported_cost_usd: self.reported_cost_usd,
            extra: std::mem::take(&mut self.extra),
        }
    }
}
