//! Puts the pieces of a streamed answer together again, and cuts a whole answer into pieces, so that
//! a stream and a whole answer are remembered, compared and billed alike.

use crate::domain::{Completion, Delta, Part, ToolCall};

/// Collects pieces.
#[derive(Clone, Debug, Default)]
pub struct Assembler {
    parts: Vec<Part>,
    tool_calls: Vec<ToolCall>,
}

impl Assembler {
    /// Takes one piece. The last one ([`Delta::Done`]) yields the answer.
    pub fn push(&mut self, delta: &Delta) -> Option<Completion> {
        match delta {
            Delta::Text(text) => self.text(text),
            Delta::Reasoning { text, signature } => self.reasoning(text, signature.as_ref()),
            Delta::ToolCall { .. } => self.tool_call(delta),
            Delta::Done {
                stop,
                usage,
                model,
                upstream_id,
                reported_cost_usd,
                extra,
            } => {
                return Some(Completion {
                    parts: std::mem::take(&mut self.parts),
                    tool_calls: std::mem::take(&mut self.tool_calls),
                    stop: *stop,
                    usage: *usage,
                    model: model.clone(),
                    upstream_id: upstream_id.clone(),
                    reported_cost_usd: *reported_cost_usd,
                    extra: extra.clone(),
                });
            }
        }
        None
    }

    /// Bytes of text, reasoning and arguments that came so far.
    #[must_use]
    pub fn len_bytes(&self) -> usize {
        let parts = self.parts.iter().map(|part| match part {
            Part::Text(text) | Part::Reasoning { text, .. } => text.len(),
            Part::Image(_) => 0,
        });
        let calls = self.tool_calls.iter().map(|call| call.arguments.len());
        parts.chain(calls).sum()
    }

    fn text(&mut self, more: &str) {
        if let Some(Part::Text(text)) = self.parts.last_mut() {
            text.push_str(more);
        } else {
            self.parts.push(Part::Text(more.to_owned()));
        }
    }

    /// A signature closes its block of reasoning: what follows is the next block.
    fn reasoning(&mut self, more: &str, proof: Option<&String>) {
        match self.parts.last_mut() {
            Some(Part::Reasoning { text, signature }) if signature.is_none() => {
                text.push_str(more);
                *signature = proof.cloned();
            }
            _ => self.parts.push(Part::Reasoning {
                text: more.to_owned(),
                signature: proof.cloned(),
            }),
        }
    }

    fn tool_call(&mut self, delta: &Delta) {
        let Delta::ToolCall {
            index,
            id,
            name,
            arguments,
            signature,
        } = delta
        else {
            return;
        };
        let index = *index as usize;
        if index >= self.tool_calls.len() {
            self.tool_calls.push(ToolCall {
                id: String::new(),
                name: String::new(),
                arguments: String::new(),
                signature: None,
            });
        }
        let last = self.tool_calls.len() - 1;
        let call = &mut self.tool_calls[index.min(last)];
        if let Some(id) = id {
            call.id.clone_from(id);
        }
        if let Some(name) = name {
            call.name.clone_from(name);
        }
        call.arguments.push_str(arguments);
        if signature.is_some() {
            call.signature.clone_from(signature);
        }
    }
}

/// A whole answer as the pieces of a stream, the end included. Images are left out: no dialect
/// streams them.
#[must_use]
pub fn deltas(answer: Completion) -> Vec<Delta> {
    let parts = answer.parts.into_iter().filter_map(|part| match part {
        Part::Text(text) => Some(Delta::Text(text)),
        Part::Reasoning { text, signature } => Some(Delta::Reasoning { text, signature }),
        Part::Image(_) => None,
    });
    let calls = answer.tool_calls.into_iter().zip(0..);
    let calls = calls.map(|(call, index)| Delta::ToolCall {
        index,
        id: Some(call.id),
        name: Some(call.name),
        arguments: call.arguments,
        signature: call.signature,
    });
    let done = Delta::Done {
        stop: answer.stop,
        usage: answer.usage,
        model: answer.model,
        upstream_id: answer.upstream_id,
        reported_cost_usd: answer.reported_cost_usd,
        extra: answer.extra,
    };
    parts.chain(calls).chain([done]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{StopReason, Usage};

    fn piece(index: u32, id: Option<&str>, arguments: &str) -> Delta {
        Delta::ToolCall {
            index,
            id: id.map(Into::into),
            name: id.map(|id| format!("tool-{id}")),
            arguments: arguments.into(),
            signature: None,
        }
    }

    #[test]
    fn pieces_become_the_answer_they_were_cut_from() {
        let mut assembler = Assembler::default();
        let reasoning = |text: &str, signature: Option<&str>| Delta::Reasoning {
            text: text.into(),
            signature: signature.map(Into::into),
        };
        for delta in [
            reasoning("hm", None),
            reasoning("m", Some("s1")),
            reasoning("again", None),
            Delta::Text("a".into()),
            Delta::Text("b".into()),
            piece(0, Some("x"), "{\"a\""),
            piece(1, Some("y"), "{}"),
            piece(0, None, ":1}"),
        ] {
            assert_eq!(assembler.push(&delta), None);
        }
        assert_eq!(assembler.len_bytes(), 3 + 5 + 2 + 7 + 2);
        let done = Delta::Done {
            stop: StopReason::ToolCalls,
            usage: Usage::default(),
            model: "m".into(),
            upstream_id: None,
            reported_cost_usd: None,
            extra: Default::default(),
        };
        let answer = assembler.push(&done).unwrap();
        assert_eq!(answer.text(), "ab");
        assert_eq!(answer.parts.len(), 3);
        let calls: Vec<_> = answer
            .tool_calls
            .iter()
            .map(|call| {
                (
                    call.id.as_str(),
                    call.name.as_str(),
                    call.arguments.as_str(),
                )
            })
            .collect();
        assert_eq!(calls, [("x", "tool-x", "{\"a\":1}"), ("y", "tool-y", "{}")]);
    }
}
