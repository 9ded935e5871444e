//! Past decisions, as operators see them: explained one by one, or listed.

use super::{
    api::{
        DecisionFilter, DecisionPage, DecisionSummary, EngineError, Explained, FeedbackShown, Page,
    },
    core::Core,
    explain,
};
use crate::{
    decide,
    domain::{AttemptResult, DecisionId, Outcome},
    memory::{self, Filter, Stored},
};

impl Core {
    pub(crate) fn decision(&self, id: DecisionId) -> Result<Explained, EngineError> {
        let stored = self
            .memory
            .decision(id)
            .map_err(|error| EngineError::Memory(error.to_string()))?;
        let Stored {
            mut decision,
            outcome,
            feedback,
        } = stored.ok_or(EngineError::UnknownDecision { id })?;
        decide::explain(&mut decision.ranking, &decision.weights);
        let replaced: Vec<bool> = memory::replaced(&feedback).collect();
        let shown = feedback.into_iter().zip(replaced);
        let feedback: Vec<FeedbackShown> = shown
            .map(|(feedback, replaced)| FeedbackShown { feedback, replaced })
            .collect();
        Ok(Explained {
            explanation: explain::text(&decision, outcome.as_ref(), &feedback),
            decision,
            outcome,
            feedback,
        })
    }

    pub(crate) fn decisions(
        &self,
        filter: DecisionFilter,
        page: Page,
    ) -> Result<DecisionPage, EngineError> {
        let filter = Filter {
            tenant: filter.tenant,
            arm: filter.arm,
            class: filter.class,
            status: filter.status,
            policy: filter.policy,
            session: filter.session,
            request_id: filter.request_id,
            judged: filter.judged,
            explored: filter.explored,
            since_ms: filter.from_ms,
            until_ms: filter.to_ms,
        };
        let listed = self
            .memory
            .list(&filter, page.before, page.size.clamp(1, 1000))
            .map_err(|error| EngineError::Memory(error.to_string()))?;
        Ok(DecisionPage {
            decisions: listed.decisions.into_iter().map(summary).collect(),
            next: listed.next,
        })
    }
}

fn summary(stored: Stored) -> DecisionSummary {
    let quality = stored.quality();
    let standing = stored.standing_feedback().into_iter();
    let judgements = standing.filter(|one| one.quality.is_some()).count() as u32;
    let Stored {
        decision, outcome, ..
    } = stored;
    DecisionSummary {
        id: decision.id,
        arm: decision.ranking.chosen,
        class: decision.ranking.class,
        propensity: decision.ranking.propensity,
        explored: decision.ranking.explored,
        status: outcome.as_ref().map(|outcome| outcome.status),
        served_by: outcome.as_ref().and_then(|known| known.served_by.clone()),
        cost_usd: outcome.as_ref().and_then(Outcome::cost_usd),
        latency_ms: outcome.as_ref().map(|outcome| outcome.latency_ms),
        quality,
        judgements,
        failed_attempts: outcome.as_ref().map_or(0, failed_attempts),
        policy: decision.policy,
        tenant: decision.tenant,
    }
}

fn failed_attempts(outcome: &Outcome) -> u32 {
    let failed = |result: &AttemptResult| matches!(result, AttemptResult::Failed(_));
    let attempts = outcome.attempts.iter();
    attempts.filter(|attempt| failed(&attempt.result)).count() as u32
}
