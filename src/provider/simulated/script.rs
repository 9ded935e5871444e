//! What will happen in one simulated call, written before any of it happens: text, tokens, times
//! and, now and then, a failure.

use super::profile::Profile;
use super::{Settings, answer::Answer, answer::answer, kind::Kind, noise, profile};
use crate::domain::{
    ChatRequest, Completion, Delta, Fault, FaultKind, Part, StopReason, ToolCall, Usage,
};

/// One call from beginning to end.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Script {
    /// Time to the first token, in simulated milliseconds.
    pub(super) first_token_ms: f64,
    /// From the first token to the last byte, in simulated milliseconds.
    pub(super) streaming_ms: f64,
    fault: Option<Fault>,
    text: String,
    tool_calls: Vec<ToolCall>,
    stop: StopReason,
    pub(super) usage: Usage,
    model: &'static str,
    id: String,
}

impl Script {
    /// The script of the `nth` call of this model.
    pub(super) fn write(
        request: &ChatRequest,
        profile: &Profile,
        settings: Settings,
        nth: u64,
    ) -> Self {
        let (prompt, seed) = (request.prompt(), settings.seed);
        let draw = |what: &str| noise::normal(seed, &[what, profile.name, &prompt]);
        let whole = (whole_tokens(&prompt) * (0.2 * draw("tokens")).exp()).round();
        let limit = request.sampling.max_tokens.map(f64::from);
        let tokens = limit.map_or(whole, |limit| whole.min(limit)).max(1.0);
        let Answer { text, tool_calls } = answer(request, profile, seed);
        let cut = tokens < whole;
        Self {
            first_token_ms: profile.first_token_ms * (0.25 * draw("latency")).exp(),
            streaming_ms: tokens / profile.tokens_per_s * 1e3,
            fault: failure(profile, settings, nth),
            stop: stop_reason(cut, &tool_calls),
            text: if cut {
                first_part(text, tokens / whole)
            } else {
                text
            },
            tool_calls,
            usage: Usage {
                input_uncached: request.estimated_input_tokens(),
                output_visible: tokens as u64,
                known: true,
                ..Usage::default()
            },
            model: profile.name,
            id: format!("sim-{:016x}", noise::word(seed, &[profile.name, &prompt])),
        }
    }

    /// Time to the last byte, in simulated milliseconds.
    pub(super) fn total_ms(&self) -> f64 {
        if self.fault.is_some() {
            self.first_token_ms
        } else {
            self.first_token_ms + self.streaming_ms
        }
    }

    /// The whole answer.
    pub(super) fn completion(self) -> Result<Completion, Fault> {
        self.begin()?;
        let parts = match self.text.as_str() {
            "" => Vec::new(),
            _ => vec![Part::Text(self.text)],
        };
        Ok(Completion {
            parts,
            tool_calls: self.tool_calls,
            stop: self.stop,
            usage: self.usage,
            model: self.model.to_owned(),
            upstream_id: Some(self.id),
            reported_cost_usd: None,
            extra: Default::default(),
        })
    }

    /// Does a stream begin at all? A cut comes later, in its pieces.
    pub(super) fn begin(&self) -> Result<(), Fault> {
        match &self.fault {
            Some(fault) => Err(fault.clone()),
            None => Ok(()),
        }
    }

    /// The answer word by word, then its end.
    pub(super) fn pieces(self) -> Vec<Delta> {
        let words = self.text.split_inclusive(' ');
        let mut pieces: Vec<Delta> = words.map(|word| Delta::Text(word.to_owned())).collect();
        for (index, call) in self.tool_calls.into_iter().enumerate() {
            pieces.extend(tool_pieces(index as u32, call));
        }
        pieces.push(Delta::Done {
            stop: self.stop,
            usage: self.usage,
            model: self.model.to_owned(),
            upstream_id: Some(self.id),
            reported_cost_usd: None,
            extra: Default::default(),
        });
        pieces
    }
}

/// Output tokens of a whole answer, before chance.
fn whole_tokens(prompt: &str) -> f64 {
    profile::OUTPUT_TOKENS[Kind::of(prompt) as usize]
}

fn failure(profile: &Profile, settings: Settings, nth: u64) -> Option<Fault> {
    let words = ["failure", profile.name, &nth.to_string()];
    let draw = noise::unit(settings.seed, &words);
    if !settings.failures || draw >= profile.failure_rate {
        return None;
    }
    let (kind, status, words) = if draw < profile.failure_rate / 2.0 {
        (
            FaultKind::Overloaded,
            503,
            "the simulated model is overloaded",
        )
    } else {
        (FaultKind::ServerError, 500, "the simulated model failed")
    };
    Some(Fault {
        status: Some(status),
        ..Fault::new(kind, words)
    })
}

fn stop_reason(cut: bool, tool_calls: &[ToolCall]) -> StopReason {
    if cut {
        StopReason::Length
    } else if tool_calls.is_empty() {
        StopReason::Stop
    } else {
        StopReason::ToolCalls
    }
}

/// The first part of a text, at least one character, by share of its characters.
fn first_part(text: String, share: f64) -> String {
    let keep = (text.chars().count() as f64 * share).ceil() as usize;
    text.chars().take(keep.max(1)).collect()
}

/// A tool call in two pieces: what it is, then the rest of its arguments.
fn tool_pieces(index: u32, call: ToolCall) -> [Delta; 2] {
    let half = call.arguments.len() / 2;
    let half = (0..=half)
        .rev()
        .find(|at| call.arguments.is_char_boundary(*at));
    let (first, rest) = call.arguments.split_at(half.unwrap_or(0));
    let piece = |id, name, arguments: &str| Delta::ToolCall {
        index,
        id,
        name,
        arguments: arguments.to_owned(),
        signature: None,
    };
    [
        piece(Some(call.id), Some(call.name), first),
        piece(None, None, rest),
    ]
}
