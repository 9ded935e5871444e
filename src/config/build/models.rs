//! A provider's models: each is a deployment and, unless `arms` says otherwise, an arm.

use super::Build;
use super::prices::known_model;
use super::providers::Site;
use crate::catalogue::Model;
use crate::config::problem::Trail;
use crate::config::raw::{ProviderType as Type, RawCapabilities, RawModel, RawModelFull};
use crate::config::{
    ArmSpec, BreakerSettings, DeploymentSpec, Dialect, HealthCheck, Limits, Publisher, Secret,
    Timeouts,
};
use crate::domain::{Arm, ArmId, Capabilities, DeploymentId};
use crate::provider::simulated::PROFILES;

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
        let routed_at = Trail::root().key("routing").key("providers");
        let weight = [
            (trail, model.weight),
            (&routed_at, routed.and_then(|r| r.weight)),
            (&site.trail, site.raw.weight),
        ];
        let written = weight.into_iter().find(|(_, weight)| weight.is_some());
        let weight = written.map_or(1.0, |(at, weight)| self.weight(at, weight));
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

fn capabilities(site: &Site<'_>, model: &RawModelFull, upstream: &str) -> Capabilities {
    let known = known_model(site, &model.name, upstream).map(Model::capabilities);
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
