//! What an ended request teaches by itself: cost, latency, failures, and the judgements that nobody
//! had to send (a broken schema, a cut answer, agreement in a fan-out).

use super::{core::Core, facts, implicit};
use crate::{
    dispatch::Ran,
    domain::{
        AttemptResult, Completion, Decision, Fact, FanOutMode, Judging, Outcome, ResponseFormat,
        Source,
    },
};

impl Core {
    /// What an ended request teaches, signals that nobody had to send included.
    pub(crate) fn taught(
        &self,
        decision: &Decision,
        format: &ResponseFormat,
        ran: &Ran,
        outcome: &Outcome,
    ) -> Vec<Fact> {
        let now_ms = self.clock.now_ms();
        let mut taught = facts::of_outcome(decision, outcome, now_ms);
        let switches = &self.config.learning.implicit_feedback;
        let answers = ran
            .answers
            .iter()
            .filter_map(|one| Some((&one.attempt, one.result.as_ref().ok()?)));
        let served = outcome.attempts.iter().filter(|_| ran.answers.is_empty());
        let served = served.filter_map(|attempt| {
            let completion = ran.completion.as_ref().ok()?;
            (attempt.result == AttemptResult::Completed).then_some((attempt, completion))
        });
        for (attempt, completion) in answers.chain(served) {
            if let Some((quality, source)) = implicit::of_completion(switches, format, completion) {
                taught.push(facts::implied(decision, attempt, quality, source, now_ms));
            }
        }
        match &ran.judging {
            Some(judging) if judging.failure.is_none() => {
                taught.extend(self.judged(decision, ran, judging, now_ms));
            }
            _ => taught.extend(self.agreed(decision, ran, now_ms)),
        }
        taught
    }

    /// A judge's scores of the others' answers; of its own it says nothing.
    fn judged(&self, decision: &Decision, ran: &Ran, judging: &Judging, now_ms: u64) -> Vec<Fact> {
        if !self.config.learning.implicit_feedback.judge.enabled {
            return Vec::new();
        }
        let others = judging.scores.iter();
        let judged =
            others
                .filter(|(arm, _)| *arm != judging.judge)
                .filter_map(|(arm, quality)| {
                    let answer = ran.answers.iter().find(|one| one.arm == *arm)?;
                    let source = Source::Judge;
                    Some(facts::implied(
                        decision,
                        &answer.attempt,
                        *quality,
                        source,
                        now_ms,
                    ))
                });
        judged.collect()
    }

    /// Agreement in a fan-out: those whose answer is the consensus were right, by the share that
    /// agrees; the others were not.
    fn agreed(&self, decision: &Decision, ran: &Ran, now_ms: u64) -> Vec<Fact> {
        let consensus = matches!(
            decision.plan.fan_out.as_ref().map(|fan_out| fan_out.mode),
            Some(FanOutMode::Majority | FanOutMode::Quorum(_))
        );
        let (Some(agreement), Ok(winner)) = (ran.agreement, &ran.completion) else {
            return Vec::new();
        };
        if !consensus
            || agreement <= 0.5
            || !self.config.learning.implicit_feedback.agreement.enabled
        {
            return Vec::new();
        }
        let same = |completion: &Completion| {
            crate::consensus::lexical_similarity(&completion.text(), &winner.text()) > 0.8
        };
        let judged = ran.answers.iter().filter_map(|one| {
            let quality = if same(one.result.as_ref().ok()?) {
                agreement
            } else {
                1.0 - agreement
            };
            Some(facts::implied(
                decision,
                &one.attempt,
                quality,
                Source::Agreement,
                now_ms,
            ))
        });
        judged.collect()
    }
}
