//! From a ranking to what dispatch does: the chosen arm, fallbacks by score, a fan-out, a hedge.

use crate::domain::{ArmId, FanOut, FanOutWish, Plan, Ranking, Step};

/// Arms of a fan-out at most.
const MAX_FAN_OUT: usize = 8;

/// How the plan is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Attempts on one arm at most; at least 1.
    pub attempts_per_arm: u32,
    /// Fallback arms at most.
    pub max_fallbacks: usize,
    /// Attempts over all arms together at most; at least 1.
    pub max_attempts: u32,
    /// Fallbacks in this order; empty = by score. Arms that are not eligible are left out.
    pub fallbacks: Vec<ArmId>,
    /// Arms for when all else failed, in this order, each with an attempt of its own. Arms that are
    /// not eligible are left out.
    pub last: Vec<ArmId>,
    /// One attempt on the chosen arm and nothing else.
    pub disable_fallbacks: bool,
    /// Call several arms at once.
    pub fan_out: Option<FanOutWish>,
    /// Start a second attempt if the first token has not come after this long.
    pub hedge_after_ms: Option<u64>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            attempts_per_arm: 2,
            max_fallbacks: 2,
            max_attempts: 4,
            fallbacks: Vec::new(),
            last: Vec::new(),
            disable_fallbacks: false,
            fan_out: None,
            hedge_after_ms: None,
        }
    }
}

/// The plan for a ranking. The chosen arm comes first and no arm twice.
#[must_use]
pub fn build(ranking: &Ranking, options: &Options) -> Plan {
    let fan_out = options.fan_out.and_then(|wish| fan_out(ranking, wish));
    let attempts = if options.disable_fallbacks {
        1
    } else {
        options.attempts_per_arm.max(1)
    };
    let mut arms = match &fan_out {
        Some(fan_out) => fan_out.arms.clone(),
        None => vec![ranking.chosen.clone()],
    };
    if !options.disable_fallbacks {
        let others = fallbacks(ranking, options, &arms);
        arms.extend(others);
    }
    let last = last(ranking, options, &arms);
    arms.retain(|arm| *arm == ranking.chosen || !last.contains(arm));
    let added = last.len() as u32;
    arms.extend(last);
    let least = fan_out.as_ref().map_or(1, |f| f.arms.len() as u32);
    Plan {
        steps: arms.into_iter().map(|arm| Step { arm, attempts }).collect(),
        fan_out,
        max_attempts: if options.disable_fallbacks {
            least
        } else {
            options.max_attempts.max(least) + added
        },
        hedge_after_ms: options
            .hedge_after_ms
            .filter(|_| !options.disable_fallbacks),
    }
}

/// Arms for when all else failed; none of a fan-out, which are called anyway.
fn last(ranking: &Ranking, options: &Options, arms: &[ArmId]) -> Vec<ArmId> {
    let called = match options.fan_out {
        Some(_) => arms,
        None => &arms[..arms.len().min(1)],
    };
    let eligible = |arm: &&ArmId| ranking.scores.iter().any(|score| score.arm == **arm);
    let last = options.last.iter().filter(eligible);
    last.filter(|arm| !options.disable_fallbacks && !called.contains(arm))
        .cloned()
        .collect()
}

/// Arms other than those `called` in any case, in the order to try them, as many as are wanted.
fn fallbacks(ranking: &Ranking, options: &Options, called: &[ArmId]) -> Vec<ArmId> {
    let by_score = ranking.scores.iter().map(|score| &score.arm);
    let mut arms: Vec<ArmId> = Vec::new();
    let mut add = |arm: &ArmId| {
        let room = arms.len() < options.max_fallbacks;
        if room && !called.contains(arm) && !arms.contains(arm) {
            arms.push(arm.clone());
        }
    };
    if options.fallbacks.is_empty() {
        by_score.for_each(&mut add);
    } else {
        let eligible = |arm: &&ArmId| ranking.scores.iter().any(|score| score.arm == **arm);
        options.fallbacks.iter().filter(eligible).for_each(&mut add);
    }
    arms
}

/// The chosen arm and the best others; `None` where there are fewer than two.
fn fan_out(ranking: &Ranking, wish: FanOutWish) -> Option<FanOut> {
    let wanted = (wish.arms as usize).clamp(2, MAX_FAN_OUT);
    let others = ranking.scores.iter().map(|score| &score.arm);
    let mut arms = vec![ranking.chosen.clone()];
    arms.extend(
        others
            .filter(|arm| **arm != ranking.chosen)
            .take(wanted - 1)
            .cloned(),
    );
    (arms.len() >= 2).then_some(FanOut {
        arms,
        mode: wish.mode,
        judge: None,
    })
}
