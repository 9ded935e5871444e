//! `serve`: configuration, logs, and then the service until it is asked to end.

use super::ollama;
use crate::{
    cli::{
        args::{Door, ServeArgs},
        trouble::Trouble,
    },
    config::{self, Config},
    engine::Options,
    serve::{self, Listening},
    telemetry,
};
use std::path::Path;

/// `serve`
pub async fn serve(args: ServeArgs) -> Result<(), Trouble> {
    let options = Options {
        seed: args.seed,
        ..Options::default()
    };
    let json = args.json;
    let config = configuration(args).await?;
    telemetry::start(&config.logging).map_err(Trouble::Usage)?;
    let origin = config.origin.to_string();
    let arms = config.pool().count();
    let memory = config.memory.path.clone();
    let ready = |listening: &Listening| {
        if json {
            return println!("{}", as_json(listening, memory.as_deref()));
        }
        let memory = memory.map_or_else(
            || "none (nothing survives a restart)".to_owned(),
            |path| path.display().to_string(),
        );
        println!("pointsman {}", env!("CARGO_PKG_VERSION"));
        println!("  {origin}");
        println!(
            "  {arms} arms, embedding {}, memory {memory}",
            listening.embedder
        );
        println!("{}", doors(listening));
    };
    serve::serve(config, options, ready, serve::asked_to_end())
        .await
        .map_err(|error| Trouble::Failed(error.to_string()))
}

/// The same for scripts.
fn as_json(listening: &Listening, memory: Option<&Path>) -> serde_json::Value {
    serde_json::json!({
        "grpc": listening.grpc,
        "admin": listening.admin,
        "http": listening.http,
        "embedder": listening.embedder,
        "memory": memory,
        "version": env!("CARGO_PKG_VERSION"),
    })
}

/// One line, the last of the start: scripts wait for it.
fn doors(listening: &Listening) -> String {
    let mut line = format!("gRPC on {}", listening.grpc);
    if let Some(admin) = listening.admin {
        line.push_str(&format!(", admin on {admin}"));
    }
    if let Some(http) = listening.http {
        line.push_str(&format!(", HTTP on http://{http}"));
    }
    line
}

async fn configuration(args: ServeArgs) -> Result<Config, Trouble> {
    let mut config = if args.config.is_empty() {
        config::discover(&config::environment, ollama::models().await.as_deref())
    } else {
        let profile = args.profile.as_deref();
        config::load_layers(&args.config, profile, &config::environment)
            .map_err(|problems| Trouble::Usage(problems.to_string()))?
    };
    if let Some(listen) = args.listen {
        config.server.listen = listen;
    }
    if let Some(Door(listen)) = args.http_listen {
        config.server.http_listen = listen;
    }
    if let Some(path) = args.memory {
        config.memory.path = Some(path);
    }
    Ok(config)
}
