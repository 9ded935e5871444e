//! The judge: how good a simulated model's answer to a prompt is. The demonstration gives it back as
//! the user's feedback.

use super::{kind::Kind, noise, profile::Profile};
use crate::domain::ArmId;

/// How far prompts of one kind differ in difficulty, alike for all models.
const DIFFICULTY_SD: f64 = 0.05;
/// How far one model's answers to equally hard prompts differ.
const ANSWER_SD: f64 = 0.05;
/// Below this a user would call the answer poor.
pub(super) const POOR_BELOW: f64 = 0.6;

/// Quality in [0, 1] of this arm's answer to this prompt; `None` where the arm is not simulated.
///
/// The arm is `simulated/<model>` or the bare model. The same prompt, arm and seed have the same
/// quality always.
#[must_use]
pub fn grade(prompt: &str, arm: &ArmId, seed: u64) -> Option<f64> {
    Profile::of_arm(arm).map(|profile| quality(prompt, profile, seed))
}

/// The same by profile.
pub(super) fn quality(prompt: &str, profile: &Profile, seed: u64) -> f64 {
    let prompt = prompt.trim();
    let mean = profile.quality_of(Kind::of(prompt));
    let difficulty = DIFFICULTY_SD * noise::normal(seed, &["difficulty", prompt]);
    let answer = ANSWER_SD * noise::normal(seed, &["answer", profile.name, prompt]);
    (mean - difficulty + answer).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grade_is_near_the_models_mean_and_repeats() {
        for kind in Kind::ALL {
            let arm = ArmId::new("simulated/quill");
            let grades: Vec<f64> = kind
                .prompts()
                .filter_map(|prompt| grade(prompt, &arm, 3))
                .collect();
            let mean = grades.iter().sum::<f64>() / grades.len() as f64;
            let expected = Profile::named("quill").unwrap().quality_of(kind);
            assert!((mean - expected).abs() < 0.04, "{kind}: {mean}");
            let again = kind.prompts().filter_map(|prompt| grade(prompt, &arm, 3));
            assert!(again.eq(grades));
        }
    }

    #[test]
    fn an_arm_that_is_not_simulated_has_no_grade() {
        assert_eq!(grade("hello", &ArmId::new("openai/gpt-4o"), 1), None);
    }
}
