//! What makes two requests the same: tenant, everything that says which arms may answer, and all of
//! the request, in one normal form. Pure. The keys are hashes: they hold no prompt.

use super::store::Key;
use crate::domain::{ChatRequest, Part, Role, Routing};
use serde_json::{Value, json};
use std::sync::Arc;

/// Beside the request: who asks, and what may answer.
pub(crate) struct Scope<'a> {
    pub routing: &'a Routing,
    /// The policy in force by name.
    pub policy: &'a str,
    /// Do labels say where requests go (rules in the configuration)?
    pub tags_route: bool,
}

/// The places of a request's answer.
#[derive(Clone, Debug)]
pub(crate) struct Slot {
    /// In the exact cache.
    pub exact: Key,
    /// In the semantic cache: all but the prompt.
    pub scope: Key,
    /// The prompt, where it may be compared with others: the last turn, and text alone.
    pub prompt: Option<String>,
    /// Its embedding, of norm 1.
    pub vector: Option<Arc<[f32]>>,
}

impl Slot {
    pub(super) fn new(chat: &ChatRequest, scope: &Scope<'_>, semantic: bool) -> Self {
        let around = around(scope);
        let mut form = serde_json::to_value(chat).unwrap_or_default();
        let exact = digest(&around, &form);
        let prompt = semantic.then(|| lone_text(chat)).flatten();
        if prompt.is_some()
            && let Some(Value::Array(messages)) = form.get_mut("messages")
        {
            messages.pop();
        }
        Self {
            exact,
            scope: digest(&around, &form),
            prompt,
            vector: None,
        }
    }
}

/// The text of the last turn, where it is the caller's and nothing but text.
fn lone_text(chat: &ChatRequest) -> Option<String> {
    let last = chat.messages.last()?;
    match (last.role, last.parts.as_slice()) {
        (Role::User, [Part::Text(text)]) => Some(text.clone()),
        _ => None,
    }
}

/// Destructured, so that a new wish asks to be considered: does it change what may answer?
fn around(scope: &Scope<'_>) -> Value {
    let Routing {
        policy: _,
        weights,
        strategy,
        arm,
        model,
        provider,
        allow,
        deny,
        fallbacks,
        disable_fallbacks: _,
        max_cost_usd: _,
        fan_out,
        session: _,
        tenant,
        tags,
        explore: _,
        restart_stream: _,
        degrade: _,
        judge,
        cache: _,
    } = scope.routing;
    json!({
        "tenant": tenant,
        "policy": scope.policy,
        "weights": weights,
        "strategy": strategy,
        "arm": arm,
        "model": model,
        "provider": provider,
        "allow": allow,
        "deny": deny,
        "fallbacks": fallbacks,
        "fan_out": fan_out,
        "judge": judge,
        "tags": scope.tags_route.then_some(tags),
    })
}

fn digest(around: &Value, chat: &Value) -> Key {
    let mut hasher = blake3::Hasher::new();
    write(around, &mut hasher);
    write(chat, &mut hasher);
    *hasher.finalize().as_bytes()
}

/// Kinds, lengths and sorted keys, so that no two values are written alike.
fn write(value: &Value, hasher: &mut blake3::Hasher) {
    match value {
        Value::Object(object) => {
            hasher.update(b"{");
            hasher.update(&(object.len() as u64).to_le_bytes());
            let mut pairs: Vec<_> = object.iter().collect();
            pairs.sort_by_key(|(key, _)| *key);
            for (key, value) in pairs {
                text(key, hasher);
                write(value, hasher);
            }
        }
        Value::Array(items) => {
            hasher.update(b"[");
            hasher.update(&(items.len() as u64).to_le_bytes());
            items.iter().for_each(|item| write(item, hasher));
        }
        Value::String(words) => text(words, hasher),
        other => {
            hasher.update(b"=");
            text(&other.to_string(), hasher);
        }
    }
}

fn text(words: &str, hasher: &mut blake3::Hasher) {
    hasher.update(b"\"");
    hasher.update(&(words.len() as u64).to_le_bytes());
    hasher.update(words.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Message;

    fn chat(texts: &[&str]) -> ChatRequest {
        let turns = texts.iter().map(|text| Message::text(Role::User, *text));
        ChatRequest {
            messages: turns.collect(),
            ..ChatRequest::default()
        }
    }

    fn slot(chat: &ChatRequest, routing: &Routing) -> Slot {
        let scope = Scope {
            routing,
            policy: "balanced",
            tags_route: false,
        };
        Slot::new(chat, &scope, true)
    }

    #[test]
    fn whatever_may_change_the_answer_changes_the_key() {
        let (asked, free) = (chat(&["a", "b"]), Routing::default());
        let first = slot(&asked, &free);
        let change = |change: &dyn Fn(&mut ChatRequest, &mut Routing)| {
            let (mut chat, mut routing) = (asked.clone(), free.clone());
            change(&mut chat, &mut routing);
            slot(&chat, &routing)
        };
        let changes: [&dyn Fn(&mut ChatRequest, &mut Routing); 10] = [
            &|_, routing| routing.tenant = Some("t".into()),
            &|_, routing| routing.model = Some("m".into()),
            &|_, routing| routing.provider = Some("p".into()),
            &|_, routing| routing.deny = vec!["x".into()],
            &|_, routing| routing.weights = Some(crate::domain::Weights::COST),
            &|chat, _| chat.sampling.temperature = Some(0.0),
            &|chat, _| chat.sampling.max_tokens = Some(5),
            &|chat, _| chat.sampling.seed = Some(1),
            &|chat, _| chat.messages[0].role = Role::System,
            &|chat, _| chat.response_format = crate::domain::ResponseFormat::JsonObject,
        ];
        for (i, one) in changes.iter().enumerate() {
            let other = change(*one);
            assert_ne!(other.exact, first.exact, "{i}");
            assert_ne!(other.scope, first.scope, "{i}");
        }
        let same = change(&|_, routing| {
            routing.session = Some("s".into());
            routing.explore = Some(false);
        });
        assert_eq!(same.exact, first.exact);
        let other_prompt = slot(&chat(&["a", "c"]), &free);
        assert_ne!(other_prompt.exact, first.exact);
        assert_eq!(other_prompt.scope, first.scope);
        assert_ne!(slot(&chat(&["c", "b"]), &free).scope, first.scope);
    }

    #[test]
    fn where_one_text_ends_and_the_next_begins_counts() {
        let free = Routing::default();
        let one = slot(&chat(&["ab", "c"]), &free);
        let two = slot(&chat(&["a", "bc"]), &free);
        assert_ne!(one.exact, two.exact);
    }
}
