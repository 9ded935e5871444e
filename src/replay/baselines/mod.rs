//! The routers that the product is compared with, one a file. The live ones are told list prices and
//! learn costs as they go; none of them sees tasks or other arms' outcomes. The informed ones do.

mod best_single;
mod cheapest;
mod costs;
mod informed;
mod keyword_means;
pub mod keywords;
mod knn;
mod linucb;
mod offline_blend;
mod oracle;
mod random;
mod task_labels;
mod thompson;
pub(super) mod zero_router;

use super::field::Router;
use super::regime::Stream;
use super::world::World;
pub use knn::Kernels;
pub use linucb::{Projected, Variant};

/// Name of the best random mix of single arms, which is worked out and not played.
pub const ZERO_ROUTER: &str = "zero_router";

/// Names of the baselines that are played, in the order of the tables.
pub const NAMES: [&str; 14] = [
    "random",
    "cheapest",
    "best_single",
    "keyword_map",
    "keyword_means",
    "thompson",
    "cluster_thompson",
    "linucb_zero",
    "linucb_centred",
    "linucb_forgetting",
    "online_knn",
    OFFLINE,
    "task_labels",
    ORACLE,
];

/// Name of the offline blend.
pub const OFFLINE: &str = "offline";
/// Name of the per-prompt oracle.
pub const ORACLE: &str = "oracle";

/// Prices of a unit of cost that informed routers are swept over; they cost nothing to play.
const SWEEP: [f64; 20] = [
    0.0, 0.005, 0.01, 0.02, 0.03, 0.045, 0.06, 0.08, 0.1, 0.13, 0.16, 0.22, 0.3, 0.45, 0.6, 1.0,
    1.5, 3.0, 5.0, 10.0,
];

/// What baselines are made from.
pub struct Bench<'a> {
    /// The dataset.
    pub world: &'a World,
    /// The pass.
    pub stream: &'a Stream,
    /// Predictions of the offline blend.
    pub offline: &'a [f64],
    /// Projected prompts, for LinUCB.
    pub projected: &'a Projected,
    /// Shared by the nearest neighbours of one pass.
    pub kernels: Kernels,
    /// What one unit of cost is.
    pub unit_usd: f64,
}

/// Does this one know what no live router can?
#[must_use]
pub fn is_informed(name: &str) -> bool {
    [OFFLINE, "task_labels", ORACLE, "best_single"].contains(&name)
}

/// Prices of a unit of cost to play a baseline at; those that do not mind are played once.
#[must_use]
pub fn lambdas<'a>(name: &str, usual: &'a [f64]) -> &'a [f64] {
    match name {
        "random" | "cheapest" | "best_single" | "keyword_map" => &SWEEP[..1],
        OFFLINE | "task_labels" | ORACLE => &SWEEP,
        _ => usual,
    }
}

/// A fresh baseline by name. `None` for another name.
#[must_use]
pub fn make<'a>(name: &str, bench: &Bench<'a>) -> Option<Box<dyn Router + 'a>> {
    let world = bench.world;
    let costs = costs::Costs::new(world, bench.unit_usd);
    let linucb =
        |costs, variant| Box::new(linucb::LinUcb::new(world, bench.projected, costs, variant));
    Some(match name {
        "random" => Box::new(random::AtRandom),
        "cheapest" => Box::new(cheapest::Cheapest(costs)),
        "best_single" => Box::new(best_single::router(bench)),
        "keyword_map" => Box::new(keywords::Map::new(world)),
        "keyword_means" => Box::new(keyword_means::KeywordMeans::new(world, costs)),
        "thompson" => Box::new(thompson::Thompson::new(world, costs, 1)),
        "cluster_thompson" => Box::new(thompson::Thompson::new(world, costs, 16)),
        "linucb_zero" => linucb(costs, Variant::Zero),
        "linucb_centred" => linucb(costs, Variant::Centred),
        "linucb_forgetting" => linucb(costs, Variant::Forgetting),
        "online_knn" => Box::new(knn::Knn::new(world, costs, bench.kernels.clone())),
        OFFLINE => Box::new(offline_blend::router(bench)),
        "task_labels" => Box::new(task_labels::router(bench)),
        ORACLE => Box::new(oracle::router(bench)),
        _ => return None,
    })
}
