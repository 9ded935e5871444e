//! Scored examples -> facts: a warm start from a team's own evaluation set.

use super::{
    api::{EngineError, Example, ExamplesImported},
    core::Core,
    resolve,
};
use crate::domain::{ArmId, Fact, Score};

impl Core {
    /// Embeds the prompts and folds the scores in. An example that cannot be used is told and left
    /// out; the others are taken.
    pub(crate) async fn import_examples(
        &self,
        examples: Vec<Example>,
    ) -> Result<ExamplesImported, EngineError> {
        let mut imported = ExamplesImported::default();
        let mut facts = Vec::new();
        for (position, example) in examples.into_iter().enumerate() {
            match self.fact(example).await {
                Ok(fact) => {
                    if let Fact::Scored { scores, .. } = &fact {
                        imported.scores += scores.len() as u64;
                    }
                    imported.examples += 1;
                    facts.push(fact);
                }
                Err(why) => imported.refused.push((position, why)),
            }
        }
        if !facts.is_empty() {
            self.recorder.learn(facts).await?;
        }
        Ok(imported)
    }

    async fn fact(&self, example: Example) -> Result<Fact, String> {
        let scores = example
            .scores
            .into_iter()
            .map(|(arm, score)| Ok((self.known(&arm)?, checked(score)?)))
            .collect::<Result<Vec<(ArmId, Score)>, String>>()?;
        if scores.is_empty() {
            return Err("no scores".to_owned());
        }
        let (context, missing) = self.context(&example.prompt).await;
        let context =
            context.ok_or_else(|| format!("the prompt could not be embedded: {missing:?}"))?;
        let weight = example.weight.unwrap_or(self.config.learning.import_weight);
        Ok(Fact::Scored {
            context,
            scores,
            weight,
            at_ms: self.clock.now_ms(),
        })
    }

    fn known(&self, arm: &ArmId) -> Result<ArmId, String> {
        resolve::arm(&self.config, arm.as_str()).map_err(|error| error.to_string())
    }
}

fn checked(score: Score) -> Result<Score, String> {
    if !(0.0..=1.0).contains(&score.quality) {
        return Err(format!("quality {} is outside [0, 1]", score.quality));
    }
    if score
        .cost_usd
        .is_some_and(|cost| !(cost.is_finite() && cost >= 0.0))
    {
        return Err("cost_usd is not a finite number of at least 0".to_owned());
    }
    Ok(score)
}
