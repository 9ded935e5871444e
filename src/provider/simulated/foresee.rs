//! What a model would have answered, had it been asked: the demonstration compares with it.

use super::{Settings, grade::quality, profile::Profile, script::Script};
use crate::domain::{ArmId, ChatRequest, Message, Role};

/// One model's answer to one prompt, without asking it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Foreseen {
    /// Quality in [0, 1].
    pub quality: f64,
    /// Cost in US dollars.
    pub cost_usd: f64,
    /// Time to the last byte in simulated milliseconds.
    pub latency_ms: f64,
}

/// What this arm would do with this prompt; `None` where the arm is not simulated.
#[must_use]
pub fn foresee(prompt: &str, arm: &ArmId, seed: u64) -> Option<Foreseen> {
    let profile = Profile::of_arm(arm)?;
    let settings = Settings {
        seed,
        failures: false,
        ..Settings::default()
    };
    let request = ChatRequest {
        messages: vec![Message::text(Role::User, prompt)],
        ..ChatRequest::default()
    };
    let script = Script::write(&request, profile, settings, 0);
    Some(Foreseen {
        quality: quality(prompt, profile, seed),
        cost_usd: profile.list_price().cost_usd(&script.usage)?,
        latency_ms: script.total_ms(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::simulated::Simulated;
    use crate::provider::{Call, Provider};
    use std::sync::Arc;

    #[tokio::test]
    async fn what_is_foreseen_is_what_comes() {
        let settings = Settings {
            seed: 9,
            time_scale: 0.0,
            failures: false,
        };
        let request = ChatRequest {
            messages: vec![Message::text(
                Role::User,
                "What is the capital of Mongolia?",
            )],
            ..ChatRequest::default()
        };
        let model = Simulated::new("wisp", settings).unwrap();
        let call = Call::new(Arc::new(request), "wisp");
        let usage = model.complete(call).await.unwrap().usage;
        let arm = ArmId::new("simulated/wisp");
        let foreseen = foresee("What is the capital of Mongolia?", &arm, 9).unwrap();
        let price = Profile::of_arm(&arm).unwrap().list_price();
        assert_eq!(price.cost_usd(&usage), Some(foreseen.cost_usd));
    }
}
