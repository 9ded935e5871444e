//! What holds where the file says nothing.

use super::settings::{
    Durability, Embedding, EmbeddingKind, ImplicitFeedback, LearningSettings, LogFormat, Logging,
    MemorySettings, Server, Signal,
};
use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

/// Port of gRPC unless configured otherwise.
pub const GRPC_PORT: u16 = 50051;
/// Port of HTTP unless configured otherwise.
pub const HTTP_PORT: u16 = 8080;

fn local(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: local(GRPC_PORT),
            http_listen: Some(local(HTTP_PORT)),
            admin_listen: None,
            drain: Duration::from_secs(30),
            max_request_bytes: 32 << 20,
            max_response_bytes: 32 << 20,
            max_text_bytes: 4 << 20,
            max_request_time: None,
            max_concurrent_requests: 4096,
            keys: Vec::new(),
            reflection: true,
        }
    }
}

impl Default for Embedding {
    fn default() -> Self {
        Self {
            kind: EmbeddingKind::Auto,
            models_dir: None,
            runtime_library: None,
            workers: 1,
            queue_limit: 256,
            cache_entries: 10_000,
            wait: Duration::from_millis(250),
        }
    }
}

impl Default for MemorySettings {
    fn default() -> Self {
        Self {
            path: Some(PathBuf::from("pointsman-memory")),
            durability: Durability::Process,
            retention: Duration::from_hours(24 * 30),
            max_decisions: 1_000_000,
            snapshot_every_facts: 1000,
            store_prompts: false,
        }
    }
}

impl Default for ImplicitFeedback {
    fn default() -> Self {
        let signal = |enabled, weight| Signal { enabled, weight };
        Self {
            agreement: signal(true, 0.5),
            schema: signal(true, 1.0),
            truncation: signal(true, 0.5),
            quick_retry: signal(true, 0.3),
            judge: signal(true, 0.7),
        }
    }
}

impl Default for LearningSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            exploration: None,
            spread: None,
            forgetting: None,
            drift_detection: true,
            max_classes: None,
            import_weight: 1.0,
            price_prior: None,
            caller_share: 1.0,
            implicit_feedback: ImplicitFeedback::default(),
            budget: None,
            baseline: None,
        }
    }
}

impl Default for Logging {
    fn default() -> Self {
        Self {
            format: LogFormat::Text,
            level: "info".to_owned(),
            prompts: false,
        }
    }
}
