//! What operators ask: wire -> engine.

use super::{
    check::{Check, Path, present},
    request::decision_id,
    routing::MAX_ID_BYTES,
};
use crate::{
    domain::{ClassId, DecisionId, OutcomeStatus, Score},
    engine::api::{
        DecisionFilter, DeploymentAction, EventKind, Example, ImportMode, Page, ProfileFilter,
        StatisticsRange,
    },
    proto,
};
use tonic::Status;

/// Result of a check.
type Checked<T> = Result<T, Box<Status>>;

/// Decisions on a page where nothing is said.
const DEFAULT_PAGE: usize = 50;
/// Decisions on a page at most.
const MAX_PAGE: u32 = 1000;
/// Scores of one example at most.
const MAX_SCORES: usize = 256;
/// Characters of a label at most.
const MAX_LABEL_CHARS: usize = 64;

/// A name that must be there.
///
/// # Errors
/// INVALID_ARGUMENT where it is empty or too long.
pub fn name(field: &'static str, text: &str) -> Checked<()> {
    let mut check = Check::default();
    if text.is_empty() {
        check.fail(Path::root(field), "is missing");
    }
    check.at_most_bytes(Path::root(field), text, MAX_ID_BYTES);
    check.done(())
}

/// What to do with a deployment.
///
/// # Errors
/// INVALID_ARGUMENT where it is not given or unknown.
pub fn action(wire: i32) -> Checked<DeploymentAction> {
    let mut check = Check::default();
    let action = match proto::DeploymentAction::try_from(wire) {
        Ok(proto::DeploymentAction::Reset) => DeploymentAction::Reset,
        Ok(proto::DeploymentAction::Drain) => DeploymentAction::Drain,
        Ok(proto::DeploymentAction::Disable) => DeploymentAction::Disable,
        Ok(proto::DeploymentAction::Enable) => DeploymentAction::Enable,
        Ok(proto::DeploymentAction::Unspecified) | Err(_) => {
            let what = format!("is {wire}: expected 1 to 4 (reset, drain, disable, enable)");
            check.fail(Path::root("action"), what);
            DeploymentAction::Reset
        }
    };
    check.done(action)
}

/// A class and its new label.
///
/// # Errors
/// INVALID_ARGUMENT where one of them is not usable.
pub fn label(wire: proto::RenameClassRequest) -> Checked<(ClassId, String)> {
    let mut check = Check::default();
    let class = class(&mut check, &wire.class_id);
    let label = wire.label.trim().to_owned();
    if label.chars().count() > MAX_LABEL_CHARS || label.chars().any(char::is_control) {
        let what = format!("expected at most {MAX_LABEL_CHARS} characters on one line");
        check.fail(Path::root("label"), what);
    }
    check.done((class, label))
}

/// Which profiles.
///
/// # Errors
/// INVALID_ARGUMENT where the class is not one.
pub fn profiles(wire: proto::ListProfilesRequest) -> Checked<ProfileFilter> {
    let mut check = Check::default();
    let filter = ProfileFilter {
        class: present(wire.class_id).map(|text| class(&mut check, &text)),
        arm: present(wire.arm).map(Into::into),
    };
    check.done(filter)
}

/// One decision.
///
/// # Errors
/// INVALID_ARGUMENT where the id is not one.
pub fn decision(wire: &proto::GetDecisionRequest) -> Checked<DecisionId> {
    let mut check = Check::default();
    let id = decision_id(&mut check, Path::root("decision_id"), &wire.decision_id);
    check.done(id)
}

/// Which decisions.
///
/// # Errors
/// INVALID_ARGUMENT with one violation a field.
pub fn decisions(wire: proto::ListDecisionsRequest) -> Checked<(DecisionFilter, Page)> {
    let mut check = Check::default();
    if wire.page_size > MAX_PAGE {
        let what = format!("is {}: at most {MAX_PAGE}", wire.page_size);
        check.fail(Path::root("page_size"), what);
    }
    let before = present(Some(wire.page_token))
        .map(|token| decision_id(&mut check, Path::root("page_token"), &token));
    let filter = DecisionFilter {
        from_ms: wire.from_ms,
        to_ms: wire.to_ms,
        arm: present(wire.arm).map(Into::into),
        class: present(wire.class_id).map(|text| class(&mut check, &text)),
        tenant: present(wire.tenant),
        status: status(&mut check, wire.status),
        policy: present(wire.policy),
        session: present(wire.session),
        request_id: present(wire.request_id),
        judged: wire.judged,
        explored: wire.explored,
    };
    let size = match wire.page_size {
        0 => DEFAULT_PAGE,
        size => size as usize,
    };
    check.done((filter, Page { size, before }))
}

/// Which statistics.
///
/// # Errors
/// INVALID_ARGUMENT where the range is empty.
pub fn statistics(wire: proto::GetStatisticsRequest) -> Checked<StatisticsRange> {
    let mut check = Check::default();
    if let (Some(from), Some(to)) = (wire.from_ms, wire.to_ms)
        && from >= to
    {
        check.fail(Path::root("to_ms"), "is not after `from_ms`");
    }
    check.done(StatisticsRange {
        from_ms: wire.from_ms,
        to_ms: wire.to_ms,
        baseline: present(wire.baseline_arm).map(Into::into),
    })
}

/// Which events; empty = all.
///
/// # Errors
/// INVALID_ARGUMENT where a kind is unknown.
pub fn kinds(wire: &[i32]) -> Checked<Vec<proto::EventKind>> {
    let mut check = Check::default();
    let kinds = Path::root("kinds");
    let known = wire
        .iter()
        .enumerate()
        .filter_map(|(i, kind)| match proto::EventKind::try_from(*kind) {
            Ok(kind) if kind != proto::EventKind::Unspecified => Some(kind),
            _ => {
                check.fail(kinds.index(i), format!("is {kind}: expected 1 to 10"));
                None
            }
        })
        .collect();
    check.done(known)
}

/// Is this event wanted?
#[must_use]
pub fn wanted(kinds: &[proto::EventKind], kind: EventKind) -> bool {
    kinds.is_empty() || kinds.contains(&super::event::to_kind(kind))
}

/// A scored example, or what is wrong with it.
///
/// # Errors
/// Plain words; an import goes on without it.
pub fn example(
    wire: proto::ImportExamplesRequest,
    max_text_bytes: usize,
) -> Result<Example, String> {
    if wire.prompt.trim().is_empty() {
        return Err("prompt: is empty".to_owned());
    }
    if wire.prompt.len() > max_text_bytes {
        let found = wire.prompt.len();
        return Err(format!(
            "prompt: has {found} bytes: at most {max_text_bytes} are accepted"
        ));
    }
    if wire.scores.is_empty() || wire.scores.len() > MAX_SCORES {
        let found = wire.scores.len();
        return Err(format!(
            "scores: has {found} entries: expected 1 to {MAX_SCORES}"
        ));
    }
    if let Some(weight) = wire.weight
        && !(weight > 0.0 && weight <= 100.0)
    {
        return Err(format!(
            "weight: is {weight}: expected a number over 0, to 100"
        ));
    }
    let scores = wire
        .scores
        .into_iter()
        .enumerate()
        .map(|(i, score)| example_score(i, score))
        .collect::<Result<_, String>>()?;
    Ok(Example {
        prompt: wire.prompt,
        scores,
        weight: wire.weight,
    })
}

fn example_score(
    i: usize,
    wire: proto::ExampleScore,
) -> Result<(crate::domain::ArmId, Score), String> {
    if wire.arm.is_empty() {
        return Err(format!("scores[{i}].arm: is missing"));
    }
    if !(0.0..=1.0).contains(&wire.quality) {
        let quality = wire.quality;
        return Err(format!(
            "scores[{i}].quality: is {quality}: expected a number from 0 to 1"
        ));
    }
    if wire
        .cost_usd
        .is_some_and(|usd| !(usd.is_finite() && usd >= 0.0))
    {
        return Err(format!(
            "scores[{i}].cost_usd: expected a finite number of at least 0"
        ));
    }
    let score = Score {
        quality: wire.quality,
        cost_usd: wire.cost_usd,
        output_tokens: wire.output_tokens,
    };
    Ok((wire.arm.into(), score))
}

/// What happens to the memory that is there.
///
/// # Errors
/// INVALID_ARGUMENT where the mode is unknown.
pub fn import_mode(wire: i32) -> Checked<ImportMode> {
    let mut check = Check::default();
    let mode = match proto::ImportMode::try_from(wire) {
        Ok(proto::ImportMode::Unspecified) => ImportMode::IntoEmpty,
        Ok(proto::ImportMode::Merge) => ImportMode::Merge,
        Ok(proto::ImportMode::Replace) => ImportMode::Replace,
        Err(_) => {
            let what =
                format!("is {wire}: expected 0 (into an empty memory), 1 (merge) or 2 (replace)");
            check.fail(Path::root("mode"), what);
            ImportMode::IntoEmpty
        }
    };
    check.done(mode)
}

fn class(check: &mut Check, text: &str) -> ClassId {
    let digits = text.strip_prefix('c').unwrap_or(text);
    digits.parse().map(ClassId).unwrap_or_else(|_| {
        let short: String = text.chars().take(32).collect();
        let what = format!("{short:?} is not a class id: expected for example \"c12\"");
        check.fail(Path::root("class_id"), what);
        ClassId(0)
    })
}

fn status(check: &mut Check, wire: i32) -> Option<OutcomeStatus> {
    match proto::OutcomeStatus::try_from(wire) {
        Ok(proto::OutcomeStatus::Unspecified) => None,
        Ok(proto::OutcomeStatus::Completed) => Some(OutcomeStatus::Completed),
        Ok(proto::OutcomeStatus::Failed) => Some(OutcomeStatus::Failed),
        Ok(proto::OutcomeStatus::Truncated) => Some(OutcomeStatus::Truncated),
        Ok(proto::OutcomeStatus::Cancelled) => Some(OutcomeStatus::Cancelled),
        Err(_) => {
            let what =
                format!("is {wire}: expected 1 to 4 (completed, failed, truncated, cancelled)");
            check.fail(Path::root("status"), what);
            None
        }
    }
}
