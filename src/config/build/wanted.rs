//! Models that other sections want of a provider: `model_mapping` renames its models or names more,
//! and `model_routes` sends models to it that it does not list.

use crate::catalogue::same_model;
use crate::config::raw::{OneOrMany, RawAlias, RawConfig, RawModel};

/// What other sections want of one provider.
#[derive(Default)]
pub(super) struct Wanted {
    /// Listed name and the upstream's name for it.
    renamed: Vec<(String, String)>,
    /// Models that are not listed; reachable by name only.
    pub more: Vec<String>,
}

impl Wanted {
    /// The upstream's name of a listed model, where a mapping renames it.
    pub(super) fn upstream(&self, listed: &str) -> Option<String> {
        let renamed = self.renamed.iter().find(|(name, _)| name == listed);
        renamed.map(|(_, upstream)| upstream.clone())
    }

    fn add(&mut self, name: &str, listed: impl Fn(&str) -> bool) {
        if !listed(name) && !self.more.iter().any(|known| known == name) {
            self.more.push(name.to_owned());
        }
    }
}

/// What the document wants of the provider beside the models it lists.
pub(super) fn wanted_models(document: &RawConfig, provider: &str, listed: &[RawModel]) -> Wanted {
    let mut wanted = Wanted::default();
    let is_listed = |name: &str| listed.iter().any(|RawModel(model)| model.name == name);
    let mappings = document.model_mapping.0.iter().chain(&document.aliases.0);
    for (alias, raw) in mappings {
        let RawAlias::Map(pairs) = raw else { continue };
        for (_, OneOrMany(models)) in pairs.0.iter().filter(|(key, _)| key == provider) {
            for (i, model) in models.iter().enumerate() {
                if i == 0 && is_listed(alias) {
                    wanted.renamed.push((alias.clone(), model.clone()));
                } else {
                    wanted.add(model, is_listed);
                }
            }
        }
    }
    for (model, OneOrMany(targets)) in &document.routing.model_routes.0 {
        let fits = |RawModel(known): &RawModel| same_model(&known.name, model);
        let by_name = model != "default" && !model.contains('*');
        if by_name && targets.iter().any(|target| target == provider) && !listed.iter().any(fits) {
            wanted.add(model, is_listed);
        }
    }
    wanted
}
