//! `aliases` and `model_mapping`: names that callers may use as `model`.

use super::Build;
use super::targets::add_new;
use crate::config::problem::Trail;
use crate::config::raw::{OneOrMany, RawAlias, RawConfig};
use crate::config::{Alias, Policy};
use crate::domain::ArmId;
use crate::near;
use crate::strategy::Strategy;
use std::collections::BTreeMap;

/// An alias as written, with its place.
struct Written<'r> {
    trail: Trail,
    raw: &'r RawAlias,
}

/// All aliases as written, and the policies they may name.
struct Names<'r> {
    written: BTreeMap<&'r str, Written<'r>>,
    policies: &'r BTreeMap<String, Policy>,
}

impl Build<'_> {
    pub(super) fn aliases(
        &mut self,
        raw: &RawConfig,
        policies: &BTreeMap<String, Policy>,
    ) -> BTreeMap<String, Alias> {
        let mut names = Names {
            written: BTreeMap::new(),
            policies,
        };
        let sections = [
            ("aliases", &raw.aliases),
            ("model_mapping", &raw.model_mapping),
        ];
        for (section, pairs) in sections {
            for (name, raw) in &pairs.0 {
                let trail = Trail::root().key(section).key(name);
                if names.written.contains_key(name.as_str()) {
                    let remedy = "keep it under aliases or under model_mapping";
                    self.problem(&trail, "stands in both sections", remedy);
                }
                names.written.insert(name, Written { trail, raw });
            }
        }
        let all: Vec<&str> = names.written.keys().copied().collect();
        all.into_iter()
            .map(|name| {
                let alias = self.alias(name, &names, &mut Vec::new());
                (name.to_owned(), alias)
            })
            .collect()
    }

    /// What one alias stands for; `path` holds the aliases on the way to it.
    fn alias<'r>(&mut self, name: &'r str, names: &Names<'r>, path: &mut Vec<&'r str>) -> Alias {
        let Some(written) = names.written.get(name) else {
            return Alias::default();
        };
        if path.contains(&name) {
            let round: Vec<&str> = path.iter().copied().chain([name]).collect();
            // Noted once, at the first alias of the round by name.
            if path.iter().min() == path.first() && path.first() == Some(&name) {
                let what = format!("an alias loop: {}", round.join(" -> "));
                self.problem(
                    &written.trail,
                    what,
                    "let one of them name an arm, a model or a provider",
                );
            }
            return Alias::default();
        }
        path.push(name);
        let alias = match written.raw {
            RawAlias::Targets(targets) => {
                self.alias_of(name, &targets.0, &written.trail, names, path)
            }
            RawAlias::Map(pairs) if is_settings(&pairs.0) => {
                self.alias_with(name, &pairs.0, &written.trail, names, path)
            }
            RawAlias::Map(pairs) => self.mapping(name, &pairs.0, &written.trail),
        };
        path.pop();
        alias
    }

    /// `fast: [openai/gpt-4o-mini, other-alias, cost]`.
    fn alias_of<'r>(
        &mut self,
        name: &str,
        targets: &'r [String],
        trail: &Trail,
        names: &Names<'r>,
        path: &mut Vec<&'r str>,
    ) -> Alias {
        let mut alias = Alias::default();
        for target in targets {
            let own_arms = self.arms_named(target);
            let itself = target == name && !own_arms.is_empty();
            if names.written.contains_key(target.as_str()) && !itself {
                let inner = self.alias(target, names, path);
                add_new(&mut alias.arms, inner.arms);
                alias.policy = alias.policy.or(inner.policy);
                alias.strategy = alias.strategy.or(inner.strategy);
            } else if !own_arms.is_empty() {
                add_new(&mut alias.arms, own_arms);
            } else if names.policies.contains_key(target) {
                alias.policy = Some(target.clone());
            } else if let Ok(strategy) = target.parse() {
                alias.strategy = Some(strategy);
            } else {
                let known = names.written.keys().copied();
                self.unknown_target(
                    trail,
                    target,
                    known.chain(names.policies.keys().map(String::as_str)),
                );
            }
        }
        alias
    }

    /// `fast: {arms: [...], policy: cost, strategy: latency}`.
    fn alias_with<'r>(
        &mut self,
        name: &str,
        pairs: &'r [(String, OneOrMany)],
        trail: &Trail,
        names: &Names<'r>,
        path: &mut Vec<&'r str>,
    ) -> Alias {
        let mut alias = Alias::default();
        for (key, OneOrMany(values)) in pairs {
            let at = trail.key(key);
            let first = values.first();
            match key.as_str() {
                "arms" => {
                    let inner = self.alias_of(name, values, &at, names, path);
                    add_new(&mut alias.arms, inner.arms);
                }
                "policy" => {
                    self.known_policy(&at, first, names.policies);
                    alias.policy = first.cloned();
                }
                _ => alias.strategy = self.strategy(&at, first),
            }
        }
        alias
    }

    /// `gpt-4: {openai: gpt-4-turbo, anthropic: claude-3-opus}`, as the Loom seed writes it.
    fn mapping(&mut self, name: &str, pairs: &[(String, OneOrMany)], trail: &Trail) -> Alias {
        let mut arms: Vec<ArmId> = Vec::new();
        for (provider, OneOrMany(models)) in pairs {
            let ids: Vec<String> = self.providers.iter().map(|p| p.id.to_string()).collect();
            if !ids.contains(provider) {
                let hint = near::hint(provider, ids.iter().map(String::as_str));
                let what = format!("{provider:?} is not a provider{hint}");
                self.problem(
                    &trail.key(provider),
                    what,
                    "name one of those under providers",
                );
                continue;
            }
            for model in models {
                let by_name = |name: &str| ArmId::from(format!("{provider}/{name}"));
                let mapped = self.deployments.iter().find(|d| {
                    d.model == *model && (d.arm == by_name(name) || d.arm == by_name(model))
                });
                match mapped.map(|deployment| deployment.arm.clone()) {
                    Some(arm) => add_new(&mut arms, vec![arm]),
                    None => {
                        let found = self.arms_named(by_name(model).as_str());
                        add_new(&mut arms, found);
                    }
                }
            }
        }
        Alias {
            arms,
            ..Alias::default()
        }
    }

    /// A strategy by name; unknown names are noted.
    pub(super) fn strategy(&mut self, trail: &Trail, name: Option<&String>) -> Option<Strategy> {
        match name?.parse() {
            Ok(strategy) => Some(strategy),
            Err(error) => {
                self.problem(trail, error.to_string(), "");
                None
            }
        }
    }
}

fn is_settings(pairs: &[(String, OneOrMany)]) -> bool {
    let known = ["arms", "policy", "strategy"];
    !pairs.is_empty() && pairs.iter().all(|(key, _)| known.contains(&key.as_str()))
}
