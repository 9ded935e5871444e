//! A configuration without a file: keys in the environment, a local Ollama, else simulated models.

use super::build::{World, build};
use super::load::Env;
use super::raw::{ProviderType, RawConfig, RawModel, RawModelFull, RawProvider};
use super::{Config, Origin, Secret};
use crate::catalogue::catalogue;

/// A configuration from what is there. `ollama` is what the caller's own probe of a local Ollama
/// found: its models, or `None` where nothing answers.
///
/// With neither a key nor a local server the models are simulated; [`Config::origin`] says so.
#[must_use]
pub fn discover(env: Env<'_>, ollama: Option<&[String]>) -> Config {
    let mut raw = RawConfig::default();
    let mut found = Vec::new();
    for vendor in &catalogue().providers {
        let key = vendor
            .key_variables
            .iter()
            .find_map(|name| Some((name, env(name).filter(|key| !key.trim().is_empty())?)));
        if let Some((variable, key)) = key {
            found.push(format!("{variable} ({})", vendor.label));
            raw.providers.push(RawProvider {
                name: vendor.name.clone(),
                kind: ProviderType::of(&vendor.kind),
                api_key: Some(Secret::new(key)),
                ..RawProvider::default()
            });
        }
    }
    if let Some(models) = ollama.filter(|models| !models.is_empty()) {
        found.push("a local server (Ollama)".to_owned());
        raw.providers.push(local(models));
    }
    let world = World {
        env,
        read: &|_| Err("no file is read without a configuration".to_owned()),
    };
    let origin = Origin::Discovered(found);
    if !raw.providers.is_empty() {
        let (config, problems) = build(raw, origin, &world);
        if problems.is_empty() {
            return config;
        }
        let mut simulated = simulated(&world);
        simulated
            .warnings
            .extend(problems.iter().map(ToString::to_string));
        return simulated;
    }
    simulated(&world)
}

/// The simulated models alone.
fn simulated(world: &World<'_>) -> Config {
    let provider = RawProvider {
        name: "simulated".to_owned(),
        kind: Some(ProviderType::Simulated),
        ..RawProvider::default()
    };
    let raw = RawConfig {
        providers: vec![provider],
        ..RawConfig::default()
    };
    build(raw, Origin::Simulated, world).0
}

fn local(models: &[String]) -> RawProvider {
    let models = models.iter().map(|name| {
        RawModel(RawModelFull {
            name: name.clone(),
            ..RawModelFull::default()
        })
    });
    RawProvider {
        name: "ollama".to_owned(),
        kind: Some(ProviderType::Ollama),
        models: Some(models.collect()),
        ..RawProvider::default()
    }
}
