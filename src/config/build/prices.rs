//! What is known or written of a model: its price, weight and expected quality.

use super::Build;
use super::providers::Site;
use crate::catalogue::Model;
use crate::config::problem::Trail;
use crate::config::raw::{ProviderType as Type, RawCost, RawModelFull};
use crate::domain::Price;
use crate::provider::simulated::{PROFILES, Profile};

impl Build<'_> {
    pub(super) fn weight(&mut self, trail: &Trail, written: Option<f64>) -> f64 {
        self.within(&trail.key("weight"), written, 1.0, (0.0, 1e9))
    }

    pub(super) fn prior(&mut self, trail: &Trail, written: Option<f64>) -> Option<f64> {
        written?;
        Some(self.within(&trail.key("prior_quality"), written, 0.5, (0.0, 1.0)))
    }

    pub(super) fn price(
        &mut self,
        site: &Site<'_>,
        model: &RawModelFull,
        upstream: &str,
        trail: &Trail,
    ) -> Option<Price> {
        let places = [
            (trail.key("cost"), model.cost),
            (
                Trail::root().key("routing").key("providers"),
                site.routed.and_then(|r| r.cost),
            ),
            (site.trail.key("cost"), site.raw.cost),
        ];
        if let Some((at, cost)) = places.iter().find_map(|(at, cost)| Some((at, (*cost)?))) {
            return self.written_price(at, &cost);
        }
        if site.kind == Type::Simulated {
            return self.simulated_price(upstream, trail);
        }
        let known = known_model(site, &model.name, upstream).and_then(Model::price);
        let free = site.vendor.is_some_and(|vendor| vendor.local);
        known.or(free.then_some(Price {
            input_per_mtok: 0.0,
            output_per_mtok: 0.0,
            cache_read_per_mtok: None,
            cache_write_per_mtok: None,
        }))
    }

    fn simulated_price(&mut self, profile: &str, trail: &Trail) -> Option<Price> {
        let found = Profile::named(profile);
        if found.is_none() {
            let names: Vec<&str> = PROFILES.iter().map(|p| p.name).collect();
            let hint = crate::near::hint(profile, names.iter().copied());
            let what = format!("no simulated model is named {profile:?}{hint}");
            self.problem(trail, what, format!("expected one of {}", names.join(", ")));
        }
        found.map(Profile::list_price)
    }

    /// A price as written; input and output are both needed, in one of the two units.
    pub(super) fn written_price(&mut self, trail: &Trail, cost: &RawCost) -> Option<Price> {
        let per_million = |thousand: Option<f64>, million: Option<f64>| {
            million.or(thousand.map(|dollars| dollars * 1000.0))
        };
        let input = per_million(cost.input_per_1k, cost.input_per_mtok);
        let output = per_million(cost.output_per_1k, cost.output_per_mtok);
        let (Some(input), Some(output)) = (input, output) else {
            let what = "the price of input or of output is missing";
            self.problem(
                trail,
                what,
                "give input_per_1k and output_per_1k (or _per_mtok), in US dollars",
            );
            return None;
        };
        let all = [
            Some(input),
            Some(output),
            cost.cache_read_per_mtok,
            cost.cache_write_per_mtok,
        ];
        if all.iter().flatten().any(|dollars| *dollars < 0.0) {
            self.problem(
                trail,
                "a price is negative",
                "expected 0 or more US dollars",
            );
        }
        Some(Price {
            input_per_mtok: input,
            output_per_mtok: output,
            cache_read_per_mtok: cost.cache_read_per_mtok,
            cache_write_per_mtok: cost.cache_write_per_mtok,
        })
    }
}

/// What the catalogue knows of a model; Azure and Vertex serve other vendors' models.
pub(super) fn known_model(site: &Site<'_>, name: &str, upstream: &str) -> Option<&'static Model> {
    let all = crate::catalogue::catalogue();
    let vendor = match site.kind {
        Type::Azure => all.vendor("openai"),
        Type::Vertex if upstream.starts_with("claude") => all.vendor("anthropic"),
        Type::Vertex => all.vendor("google"),
        Type::Openai
            if site
                .raw
                .base_url
                .as_ref()
                .is_some_and(|url| !url.contains("api.openai.com")) =>
        {
            None
        }
        _ => site.vendor,
    }?;
    vendor.model(upstream).or_else(|| vendor.model(name))
}
