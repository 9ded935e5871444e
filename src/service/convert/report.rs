//! Past decisions and statistics: engine -> wire.

use super::outcome::{to_outcome, to_status, to_usage};
use crate::{
    domain::Source,
    engine::api::{DecisionSummary, Explained, FeedbackShown, Savings, Statistics, StatisticsRow},
    proto,
};

/// A decision explained.
#[must_use]
pub fn to_explained(explained: Explained) -> proto::GetDecisionResponse {
    let mut decision = explained.decision;
    proto::GetDecisionResponse {
        prompt: decision.prompt.take(),
        decision: Some(super::decision::to_decision(&decision)),
        outcome: explained.outcome.map(to_outcome),
        feedback: explained.feedback.into_iter().map(to_feedback).collect(),
        explanation: explained.explanation,
    }
}

fn to_feedback(shown: FeedbackShown) -> proto::FeedbackRecord {
    let FeedbackShown { feedback, replaced } = shown;
    proto::FeedbackRecord {
        at_ms: feedback.at_ms,
        arm: feedback.arm.map(|arm| arm.to_string()),
        source: source_text(feedback.source),
        quality: feedback.quality,
        comment: feedback.comment,
        usage: feedback.usage.map(to_usage),
        cost_usd: feedback.cost_usd,
        latency_ms: feedback.latency_ms,
        failed: feedback.failed,
        replaced,
    }
}

fn source_text(source: Source) -> String {
    match source {
        Source::Caller(name) => name,
        Source::Agreement => "agreement".to_owned(),
        Source::Schema => "schema".to_owned(),
        Source::Truncation => "truncation".to_owned(),
        Source::QuickRetry => "quick_retry".to_owned(),
        Source::Judge => "judge".to_owned(),
    }
}

/// A decision in one line.
#[must_use]
pub fn to_summary(summary: DecisionSummary) -> proto::DecisionSummary {
    proto::DecisionSummary {
        id: summary.id.to_string(),
        decided_at_ms: summary.id.at_ms(),
        arm: summary.arm.to_string(),
        class_id: summary.class.map(|class| class.to_string()),
        propensity: summary.propensity,
        explored: summary.explored,
        status: summary
            .status
            .map_or(proto::OutcomeStatus::Unspecified, to_status)
            .into(),
        served_by: summary.served_by.map(|arm| arm.to_string()),
        cost_usd: summary.cost_usd,
        latency_ms: summary.latency_ms,
        quality: summary.quality,
        tenant: summary.tenant,
        judgements: summary.judgements,
        failed_attempts: summary.failed_attempts,
        policy: summary.policy,
    }
}

/// Statistics.
#[must_use]
pub fn to_statistics(statistics: Statistics) -> proto::Statistics {
    let rows = |rows: Vec<StatisticsRow>| rows.into_iter().map(to_row).collect();
    proto::Statistics {
        from_ms: statistics.from_ms,
        to_ms: statistics.to_ms,
        total: Some(to_row(statistics.total)),
        by_arm: rows(statistics.by_arm),
        by_class: rows(statistics.by_class),
        by_provider: rows(statistics.by_provider),
        by_tenant: rows(statistics.by_tenant),
        savings: statistics.savings.map(to_savings),
        classes: statistics.classes,
        judgements: statistics.judgements,
    }
}

fn to_row(row: StatisticsRow) -> proto::StatisticsRow {
    proto::StatisticsRow {
        name: row.name,
        requests: row.requests,
        completed: row.completed,
        failed: row.failed,
        cost_usd: row.cost_usd,
        cost_unknown: row.cost_unknown,
        quality: row.quality,
        judged: row.judged,
        latency_ms: row.latency_ms,
        input_tokens: row.input_tokens,
        output_tokens: row.output_tokens,
        cache_hits: row.cache_hits,
        cache_saved_usd: row.cache_saved_usd,
    }
}

fn to_savings(savings: Savings) -> proto::Savings {
    proto::Savings {
        baseline_arm: savings.baseline.to_string(),
        baseline_cost_usd: savings.baseline_cost_usd,
        saved_usd: savings.saved_usd,
        baseline_quality: savings.baseline_quality,
    }
}
