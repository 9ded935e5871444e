//! The routers that the product is compared with, one a file. Each is told list prices and learns
//! costs as it goes; none sees tasks or other arms' outcomes, except where its name says so.

mod costs;
mod keyword_means;
pub mod keywords;
mod knn;
mod linucb;
mod simple;
mod thompson;

use super::field::Router;
use super::world::World;
pub use linucb::Variant;

/// Names of the baselines that learn or choose online, in the order of the tables.
pub const NAMES: [&str; 10] = [
    "random",
    "cheapest",
    "keyword_map",
    "keyword_means",
    "thompson",
    "cluster_thompson",
    "linucb_zero",
    "linucb_centred",
    "linucb_forgetting",
    "online_knn",
];

/// A fresh baseline by name; `unit_usd` is what one unit of cost is. `None` for another name.
#[must_use]
pub fn make(name: &str, world: &World, unit_usd: f64) -> Option<Box<dyn Router>> {
    let costs = costs::Costs::new(world, unit_usd);
    Some(match name {
        "random" => Box::new(simple::AtRandom),
        "cheapest" => Box::new(simple::Cheapest(costs)),
        "keyword_map" => Box::new(keywords::Map::new(world)),
        "keyword_means" => Box::new(keyword_means::KeywordMeans::new(world, costs)),
        "thompson" => Box::new(thompson::Thompson::new(world, costs, 1)),
        "cluster_thompson" => Box::new(thompson::Thompson::new(world, costs, 16)),
        "linucb_zero" => Box::new(linucb::LinUcb::new(world, costs, Variant::Zero)),
        "linucb_centred" => Box::new(linucb::LinUcb::new(world, costs, Variant::Centred)),
        "linucb_forgetting" => Box::new(linucb::LinUcb::new(world, costs, Variant::Forgetting)),
        "online_knn" => Box::new(knn::Knn::new(world, costs)),
        _ => return None,
    })
}
