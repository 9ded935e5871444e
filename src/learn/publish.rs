//! From state to knowledge: sums are solved, tables laid out for decisions.

use super::arm::ArmState;
use super::cell::{Cell, Sum};
use super::knowledge::{ClassProfile, Entry, Knowledge, References, TYPICAL_INPUT_TOKENS};
use super::learner::Learner;
use super::ratio;
use super::solve::{Solution, Sums, solve};
use std::collections::HashMap;

/// Variance of a judgement before any was seen, and how many judgements that is worth.
const NOISE_PRIOR: f64 = 0.15;
const NOISE_PRIOR_N: f64 = 4.0;
/// How many judgements the arms' pooled variance is worth to each arm.
const NOISE_POOLED_N: f64 = 15.0;
/// Variance below which judgements are not believed to be.
const NOISE_FLOOR: f64 = 4e-4;
/// Quality of an arm of which nothing is known.
const AVERAGE_QUALITY: f64 = 0.6;
/// Milliseconds of a call before any was timed.
const TYPICAL_LATENCY_MS: f64 = 2000.0;
/// Choices of an epoch. With 48 the share of the learnable gain fell by several points.
const EPOCH: u64 = 8;
/// Similarity within which a neighbouring class has a say.
const TEMPERATURE: f32 = 0.05;

/// Variance of a judgement of this arm, shrunk to that of all arms.
pub(super) fn noise(arms: &[ArmState], a: usize) -> f64 {
    let (n, sum) = arms.iter().fold((0.0, 0.0), |(n, s), arm| {
        (n + arm.noise_n, s + arm.noise_sum)
    });
    let pooled = (sum + NOISE_PRIOR * NOISE_PRIOR_N) / (n + NOISE_PRIOR_N);
    let own = (arms[a].noise_sum + pooled * NOISE_POOLED_N) / (arms[a].noise_n + NOISE_POOLED_N);
    own.max(NOISE_FLOOR)
}

/// Solves and lays out.
pub(super) fn publish(learner: &Learner) -> (Solution, Knowledge) {
    let noise: Vec<f64> = (0..learner.arms.len())
        .map(|a| noise(&learner.arms, a))
        .collect();
    let sums = quality_sums(learner, noise);
    let solution = solve(&sums, &learner.settings);
    let tables = Tables {
        tokens: usual_where_unknown(means(learner, |cell| cell.tokens), learner.arms.len()),
        cost: means(learner, |cell| cell.cost),
        latency: means(learner, |cell| cell.latency),
    };
    let knowledge = lay_out(learner, &sums, &solution, &tables);
    (solution, knowledge)
}

struct Tables {
    tokens: Vec<Option<f64>>,
    cost: Vec<Option<f64>>,
    latency: Vec<Option<f64>>,
}

fn means(learner: &Learner, of: impl Fn(&Cell) -> Sum) -> Vec<Option<f64>> {
    let classes = learner.classes.all.len();
    let mut cells = Vec::with_capacity(classes * learner.arms.len());
    for row in 0..classes {
        cells.extend(learner.arms.iter().map(|arm| of(&arm.cells[row])));
    }
    let unplaced: Vec<Sum> = learner.arms.iter().map(|arm| of(&arm.unplaced)).collect();
    ratio::means(&cells, &unplaced, learner.arms.len())
}

/// Output tokens of an arm that was never called: the class's mean over the arms that were, because
/// answers of one class are of like length. A fixed guess would make untried arms look dear.
fn usual_where_unknown(mut means: Vec<Option<f64>>, arms: usize) -> Vec<Option<f64>> {
    for row in means.chunks_mut(arms.max(1)) {
        let known: Vec<f64> = row.iter().copied().flatten().collect();
        if !known.is_empty() {
            let usual = known.iter().sum::<f64>() / known.len() as f64;
            row.iter_mut().for_each(|mean| *mean = mean.or(Some(usual)));
        }
    }
    means
}

fn quality_sums(learner: &Learner, noise: Vec<f64>) -> Sums<'_> {
    let (classes, arms) = (learner.classes.all.len(), learner.arms.len());
    let mut n = Vec::with_capacity(classes * arms);
    let mut s = Vec::with_capacity(classes * arms);
    for row in 0..classes {
        n.extend(learner.arms.iter().map(|arm| arm.cells[row].n));
        s.extend(learner.arms.iter().map(|arm| arm.cells[row].quality));
    }
    Sums {
        classes,
        arms,
        group: &learner.group,
        groups: learner.groups.all.len().max(1),
        n,
        s,
        unplaced: learner
            .arms
            .iter()
            .map(|arm| (arm.unplaced.n, arm.unplaced.quality))
            .collect(),
        noise,
        prior: priors(learner),
    }
}

/// What to expect of each arm: the average of all judgements, and more of a dearer arm.
fn priors(learner: &Learner) -> Vec<f64> {
    let all = learner
        .arms
        .iter()
        .flat_map(|arm| arm.cells.iter().chain([&arm.unplaced]));
    let (n, s) = all.fold((0.0, 0.0), |(n, s), cell| (n + cell.n, s + cell.quality));
    let pooled = (s + 5.0 * AVERAGE_QUALITY) / (n + 5.0);
    let mut prices: Vec<f64> = learner
        .arms
        .iter()
        .filter_map(ArmState::blended_price)
        .collect();
    prices.sort_by(f64::total_cmp);
    let median = prices.get(prices.len() / 2).copied();
    let prior = |arm: &ArmState| {
        if let Some(quality) = arm.prior.prior_quality.filter(|q| q.is_finite()) {
            return quality.clamp(0.0, 1.0);
        }
        let doublings = match (arm.blended_price(), median) {
            (Some(price), Some(median)) => (price / median).log2().clamp(-5.0, 5.0),
            _ => 0.0,
        };
        (pooled + learner.settings.price_slope * doublings).clamp(0.0, 1.0)
    };
    learner.arms.iter().map(prior).collect()
}

fn lay_out(learner: &Learner, sums: &Sums<'_>, solution: &Solution, tables: &Tables) -> Knowledge {
    let (classes, arms) = (sums.classes, sums.arms);
    let mut entries = Vec::with_capacity((classes + 1) * arms);
    for row in 0..=classes {
        for a in 0..arms {
            let mut entry = quality_entry(learner, sums, solution, row, a);
            let at = row * arms + a;
            let or_nan = |value: Option<f64>| value.map_or(f32::NAN, |v| v as f32);
            entry.tokens = or_nan(tables.tokens[at]);
            entry.cost_usd = or_nan(tables.cost[at]);
            entry.latency_ms = or_nan(tables.latency[at]);
            entry.calls = if row < classes {
                let cell = &learner.arms[a].cells[row];
                cell.cost.n.max(cell.tokens.n) as f32
            } else {
                learner.arms[a].calls as f32
            };
            entries.push(entry);
        }
    }
    let references = references(learner, &entries[classes * arms..]);
    Knowledge {
        version: learner.version,
        dimensions: learner.classes.dimensions,
        centroids: centroids(learner),
        classes: profiles(learner),
        arms: learner
            .arms
            .iter()
            .map(|arm| arm.prior.arm.clone())
            .collect(),
        index: learner.index.clone(),
        entries,
        failure_rate: learner
            .arms
            .iter()
            .map(|arm| arm.failure_rate() as f32)
            .collect(),
        references,
        stranger: stranger(learner),
        probes: probes(learner, &sums.noise),
        epoch: epoch(learner),
        temperature: TEMPERATURE,
    }
}

fn quality_entry(
    learner: &Learner,
    sums: &Sums<'_>,
    solution: &Solution,
    row: usize,
    a: usize,
) -> Entry {
    let settings = &learner.settings;
    let level = solution.level[a] - learner.arms[a].depth();
    let share = learner.arms[a].explore_share(settings.explore_level);
    let level_explore = share.powi(2) * solution.level_var[a];
    if row == sums.classes {
        return Entry {
            quality: level as f32,
            var: solution.level_var[a] as f32,
            explore_var: level_explore as f32,
            evidence: learner.arms[a].evidence() as f32,
            ..Entry::default()
        };
    }
    let at = row * sums.arms + a;
    let quality = level + solution.difficulty[row] + solution.strength[at];
    let share = settings.explore_class * learner.arms[a].caution();
    let class_explore = share.powi(2) * solution.strength_var[at];
    Entry {
        quality: quality as f32,
        var: (solution.level_var[a] + solution.strength_var[at]) as f32,
        explore_var: (level_explore + class_explore) as f32,
        evidence: sums.n[at] as f32,
        ..Entry::default()
    }
}

fn stranger(learner: &Learner) -> Entry {
    let var = learner.settings.spread_level.powi(2) as f32;
    Entry {
        quality: AVERAGE_QUALITY as f32,
        var,
        explore_var: var,
        tokens: f32::NAN,
        cost_usd: f32::NAN,
        latency_ms: f32::NAN,
        ..Entry::default()
    }
}

/// For each fallen arm whose probe is due: how much better it may be than it looks.
fn probes(learner: &Learner, noise: &[f64]) -> Vec<f32> {
    let hope = |(arm, noise): (&ArmState, &f64)| match &arm.fall {
        Some(fall) if learner.settings.probes => {
            let waited = learner.chosen.saturating_sub(arm.last_chosen);
            let due = waited as f64 >= fall.probe_after(*noise);
            if due { fall.depth() as f32 } else { 0.0 }
        }
        _ => 0.0,
    };
    learner.arms.iter().zip(noise).map(hope).collect()
}

/// Draws are shared by prompts of one class within an epoch, so that a paraphrase keeps its arm.
fn epoch(learner: &Learner) -> Option<u64> {
    let epoch = learner.chosen / EPOCH;
    let mixed = (epoch ^ learner.settings.root).wrapping_mul(0xD6E8_FEB8_6659_FD93);
    learner.settings.steady.then_some(mixed)
}

fn references(learner: &Learner, overall: &[Entry]) -> References {
    let input = if learner.input_tokens.n > 0.0 {
        learner.input_tokens.sum / learner.input_tokens.n
    } else {
        TYPICAL_INPUT_TOKENS
    };
    let declared = || {
        learner
            .arms
            .iter()
            .zip(overall)
            .filter(|(arm, _)| arm.declared)
    };
    let costs = declared()
        .filter_map(|(arm, entry)| Some(entry.cost(arm.prior.price.as_ref(), input)?.mean));
    let latencies = declared()
        .map(|(_, entry)| f64::from(entry.latency_ms))
        .filter(|ms| ms.is_finite());
    References {
        cost_usd: quadratic_mean(costs).unwrap_or(0.001),
        latency_ms: quadratic_mean(latencies).unwrap_or(TYPICAL_LATENCY_MS),
        input_tokens: input,
    }
}

/// `None` where there is nothing, or nothing above 0.
fn quadratic_mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (n, sum) = values.fold((0.0, 0.0), |(n, sum), x| (n + 1.0, sum + x * x));
    (sum > 0.0).then(|| (sum / n).sqrt())
}

fn centroids(learner: &Learner) -> Vec<f32> {
    let mut all = Vec::with_capacity(learner.classes.all.len() * learner.classes.dimensions);
    learner
        .classes
        .all
        .iter()
        .for_each(|class| class.centroid(&mut all));
    all
}

fn profiles(learner: &Learner) -> Vec<ClassProfile> {
    let profile = |class: &super::classes::Class| ClassProfile {
        class: class.id,
        label: class.label.clone(),
        prompts: class.weight,
        coherence: f64::from(super::context::dot(&class.mean, &class.mean).sqrt()),
    };
    learner.classes.all.iter().map(profile).collect()
}

impl Knowledge {
    /// Of nothing.
    pub(super) fn empty() -> Self {
        Self {
            version: 0,
            dimensions: 0,
            centroids: Vec::new(),
            classes: Vec::new(),
            arms: Vec::new(),
            index: HashMap::new(),
            entries: Vec::new(),
            failure_rate: Vec::new(),
            references: References {
                cost_usd: 0.001,
                latency_ms: TYPICAL_LATENCY_MS,
                input_tokens: TYPICAL_INPUT_TOKENS,
            },
            stranger: Entry::default(),
            probes: Vec::new(),
            epoch: None,
            temperature: TEMPERATURE,
        }
    }
}
