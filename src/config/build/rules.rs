//! `routing.rules`: conditions are compiled here, so that a bad one is found at load.

use super::Build;
use crate::config::problem::Trail;
use crate::config::raw::RawRule;
use crate::config::{Alias, Policy, RuleSpec};
use crate::strategy::{Condition, Strategy};
use std::collections::BTreeMap;

impl Build<'_> {
    pub(super) fn rules(
        &mut self,
        raw: &[RawRule],
        trail: &Trail,
        aliases: &BTreeMap<String, Alias>,
        policies: &BTreeMap<String, Policy>,
    ) -> Vec<RuleSpec> {
        let mut rules = Vec::new();
        for (i, rule) in raw.iter().enumerate() {
            let at = trail.index(i);
            let when = rule.when.clone().unwrap_or_default();
            if let Err(error) = Condition::compile(&when) {
                let remedy = "write a CEL condition, such as: tokens < 500 && class == \"code\"";
                self.problem(&at.key("when"), error.to_string(), remedy);
            }
            self.known_policy(&at.key("policy"), rule.policy.as_ref(), policies);
            let strategy = self.strategy(&at.key("strategy"), rule.strategy.as_ref());
            if strategy == Some(Strategy::Custom) {
                let remedy = "name another strategy, or leave it out";
                self.problem(
                    &at.key("strategy"),
                    "a rule cannot call the rules again",
                    remedy,
                );
            }
            if rule.arms.0.is_empty() && strategy.is_none() && rule.policy.is_none() {
                let remedy = "add arms: [...], strategy: ... or policy: ...";
                self.problem(&at, "a rule that does nothing", remedy);
            }
            rules.push(RuleSpec {
                name: rule
                    .name
                    .clone()
                    .unwrap_or_else(|| format!("rule {}", i + 1)),
                when,
                arms: self.targets(&at.key("arms"), &rule.arms.0, aliases),
                strategy,
                policy: rule.policy.clone(),
            });
        }
        rules
    }
}
