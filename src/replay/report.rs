//! Gathers the figures of all seeds. As JSON its keys are stable.

use super::ablate::Part;
use super::adapt::Adaptation;
use super::baselines::{OFFLINE, ORACLE};
use super::figures::Figures;
use super::measure::Point;
use super::pass::{Ground, SeedResult};
use super::regime::Random;
use super::windows::SECOND_HALF;
use serde::Serialize;
use std::collections::BTreeMap;

/// All datasets and regimes of a run.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Fingerprint of the embedder.
    pub embedder: String,
    /// Prices of a unit of cost that were played.
    pub lambdas: Vec<f64>,
    /// One entry for each dataset and regime.
    pub datasets: Vec<DatasetReport>,
}

/// One dataset in one regime. Areas and shares are means over seeds.
#[derive(Clone, Debug, Serialize)]
pub struct DatasetReport {
    /// Name of the file.
    pub dataset: String,
    /// The regime.
    pub regime: &'static str,
    /// Passes.
    pub seeds: u64,
    /// Requests in each pass.
    pub n: usize,
    /// Arms.
    pub arms: usize,
    /// Rows of the file.
    pub rows: usize,
    /// Rows left out because not all arms answered them.
    pub incomplete: usize,
    /// Arms left out because they answered less than half of the prompts.
    pub sparse_arms: Vec<String>,
    /// Area of the router, second half.
    pub aiq_router: f64,
    /// Area of the zero router.
    pub aiq_hull: f64,
    /// Area of the offline blend with all labels.
    pub aiq_offline: f64,
    /// Area of the per-prompt oracle.
    pub aiq_oracle: f64,
    /// The router's figures.
    #[serde(flatten)]
    pub own: Figures,
    /// What a change did.
    #[serde(flatten)]
    pub adaptation: Adaptation,
    /// Single arms, second half, anonymous.
    pub singles: Vec<Point>,
    /// The others.
    pub baselines: BTreeMap<String, Figures>,
    /// The router without one of its parts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ablation: Vec<Part>,
    /// Steps at which something happens.
    #[serde(skip)]
    pub(super) events: Vec<usize>,
}

pub(super) fn mean(values: impl IntoIterator<Item = f64>) -> f64 {
    let (n, sum) = values
        .into_iter()
        .fold((0.0, 0.0), |(n, s), x| (n + 1.0, s + x));
    if n > 0.0 { sum / n } else { 0.0 }
}

/// 95 % interval of the mean over seeds.
pub(super) fn bootstrap(values: &[f64]) -> (f64, f64) {
    if values.is_empty() {
        return (0.0, 0.0);
    }
    let mut random = Random(11);
    let draw = |random: &mut Random| {
        mean((0..values.len()).map(|_| values[(random.bits() % values.len() as u64) as usize]))
    };
    let mut means: Vec<f64> = (0..2000).map(|_| draw(&mut random)).collect();
    means.sort_by(f64::total_cmp);
    (means[50], means[1949])
}

pub(super) fn mean_points(
    results: &[SeedResult],
    of: impl Fn(&SeedResult) -> &Vec<Point>,
) -> Vec<Point> {
    let count = results.first().map_or(0, |r| of(r).len());
    let at = |i: usize| Point {
        cost: mean(results.iter().map(|r| of(r)[i].cost)),
        quality: mean(results.iter().map(|r| of(r)[i].quality)),
    };
    (0..count).map(at).collect()
}

pub(super) fn gather(
    ground: &Ground<'_>,
    results: &[SeedResult],
    ablation: Vec<Part>,
) -> DatasetReport {
    let world = ground.world;
    let names = results.first().map_or(&[][..], |r| &r.routers[..]);
    let mut all: Vec<(String, Figures)> = names
        .iter()
        .enumerate()
        .map(|(i, played)| (played.name.clone(), Figures::gather(results, i)))
        .collect();
    let own = all.remove(0).1;
    let baselines: BTreeMap<String, Figures> = all.into_iter().collect();
    let aiq = |name: &str| baselines.get(name).map_or(0.0, |figures| figures.aiq);
    let stream = results.first().map(|r| &r.stream);
    let halved = stream.and_then(|s| s.halved);
    let joins = stream.and_then(|s| s.joins_at);
    let events = halved.map(|(from, to)| vec![from, to]);
    DatasetReport {
        dataset: world.name.clone(),
        regime: ground.regime.name(),
        seeds: ground.options.seeds,
        n: stream.map_or(0, |s| s.order.len()),
        arms: world.arms.len(),
        rows: world.seen,
        incomplete: world.incomplete,
        sparse_arms: world.sparse_arms.clone(),
        aiq_router: own.aiq,
        aiq_hull: mean(results.iter().map(|r| r.hull(SECOND_HALF))),
        aiq_offline: aiq(OFFLINE),
        aiq_oracle: aiq(ORACLE),
        adaptation: Adaptation::gather(results),
        singles: mean_points(results, |r| &r.scales[SECOND_HALF].singles),
        events: events.unwrap_or_else(|| joins.into_iter().collect()),
        own,
        baselines,
        ablation,
    }
}
