//! Simulated upstream models: seeded latency, quality by kind of prompt, cost, failures.
//!
//! For the demonstration, for `serve` without any key, and for tests. What a model answers, how
//! good that is and how long it takes depend on the seed, the model and the prompt alone; whether a
//! call fails depends also on how many calls came before. The texts are stand-ins: the tokens
//! reported are those of a whole answer.

mod answer;
mod foresee;
mod grade;
mod kind;
mod nearest;
mod noise;
mod profile;
mod sample;
mod script;
mod settings;

pub use foresee::{Foreseen, foresee};
pub use grade::grade;
pub use kind::Kind;
pub use profile::{PROFILES, Profile};
pub use settings::Settings;

use super::{Call, DeltaStream, Probe, Provider};
use crate::domain::{Completion, Fault};
use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream};
use script::Script;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// No simulated model has this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no simulated model is named {0:?}: there are atlas, forge, quill, sift and wisp")]
pub struct UnknownProfile(String);

/// One simulated model.
#[derive(Debug)]
pub struct Simulated {
    profile: &'static Profile,
    settings: Settings,
    calls: AtomicU64,
}

impl Simulated {
    /// The model with this profile.
    ///
    /// # Errors
    /// Where no profile has this name.
    pub fn new(profile: &str, settings: Settings) -> Result<Self, UnknownProfile> {
        let profile = Profile::named(profile).ok_or_else(|| UnknownProfile(profile.to_owned()))?;
        Ok(Self {
            profile,
            settings,
            calls: AtomicU64::new(0),
        })
    }

    fn script(&self, call: &Call) -> Script {
        let nth = self.calls.fetch_add(1, Ordering::Relaxed);
        Script::write(&call.request, self.profile, self.settings, nth)
    }

    /// Waits for that many simulated milliseconds.
    async fn wait(scale: f64, simulated_ms: f64) {
        let ms = simulated_ms * scale;
        if ms > 0.0 {
            tokio::time::sleep(Duration::from_secs_f64((ms / 1e3).min(3600.0))).await;
        }
    }
}

impl Provider for Simulated {
    fn dialect(&self) -> &'static str {
        "simulated"
    }

    /// It never hangs, and a whole answer is cheaper than its pieces.
    fn streams(&self, _call: &Call) -> bool {
        false
    }

    fn complete(&self, call: Call) -> BoxFuture<'_, Result<Completion, Fault>> {
        let script = self.script(&call);
        let scale = self.settings.time_scale;
        async move {
            Self::wait(scale, script.total_ms()).await;
            script.completion()
        }
        .boxed()
    }

    fn stream(&self, call: Call) -> BoxFuture<'_, Result<DeltaStream, Fault>> {
        let script = self.script(&call);
        let scale = self.settings.time_scale;
        async move {
            Self::wait(scale, script.first_token_ms).await;
            script.begin()?;
            let streaming_ms = script.streaming_ms;
            let pieces = script.pieces();
            let gap_ms = streaming_ms / (pieces.len().max(2) - 1) as f64;
            let paced = stream::iter(pieces)
                .enumerate()
                .then(move |(at, piece)| async move {
                    if at > 0 {
                        Self::wait(scale, gap_ms).await;
                    }
                    Ok(piece)
                });
            Ok(paced.boxed())
        }
        .boxed()
    }

    fn probe(&self, _probe: Probe) -> BoxFuture<'_, Result<(), Fault>> {
        async { Ok(()) }.boxed()
    }
}

#[cfg(test)]
mod tests;
