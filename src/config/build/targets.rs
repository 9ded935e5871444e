//! Names that stand for arms: an arm, a provider, a model, an alias, a pattern with `*`.

use super::Build;
use crate::config::problem::Trail;
use crate::config::{Alias, ArmSpec};
use crate::domain::ArmId;
use crate::near;
use std::collections::BTreeMap;

impl Build<'_> {
    /// The arms of these names, in order, each once; unknown names are noted.
    pub(super) fn targets(
        &mut self,
        trail: &Trail,
        names: &[String],
        aliases: &BTreeMap<String, Alias>,
    ) -> Vec<ArmId> {
        let mut arms = Vec::new();
        for name in names {
            let found = match aliases.get(name) {
                Some(alias) if !alias.arms.is_empty() => alias.arms.clone(),
                _ => self.arms_named(name),
            };
            if found.is_empty() {
                self.unknown_target(trail, name, aliases.keys().map(String::as_str));
            }
            add_new(&mut arms, found);
        }
        arms
    }

    /// The arms of one name, without aliases; empty where there is none.
    pub(super) fn arms_named(&self, name: &str) -> Vec<ArmId> {
        let pick = |test: &dyn Fn(&ArmSpec) -> bool| -> Vec<ArmId> {
            let found = self.arms.iter().filter(|spec| test(spec));
            found.map(|spec| spec.arm.id.clone()).collect()
        };
        let exact = pick(&|spec| spec.arm.id.as_str() == name);
        if !exact.is_empty() {
            return exact;
        }
        if name.contains('*') {
            return pick(&|spec| glob(name, spec.arm.id.as_str()));
        }
        let provider = pick(&|spec| spec.arm.provider.as_str() == name && spec.pooled);
        if !provider.is_empty() {
            return provider;
        }
        let any = pick(&|spec| spec.arm.provider.as_str() == name);
        if !any.is_empty() {
            return any;
        }
        let model = pick(&|spec| spec.arm.model == name);
        if !model.is_empty() {
            return model;
        }
        let by_deployment = self.deployments.iter();
        let mut arms = Vec::new();
        add_new(
            &mut arms,
            by_deployment
                .filter(|d| d.id.as_str() == name || d.model == name)
                .map(|d| d.arm.clone())
                .collect(),
        );
        arms
    }

    pub(super) fn unknown_target<'n>(
        &mut self,
        trail: &Trail,
        name: &str,
        aliases: impl Iterator<Item = &'n str>,
    ) {
        let arms = self.arms.iter();
        let known: Vec<String> = arms
            .flat_map(|spec| {
                [
                    spec.arm.id.to_string(),
                    spec.arm.model.clone(),
                    spec.arm.provider.to_string(),
                ]
            })
            .collect();
        let others: Vec<&str> = aliases.collect();
        let hint = near::hint(name, known.iter().map(String::as_str).chain(others));
        self.problem(
            trail,
            format!("{name:?} is no arm, model, provider or alias{hint}"),
            "name one that is there, or add the model to a provider's models",
        );
    }
}

/// Adds those that are not there yet.
pub(super) fn add_new(arms: &mut Vec<ArmId>, more: Vec<ArmId>) {
    for arm in more {
        if !arms.contains(&arm) {
            arms.push(arm);
        }
    }
}

/// Does the pattern, in which `*` stands for any text, match the whole name?
pub fn glob(pattern: &str, name: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else {
        return pattern == name;
    };
    let Some(mut left) = name.strip_prefix(head) else {
        return false;
    };
    let parts: Vec<&str> = rest.split('*').collect();
    let Some((tail, middle)) = parts.split_last() else {
        return true;
    };
    for part in middle {
        let Some(at) = left.find(part) else {
            return false;
        };
        left = &left[at + part.len()..];
    }
    left.ends_with(tail)
}

#[cfg(test)]
mod tests {
    use super::glob;

    #[test]
    fn patterns_match_whole_names() {
        for (pattern, name, matches) in [
            ("openai/*", "openai/gpt-4o", true),
            ("*", "anything", true),
            ("*-mini", "openai/gpt-4o-mini", true),
            ("openai/*-mini", "openai/gpt-4o", false),
            ("a*b*c", "a1b2c", true),
            ("a*b*c", "acb", false),
            ("openai", "openai/gpt-4o", false),
            ("ab*ba", "aba", false),
        ] {
            assert_eq!(glob(pattern, name), matches, "{pattern} {name}");
        }
    }
}
