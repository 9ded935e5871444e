//! `routing`: strategy, failover, fallback, routes.

use super::Build;
use crate::config::problem::Trail;
use crate::config::raw::{OneOrMany, Pairs, RawFailover, RawFallback, RawHedge, RawRouting};
use crate::config::span::Span;
use crate::config::{
    Alias, BreakerSettings, Failover, Fallback, Hedge, LatencyWindow, ModelRoutes, Policy,
    RoutingSettings, Timeouts,
};
use crate::domain::ArmId;
use crate::strategy::Strategy;
use std::collections::BTreeMap;

type Aliases = BTreeMap<String, Alias>;
type Policies = BTreeMap<String, Policy>;

impl Build<'_> {
    pub(super) fn routing(
        &mut self,
        raw: &RawRouting,
        aliases: &Aliases,
        policies: &Policies,
    ) -> RoutingSettings {
        let trail = Trail::root().key("routing");
        let at = |key: &str| trail.key(key);
        let strategy = self
            .strategy(&at("strategy"), raw.strategy.as_ref())
            .unwrap_or_default();
        self.known_policy(&at("policy"), raw.policy.as_ref(), policies);
        self.timeouts(&at("timeouts"), &raw.timeouts, Timeouts::default());
        let settings = RoutingSettings {
            strategy,
            policy: raw.policy.clone().unwrap_or("balanced".to_owned()),
            max_cost_usd: self.money(&at("max_cost_usd"), raw.max_cost_usd),
            failover: self.failover(&raw.failover, &at("failover")),
            fallback: self.fallback(raw.fallback.as_ref(), &at("fallback"), aliases),
            latency: self.latency_window(raw, &at("latency")),
            model_routes: self.model_routes(&raw.model_routes, &at("model_routes"), aliases),
            rules: self.rules(&raw.rules, &at("rules"), aliases, policies),
            class_pins: self.by_class(&raw.class_pins, &at("class_pins"), aliases),
            category_overrides: self.by_class(
                &raw.category_overrides,
                &at("category_overrides"),
                aliases,
            ),
            hedge: self.hedge(raw.hedge.as_ref(), &at("hedge")),
            session_margin: raw
                .session_margin
                .map(|margin| self.within(&at("session_margin"), Some(margin), 0.0, (0.0, 10.0))),
            degrade: raw.degrade.unwrap_or(false),
            judge: self.judge(raw.judge.as_ref(), &at("judge"), aliases),
        };
        self.strategy_has_what_it_needs(&settings, &at("strategy"));
        settings
    }

    fn strategy_has_what_it_needs(&mut self, settings: &RoutingSettings, trail: &Trail) {
        let routes = &settings.model_routes;
        match settings.strategy {
            Strategy::Custom if settings.rules.is_empty() => {
                let remedy = "add routing.rules: [{when: \"complexity < 25.0\", arms: [...]}, ...]";
                self.problem(trail, "the strategy custom has no rules", remedy);
            }
            Strategy::Model if routes.routes.is_empty() && routes.default.is_empty() => {
                let remedy = "add routing.model_routes: {gpt-4: openai, default: openai}";
                self.problem(trail, "the strategy model has no routes", remedy);
            }
            Strategy::Weighted => {
                let pooled: Vec<f64> = self
                    .arms
                    .iter()
                    .filter(|a| a.pooled)
                    .map(|a| a.weight)
                    .collect();
                if !pooled.is_empty() && pooled.iter().all(|weight| *weight == 0.0) {
                    let remedy = "give at least one provider a weight above 0";
                    self.problem(trail, "all weights are 0: nothing could be chosen", remedy);
                }
            }
            _ => {}
        }
    }

    fn failover(&mut self, raw: &RawFailover, trail: &Trail) -> Failover {
        let otherwise = Failover::default();
        for (i, code) in raw.retry_codes.iter().enumerate() {
            if !(400..600).contains(code) {
                let what = format!("{code} is no status of an error");
                self.problem(
                    &trail.key("retry_codes").index(i),
                    what,
                    "expected 400 to 599",
                );
            }
        }
        self.breaker(
            &trail.key("circuit_breaker"),
            &raw.circuit_breaker,
            BreakerSettings::default(),
        );
        let backoff = self.time(&trail.key("backoff"), raw.backoff, otherwise.backoff);
        let longest = otherwise.max_backoff.max(backoff);
        Failover {
            enabled: raw.enabled.unwrap_or(otherwise.enabled),
            max_retries: raw.max_retries.unwrap_or(otherwise.max_retries).min(100),
            attempts_per_arm: self.at_least_one(
                &trail.key("attempts_per_arm"),
                raw.attempts_per_arm,
                otherwise.attempts_per_arm,
            ),
            retry_codes: raw.retry_codes.iter().copied().collect(),
            backoff,
            max_backoff: self.time(&trail.key("max_backoff"), raw.max_backoff, longest),
            retry_budget: self.within(
                &trail.key("retry_budget"),
                raw.retry_budget,
                otherwise.retry_budget,
                (0.0, 1.0),
            ),
            min_retries_per_second: raw
                .min_retries_per_second
                .unwrap_or(otherwise.min_retries_per_second),
            wait_when_all_open: raw
                .wait_when_all_open
                .unwrap_or(otherwise.wait_when_all_open),
        }
    }

    fn fallback(
        &mut self,
        raw: Option<&RawFallback>,
        trail: &Trail,
        aliases: &Aliases,
    ) -> Option<Fallback> {
        let raw = raw?;
        let provider = raw.provider.iter().cloned().collect::<Vec<_>>();
        let mut arms = self.targets(&trail.key("provider"), &provider, aliases);
        let more = self.targets(&trail.key("arms"), &raw.arms.0, aliases);
        super::targets::add_new(&mut arms, more);
        if raw.provider.is_none() && raw.arms.0.is_empty() {
            let remedy = "add provider: NAME or arms: [...]";
            self.problem(trail, "a fallback to nowhere", remedy);
        }
        Some(Fallback {
            arms,
            on_error: raw.on_error.unwrap_or(true),
            on_rate_limit: raw.on_rate_limit.unwrap_or(true),
            on_context_length: raw.on_context_length.unwrap_or(true),
            on_content_policy: raw.on_content_policy.unwrap_or(false),
        })
    }

    /// One arm by name.
    fn judge(&mut self, name: Option<&String>, trail: &Trail, aliases: &Aliases) -> Option<ArmId> {
        let named = self.targets(trail, std::slice::from_ref(name?), aliases);
        if named.len() > 1 {
            let what = format!("{} arms are named, and one judges", named.len());
            self.problem(trail, what, "name one arm, as provider/model");
        }
        named.into_iter().next()
    }

    fn latency_window(&mut self, raw: &RawRouting, trail: &Trail) -> LatencyWindow {
        let otherwise = LatencyWindow::default();
        LatencyWindow {
            window: self.time(&trail.key("window"), raw.latency.window, otherwise.window),
            percentile: self.within(
                &trail.key("percentile"),
                raw.latency.percentile,
                otherwise.percentile,
                (1.0, 100.0),
            ),
        }
    }

    fn model_routes(
        &mut self,
        raw: &Pairs<OneOrMany>,
        trail: &Trail,
        aliases: &Aliases,
    ) -> ModelRoutes {
        let mut routes = ModelRoutes::default();
        for (model, OneOrMany(targets)) in &raw.0 {
            let at = trail.key(model);
            let mut arms: Vec<ArmId> = Vec::new();
            for target in targets {
                let found = match self.model_at(target, model) {
                    Some(arm) => vec![arm],
                    None => self.targets(&at, std::slice::from_ref(target), aliases),
                };
                super::targets::add_new(&mut arms, found);
            }
            if model == "default" {
                routes.default = arms;
            } else {
                routes.routes.push((model.clone(), arms));
            }
        }
        routes
    }

    /// The arm of this model at this provider, by name or by undated name.
    fn model_at(&self, provider: &str, model: &str) -> Option<ArmId> {
        let mut of_provider = self
            .arms
            .iter()
            .filter(|spec| spec.arm.provider.as_str() == provider);
        of_provider
            .clone()
            .find(|spec| spec.arm.model == model)
            .or_else(|| of_provider.find(|s| crate::catalogue::same_model(&s.arm.model, model)))
            .map(|spec| spec.arm.id.clone())
    }

    fn by_class(
        &mut self,
        raw: &Pairs<OneOrMany>,
        trail: &Trail,
        aliases: &Aliases,
    ) -> BTreeMap<String, Vec<ArmId>> {
        let mut classes = BTreeMap::new();
        for (class, OneOrMany(targets)) in &raw.0 {
            let at = trail.key(class);
            if targets.is_empty() {
                self.problem(&at, "a class without an arm", "name at least one arm");
            }
            classes.insert(class.clone(), self.targets(&at, targets, aliases));
        }
        classes
    }

    fn hedge(&mut self, raw: Option<&RawHedge>, trail: &Trail) -> Option<Hedge> {
        let raw = raw.filter(|raw| raw.enabled.unwrap_or(true))?;
        if raw.after.is_some_and(|Span(after)| after.is_zero()) {
            let remedy = "leave it out to wait for the learned percentile";
            self.problem(
                &trail.key("after"),
                "a hedge after no time doubles every call",
                remedy,
            );
        }
        Some(Hedge {
            after: raw.after.map(|Span(after)| after),
            percentile: self.within(&trail.key("percentile"), raw.percentile, 95.0, (50.0, 99.9)),
            max_share: self.within(&trail.key("max_share"), raw.max_share, 0.1, (0.0, 1.0)),
        })
    }
}
