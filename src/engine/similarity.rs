//! How like two answers are in meaning, for the agreement of a fan-out: the cosine of their
//! embeddings, unless they contradict each other in what a cosine does not see.

use crate::consensus::{contradict, lexical_similarity};
use crate::dispatch::Similarity;
use crate::embed::EmbedService;
use futures_util::future::{BoxFuture, join};
use std::{sync::Arc, time::Duration};

/// Compares by the embeddings of prompts.
pub(crate) struct Meaning {
    pub embed: Arc<EmbedService>,
    /// One embedding at most; then the words alone are compared.
    pub wait: Duration,
}

impl Similarity for Meaning {
    fn similarity<'a>(&'a self, a: &'a str, b: &'a str) -> BoxFuture<'a, f64> {
        Box::pin(async move {
            let by_words = lexical_similarity(a, b);
            if contradict(a, b) {
                return by_words;
            }
            let both = join(
                self.embed.embed(a, self.wait),
                self.embed.embed(b, self.wait),
            );
            match both.await {
                (Ok(a), Ok(b)) => by_words.max(cosine(&a.vector, &b.vector)),
                _ => by_words,
            }
        })
    }
}

/// Of vectors of norm 1; what points apart is as unlike as what has nothing in common.
fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let sum: f32 = a.iter().zip(b).map(|(a, b)| a * b).sum();
    f64::from(sum).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_same_said_otherwise_agrees_and_the_contrary_does_not() {
        let meaning = Meaning {
            embed: Arc::new(EmbedService::built_in(16)),
            wait: Duration::from_secs(5),
        };
        let said = "The capital of France is Paris, a large city on the river Seine, with 2 million people.";
        for (other, agrees) in [
            (
                "Paris is the capital of France; this large city of 2 million people is on the Seine river.",
                true,
            ),
            (
                "Paris is the capital of France; this large city of 9 million people is on the Seine river.",
                false,
            ),
            (
                "Paris is not the capital of France; this large city of 2 million people is on the Seine river.",
                false,
            ),
            (
                "Bread needs flour, water, salt and yeast, and half a day of patience before it is baked.",
                false,
            ),
        ] {
            let found = meaning.similarity(said, other).await;
            assert_eq!(found >= 0.8, agrees, "{found}: {other}");
        }
    }
}
