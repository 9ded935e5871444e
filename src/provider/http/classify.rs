//! From a failed response to a [`Fault`]: what happened, and so whose fault it is.
//!
//! One reader for all vendors: their error bodies differ in shape but not in what they say, and
//! gateways in between mix the shapes. What no rule knows is judged by the status alone.

use super::{rate_limits, redact, retry_after_ms, wait::duration_ms};
use crate::domain::{Fault, FaultKind};
use crate::provider::json::Json;
use http::HeaderMap;
use serde_json::Value;

/// What an error body says, whatever its shape.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ErrorBody {
    /// The vendor's words; not yet fit to be passed on, see [`redact()`].
    pub message: String,
    /// Types, codes and reasons, in lower case.
    pub codes: Vec<String>,
    /// A wait that stands in the body.
    pub retry_after_ms: Option<u64>,
}

impl ErrorBody {
    /// Reads the shapes of OpenAI, Anthropic, Google, Mistral, Ollama, FastAPI and lists of them.
    #[must_use]
    pub fn read(body: &Value) -> Option<Self> {
        let object = match body {
            Value::Array(items) => return items.first().and_then(Self::read),
            Value::Object(object) => object,
            _ => return None,
        };
        let error = match object.get("error").or_else(|| object.get("detail")) {
            Some(Value::String(message)) => return Some(Self::words(message)),
            Some(Value::Object(error)) => error,
            Some(Value::Array(list)) => {
                return Some(Self::words(&Value::from(list.clone()).to_string()));
            }
            _ if object.contains_key("message") => object,
            _ => return None,
        };
        let mut found = Self::words(error.get("message").and_then(Value::as_str).unwrap_or(""));
        for key in ["type", "code", "status"] {
            found.code(error.get(key));
        }
        for inner in ["innererror", "details", "metadata"] {
            found.details(error.get(inner));
        }
        Some(found)
    }

    fn words(message: &str) -> Self {
        Self {
            message: message.to_owned(),
            ..Self::default()
        }
    }

    fn code(&mut self, code: Option<&Value>) {
        match code {
            Some(Value::String(text)) => self.codes.push(text.to_ascii_lowercase()),
            Some(Value::Number(number)) => self.codes.push(number.to_string()),
            _ => {}
        }
    }

    fn details(&mut self, details: Option<&Value>) {
        match details {
            Some(Value::Array(items)) => items.iter().for_each(|item| self.details(Some(item))),
            Some(Value::Object(detail)) => {
                for key in ["code", "error_code", "reason", "quotaId"] {
                    self.code(detail.get(key));
                }
                self.details(detail.get("violations"));
                let delay = detail.get("retryDelay").and_then(Value::as_str);
                self.retry_after_ms = self.retry_after_ms.or(delay.and_then(duration_ms));
            }
            _ => {}
        }
    }

    /// A status that stands in the body (`"code": 502`), for errors inside a 200.
    fn status(&self) -> Option<u16> {
        let numbers = self.codes.iter().filter_map(|code| code.parse().ok());
        numbers.filter(|status| (400..600).contains(status)).min()
    }

    fn has(&self, needles: &[&str]) -> bool {
        let codes = &self.codes;
        needles
            .iter()
            .any(|needle| codes.iter().any(|code| code.contains(needle)))
    }

    fn says(&self, needles: &[&str]) -> bool {
        let message = self.message.to_ascii_lowercase();
        needles.iter().any(|needle| message.contains(needle))
    }
}

/// The fault that a response with a status other than 2xx stands for.
#[must_use]
pub fn classify(status: u16, headers: &HeaderMap, body: &[u8]) -> Fault {
    let parsed: Option<Value> = serde_json::from_slice(body).ok();
    let error = parsed.as_ref().and_then(ErrorBody::read);
    let mut fault = match &error {
        Some(error) => fault_of(Some(status), error),
        None => Fault::new(
            by_status(status),
            format!("upstream answered {status} without an error object"),
        ),
    };
    let refuses_retry = headers
        .get("x-should-retry")
        .is_some_and(|value| value == "false");
    if fault.kind == FaultKind::RateLimited && refuses_retry {
        fault.kind = FaultKind::QuotaExhausted;
    }
    fault.status = Some(status);
    fault.retry_after_ms = retry_after_ms(headers).or(fault.retry_after_ms);
    if fault.kind == FaultKind::RateLimited && fault.retry_after_ms.is_none() {
        fault.retry_after_ms = rate_limits(headers).used_up_for_ms();
    }
    fault
}

/// The error that a 200 or an event of a stream carries, where it carries one.
#[must_use]
pub fn fault_in_body(body: &Value) -> Option<Fault> {
    let object = body.as_object()?;
    let text = |key| object.get(key).and_then(Value::as_str);
    let error = object.get("error").is_some_and(|error| !error.is_null());
    if !marks_error(error, [text("type"), text("object")]) {
        return None;
    }
    let error = ErrorBody::read(body).unwrap_or_default();
    let mut fault = fault_of(error.status(), &error);
    fault.message = fault
        .message
        .replace("upstream answered an error", "an error inside the answer");
    Some(fault)
}

/// As [`fault_in_body`], of a body that is only looked at.
#[must_use]
pub fn fault_in_json(body: &Json<'_>) -> Option<Fault> {
    let text = |key| body.get(key).as_str();
    let error = !body.get("error").is_null();
    let marked = marks_error(error, [text("type"), text("object")]);
    marked.then(|| fault_in_body(&body.to_value())).flatten()
}

/// Is a body an error: one that has an `error`, or one whose `type` or `object` says so?
fn marks_error(error: bool, kinds: [Option<&str>; 2]) -> bool {
    error || kinds.contains(&Some("error"))
}

fn fault_of(status: Option<u16>, error: &ErrorBody) -> Fault {
    let words = redact(&error.message, &[]);
    let said = match status {
        Some(status) => format!("upstream answered {status}"),
        None => "upstream answered an error".to_owned(),
    };
    let message = if words.is_empty() {
        said
    } else {
        format!("{said}: {words}")
    };
    Fault {
        status,
        retry_after_ms: error.retry_after_ms,
        ..Fault::new(kind_of(status, error), message)
    }
}

/// The rules in order; the first that fits wins. Account before request: Google answers a wrong key
/// with a 400, and a used-up account with a 429.
fn kind_of(status: Option<u16>, error: &ErrorBody) -> FaultKind {
    let client_error = status.is_none_or(|status| (400..500).contains(&status));
    if status == Some(400) && error.has(SERVER) {
        // Whose fault a 400 is, its body knows better than its status.
        FaultKind::ServerError
    } else if status == Some(402) || client_error && (error.has(QUOTA) || error.says(QUOTA_WORDS)) {
        FaultKind::QuotaExhausted
    } else if client_error && error.has(CREDENTIALS) {
        FaultKind::Credentials
    } else if client_error
        && (error.has(CONTEXT) || status != Some(429) && error.says(CONTEXT_WORDS))
    {
        FaultKind::ContextTooLong
    } else if client_error && (error.has(FILTER) || error.says(FILTER_WORDS)) {
        FaultKind::ContentFilter
    } else if status == Some(429) || client_error && error.has(RATE) {
        FaultKind::RateLimited
    } else if error.has(OVERLOAD) {
        FaultKind::Overloaded
    } else if client_error && error.has(MODEL) {
        FaultKind::UnknownModel
    } else if status.is_none() && error.has(REQUEST) {
        FaultKind::InvalidRequest
    } else {
        status.map_or(FaultKind::ServerError, by_status)
    }
}

const QUOTA: &[&str] = &[
    "insufficient_quota",
    "credit_balance",
    "spend_limit",
    "billing",
    "budget_exceeded",
    // Google says so of a day's quota: waiting the few seconds it asks for does not help.
    "perday",
];
const QUOTA_WORDS: &[&str] = &["credit balance is too low", "call volume quota"];
const CREDENTIALS: &[&str] = &[
    "invalid_api_key",
    "api_key_invalid",
    "authentication_error",
    "unauthenticated",
    // Google: no billing, or not served where we are.
    "failed_precondition",
];
const CONTEXT: &[&str] = &["context_length", "context_window"];
const CONTEXT_WORDS: &[&str] = &[
    "context length",
    "context window",
    "maximum context",
    "exceed context limit",
    "prompt is too long",
    "input is too long",
    "exceeds the maximum number of tokens",
];
const FILTER: &[&str] = &[
    "content_filter",
    "content_policy",
    "responsibleaipolicy",
    "moderation",
];
const FILTER_WORDS: &[&str] = &[
    "content management policy",
    "content filtering policy",
    "flagged by content filter",
];
const RATE: &[&str] = &["rate_limit", "resource_exhausted", "too_many_requests"];
const OVERLOAD: &[&str] = &["overloaded", "unavailable", "capacity"];
const SERVER: &[&str] = &["server_error", "internal_error"];
const MODEL: &[&str] = &["model_not_found", "deploymentnotfound", "not_found"];
const REQUEST: &[&str] = &["invalid_request", "invalid_argument"];

fn by_status(status: u16) -> FaultKind {
    match status {
        300..400 => FaultKind::Garbled,
        401 | 403 => FaultKind::Credentials,
        402 => FaultKind::QuotaExhausted,
        404 => FaultKind::UnknownModel,
        413 => FaultKind::ContextTooLong,
        408 | 409 | 425 => FaultKind::ServerError,
        429 => FaultKind::RateLimited,
        503 | 529 => FaultKind::Overloaded,
        400..500 => FaultKind::InvalidRequest,
        _ => FaultKind::ServerError,
    }
}

#[cfg(test)]
mod tests;
