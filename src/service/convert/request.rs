//! Whole requests of the client's face: wire -> what the engine is asked.

use super::{
    chat::chat,
    check::{Check, Path, present},
    routing::{FAN_OUT_ARMS, MAX_ID_BYTES, routing},
};
use crate::{
    domain::{DecisionId, FanOutMode, FanOutWish, Feedback, Source},
    engine::api::RouteRequest,
    proto,
};
use tonic::Status;

/// Bytes of a comment at most.
const MAX_COMMENT_BYTES: usize = 16 << 10;

/// A checked request to route.
///
/// # Errors
/// INVALID_ARGUMENT with one violation a field.
pub fn route(
    wire: (Option<proto::Chat>, Option<proto::Routing>, Option<String>),
    max_text_bytes: usize,
) -> Result<RouteRequest, Box<Status>> {
    let mut check = Check::default();
    let request = request(&mut check, wire, max_text_bytes);
    check.done(request)
}

/// As `route`, for a call that does not fan out.
///
/// # Errors
/// As `route`.
pub fn decide(
    wire: proto::DecideRequest,
    max_text_bytes: usize,
) -> Result<RouteRequest, Box<Status>> {
    let mut check = Check::default();
    no_fan_out(&mut check, wire.routing.as_ref());
    let wire = (wire.chat, wire.routing, wire.request_id);
    let request = request(&mut check, wire, max_text_bytes);
    check.done(request)
}

/// A checked comparison: the request and the arms named; none = the fan-out wish says how many.
///
/// # Errors
/// As `route`.
pub fn compare(
    wire: proto::CompareRequest,
    max_text_bytes: usize,
) -> Result<(RouteRequest, Vec<String>), Box<Status>> {
    let mut check = Check::default();
    no_fan_out(&mut check, wire.routing.as_ref());
    let arms = Path::root("arms");
    let named = u32::try_from(wire.arms.len()).unwrap_or(u32::MAX);
    if named > 0 && !FAN_OUT_ARMS.contains(&named) {
        check.fail(arms, format!("has {named} entries: expected 2 to 8"));
    }
    if let Some(twice) = repeated(&wire.arms) {
        check.fail(arms.index(twice), "is there twice");
    }
    let count = wire.count.unwrap_or(2);
    if !FAN_OUT_ARMS.contains(&count) {
        check.fail(Path::root("count"), format!("is {count}: expected 2 to 8"));
    }
    if named > 0 && wire.count.is_some() {
        check.fail(Path::root("count"), "goes without `arms` only");
    }
    let parts = (wire.chat, wire.routing, wire.request_id);
    let mut request = request(&mut check, parts, max_text_bytes);
    request.routing.fan_out = Some(FanOutWish {
        arms: if named > 0 { named } else { count },
        mode: FanOutMode::All,
    });
    check.done((request, wire.arms))
}

/// A checked judgement.
///
/// # Errors
/// As `route`.
pub fn feedback(wire: proto::FeedbackRequest, now_ms: u64) -> Result<Feedback, Box<Status>> {
    use proto::feedback_request::Judgement;
    let mut check = Check::default();
    let decision = decision_id(&mut check, Path::root("decision_id"), &wire.decision_id);
    let quality = wire.judgement.map(|judgement| match judgement {
        Judgement::Quality(quality) => quality,
        Judgement::Good(good) => f64::from(u8::from(good)),
    });
    check.within(Path::root("quality"), quality, 0.0, 1.0);
    check.not_negative(Path::root("cost_usd"), wire.cost_usd);
    check.not_negative(Path::root("latency_ms"), wire.latency_ms);
    for (name, text, limit) in [
        ("arm", &wire.arm, MAX_ID_BYTES),
        ("request_id", &wire.request_id, MAX_ID_BYTES),
        ("rater", &wire.rater, MAX_ID_BYTES),
        ("comment", &wire.comment, MAX_COMMENT_BYTES),
    ] {
        if let Some(text) = text {
            check.at_most_bytes(Path::root(name), text, limit);
        }
    }
    let feedback = Feedback {
        decision,
        arm: present(wire.arm).map(Into::into),
        request_id: present(wire.request_id),
        quality,
        comment: present(wire.comment),
        source: Source::Caller(wire.rater.unwrap_or_default()),
        usage: wire.usage.map(super::outcome::from_usage),
        cost_usd: wire.cost_usd,
        latency_ms: wire.latency_ms,
        failed: wire.failed,
        at_ms: now_ms,
    };
    if says_nothing(&feedback) {
        check.fail(
            Path::root("judgement"),
            "is missing: give at least one of quality, good, comment, usage, cost_usd, latency_ms, failed",
        );
    }
    check.done(feedback)
}

/// A decision's id; a wrong one is noted and 0.
pub fn decision_id(check: &mut Check, path: Path<'_>, text: &str) -> DecisionId {
    text.parse().unwrap_or_else(|error| {
        let what = if text.is_empty() {
            "is missing".to_owned()
        } else {
            format!("{error}")
        };
        check.fail(path, what);
        DecisionId(0)
    })
}

fn request(
    check: &mut Check,
    (wire_chat, wire_routing, request_id): (
        Option<proto::Chat>,
        Option<proto::Routing>,
        Option<String>,
    ),
    max_text_bytes: usize,
) -> RouteRequest {
    if let Some(id) = &request_id {
        check.at_most_bytes(Path::root("request_id"), id, MAX_ID_BYTES);
    }
    RouteRequest {
        chat: chat(check, Path::root("chat"), wire_chat, max_text_bytes),
        routing: routing(check, Path::root("routing"), wire_routing),
        request_id: present(request_id),
    }
}

fn no_fan_out(check: &mut Check, routing: Option<&proto::Routing>) {
    if routing.is_some_and(|routing| routing.fan_out.is_some()) {
        check.fail(
            Path::root("routing").field("fan_out"),
            "does not go with this call",
        );
    }
}

fn repeated(names: &[String]) -> Option<usize> {
    names
        .iter()
        .enumerate()
        .find(|(i, name)| names[..*i].contains(name))
        .map(|(i, _)| i)
}

fn says_nothing(feedback: &Feedback) -> bool {
    feedback.quality.is_none()
        && feedback.comment.is_none()
        && feedback.usage.is_none()
        && feedback.cost_usd.is_none()
        && feedback.latency_ms.is_none()
        && feedback.failed.is_none()
}
