//! From what was written to what it means. Each part notes its problems and goes on, so that one
//! run finds them all.

mod aliases;
mod arms;
mod cache;
mod checks;
mod dialect;
mod keys;
mod models;
mod policies;
mod prices;
mod providers;
mod routing;
mod rules;
mod service;
mod targets;
mod tenants;
mod upkeep;
mod wanted;

use super::problem::{Problem, Trail};
use super::raw::RawConfig;
use super::{ArmSpec, Config, DeploymentSpec, Origin, ProviderSummary};
use std::path::Path;
pub use targets::glob;

/// What a configuration may ask of the world outside, from one place.
pub struct World<'a> {
    /// The environment.
    pub env: &'a dyn Fn(&str) -> Option<String>,
    /// Reads a file that the configuration names; the error is in words.
    pub read: &'a dyn Fn(&Path) -> Result<String, String>,
}

/// The work in progress.
pub struct Build<'a> {
    world: &'a World<'a>,
    problems: Vec<Problem>,
    warnings: Vec<String>,
    providers: Vec<ProviderSummary>,
    arms: Vec<ArmSpec>,
    deployments: Vec<DeploymentSpec>,
}

/// Builds the configuration; it is to be used only where no problem came with it.
pub fn build(raw: RawConfig, origin: Origin, world: &World<'_>) -> (Config, Vec<Problem>) {
    let mut build = Build {
        world,
        problems: Vec::new(),
        warnings: Vec::new(),
        providers: Vec::new(),
        arms: Vec::new(),
        deployments: Vec::new(),
    };
    let config = build.all(raw, origin);
    (config, build.problems)
}

impl Build<'_> {
    fn all(&mut self, raw: RawConfig, origin: Origin) -> Config {
        let root = Trail::root();
        if raw.enabled == Some(false) {
            self.problem(
                &root.key("enabled"),
                "switched off: nothing would be served",
                "set enabled: true, or take the key away",
            );
        }
        self.providers(&raw);
        self.arms(&raw.arms);
        self.unpriced();
        let policies = self.policies(&raw.policies);
        let aliases = self.aliases(&raw, &policies);
        let routing = self.routing(&raw.routing, &aliases, &policies);
        let tenants = self.tenants(&raw.tenants, &policies);
        let learning = self.learning(&raw.learning);
        Config {
            origin,
            server: self.server(&raw.server, &tenants),
            embedding: self.embedding(&raw.embedding),
            memory: self.memory(&raw.memory),
            learning,
            routing,
            policies,
            aliases,
            tenants,
            cache: self.cache(&raw.cache),
            logging: self.logging(&raw.logging),
            providers: std::mem::take(&mut self.providers),
            arms: std::mem::take(&mut self.arms),
            deployments: std::mem::take(&mut self.deployments),
            warnings: std::mem::take(&mut self.warnings),
        }
    }

    /// An unknown cost is not zero: it is said.
    fn unpriced(&mut self) {
        let unpriced = self.arms.iter().filter(|spec| spec.arm.price.is_none());
        let names: Vec<&str> = unpriced.map(|spec| spec.arm.id.as_str()).collect();
        if !names.is_empty() {
            self.warnings.push(format!(
                "no price is known of {}: their cost is learned from what the upstream reports, if it does; add cost: to say it",
                names.join(", ")
            ));
        }
    }

    fn problem(&mut self, trail: &Trail, what: impl Into<String>, remedy: impl Into<String>) {
        let problem = Problem::new(trail, what, remedy);
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }
}
