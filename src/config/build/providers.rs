//! `providers`: each becomes deployments, one a model, and as many arms.

use super::Build;
use crate::catalogue::{Vendor, catalogue};
use crate::config::ProviderSummary;
use crate::config::problem::Trail;
use crate::config::raw::{ProviderType, RawConfig, RawProvider, RawRouting, RawRoutingProvider};
use crate::domain::ProviderId;
use crate::near;

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
}

/// The catalogue's entry for a provider: by its name where the type agrees, else by its type.
fn vendor(provider: &RawProvider, kind: ProviderType) -> Option<&'static Vendor> {
    catalogue()
        .vendor(&provider.name)
        .filter(|vendor| vendor.kind == kind.name())
        .or_else(|| catalogue().of_type(kind.name()))
}
