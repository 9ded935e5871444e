//! What is written becomes what is meant.

use super::{env, good};
use crate::config::raw::ProviderType;
use crate::config::{Dialect, Flavour, Origin, Secret, discover};
use crate::domain::{ArmId, Price};
use crate::strategy::Strategy;
use std::time::Duration;

const COMPLETE: &str = include_str!("../../../examples/loom-complete.yaml");

#[test]
fn the_seeds_complete_example_means_what_it_says() {
    let config = good(COMPLETE);
    assert_eq!(config.routing.strategy, Strategy::Priority);
    let lines: Vec<String> = config
        .deployments
        .iter()
        .map(|d| {
            format!(
                "{} {} -> {} at {} priority {} breaker {}/{:?} checks {} rpm {:?}",
                d.arm,
                d.dialect.name(),
                d.model,
                d.base_url,
                d.priority,
                d.breaker.failure_threshold,
                d.breaker.cooldown,
                d.health_check.is_some(),
                d.limits.requests_per_minute,
            )
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
        openai/gpt-4 openai -> gpt-4-turbo-preview at https://api.openai.com/v1 priority 1 breaker 5/60s checks true rpm Some(500)
        openai/gpt-3.5-turbo openai -> gpt-3.5-turbo at https://api.openai.com/v1 priority 1 breaker 5/60s checks true rpm Some(500)
        anthropic/claude-3-opus anthropic -> claude-3-opus at https://api.anthropic.com priority 2 breaker 5/60s checks false rpm Some(1000)
        anthropic/claude-3-sonnet anthropic -> claude-3-sonnet at https://api.anthropic.com priority 2 breaker 5/60s checks false rpm Some(1000)
        anthropic/claude-3-opus-20240229 anthropic -> claude-3-opus-20240229 at https://api.anthropic.com priority 2 breaker 5/60s checks false rpm Some(1000)
        local/llama-2-70b openai_compatible -> llama-2-70b at http://llm-server:8000/v1 priority 3 breaker 5/60s checks false rpm None
        "#);
    let arms = &config.aliases["gpt-4"].arms;
    insta::assert_debug_snapshot!(arms, @r#"
        [
            "openai/gpt-4",
            "anthropic/claude-3-opus-20240229",
            "local/llama-2-70b",
        ]
        "#);
    let price = config
        .arm(&ArmId::new("openai/gpt-4"))
        .and_then(|a| a.arm.price);
    assert_eq!(
        price,
        Some(Price {
            input_per_mtok: 10.0,
            output_per_mtok: 30.0,
            cache_read_per_mtok: None,
            cache_write_per_mtok: None
        })
    );
    assert_eq!(config.routing.failover.retry_codes.len(), 4);
    assert_eq!(config.pool().count(), 5);
}

#[test]
fn secrets_are_hidden_wherever_they_are_shown() {
    let config = good(COMPLETE);
    let keys: Vec<&str> = config.deployments[0]
        .keys
        .iter()
        .map(Secret::expose)
        .collect();
    assert_eq!(keys, ["sk-openai-secret"]);
    for shown in [format!("{config:?}"), config.shown().to_string()] {
        assert!(!shown.contains("secret"), "{shown}");
        assert!(shown.contains("***"));
    }
}

#[test]
fn variables_are_put_in_with_their_types() {
    let config = good(
        r#"
providers:
  - name: openai
    api_key: ${OPENAI_API_KEY}
    models: [gpt-4o]
    rate_limit: {requests_per_minute: "${RPM:-77}"}
    headers: {X-Port: "p-${PORT}-$${PORT}", X-Other: "${EMPTY:-filled}"}
server: {listen: "127.0.0.1:${PORT}"}
"#,
    );
    let deployment = &config.deployments[0];
    assert_eq!(deployment.limits.requests_per_minute, Some(77));
    assert_eq!(deployment.headers[0].1.expose(), "p-9000-${PORT}");
    assert_eq!(deployment.headers[1].1.expose(), "filled");
    assert_eq!(config.server.listen.port(), 9000);
}

#[test]
fn a_known_vendors_name_is_enough() {
    let config = good("providers: [{name: groq}, {name: anthropic, models: [claude-sonnet-5]}]");
    let groq = &config.deployments[0];
    assert_eq!(groq.dialect, Dialect::OpenAi(Flavour::Groq));
    assert_eq!(groq.keys[0].expose(), "gsk-secret");
    assert_eq!(groq.base_url, "https://api.groq.com/openai/v1");
    let sonnet = config
        .arm(&ArmId::new("anthropic/claude-sonnet-5"))
        .unwrap();
    assert!(sonnet.arm.price.is_some() && sonnet.arm.capabilities.vision);
}

#[test]
fn without_a_file_the_environment_decides() {
    let found = discover(&env, None);
    let Origin::Discovered(names) = &found.origin else {
        panic!("{}", found.origin);
    };
    assert_eq!(names.len(), 3);
    assert_eq!(found.providers.len(), 3);
    let local = discover(&|_| None, Some(&["llama3.2".to_owned()]));
    assert_eq!(local.arms[0].arm.id.as_str(), "ollama/llama3.2");
    let nothing = discover(&|_| None, None);
    assert_eq!(nothing.origin, Origin::Simulated);
    assert_eq!(nothing.pool().count(), 5);
    assert!(nothing.origin.to_string().contains("SIMULATED"));
}

#[test]
fn an_arm_takes_its_deployments_over() {
    let config = good(
        r#"
providers:
  - {name: openai, models: [gpt-4o, gpt-4o-mini]}
  - {name: azure, base_url: "https://r.openai.azure.com", api_key: "${AZURE_API_KEY}", deployments: {gpt-4o: mine}}
arms:
  - {name: big, deployments: [openai/gpt-4o, azure/gpt-4o], tags: [dear]}
  - {name: big-careful, deployments: [openai/gpt-4o], parameters: {reasoning_effort: high}}
"#,
    );
    let lines: Vec<String> = config
        .deployments
        .iter()
        .map(|d| format!("{} in {} as {} {:?}", d.id, d.arm, d.model, d.parameters))
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
        openai/gpt-4o-mini in openai/gpt-4o-mini as gpt-4o-mini {}
        openai/gpt-4o in big as gpt-4o {}
        azure/gpt-4o in big as mine {}
        openai/gpt-4o#2 in big-careful as gpt-4o {"reasoning_effort": String("high")}
        "#);
    let names: Vec<String> = config.arms.iter().map(|a| a.arm.id.to_string()).collect();
    insta::assert_snapshot!(names.join(" "), @"openai/gpt-4o-mini big big-careful");
}

#[test]
fn aliases_stand_for_arms_policies_and_strategies() {
    let config = good(
        r#"
providers: [{name: openai, models: [gpt-4o, gpt-4o-mini]}, {name: groq, models: [llama-3.1-8b-instant]}]
aliases:
  fast: [groq, gpt-4o-mini]
  cheapest: cost
  smart: {arms: "openai/*", policy: quality}
  quick: [fast, latency]
"#,
    );
    insta::assert_debug_snapshot!(config.aliases, @r#"
        {
            "cheapest": Alias {
                arms: [],
                policy: Some(
                    "cost",
                ),
                strategy: None,
            },
            "fast": Alias {
                arms: [
                    "groq/llama-3.1-8b-instant",
                    "openai/gpt-4o-mini",
                ],
                policy: None,
                strategy: None,
            },
            "quick": Alias {
                arms: [
                    "groq/llama-3.1-8b-instant",
                    "openai/gpt-4o-mini",
                ],
                policy: Some(
                    "latency",
                ),
                strategy: None,
            },
            "smart": Alias {
                arms: [
                    "openai/gpt-4o",
                    "openai/gpt-4o-mini",
                ],
                policy: Some(
                    "quality",
                ),
                strategy: None,
            },
        }
        "#);
}

#[test]
fn times_have_the_seeds_meaning() {
    let config = good(
        "providers: [{name: openai, models: [gpt-4o], health_check: {enabled: true, interval: 30s, timeout: 5s, endpoint: /v1/models}}]\nrouting: {latency: {window: 5m, percentile: 95}}",
    );
    let check = config.deployments[0].health_check.clone().unwrap();
    assert_eq!(check.interval, Duration::from_secs(30));
    assert_eq!(check.endpoint.as_deref(), Some("/v1/models"));
    assert_eq!(config.routing.latency.window, Duration::from_mins(5));
}

#[test]
fn a_price_that_is_missing_is_said() {
    let config = good(
        "providers: [{name: mine, type: openai, base_url: \"http://h/v1\", models: [a, b]}, {name: groq}]",
    );
    assert_eq!(config.warnings.len(), 1);
    assert!(config.warnings[0].starts_with("no price is known of mine/a, mine/b:"));
}

#[test]
fn old_prices_of_the_catalogue_are_said_where_they_are_used() {
    let in_ten_years_ms = 2_100_000_000_000;
    let of_catalogue = good("providers: [{name: openai, models: [gpt-4o]}]");
    let said = of_catalogue.stale_prices(in_ten_years_ms).unwrap();
    assert!(said.starts_with("the catalogue's prices are of "), "{said}");
    assert_eq!(of_catalogue.stale_prices(0), None);
    let own = good(
        "providers: [{name: openai, models: [gpt-4o], cost: {input_per_mtok: 77, output_per_mtok: 78}}]",
    );
    assert_eq!(own.stale_prices(in_ten_years_ms), None);
}

#[test]
fn a_requests_texts_and_time_are_bounded_from_the_file() {
    let bounded =
        good("server: {max_text_bytes: 1KiB, max_request_time: 10m}\nproviders: [{name: groq}]");
    assert_eq!(bounded.server.max_text_bytes, 1024);
    assert_eq!(
        bounded.server.max_request_time,
        Some(Duration::from_mins(10))
    );
    assert_eq!(
        good("providers: [{name: groq}]").server.max_request_time,
        None
    );
}

#[test]
fn the_names_of_types_are_those_of_the_file() {
    for name in ProviderType::NAMES {
        assert_eq!(ProviderType::of(name).map(ProviderType::name), Some(name));
    }
}
