//! From sums to estimates of quality: a mixed model with two levels of classes.
//!
//! `quality(class, arm) = level(arm) + difficulty(class) + strength(group, arm) + strength(class, arm)`
//!
//! Each part has a normal prior around 0 (levels: around the price's expectation) and is found by a
//! few sweeps of backfitting, that is coordinate ascent on the posterior. Without the difficulty an
//! arm used on hard prompts would look bad, and an untried one good in a hard class. A pure function
//! of the sums: the same sums give the same estimates after a restart.

use super::Settings;

/// What the solver is given: sums by class (rows) and arm (columns), row-major.
pub(super) struct Sums<'a> {
    pub classes: usize,
    pub arms: usize,
    /// Group of each class.
    pub group: &'a [usize],
    pub groups: usize,
    /// Judgements.
    pub n: Vec<f64>,
    /// Sum of their quality.
    pub s: Vec<f64>,
    /// Judgements without a context, by arm.
    pub unplaced: Vec<(f64, f64)>,
    /// Variance of a judgement, by arm.
    pub noise: Vec<f64>,
    /// Quality expected of each arm before any judgement.
    pub prior: Vec<f64>,
}

/// The estimates.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Solution {
    /// By arm.
    pub level: Vec<f64>,
    /// Variance of each level.
    pub level_var: Vec<f64>,
    /// By class, group and class parts together.
    pub difficulty: Vec<f64>,
    /// By class and arm, group and class parts together.
    pub strength: Vec<f64>,
    /// Variance of each strength.
    pub strength_var: Vec<f64>,
}

const SWEEPS: usize = 4;

/// Solves the model.
pub(super) fn solve(sums: &Sums<'_>, settings: &Settings) -> Solution {
    let mut parts = Parts::new(sums, settings);
    for _ in 0..SWEEPS {
        parts.levels();
        parts.group_difficulties();
        parts.class_difficulties();
        parts.group_strengths();
        parts.class_strengths();
    }
    parts.levels();
    parts.solution()
}

struct Parts<'a> {
    sums: &'a Sums<'a>,
    /// Precisions of the priors.
    p_level: f64,
    p_group_difficulty: f64,
    p_class_difficulty: f64,
    p_group: f64,
    p_class: f64,
    level: Vec<f64>,
    group_difficulty: Vec<f64>,
    class_difficulty: Vec<f64>,
    group_strength: Vec<f64>,
    class_strength: Vec<f64>,
    /// Judgements by group and arm.
    group_n: Vec<f64>,
}

fn precision(deviation: f64) -> f64 {
    1.0 / deviation.max(1e-4).powi(2)
}

impl<'a> Parts<'a> {
    fn new(sums: &'a Sums<'a>, settings: &Settings) -> Self {
        let (classes, arms, groups) = (sums.classes, sums.arms, sums.groups);
        let mut group_n = vec![0.0; groups * arms];
        for c in 0..classes {
            for a in 0..arms {
                group_n[sums.group[c] * arms + a] += sums.n[c * arms + a];
            }
        }
        Self {
            sums,
            p_level: precision(settings.spread_level),
            p_group_difficulty: precision(settings.spread_difficulty),
            p_class_difficulty: precision(settings.spread_difficulty * 0.5),
            p_group: precision(settings.spread_group),
            p_class: precision(settings.spread_class),
            level: sums.prior.clone(),
            group_difficulty: vec![0.0; groups],
            class_difficulty: vec![0.0; classes],
            group_strength: vec![0.0; groups * arms],
            class_strength: vec![0.0; classes * arms],
            group_n,
        }
    }

    /// Difficulty of a class and strength of an arm in it.
    fn around(&self, c: usize, a: usize) -> (f64, f64) {
        let (g, arms) = (self.sums.group[c], self.sums.arms);
        (
            self.group_difficulty[g] + self.class_difficulty[c],
            self.group_strength[g * arms + a] + self.class_strength[c * arms + a],
        )
    }

    fn levels(&mut self) {
        let sums = self.sums;
        for a in 0..sums.arms {
            let (mut n, mut s) = sums.unplaced[a];
            for c in 0..sums.classes {
                let at = c * sums.arms + a;
                if sums.n[at] > 0.0 {
                    let (difficulty, strength) = self.around(c, a);
                    n += sums.n[at];
                    s += sums.s[at] - sums.n[at] * (difficulty + strength);
                }
            }
            let w = 1.0 / sums.noise[a];
            self.level[a] = (s * w + sums.prior[a] * self.p_level) / (n * w + self.p_level);
        }
    }

    fn group_difficulties(&mut self) {
        let sums = self.sums;
        let mut top = vec![0.0; sums.groups];
        let mut bottom = vec![self.p_group_difficulty; sums.groups];
        for c in 0..sums.classes {
            let (t, b) = self.difficulty_residual(c);
            let g = sums.group[c];
            top[g] += t - b * self.class_difficulty[c];
            bottom[g] += b;
        }
        for g in 0..sums.groups {
            self.group_difficulty[g] = top[g] / bottom[g];
        }
    }

    fn class_difficulties(&mut self) {
        for c in 0..self.sums.classes {
            let (t, b) = self.difficulty_residual(c);
            let rest = t - b * self.group_difficulty[self.sums.group[c]];
            self.class_difficulty[c] = rest / (b + self.p_class_difficulty);
        }
    }

    /// What levels and strengths leave of a class's sums, weighted by precision; and the weight.
    fn difficulty_residual(&self, c: usize) -> (f64, f64) {
        let sums = self.sums;
        let (mut top, mut bottom) = (0.0, 0.0);
        for a in 0..sums.arms {
            let at = c * sums.arms + a;
            let n = sums.n[at];
            if n > 0.0 {
                let (_, strength) = self.around(c, a);
                let w = 1.0 / sums.noise[a];
                top += w * (sums.s[at] - n * (self.level[a] + strength));
                bottom += w * n;
            }
        }
        (top, bottom)
    }

    fn group_strengths(&mut self) {
        let sums = self.sums;
        let mut rest = vec![0.0; sums.groups * sums.arms];
        for c in 0..sums.classes {
            let g = sums.group[c];
            let difficulty = self.group_difficulty[g] + self.class_difficulty[c];
            for a in 0..sums.arms {
                let at = c * sums.arms + a;
                let n = sums.n[at];
                rest[g * sums.arms + a] +=
                    sums.s[at] - n * (self.level[a] + difficulty + self.class_strength[at]);
            }
        }
        for (at, rest) in rest.iter().enumerate() {
            let k = self.p_group * sums.noise[at % sums.arms];
            self.group_strength[at] = rest / (self.group_n[at] + k);
        }
    }

    fn class_strengths(&mut self) {
        let sums = self.sums;
        for c in 0..sums.classes {
            let g = sums.group[c];
            let difficulty = self.group_difficulty[g] + self.class_difficulty[c];
            for a in 0..sums.arms {
                let at = c * sums.arms + a;
                let n = sums.n[at];
                let known = self.level[a] + difficulty + self.group_strength[g * sums.arms + a];
                self.class_strength[at] =
                    (sums.s[at] - n * known) / (n + self.p_class * sums.noise[a]);
            }
        }
    }

    fn solution(self) -> Solution {
        let sums = self.sums;
        let arms = sums.arms;
        let level_var = (0..arms)
            .map(|a| {
                let n = sums.unplaced[a].0
                    + (0..sums.classes).map(|c| sums.n[c * arms + a]).sum::<f64>();
                1.0 / (n / sums.noise[a] + self.p_level)
            })
            .collect();
        let mut strength = self.class_strength;
        let mut strength_var = vec![0.0; strength.len()];
        let mut difficulty = self.class_difficulty;
        for (c, difficulty) in difficulty.iter_mut().enumerate() {
            let g = sums.group[c];
            *difficulty += self.group_difficulty[g];
            for a in 0..arms {
                let at = c * arms + a;
                strength[at] += self.group_strength[g * arms + a];
                let k = self.p_class * sums.noise[a];
                let open = k / (sums.n[at] + k);
                let group = 1.0 / (self.group_n[g * arms + a] / sums.noise[a] + self.p_group);
                strength_var[at] = open * open * group + open / self.p_class;
            }
        }
        Solution {
            level: self.level,
            level_var,
            difficulty,
            strength,
            strength_var,
        }
    }
}

impl Solution {
    /// The quality expected of an arm in a class (`None`: over all classes).
    pub fn expected(&self, arm: usize, row: Option<usize>, arms: usize) -> Option<f64> {
        let level = *self.level.get(arm)?;
        let around = row.map_or(0.0, |row| {
            let strength = self.strength.get(row * arms + arm).copied().unwrap_or(0.0);
            self.difficulty.get(row).copied().unwrap_or(0.0) + strength
        });
        Some(level + around)
    }

    /// A class began anew: nothing is expected of it beyond the arms' levels.
    pub fn forget_class(&mut self, row: usize, arms: usize) {
        if let Some(difficulty) = self.difficulty.get_mut(row) {
            *difficulty = 0.0;
        }
        if let Some(strengths) = self.strength.get_mut(row * arms..(row + 1) * arms) {
            strengths.fill(0.0);
        }
    }
}
