//! A provider's models: each is a deployment and, unless `arms` says otherwise, an arm.

use super::Build;
use super::providers::Site;
use crate::config::problem::Trail;
use crate::config::raw::{ProviderType as Type, RawCapabilities, RawCost, RawModel, RawModelFull};
use crate::config::{
    ArmSpec, BreakerSettings, DeploymentSpec, Dialect, HealthCheck, Limits, Publisher, Secret,
    Timeouts,
};
use crate::domain::{Arm, ArmId, Capabilities, DeploymentId, Price};
use crate::provider::simulated::{PROFILES, Profile};

/// What all deployments of one provider share.
#[derive(Clone)]
pub(super) struct Common {
    pub dialect: Dialect,
    pub base_url: String,
    pub keys: Vec<Secret>,
    pub headers: Vec<(String, Secret)>,
    pub limits: Limits,
    pub health_check: Option<HealthCheck>,
    pub timeouts: Timeouts,
    pub breaker: BreakerSettings,
}

/// Order of providers without a priority: after those with one, as in the file.
const NO_PRIORITY: u32 = 1_000_000;

impl Build<'_> {
    pub(super) fn models(&mut self, site: &Site<'_>, common: &Common) {
        let at = site.trail.key("models");
        let written = self.written_models(site);
        if written.is_empty() {
            let known = match site.kind {
                Type::Azure => "list them: deployments: {gpt-4o: my-deployment}",
                _ => "list them: models: [name, ...]",
            };
            let what = format!("the provider {:?} has no model", site.id.as_str());
            self.problem(&at, what, known);
        }
        let mut seen: Vec<&str> = Vec::new();
        let wanted = super::wanted::wanted_models(site.document, site.id.as_str(), &written);
        for (i, RawModel(model)) in written.iter().enumerate() {
            if model.name.trim().is_empty() {
                self.problem(&at.index(i), "a model without a name", "add name: ...");
            } else if seen.contains(&model.name.as_str()) {
                let what = format!("the model {:?} stands here twice", model.name);
                self.problem(&at.index(i), what, "take one away");
            } else {
                seen.push(&model.name);
                let mut model = model.clone();
                model.model = model.model.or(wanted.upstream(&model.name));
                self.model(site, common, &model, &at.index(i), site.pooled);
            }
        }
        for name in &wanted.more {
            let RawModel(model) = named(name, None);
            self.model(site, common, &model, &at, false);
        }
    }

    /// The models as written, as Azure deployments, or the vendor's usual ones.
    fn written_models(&self, site: &Site<'_>) -> Vec<RawModel> {
        let mut models: Vec<RawModel> = site.raw.models.clone().unwrap_or_default();
        let deployments = &site.raw.deployments.0;
        models.extend(deployments.iter().map(|(name, to)| named(name, Some(to))));
        if models.is_empty() && site.raw.models.is_none() {
            models = usual(site);
        }
        models
    }

    /// Adds a deployment and its arm; the arm's id.
    pub(super) fn model(
        &mut self,
        site: &Site<'_>,
        common: &Common,
        model: &RawModelFull,
        trail: &Trail,
        pooled: bool,
    ) -> ArmId {
        let full_name = format!("{}/{}", site.id, model.name);
        let id = ArmId::new(&full_name);
        let deployment = DeploymentId::new(&full_name);
        let upstream = model.model.clone().unwrap_or_else(|| model.name.clone());
        let routed = site.routed;
        let weight = model
            .weight
            .or(routed.and_then(|r| r.weight))
            .or(site.raw.weight);
        let weight = self.weight(trail, weight);
        let priority = model
            .priority
            .or(routed.and_then(|r| r.priority))
            .or(site.raw.priority)
            .unwrap_or_else(|| NO_PRIORITY + u32::try_from(site.place).unwrap_or(0));
        let mut parameters = site.raw.parameters.clone();
        parameters.extend(model.parameters.clone());
        let price = self.price(site, model, &upstream, trail);
        let prior_quality = self.prior(trail, model.prior_quality);
        self.arms.push(ArmSpec {
            arm: Arm {
                id: id.clone(),
                provider: site.id.clone(),
                model: model.name.clone(),
                price,
                capabilities: capabilities(site, model, &upstream),
                deployments: vec![deployment.clone()],
                tags: site.raw.tags.iter().chain(&model.tags).cloned().collect(),
            },
            prior_quality,
            pooled,
            weight,
            priority,
        });
        self.deployments.push(DeploymentSpec {
            id: deployment,
            arm: id.clone(),
            provider: site.id.clone(),
            dialect: dialect_of_model(&common.dialect, &upstream),
            base_url: common.base_url.clone(),
            model: upstream,
            keys: common.keys.clone(),
            headers: common.headers.clone(),
            organization: site.raw.organization.clone(),
            project: site.raw.project.clone(),
            parameters,
            timeouts: common.timeouts,
            limits: common.limits,
            breaker: common.breaker,
            health_check: common.health_check.clone(),
            weight,
            priority,
        });
        id
    }

    pub(super) fn weight(&mut self, trail: &Trail, written: Option<f64>) -> f64 {
        self.within(&trail.key("weight"), written, 1.0, (0.0, 1e9))
    }

    pub(super) fn prior(&mut self, trail: &Trail, written: Option<f64>) -> Option<f64> {
        written?;
        Some(self.within(&trail.key("prior_quality"), written, 0.5, (0.0, 1.0)))
    }

    fn price(
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
        let known = known_model(site, &model.name, upstream).and_then(|known| known.price());
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

/// The models of a provider that lists none.
fn usual(site: &Site<'_>) -> Vec<RawModel> {
    if site.kind == Type::Simulated {
        return PROFILES.iter().map(|p| named(p.name, None)).collect();
    }
    let known = site.vendor.iter().flat_map(|vendor| &vendor.models);
    known
        .filter(|m| m.usual)
        .map(|m| named(&m.name, None))
        .collect()
}

fn named(name: &str, upstream: Option<&String>) -> RawModel {
    RawModel(RawModelFull {
        name: name.to_owned(),
        model: upstream.cloned(),
        ..RawModelFull::default()
    })
}

/// What the catalogue knows of a model; Azure and Vertex serve other vendors' models.
fn known_model(
    site: &Site<'_>,
    name: &str,
    upstream: &str,
) -> Option<&'static crate::catalogue::Model> {
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

fn capabilities(site: &Site<'_>, model: &RawModelFull, upstream: &str) -> Capabilities {
    let known = known_model(site, &model.name, upstream).map(|known| known.capabilities());
    let own = overridden(known.unwrap_or_default(), &site.raw.capabilities);
    overridden(own, &model.capabilities)
}

/// Capabilities with what was written in their place.
pub(super) fn overridden(base: Capabilities, raw: &RawCapabilities) -> Capabilities {
    Capabilities {
        vision: raw.vision.unwrap_or(base.vision),
        tools: raw.tools.unwrap_or(base.tools),
        json_schema: raw.json_schema.unwrap_or(base.json_schema),
        streaming: raw.streaming.unwrap_or(base.streaming),
        context_tokens: raw.context_tokens.or(base.context_tokens),
        max_output_tokens: raw.max_output_tokens.or(base.max_output_tokens),
    }
}

/// The dialect of one model: whose model it is on Vertex, which profile it has when simulated.
fn dialect_of_model(dialect: &Dialect, upstream: &str) -> Dialect {
    match dialect.clone() {
        Dialect::Vertex {
            project,
            location,
            credentials,
            ..
        } => Dialect::Vertex {
            project,
            location,
            credentials,
            publisher: if upstream.starts_with("claude") {
                Publisher::Anthropic
            } else {
                Publisher::Google
            },
        },
        Dialect::Simulated {
            seed,
            time_scale,
            failures,
            ..
        } => Dialect::Simulated {
            profile: upstream.to_owned(),
            seed,
            time_scale,
            failures,
        },
        other => other,
    }
}
