//! Why Gemini ended an answer, or gave none. Pure.

use crate::domain::{Fault, FaultKind, StopReason};
use crate::provider::http::redact;

/// Why it ended; `Other` for reasons that are not known yet.
pub fn stop_reason(reason: &str) -> StopReason {
    match reason {
        "STOP" => StopReason::Stop,
        "MAX_TOKENS" => StopReason::Length,
        reason if is_filter(reason) => StopReason::ContentFilter,
        _ => StopReason::Other,
    }
}

fn is_filter(reason: &str) -> bool {
    matches!(
        reason,
        "SAFETY"
            | "RECITATION"
            | "LANGUAGE"
            | "BLOCKLIST"
            | "PROHIBITED_CONTENT"
            | "SPII"
            | "IMAGE_SAFETY"
            | "IMAGE_PROHIBITED_CONTENT"
            | "IMAGE_RECITATION"
    )
}

/// The fault that an ended answer without content stands for; `None` where it is just empty.
pub fn no_answer(reason: &str) -> Option<Fault> {
    if is_filter(reason) {
        let message = format!("the vendor refused the answer ({reason})");
        return Some(Fault::new(FaultKind::ContentFilter, message));
    }
    // The model wrote a call that the vendor could not read: another try may do better.
    matches!(
        reason,
        "MALFORMED_FUNCTION_CALL" | "UNEXPECTED_TOOL_CALL" | "TOO_MANY_TOOL_CALLS"
    )
    .then(|| Fault::new(FaultKind::Garbled, format!("no usable answer ({reason})")))
}

/// The prompt was refused.
pub fn blocked_prompt(reason: &str) -> Fault {
    let message = format!("the vendor refused the prompt ({})", redact(reason, &[]));
    Fault::new(FaultKind::ContentFilter, message)
}
