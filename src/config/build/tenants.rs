//! `tenants`: policy, what is allowed, budgets and limits.

use super::Build;
use crate::config::problem::Trail;
use crate::config::raw::{Pairs, RawBudget, RawTenant};
use crate::config::{Budget, Policy, Tenant};
use std::collections::BTreeMap;

impl Build<'_> {
    pub(super) fn tenants(
        &mut self,
        raw: &Pairs<RawTenant>,
        policies: &BTreeMap<String, Policy>,
    ) -> BTreeMap<String, Tenant> {
        let trail = Trail::root().key("tenants");
        let mut tenants = BTreeMap::new();
        for (name, tenant) in &raw.0 {
            let at = trail.key(name);
            self.known_policy(&at.key("policy"), tenant.policy.as_ref(), policies);
            for (key, list) in [("allow", &tenant.allow), ("deny", &tenant.deny)] {
                for (i, target) in list.iter().enumerate() {
                    if self.arms_named(target).is_empty() {
                        self.unknown_target(&at.key(key).index(i), target, std::iter::empty());
                    }
                }
            }
            let budgets = tenant.budgets.iter().enumerate();
            let made = Tenant {
                policy: tenant.policy.clone(),
                allow: tenant.allow.clone(),
                deny: tenant.deny.clone(),
                budgets: budgets
                    .map(|(i, raw)| self.budget(&at.key("budgets").index(i), *raw))
                    .collect(),
                requests_per_minute: self
                    .limit(&at.key("requests_per_minute"), tenant.requests_per_minute),
                tokens_per_minute: self
                    .limit(&at.key("tokens_per_minute"), tenant.tokens_per_minute),
                concurrent_requests: self
                    .limit(&at.key("concurrent_requests"), tenant.concurrent_requests),
                max_cost_usd: self.money(&at.key("max_cost_usd"), tenant.max_cost_usd),
            };
            tenants.insert(name.clone(), made);
        }
        tenants
    }

    pub(super) fn budget(&mut self, trail: &Trail, raw: RawBudget) -> Budget {
        self.money(&trail.key("usd"), Some(raw.usd));
        Budget {
            usd: raw.usd,
            window: self.time(
                &trail.key("window"),
                Some(raw.window),
                std::time::Duration::from_hours(24),
            ),
            hard: raw.hard,
        }
    }
}
