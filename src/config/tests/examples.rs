//! Every file of `examples/`, and every snippet of the Loom seed, loads.

use super::{env, good};
use crate::config::load;
use std::path::Path;

#[test]
fn every_example_loads() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "yaml") {
            let config = load(&path, &env).unwrap_or_else(|problems| panic!("{problems}"));
            assert!(config.pool().count() > 0, "{}", path.display());
            count += 1;
        }
    }
    assert!(count >= 10, "{count} examples");
}

/// Providers for the snippets that have only a `routing` section.
const THREE: &str = r#"
  providers:
    - {name: openai, models: [gpt-4, gpt-3.5-turbo]}
    - {name: anthropic, models: [claude-3-opus-20240229, claude-3-sonnet-20240229]}
    - {name: local, type: openai, base_url: "http://localhost:8000/v1", api_key: dummy, models: [llama-2-70b]}
"#;

/// The seed's snippets of `routing`, shortened to what differs.
const ROUTING: [&str; 9] = [
    "{strategy: priority, providers: [{name: openai, priority: 1, health_check: {enabled: true, interval: 30s}}, {name: anthropic, priority: 2}, {name: local, priority: 3}]}",
    "{strategy: round_robin, providers: [{name: openai}, {name: anthropic}]}",
    "{strategy: weighted, providers: [{name: openai, weight: 60}, {name: anthropic, weight: 30}, {name: local, weight: 10}]}",
    "{strategy: cost, providers: [{name: openai, cost: {input_per_1k: 0.01, output_per_1k: 0.03}}, {name: local, cost: {input_per_1k: 0.0, output_per_1k: 0.0}}]}",
    "{strategy: latency, latency: {window: 5m, percentile: 95}, providers: [{name: openai}, {name: anthropic}]}",
    "{strategy: model, model_routes: {gpt-4: openai, gpt-3.5-turbo: openai, claude-3-opus: anthropic, claude-3-sonnet: anthropic, default: openai}}",
    "{failover: {enabled: true, max_retries: 2, retry_codes: [429, 500, 502, 503]}}",
    "{failover: {enabled: true, circuit_breaker: {failure_threshold: 5, success_threshold: 3, timeout: 60s}}}",
    "{strategy: priority, fallback: {provider: local, on_error: true, on_rate_limit: true}}",
];

#[test]
fn the_seeds_routing_snippets_load() {
    for routing in ROUTING {
        let config = good(&format!("ai_gateway:{THREE}\n  routing: {routing}\n"));
        assert!(config.pool().count() >= 2, "{routing}");
    }
    let config = good(&format!("ai_gateway:{THREE}\n  routing: {}\n", ROUTING[5]));
    let routes: Vec<String> = config
        .routing
        .model_routes
        .routes
        .iter()
        .map(|(model, arms)| format!("{model} -> {}", arms[0]))
        .collect();
    insta::assert_snapshot!(routes.join("\n"), @r#"
        gpt-4 -> openai/gpt-4
        gpt-3.5-turbo -> openai/gpt-3.5-turbo
        claude-3-opus -> anthropic/claude-3-opus-20240229
        claude-3-sonnet -> anthropic/claude-3-sonnet-20240229
        "#);
}

#[test]
fn the_seeds_provider_snippets_load() {
    let folder = tempfile::tempdir().unwrap();
    let credentials = folder.path().join("credentials.json");
    std::fs::write(
        &credentials,
        r#"{"client_email": "a@b", "private_key": "k"}"#,
    )
    .unwrap();
    let vertex = format!(
        "{{name: vertex, type: vertex, project_id: your-project, location: us-central1, credentials_file: {:?}, models: [gemini-pro, gemini-pro-vision]}}",
        credentials.display().to_string()
    );
    let providers = [
        "{name: openai, type: openai, api_key: \"${OPENAI_API_KEY}\", base_url: https://api.openai.com/v1, organization: org-xxx, models: [gpt-4, gpt-4-turbo, gpt-3.5-turbo], rate_limit: {requests_per_minute: 500, tokens_per_minute: 90000}}",
        "{name: anthropic, type: anthropic, api_key: \"${ANTHROPIC_API_KEY}\", base_url: https://api.anthropic.com, models: [claude-3-opus-20240229]}",
        "{name: azure, type: azure, api_key: \"${AZURE_API_KEY}\", base_url: https://your-resource.openai.azure.com, api_version: \"2024-02-15-preview\", deployments: {gpt-4: my-gpt4-deployment, gpt-35-turbo: my-gpt35-deployment}}",
        &vertex,
        "{name: local, type: openai, base_url: http://localhost:8000/v1, api_key: dummy, models: [llama-2-70b, mistral-7b]}",
        "{name: openai, type: openai, api_key: \"${OPENAI_API_KEY}\", health_check: {enabled: true, interval: 30s, timeout: 5s, endpoint: /v1/models}}",
        "{name: openai, headers: {X-Custom-Header: value}}",
    ];
    for provider in providers {
        good(&format!("ai_gateway:\n  providers: [{provider}]\n"));
    }
    let mapping = "  model_mapping: {gpt-4: {openai: gpt-4-turbo-preview, anthropic: claude-3-opus-20240229}, fast: {openai: gpt-3.5-turbo, anthropic: claude-3-haiku-20240307}}";
    let config = good(&format!("ai_gateway:{THREE}{mapping}\n"));
    insta::assert_debug_snapshot!(config.aliases["fast"].arms, @r#"
        [
            "openai/gpt-3.5-turbo",
            "anthropic/claude-3-haiku-20240307",
        ]
        "#);
}

#[test]
fn every_key_is_documented() {
    let documented = include_str!("../../../docs/configuration.md");
    let sources = [
        include_str!("../raw/mod.rs"),
        include_str!("../raw/arms.rs"),
        include_str!("../raw/cache.rs"),
        include_str!("../raw/provider.rs"),
        include_str!("../raw/routing.rs"),
        include_str!("../raw/service.rs"),
    ];
    let mut missing = Vec::new();
    for line in sources.iter().flat_map(|source| source.lines()) {
        let field = line
            .strip_prefix("    pub ")
            .and_then(|rest| rest.split_once(':'));
        if let Some((name, _)) = field
            && !name.contains(' ')
        {
            let key = if name == "kind" && !documented.contains("`kind`") {
                "type"
            } else {
                name
            };
            if !documented.contains(&format!("`{key}`")) {
                missing.push(key.to_owned());
            }
        }
    }
    for name in crate::strategy::STRATEGIES.map(|(_, name)| name) {
        if !documented.contains(&format!("`{name}`")) {
            missing.push(name.to_owned());
        }
    }
    for (name, _) in crate::strategy::VARIABLES {
        if !documented.contains(&format!("`{name}`")) {
            missing.push(name.to_owned());
        }
    }
    assert!(
        missing.is_empty(),
        "docs/configuration.md lacks {missing:?}"
    );
}
