//! What a deployment is held to: limits, active checks, time-outs, breaker.

use super::Build;
use super::providers::Site;
use crate::config::problem::Trail;
use crate::config::raw::{RawBreaker, RawHealthCheck, RawTimeouts};
use crate::config::span::Span;
use crate::config::{BreakerSettings, HealthCheck, Limits, Timeouts};
use std::time::Duration;

impl Build<'_> {
    pub(super) fn limits(&mut self, site: &Site<'_>) -> Limits {
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

    pub(super) fn health_check(&mut self, site: &Site<'_>) -> Option<HealthCheck> {
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
    pub(super) fn shared_timeouts(&self, raw: &RawTimeouts) -> Timeouts {
        let otherwise = Timeouts::default();
        let or = |span: Option<Span>, time| span.map_or(time, |Span(written)| written);
        Timeouts {
            connect: or(raw.connect, otherwise.connect),
            first_token: or(raw.first_token, otherwise.first_token),
            idle: or(raw.idle, otherwise.idle),
            total: or(raw.total, otherwise.total),
        }
    }

    pub(super) fn shared_breaker(&mut self, raw: &RawBreaker) -> BreakerSettings {
        let noted = self.problems.len();
        let settings = self.breaker(&Trail::root(), raw, BreakerSettings::default());
        self.problems.truncate(noted);
        settings
    }
}
