//! A streamed answer of Anthropic, event by event. Pure.
//!
//! The shape: `message_start`, then for each block `content_block_start`, `content_block_delta`,
//! `content_block_stop`, then `message_delta` and `message_stop`; `ping` anywhere, `error` even
//! after a 200. Events and blocks of other types are passed over.

use super::response::{redacted, refused, stop_reason};
use super::{VENDOR, usage::Counts};
use crate::domain::{Delta, Fault, FaultKind, StopReason};
use crate::provider::http::fault_in_body;
use crate::provider::reader;
use crate::provider::translate::{signature, text};
use serde_json::Value;

/// What is known of the answer so far.
#[derive(Debug, Default)]
pub struct Reader {
    model: String,
    id: Option<String>,
    counts: Counts,
    stop: Option<StopReason>,
    calls: u32,
    open: Option<OpenCall>,
    content: bool,
    done: bool,
}

/// The tool call whose arguments are arriving.
#[derive(Debug)]
struct OpenCall {
    block: u64,
    index: u32,
    arguments: bool,
}

impl reader::Reader for Reader {
    fn event(&mut self, data: &str, out: &mut Vec<Delta>) -> Result<(), Fault> {
        let event: Value = serde_json::from_str(data)
            .map_err(|_| Fault::new(FaultKind::Garbled, "an event of the stream is not JSON"))?;
        if let Some(fault) = fault_in_body(&event) {
            return Err(fault);
        }
        match event["type"].as_str().unwrap_or_default() {
            "message_start" => self.start(&event["message"]),
            "content_block_start" => self.block_start(&event, out),
            "content_block_delta" => self.block_delta(&event, out),
            "content_block_stop" => self.block_stop(&event, out),
            "message_delta" => self.message_delta(&event),
            "message_stop" => return self.finish(out),
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, _out: &mut Vec<Delta>) -> Result<(), Fault> {
        if self.done {
            return Ok(());
        }
        Err(Fault::new(
            FaultKind::Cut,
            "the stream ended before `message_stop`",
        ))
    }
}

impl Reader {
    fn start(&mut self, message: &Value) {
        self.model = text(&message["model"]).unwrap_or_default().into();
        self.id = text(&message["id"]).map(Into::into);
        self.counts.update(&message["usage"]);
    }

    fn block_start(&mut self, event: &Value, out: &mut Vec<Delta>) {
        let block = &event["content_block"];
        match block["type"].as_str().unwrap_or_default() {
            "text" => self.text(&block["text"], out),
            "thinking" => reasoning(&block["thinking"], out),
            "redacted_thinking" => out.push(Delta::Reasoning {
                text: String::new(),
                signature: Some(redacted(block)),
            }),
            "tool_use" => self.call_start(event, out),
            _ => {}
        }
    }

    fn call_start(&mut self, event: &Value, out: &mut Vec<Delta>) {
        let block = &event["content_block"];
        let whole = block["input"].as_object().filter(|input| !input.is_empty());
        let call = OpenCall {
            block: event["index"].as_u64().unwrap_or_default(),
            index: self.calls,
            arguments: whole.is_some(),
        };
        self.calls += 1;
        self.content = true;
        out.push(Delta::ToolCall {
            index: call.index,
            id: Some(block["id"].as_str().unwrap_or_default().into()),
            name: Some(block["name"].as_str().unwrap_or_default().into()),
            arguments: whole
                .map(|_| block["input"].to_string())
                .unwrap_or_default(),
            signature: None,
        });
        self.open = Some(call);
    }

    fn block_delta(&mut self, event: &Value, out: &mut Vec<Delta>) {
        let delta = &event["delta"];
        match delta["type"].as_str().unwrap_or_default() {
            "text_delta" => self.text(&delta["text"], out),
            "thinking_delta" => reasoning(&delta["thinking"], out),
            "signature_delta" => {
                if let Some(proof) = text(&delta["signature"]) {
                    out.push(Delta::Reasoning {
                        text: String::new(),
                        signature: Some(signature::tag(VENDOR, proof)),
                    });
                }
            }
            "input_json_delta" => self.arguments(&delta["partial_json"], out),
            _ => {}
        }
    }

    fn text(&mut self, value: &Value, out: &mut Vec<Delta>) {
        if let Some(more) = text(value) {
            self.content = true;
            out.push(Delta::Text(more.into()));
        }
    }

    fn arguments(&mut self, value: &Value, out: &mut Vec<Delta>) {
        if let (Some(call), Some(more)) = (&mut self.open, text(value)) {
            call.arguments = true;
            out.push(more_arguments(call.index, more));
        }
    }

    /// A call without arguments sends no fragment at all; its arguments are an empty object.
    fn block_stop(&mut self, event: &Value, out: &mut Vec<Delta>) {
        let block = event["index"].as_u64().unwrap_or_default();
        if let Some(call) = self.open.take_if(|call| call.block == block)
            && !call.arguments
        {
            out.push(more_arguments(call.index, "{}"));
        }
    }

    fn message_delta(&mut self, event: &Value) {
        self.counts.update(&event["usage"]);
        let reason = &event["delta"]["stop_reason"];
        if reason.is_string() {
            self.stop = Some(stop_reason(reason));
        }
    }

    fn finish(&mut self, out: &mut Vec<Delta>) -> Result<(), Fault> {
        if std::mem::replace(&mut self.done, true) {
            return Ok(());
        }
        let stop = self.stop.unwrap_or(StopReason::Other);
        if stop == StopReason::ContentFilter && !self.content {
            return Err(refused());
        }
        out.push(Delta::Done {
            stop,
            usage: self.counts.usage(),
            model: std::mem::take(&mut self.model),
            upstream_id: self.id.take(),
            reported_cost_usd: None,
            extra: Default::default(),
        });
        Ok(())
    }
}

fn reasoning(value: &Value, out: &mut Vec<Delta>) {
    if let Some(more) = text(value) {
        out.push(Delta::Reasoning {
            text: more.into(),
            signature: None,
        });
    }
}

fn more_arguments(index: u32, arguments: &str) -> Delta {
    Delta::ToolCall {
        index,
        id: None,
        name: None,
        arguments: arguments.into(),
        signature: None,
    }
}
