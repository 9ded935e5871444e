//! `providers`: each becomes deployments, one a model, and as many arms.

use super::Build;
use crate::catalogue::{Vendor, catalogue};
use crate::config::problem::Trail;
use crate::config::raw::{
    ProviderType, RawBreaker, RawConfig, RawHealthCheck, RawProvider, RawRouting,
    RawRoutingProvider, RawTimeouts,
};
use crate::config::span::Span;
use crate::config::{BreakerSettings, HealthCheck, Limits, ProviderSummary, Timeouts};
use crate::domain::ProviderId;
use crate::near;
use std::time::Duration;

/// A provider with what is known about it so far.
pub(super) struct Site<'r> {
    /// The whole document, for what other sections want of this provider.
    pub document: &'r RawConfig,
    pub raw: &'r RawProvider,
    pub routed: Option<&'r RawRoutingProvider>,
    pub trail: Trail,
    pub id: ProviderId,
    pub kind: ProviderType,
    pub vendor: Option<&'static Vendor>,
    /// Place in the file, from 0.
    pub place: usize,
    /// May a request without a wish go there?
    pub pooled: bool,
}

impl Build<'_> {
    pub(super) fn providers(&mut self, raw: &RawConfig) {
        let trail = Trail::root().key("providers");
        let in_use = raw.providers.iter().filter(|p| p.enabled != Some(false));
        if in_use.count() == 0 {
            self.problem(
                &trail,
                "no provider at all",
                "list at least one, such as: providers: [{name: openai, type: openai, api_key: \"${OPENAI_API_KEY}\"}]; or start without a file to use what the environment has",
            );
        }
        self.routed_names(raw);
        for (place, provider) in raw.providers.iter().enumerate() {
            let trail = trail.index(place);
            let earlier = raw.providers.iter().take(place);
            let twice = earlier.filter(|other| other.name == provider.name).count() > 0;
            if let Some(site) = self.site(raw, provider, &trail, place, twice) {
                self.one_provider(&site, &raw.routing);
            }
        }
    }

    /// Names under `routing.providers` must be providers.
    fn routed_names(&mut self, raw: &RawConfig) {
        let trail = Trail::root().key("routing").key("providers");
        let names = || raw.providers.iter().map(|p| p.name.as_str());
        for (i, routed) in raw.routing.providers.iter().enumerate() {
            if !names().any(|name| name == routed.name) {
                let hint = near::hint(&routed.name, names());
                self.problem(
                    &trail.index(i).key("name"),
                    format!("{:?} is not a provider{hint}", routed.name),
                    "name one of those under providers",
                );
            }
        }
    }

    fn site<'r>(
        &mut self,
        raw: &'r RawConfig,
        provider: &'r RawProvider,
        trail: &Trail,
        place: usize,
        twice: bool,
    ) -> Option<Site<'r>> {
        let name = provider.name.as_str();
        let at = trail.key("name");
        if name.is_empty() {
            self.problem(&at, "a provider without a name", "add name: ...");
            return None;
        }
        if twice {
            let what = format!("two providers are named {name:?}");
            self.problem(&at, what, "give each a name of its own");
            return None;
        }
        if !name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
        {
            let what = format!("{name:?} is not a sound name");
            self.problem(&at, what, "use letters, digits, -, _ and . only");
            return None;
        }
        if provider.enabled == Some(false) {
            return None;
        }
        let kind = self.kind(provider, trail)?;
        let routed = raw.routing.providers.iter().find(|r| r.name == name);
        Some(Site {
            document: raw,
            raw: provider,
            routed,
            trail: trail.clone(),
            id: ProviderId::new(name),
            kind,
            vendor: vendor(provider, kind),
            place,
            pooled: raw.routing.providers.is_empty() || routed.is_some(),
        })
    }

    fn kind(&mut self, provider: &RawProvider, trail: &Trail) -> Option<ProviderType> {
        let by_name = || match provider.name.as_str() {
            "azure" => Some(ProviderType::Azure),
            "vertex" => Some(ProviderType::Vertex),
            "simulated" => Some(ProviderType::Simulated),
            name => ProviderType::of(&catalogue().vendor(name)?.kind),
        };
        let kind = provider.kind.or_else(by_name);
        if kind.is_none() {
            self.problem(
                &trail.key("type"),
                format!("the provider {:?} has no type", provider.name),
                format!("add type: one of {}", ProviderType::NAMES.join(", ")),
            );
        }
        kind
    }

    fn one_provider(&mut self, site: &Site<'_>, routing: &RawRouting) {
        let base_url = self.base_url(site);
        let keys = self.keys(site, &base_url);
        let headers = self.headers(site);
        let limits = self.limits(site);
        let health_check = self.health_check(site);
        let timeouts = self.timeouts(
            &site.trail.key("timeouts"),
            &site.raw.timeouts,
            self.shared_timeouts(&routing.timeouts),
        );
        let shared = self.shared_breaker(&routing.failover.circuit_breaker);
        let breaker = self.breaker(
            &site.trail.key("circuit_breaker"),
            &site.raw.circuit_breaker,
            shared,
        );
        let Some(dialect) = self.dialect(site, &base_url) else {
            return;
        };
        self.providers.push(ProviderSummary {
            id: site.id.clone(),
            kind: dialect.name().to_owned(),
            base_url: base_url.clone(),
        });
        let common = super::models::Common {
            dialect,
            base_url,
            keys,
            headers,
            limits,
            health_check,
            timeouts,
            breaker,
        };
        self.models(site, &common);
    }

    fn limits(&mut self, site: &Site<'_>) -> Limits {
        let trail = site.trail.key("rate_limit");
        let raw = &site.raw.rate_limit;
        Limits {
            requests_per_minute: self
                .limit(&trail.key("requests_per_minute"), raw.requests_per_minute),
            tokens_per_minute: self.limit(&trail.key("tokens_per_minute"), raw.tokens_per_minute),
            concurrent_requests: self
                .limit(&trail.key("concurrent_requests"), raw.concurrent_requests),
        }
    }

    fn health_check(&mut self, site: &Site<'_>) -> Option<HealthCheck> {
        let none = RawHealthCheck::default();
        let (trail, raw) = match (&site.raw.health_check, site.routed) {
            (Some(own), _) => (site.trail.key("health_check"), own),
            (None, Some(routed)) => (
                Trail::root().key("routing").key("providers"),
                routed.health_check.as_ref().unwrap_or(&none),
            ),
            (None, None) => return None,
        };
        let interval = self.time(
            &trail.key("interval"),
            raw.interval,
            Duration::from_secs(30),
        );
        let timeout = self.time(&trail.key("timeout"), raw.timeout, Duration::from_secs(5));
        if let Some(endpoint) = &raw.endpoint
            && !endpoint.starts_with('/')
        {
            let remedy = "expected a path from the root of the host, such as /v1/models";
            self.problem(&trail.key("endpoint"), "not a path", remedy);
        }
        let written = site.raw.health_check.is_some() || *raw != none;
        (written && raw.enabled.unwrap_or(true)).then(|| HealthCheck {
            interval,
            timeout,
            endpoint: raw.endpoint.clone(),
        })
    }

    pub(super) fn timeouts(
        &mut self,
        trail: &Trail,
        raw: &RawTimeouts,
        otherwise: Timeouts,
    ) -> Timeouts {
        Timeouts {
            connect: self.time(&trail.key("connect"), raw.connect, otherwise.connect),
            first_token: self.time(
                &trail.key("first_token"),
                raw.first_token,
                otherwise.first_token,
            ),
            idle: self.time(&trail.key("idle"), raw.idle, otherwise.idle),
            total: self.time(&trail.key("total"), raw.total, otherwise.total),
        }
    }

    pub(super) fn breaker(
        &mut self,
        trail: &Trail,
        raw: &RawBreaker,
        otherwise: BreakerSettings,
    ) -> BreakerSettings {
        let at = |key: &str| trail.key(key);
        let cooldown = self.time(&at("timeout"), raw.timeout, otherwise.cooldown);
        let longest = otherwise.max_cooldown.max(cooldown);
        let max_cooldown = self.time(&at("max_timeout"), raw.max_timeout, longest);
        if max_cooldown < cooldown {
            let what = "max_timeout is shorter than timeout";
            self.problem(&at("max_timeout"), what, "give it at least the same time");
        }
        let ratio = self.within(
            &at("failure_ratio"),
            raw.failure_ratio,
            otherwise.failure_ratio,
            (0.01, 1.0),
        );
        BreakerSettings {
            failure_threshold: self.at_least_one(
                &at("failure_threshold"),
                raw.failure_threshold,
                otherwise.failure_threshold,
            ),
            success_threshold: self.at_least_one(
                &at("success_threshold"),
                raw.success_threshold,
                otherwise.success_threshold,
            ),
            failure_ratio: ratio,
            min_calls: self.at_least_one(&at("min_calls"), raw.min_calls, otherwise.min_calls),
            window: self.time(&at("window"), raw.window, otherwise.window),
            cooldown,
            max_cooldown,
            half_open_requests: self.at_least_one(
                &at("half_open_requests"),
                raw.half_open_requests,
                otherwise.half_open_requests,
            ),
            slow_start: raw
                .slow_start
                .map_or(otherwise.slow_start, |Span(time)| time),
        }
    }

    /// The settings all providers share; their problems are noted once, by `routing`.
    fn shared_timeouts(&self, raw: &RawTimeouts) -> Timeouts {
        let otherwise = Timeouts::default();
        let or = |span: Option<Span>, time| span.map_or(time, |Span(written)| written);
        Timeouts {
            connect: or(raw.connect, otherwise.connect),
            first_token: or(raw.first_token, otherwise.first_token),
            idle: or(raw.idle, otherwise.idle),
            total: or(raw.total, otherwise.total),
        }
    }

    fn shared_breaker(&mut self, raw: &RawBreaker) -> BreakerSettings {
        let noted = self.problems.len();
        let settings = self.breaker(&Trail::root(), raw, BreakerSettings::default());
        self.problems.truncate(noted);
        settings
    }
}

/// The catalogue's entry for a provider: by its name where the type agrees, else by its type.
fn vendor(provider: &RawProvider, kind: ProviderType) -> Option<&'static Vendor> {
    catalogue()
        .vendor(&provider.name)
        .filter(|vendor| vendor.kind == kind.name())
        .or_else(|| catalogue().of_type(kind.name()))
}
