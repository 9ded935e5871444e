//! `cache`: the response caches.

use super::Build;
use crate::config::problem::Trail;
use crate::config::raw::RawCache;
use crate::config::span::{Bytes, Span};
use crate::config::{CacheSettings, ExactCache, SemanticCache};
use std::time::Duration;

const TTL: Duration = Duration::from_mins(10);
const MAX_BYTES: u64 = 64 << 20;
/// Below this, prompts of the same kind are taken for the same prompt.
const THRESHOLD: f64 = 0.9;

impl Build<'_> {
    pub(super) fn cache(&mut self, raw: &RawCache) -> CacheSettings {
        let trail = Trail::root().key("cache");
        let exact = raw.exact.filter(|exact| exact.enabled.unwrap_or(true));
        let semantic = raw.semantic.filter(|one| one.enabled.unwrap_or(true));
        let settings = CacheSettings {
            exact: exact.map(|exact| {
                let at = trail.key("exact");
                ExactCache {
                    ttl: self.ttl(&at, exact.ttl),
                    max_bytes: self.size(&at, exact.max_bytes),
                }
            }),
            semantic: semantic.map(|semantic| {
                let at = trail.key("semantic");
                SemanticCache {
                    ttl: self.ttl(&at, semantic.ttl),
                    max_bytes: self.size(&at, semantic.max_bytes),
                    threshold: self.within(
                        &at.key("threshold"),
                        semantic.threshold,
                        THRESHOLD,
                        (0.5, 1.0),
                    ),
                    per_scope: self.at_least_one(&at.key("per_scope"), semantic.per_scope, 256),
                }
            }),
            tools: raw.tools.unwrap_or(false),
            sampled: raw.sampled.unwrap_or(false),
        };
        let off = settings.exact.is_none() && settings.semantic.is_none();
        for (key, on) in [("tools", settings.tools), ("sampled", settings.sampled)] {
            if off && on {
                let remedy = "add cache: {exact: {}} to switch one on, or take the key away";
                self.problem(&trail.key(key), "both caches are off", remedy);
            }
        }
        settings
    }

    fn ttl(&mut self, at: &Trail, written: Option<Span>) -> Duration {
        self.time(&at.key("ttl"), written, TTL)
    }

    fn size(&mut self, at: &Trail, written: Option<Bytes>) -> u64 {
        let written = written.map(|Bytes(count)| count);
        self.at_least_one(&at.key("max_bytes"), written, MAX_BYTES)
    }
}
