//! Files and profiles laid over each other.

use super::env;
use crate::config::{Config, layers};
use std::path::PathBuf;

const BASE: &str = "\
providers:
  - name: openai
    models: [gpt-4o-mini]
    weight: 2
  - name: groq
    models: [llama-3.3-70b-versatile]
routing: { policy: quality, session_margin: 0.1 }
aliases: { fast: openai }
profiles:
  staging:
    routing: { policy: cost }
    memory: { path: none }
";

/// Loads files of these names and texts, in this order, `!` before a name = written but not named.
fn laid(files: &[(&str, &str)], profile: Option<&str>) -> Result<Config, String> {
    let folder = tempfile::tempdir().unwrap();
    let mut paths: Vec<PathBuf> = Vec::new();
    for (name, text) in files {
        let path = folder.path().join(name.trim_start_matches('!'));
        std::fs::write(&path, text).unwrap();
        if !name.starts_with('!') {
            paths.push(path);
        }
    }
    let shown = folder.path().display().to_string();
    let loaded = layers::load(&paths, profile, &env);
    loaded.map_err(|problems| problems.to_string().replace(&shown, ""))
}

#[test]
fn a_later_file_is_merged_by_key_and_by_name() {
    let over = "\
providers:
  - { name: groq, weight: 5 }
  - { name: anthropic, models: [claude-haiku-4-5] }
routing: { session_margin: }
aliases: { slow: anthropic }
";
    let config = laid(&[("base.yaml", BASE), ("prod.yaml", over)], None).unwrap();
    let arms: Vec<String> = config
        .arms
        .iter()
        .map(|spec| format!("{} {}", spec.arm.id, spec.weight))
        .collect();
    insta::assert_snapshot!(arms.join("\n"), @r"
        openai/gpt-4o-mini 2
        groq/llama-3.3-70b-versatile 5
        anthropic/claude-haiku-4-5 1
        ");
    assert_eq!(config.routing.policy, "quality");
    assert_eq!(config.routing.session_margin, None);
    assert!(config.aliases.contains_key("fast") && config.aliases.contains_key("slow"));
    let origin = config.origin.to_string();
    assert!(
        origin.contains("base.yaml") && origin.contains("prod.yaml"),
        "{origin}"
    );
}

#[test]
fn a_profile_is_a_section_or_a_file_beside_the_first() {
    assert_eq!(
        laid(&[("base.yaml", BASE)], None).unwrap().routing.policy,
        "quality"
    );
    let config = laid(&[("base.yaml", BASE)], Some("staging")).unwrap();
    assert_eq!(
        (config.routing.policy.as_str(), config.memory.path),
        ("cost", None)
    );
    assert_eq!(config.routing.session_margin, Some(0.1));
    let files = [
        ("base.yaml", BASE),
        ("!base.staging.yaml", "routing: { policy: latency }\n"),
    ];
    let config = laid(&files, Some("staging")).unwrap();
    assert_eq!(
        (config.routing.policy.as_str(), config.memory.path),
        ("latency", None)
    );
    let wrapped = format!("ai_gateway:\n  {}", BASE.replace('\n', "\n  "));
    let config = laid(&[("base.yaml", wrapped.trim_end())], Some("staging")).unwrap();
    assert_eq!(config.routing.policy, "cost");
}

#[test]
fn a_value_that_is_replaced_needs_no_variable() {
    let base = "providers: [{ name: openai, api_key: \"${NOT_SET}\", models: [gpt-4o-mini] }]\n";
    let over = "providers: [{ name: openai, api_key: \"${OPENAI_API_KEY}\" }]\n";
    assert!(laid(&[("a.yaml", base)], None).is_err());
    assert!(laid(&[("a.yaml", base), ("b.yaml", over)], None).is_ok());
}

#[test]
fn problems_name_their_file_and_line() {
    let mut told = String::new();
    for (what, files, profile) in [
        (
            "one in each",
            vec![
                ("a.yaml", "routing: { polcy: cost }\n"),
                ("b.yaml", "\n\nrouting: { policy: chaep }\n"),
            ],
            None,
        ),
        (
            "in a section",
            vec![(
                "a.yaml",
                "providers: [{ name: openai }]\nprofiles:\n  x:\n    memry: {}\n",
            )],
            Some("x"),
        ),
        ("no profile", vec![("a.yaml", BASE)], Some("stagign")),
        (
            "no file",
            vec![("a.yaml", BASE), ("!b.yaml", "")],
            Some("prod"),
        ),
        (
            "profiles of another kind",
            vec![("a.yaml", "profiles: [a]\n"), ("b.yaml", "")],
            None,
        ),
        (
            "not YAML",
            vec![("a.yaml", BASE), ("b.yaml", "a: [1\n")],
            None,
        ),
    ] {
        let error = laid(&files, profile).unwrap_err();
        told += &format!("## {what}\n{error}\n\n");
    }
    insta::assert_snapshot!(told, @r#"
        ## one in each
        the configuration has 3 problems:
          /a.yaml, line 1, column 1: providers: no provider at all
            list at least one, such as: providers: [{name: openai, type: openai, api_key: "${OPENAI_API_KEY}"}]; or start without a file to use what the environment has
          /a.yaml, line 1, column 12: routing.polcy: unknown key (did you mean "policy"?)
            known here: category_overrides, class_pins, degrade, failover, fallback, hedge, judge, latency, max_cost_usd, model_routes, policy, providers, rules, session_margin, strategy, timeouts
          /b.yaml, line 3, column 12: routing.policy: "chaep" is not a policy
            expected one of balanced, cost, cost_optimized, latency, quality, quality_first

        ## in a section
        /a.yaml has a problem:
          line 4, column 5: memry: unknown key (did you mean "memory"?)
            known here: aliases, arms, cache, embedding, enabled, learning, logging, memory, model_mapping, policies, providers, routing, server, tenants

        ## no profile
        /a.yaml has a problem:
          there is no profile "stagign" (did you mean "staging"?)
            known are staging, or write /a.stagign.yaml

        ## no file
        /a.yaml has a problem:
          there is no profile "prod"
            known are staging, or write /a.prod.yaml

        ## profiles of another kind
        /a.yaml has a problem:
          line 1, column 1: profiles: expected a map of names
            write profiles: {staging: {...}}

        ## not YAML
        /b.yaml has a problem:
          line 1, column 4: not YAML: unclosed bracket '['
        "#);
}

#[test]
fn judges_and_caches_that_cannot_be_are_told() {
    let mut told = String::new();
    for text in [
        "routing: { judge: gpt-4o-mni }",
        "routing: { judge: openai }",
        "cache: { exact: { ttl: 0s, max_bytes: 0 } }",
        "cache: { semantic: { threshold: 1.5, per_scope: 0 } }",
        "cache: { tools: true }",
        "cache: { exakt: {} }",
    ] {
        let text =
            format!("providers: [{{ name: openai, models: [gpt-4o-mini, gpt-4o] }}]\n{text}\n");
        let error = laid(&[("a.yaml", &text)], None).unwrap_err();
        told += &format!("{error}\n");
    }
    insta::assert_snapshot!(told, @r#"
        /a.yaml has a problem:
          line 2, column 12: routing.judge: "gpt-4o-mni" is no arm, model, provider or alias (did you mean "gpt-4o-mini" or "gpt-4o"?)
            name one that is there, or add the model to a provider's models
        /a.yaml has a problem:
          line 2, column 12: routing.judge: 2 arms are named, and one judges
            name one arm, as provider/model
        /a.yaml has 2 problems:
          line 2, column 19: cache.exact.ttl: a time of 0
            expected a time greater than 0, such as 30s
          line 2, column 28: cache.exact.max_bytes: 0 is too little
            expected at least 1; leave the key out for the default
        /a.yaml has 2 problems:
          line 2, column 22: cache.semantic.threshold: 1.5 is out of range
            expected 0.5 to 1
          line 2, column 38: cache.semantic.per_scope: 0 is too little
            expected at least 1; leave the key out for the default
        /a.yaml has a problem:
          line 2, column 10: cache.tools: both caches are off
            add cache: {exact: {}} to switch one on, or take the key away
        /a.yaml has a problem:
          line 2, column 10: cache.exakt: unknown key (did you mean "exact"?)
            known here: exact, sampled, semantic, tools
        "#);
}
