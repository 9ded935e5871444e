//! `server`, `embedding`, `memory`, `learning`, `logging`.

use super::Build;
use crate::config::problem::Trail;
use crate::config::raw::{
    RawEmbedding, RawImplicit, RawLearning, RawLogging, RawMemory, RawServer, RawSignal,
};
use crate::config::span::{Bytes, Span};
use crate::config::{
    CallerKey, Embedding, ImplicitFeedback, LearningSettings, Logging, MemorySettings, Server,
    Signal, Tenant,
};
use crate::domain::ArmId;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

impl Build<'_> {
    pub(super) fn server(&mut self, raw: &RawServer, tenants: &BTreeMap<String, Tenant>) -> Server {
        let trail = Trail::root().key("server");
        let otherwise = Server::default();
        let size = |build: &mut Self, key: &str, written: Option<Bytes>, default| {
            build.at_least_one(&trail.key(key), written.map(|Bytes(n)| n), default)
        };
        let listen = self.door(
            &trail.key("listen"),
            raw.listen.as_ref(),
            Some(otherwise.listen),
        );
        let http = self.door(
            &trail.key("http_listen"),
            raw.http_listen.as_ref(),
            otherwise.http_listen,
        );
        let admin = self.door(&trail.key("admin_listen"), raw.admin_listen.as_ref(), None);
        if listen.is_none() {
            self.problem(
                &trail.key("listen"),
                "gRPC cannot be off",
                "name an address and port",
            );
        }
        let doors: Vec<SocketAddr> = [listen, http, admin].into_iter().flatten().collect();
        let same = |(i, door): (usize, &SocketAddr)| door.port() != 0 && doors[..i].contains(door);
        if doors.iter().enumerate().any(same) {
            self.problem(
                &trail,
                "two doors have the same address",
                "give each a port of its own",
            );
        }
        Server {
            listen: listen.unwrap_or(otherwise.listen),
            http_listen: http,
            admin_listen: admin,
            drain: raw.drain.map_or(otherwise.drain, |Span(time)| time),
            max_request_bytes: size(
                self,
                "max_request_bytes",
                raw.max_request_bytes,
                otherwise.max_request_bytes,
            ),
            max_response_bytes: size(
                self,
                "max_response_bytes",
                raw.max_response_bytes,
                otherwise.max_response_bytes,
            ),
            max_text_bytes: size(
                self,
                "max_text_bytes",
                raw.max_text_bytes,
                otherwise.max_text_bytes,
            ),
            max_request_time: raw
                .max_request_time
                .map(|written| self.time(&trail.key("max_request_time"), Some(written), written.0)),
            max_concurrent_requests: self.at_least_one(
                &trail.key("max_concurrent_requests"),
                raw.max_concurrent_requests,
                otherwise.max_concurrent_requests,
            ),
            keys: self.caller_keys(raw, &trail.key("keys"), tenants),
            reflection: raw.reflection.unwrap_or(otherwise.reflection),
        }
    }

    fn caller_keys(
        &mut self,
        raw: &RawServer,
        trail: &Trail,
        tenants: &BTreeMap<String, Tenant>,
    ) -> Vec<CallerKey> {
        let mut keys = Vec::new();
        for (i, written) in raw.keys.iter().enumerate() {
            let at = trail.index(i);
            let Some(key) = written
                .key
                .clone()
                .filter(|key| !key.expose().trim().is_empty())
            else {
                self.problem(
                    &at.key("key"),
                    "the key is empty",
                    "add key: \"${SOME_VARIABLE}\"",
                );
                continue;
            };
            if let Some(tenant) = &written.tenant
                && !tenants.contains_key(tenant)
            {
                let hint = crate::near::hint(tenant, tenants.keys().map(String::as_str));
                let what = format!("{tenant:?} is not a tenant{hint}");
                self.problem(
                    &at.key("tenant"),
                    what,
                    "add it under tenants, empty if need be",
                );
            }
            keys.push(CallerKey {
                key,
                tenant: written.tenant.clone(),
                admin: written.admin,
            });
        }
        keys
    }

    /// An address to listen on; `off` = none.
    fn door(
        &mut self,
        trail: &Trail,
        written: Option<&String>,
        otherwise: Option<SocketAddr>,
    ) -> Option<SocketAddr> {
        let Some(written) = written else {
            return otherwise;
        };
        if matches!(written.as_str(), "off" | "none" | "false") {
            return None;
        }
        let full = match written.strip_prefix("localhost:") {
            Some(port) => format!("127.0.0.1:{port}"),
            None if written.starts_with(':') => format!("0.0.0.0{written}"),
            None => written.clone(),
        };
        let parsed = full.parse().ok();
        if parsed.is_none() {
            let remedy = "expected an address and a port such as 127.0.0.1:50051, or off";
            self.problem(trail, "not an address to listen on", remedy);
        }
        parsed.or(otherwise)
    }

    pub(super) fn embedding(&mut self, raw: &RawEmbedding) -> Embedding {
        let trail = Trail::root().key("embedding");
        let otherwise = Embedding::default();
        Embedding {
            kind: raw.kind.unwrap_or(otherwise.kind),
            models_dir: raw.models_dir.as_ref().map(PathBuf::from),
            runtime_library: raw.runtime_library.as_ref().map(PathBuf::from),
            workers: self
                .at_least_one(&trail.key("workers"), raw.workers, otherwise.workers)
                .min(64),
            queue_limit: self.at_least_one(
                &trail.key("queue_limit"),
                raw.queue_limit,
                otherwise.queue_limit,
            ),
            cache_entries: raw.cache_entries.unwrap_or(otherwise.cache_entries),
            wait: raw.wait_ms.map_or(otherwise.wait, Duration::from_millis),
        }
    }

    pub(super) fn memory(&mut self, raw: &RawMemory) -> MemorySettings {
        let trail = Trail::root().key("memory");
        let otherwise = MemorySettings::default();
        if raw.path.as_ref().is_some_and(|path| path.trim().is_empty()) {
            let remedy = "name a directory, or none to keep everything in memory only";
            self.problem(&trail.key("path"), "the path is empty", remedy);
        }
        MemorySettings {
            path: match raw.path.as_deref() {
                Some("none") => None,
                Some(path) => Some(PathBuf::from(path)),
                None => otherwise.path,
            },
            durability: raw.durability.unwrap_or(otherwise.durability),
            retention: self.time(&trail.key("retention"), raw.retention, otherwise.retention),
            max_decisions: self.at_least_one(
                &trail.key("max_decisions"),
                raw.max_decisions,
                otherwise.max_decisions,
            ),
            snapshot_every_facts: self.at_least_one(
                &trail.key("snapshot_every_facts"),
                raw.snapshot_every_facts,
                otherwise.snapshot_every_facts,
            ),
            store_prompts: raw.store_prompts.unwrap_or(otherwise.store_prompts),
        }
    }

    pub(super) fn learning(&mut self, raw: &RawLearning) -> LearningSettings {
        let trail = Trail::root().key("learning");
        let at = |key: &str| trail.key(key);
        let otherwise = LearningSettings::default();
        let optional = |build: &mut Self, key: &str, written: Option<f64>, range| {
            written.map(|_| build.within(&trail.key(key), written, 0.0, range))
        };
        let baseline = raw
            .baseline
            .as_ref()
            .map(|name| self.baseline(&at("baseline"), name));
        LearningSettings {
            enabled: raw.enabled.unwrap_or(otherwise.enabled),
            exploration: optional(self, "exploration", raw.exploration, (0.0, 10.0)),
            spread: optional(self, "spread", raw.spread, (0.1, 10.0)),
            forgetting: optional(self, "forgetting", raw.forgetting, (0.5, 1.0)),
            drift_detection: raw.drift_detection.unwrap_or(otherwise.drift_detection),
            max_classes: raw.max_classes.map(|n| {
                self.within(&at("max_classes"), Some(n.into()), 64.0, (1.0, 4096.0)) as u32
            }),
            import_weight: self.within(
                &at("import_weight"),
                raw.import_weight,
                otherwise.import_weight,
                (0.0, 100.0),
            ),
            price_prior: optional(self, "price_prior", raw.price_prior, (0.0, 1.0)),
            caller_share: self.within(
                &at("caller_share"),
                raw.caller_share,
                otherwise.caller_share,
                (0.01, 1.0),
            ),
            implicit_feedback: self.implicit(&raw.implicit_feedback, &at("implicit_feedback")),
            budget: raw.budget.map(|budget| self.budget(&at("budget"), budget)),
            baseline: baseline.flatten(),
        }
    }

    fn baseline(&mut self, trail: &Trail, name: &str) -> Option<ArmId> {
        let found = self.arms_named(name);
        if found.is_empty() {
            self.unknown_target(trail, name, std::iter::empty());
        }
        found.into_iter().next()
    }

    fn implicit(&mut self, raw: &RawImplicit, trail: &Trail) -> ImplicitFeedback {
        let otherwise = ImplicitFeedback::default();
        let mut signal = |key: &str, written: RawSignal, default: Signal| Signal {
            enabled: written.enabled.or(raw.enabled).unwrap_or(default.enabled),
            weight: self.within(
                &trail.key(key).key("weight"),
                written.weight,
                default.weight,
                (0.0, 1.0),
            ),
        };
        ImplicitFeedback {
            agreement: signal("agreement", raw.agreement, otherwise.agreement),
            schema: signal("schema", raw.schema, otherwise.schema),
            truncation: signal("truncation", raw.truncation, otherwise.truncation),
            quick_retry: signal("quick_retry", raw.quick_retry, otherwise.quick_retry),
            judge: signal("judge", raw.judge, otherwise.judge),
        }
    }

    pub(super) fn logging(&mut self, raw: &RawLogging) -> Logging {
        let otherwise = Logging::default();
        let level = raw.level.clone().unwrap_or(otherwise.level);
        if level
            .parse::<tracing_subscriber::filter::Targets>()
            .is_err()
        {
            self.problem(
                &Trail::root().key("logging").key("level"),
                "not a level or filter",
                "expected error, warn, info, debug or trace, or a list such as pointsman=debug,warn",
            );
        }
        Logging {
            format: raw.format.unwrap_or(otherwise.format),
            level,
            prompts: raw.prompts.unwrap_or(otherwise.prompts),
        }
    }
}
