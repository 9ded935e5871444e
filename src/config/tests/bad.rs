//! What is wrong is said with its place and a remedy: the texts are the specification.

use super::read;
use proptest::prelude::*;
use std::fmt::Write;

/// The problems of each text, in one report.
pub(super) fn report(cases: &[(&str, &str)]) -> String {
    let mut out = String::new();
    for (name, text) in cases {
        let _ = match read(text) {
            Ok(_) => writeln!(out, "## {name}\nNO PROBLEM\n"),
            Err(problems) => writeln!(out, "## {name}\n{problems}\n"),
        };
    }
    out
}

pub(super) const OPENAI: &str = "providers: [{name: openai, models: [gpt-4o, gpt-4o-mini]}]";

#[test]
fn structure() {
    insta::assert_snapshot!(report(&[
        ("an unknown key", "providers:\n  - name: openai\n    api_kye: x\n"),
        ("an unknown section", "provider:\n  - name: openai\n"),
        ("a missing variable", "providers:\n  - name: openai\n    api_key: ${OPENAI_KEY}\n"),
        ("a variable without an end", "providers: [{name: openai, api_key: \"${OPENAI\"}]"),
        ("a wrong type", "providers:\n  - name: openai\n    rate_limit:\n      requests_per_minute: many\n    models: gpt-4o\n"),
        ("a number without a unit", &format!("{OPENAI}\nrouting:\n  latency: {{window: 300}}\n")),
        ("not YAML", "providers:\n  - name: openai\n   type: [\n"),
        ("a key twice", "memory: {path: a}\nmemory: {path: b}\n"),
        ("an unknown type", "providers: [{name: a, type: opnai}]"),
        ("an unknown kind of embedding", &format!("{OPENAI}\nembedding: {{kind: mini}}\n")),
        ("two levels", "ai_gateway:\n  providers: [{name: openai}]\nmemory: {path: x}\n"),
        ("several at once", "providers:\n  - name: openai\n    modles: []\n  - name: openai\nroutng: {}\nlogging: {format: xml}\n"),
    ]), @r#"
        ## an unknown key
        the configuration has a problem:
          line 3, column 5: providers[0].api_kye: unknown key (did you mean "api_key" or "api_keys"?)
            known here: anthropic_version, api_key, api_key_file, api_keys, api_version, base_url, bearer, capabilities, circuit_breaker, cost, credentials_file, deployments, enabled, headers, health_check, keep_alive, location, models, name, num_ctx, organization, parameters, priority, project, project_id, rate_limit, simulation, tags, timeouts, type, weight

        ## an unknown section
        the configuration has 2 problems:
          line 1, column 1: provider: unknown key (did you mean "providers"?)
            known here: aliases, arms, cache, embedding, enabled, learning, logging, memory, model_mapping, policies, providers, routing, server, tenants
          line 1, column 1: providers: no provider at all
            list at least one, such as: providers: [{name: openai, type: openai, api_key: "${OPENAI_API_KEY}"}]; or start without a file to use what the environment has

        ## a missing variable
        the configuration has a problem:
          line 3, column 14: providers[0].api_key: the environment variable OPENAI_KEY is not set
            set OPENAI_KEY, or write ${OPENAI_KEY:-otherwise} to say what holds without it

        ## a variable without an end
        the configuration has a problem:
          line 1, column 37: providers[0].api_key: "${" without "}"
            close it, or write "$${" for the two characters

        ## a wrong type
        the configuration has 2 problems:
          line 4, column 28: providers[0].rate_limit.requests_per_minute: expected a whole number from 0 to 4294967295, found text
          line 5, column 13: providers[0].models: expected a list, found text

        ## a number without a unit
        the configuration has a problem:
          line 3, column 21: routing.latency.window: expected a length of time with its unit: a number followed by ms, s, m, h or d, such as 30s

        ## not YAML
        the configuration has a problem:
          line 3, column 4: not YAML: while parsing a block collection, did not find expected '-' indicator

        ## a key twice
        the configuration has a problem:
          line 2, column 1: the key "memory" stands here twice

        ## an unknown type
        the configuration has a problem:
          line 1, column 29: providers[0].type: "opnai" is not known here (did you mean "openai"?)
            expected one of openai, anthropic, gemini, google, azure, vertex, ollama, groq, cerebras, mistral, xai, deepseek, together, vllm, lmstudio, openai_compatible, simulated

        ## an unknown kind of embedding
        the configuration has a problem:
          line 2, column 19: embedding.kind: "mini" is not known here (did you mean "minilm"?)
            expected one of auto, minilm, static

        ## two levels
        the configuration has a problem:
          line 3, column 1: memory: stands beside ai_gateway
            move it under ai_gateway, or take that level away

        ## several at once
        the configuration has 4 problems:
          line 3, column 5: providers[0].modles: unknown key (did you mean "models"?)
            known here: anthropic_version, api_key, api_key_file, api_keys, api_version, base_url, bearer, capabilities, circuit_breaker, cost, credentials_file, deployments, enabled, headers, health_check, keep_alive, location, models, name, num_ctx, organization, parameters, priority, project, project_id, rate_limit, simulation, tags, timeouts, type, weight
          line 4, column 5: providers[1].name: two providers are named "openai"
            give each a name of its own
          line 5, column 1: routng: unknown key (did you mean "routing"?)
            known here: aliases, arms, cache, embedding, enabled, learning, logging, memory, model_mapping, policies, providers, routing, server, tenants
          line 6, column 19: logging.format: "xml" is not known here
            expected one of text, json
        "#);
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table with its report")]
fn providers() {
    insta::assert_snapshot!(report(&[
        ("no provider at all", ""),
        ("no provider left", "providers: [{name: openai, enabled: false}]"),
        ("two of one name", "providers: [{name: openai}, {name: openai}]"),
        ("no key anywhere", "providers: [{name: mistral}]"),
        ("an empty key", "providers: [{name: openai, api_key: \"${EMPTY}\"}]"),
        ("an address without a scheme", "providers: [{name: local, type: openai, base_url: \"localhost:8000/v1\", models: [m]}]"),
        ("an address without a host", "providers: [{name: local, type: openai, base_url: \"http://\", models: [m]}]"),
        ("no address", "providers: [{name: mine, type: openai_compatible, models: [m]}]"),
        ("no type", "providers: [{name: mine, base_url: \"http://h\"}]"),
        ("no model", "providers: [{name: vllm}]"),
        ("a limit of zero", "providers: [{name: openai, rate_limit: {requests_per_minute: 0}}]"),
        ("a breaker that never trips", "providers: [{name: openai, circuit_breaker: {failure_threshold: 0}}]"),
        ("half a price", "providers: [{name: openai, models: [gpt-4o], cost: {input_per_1k: 0.1}}]"),
        ("azure without an address", "providers: [{name: azure, api_key: k, deployments: {a: b}}]"),
        ("a key of another type", "providers: [{name: openai, api_version: x}]"),
        ("vertex without anything", "providers: [{name: vertex, models: [gemini-2.5-pro]}]"),
        ("vertex without its file", "providers: [{name: vertex, project_id: p, credentials_file: /nowhere/key.json, models: [gemini-2.5-pro]}]"),
        ("vertex with another file", "providers: [{name: vertex, project_id: p, credentials_file: Cargo.toml, models: [gemini-2.5-pro]}]"),
        ("a header that cannot be", "providers: [{name: openai, headers: {\"bad name\": x, Host: y}}]"),
        ("a simulated model that is not there", "providers: [{name: simulated, models: [atlass]}]"),
    ]), @r#"
        ## no provider at all
        the configuration has a problem:
          line 1, column 1: providers: no provider at all
            list at least one, such as: providers: [{name: openai, type: openai, api_key: "${OPENAI_API_KEY}"}]; or start without a file to use what the environment has

        ## no provider left
        the configuration has a problem:
          line 1, column 1: providers: no provider at all
            list at least one, such as: providers: [{name: openai, type: openai, api_key: "${OPENAI_API_KEY}"}]; or start without a file to use what the environment has

        ## two of one name
        the configuration has a problem:
          line 1, column 30: providers[1].name: two providers are named "openai"
            give each a name of its own

        ## no key anywhere
        the configuration has a problem:
          line 1, column 13: providers[0].api_key: the provider "mistral" has no key
            set MISTRAL_API_KEY, or add api_key: ...

        ## an empty key
        the configuration has a problem:
          line 1, column 28: providers[0].api_key: the key is empty
            give the key, or take the line away if the server asks for none

        ## an address without a scheme
        the configuration has a problem:
          line 1, column 41: providers[0].base_url: the address has no scheme
            expected http:// or https:// and a host, such as https://api.example.com/v1

        ## an address without a host
        the configuration has a problem:
          line 1, column 41: providers[0].base_url: the address has no host
            expected http:// or https:// and a host, such as https://api.example.com/v1

        ## no address
        the configuration has a problem:
          line 1, column 13: providers[0].base_url: the type openai_compatible needs an address
            add base_url: http://host:port/v1

        ## no type
        the configuration has a problem:
          line 1, column 13: providers[0].type: the provider "mine" has no type
            add type: one of openai, anthropic, gemini, azure, vertex, ollama, groq, cerebras, mistral, xai, deepseek, together, vllm, lmstudio, openai_compatible, simulated

        ## no model
        the configuration has a problem:
          line 1, column 13: providers[0].models: the provider "vllm" has no model
            list them: models: [name, ...]

        ## a limit of zero
        the configuration has a problem:
          line 1, column 41: providers[0].rate_limit.requests_per_minute: a limit of 0 lets nothing through
            expected at least 1; leave the key out for no limit

        ## a breaker that never trips
        the configuration has a problem:
          line 1, column 46: providers[0].circuit_breaker.failure_threshold: 0 is too little
            expected at least 1; leave the key out for the default

        ## half a price
        the configuration has a problem:
          line 1, column 46: providers[0].cost: the price of input or of output is missing
            give input_per_1k and output_per_1k (or _per_mtok), in US dollars

        ## azure without an address
        the configuration has a problem:
          line 1, column 13: providers[0].base_url: the type azure needs an address
            add base_url: https://your-resource.openai.azure.com

        ## a key of another type
        the configuration has a problem:
          line 1, column 28: providers[0].api_version: api_version has no meaning for the type openai
            take it away, or set type: azure

        ## vertex without anything
        the configuration has 2 problems:
          line 1, column 13: providers[0].project_id: vertex needs a project
            add project_id: the Google Cloud project's id
          line 1, column 13: providers[0].credentials_file: vertex needs a service account
            add credentials_file: download a JSON key of the service account and name its path here

        ## vertex without its file
        the configuration has a problem:
          line 1, column 43: providers[0].credentials_file: the file cannot be read: there is no such file
            download a JSON key of the service account and name its path here

        ## vertex with another file
        the configuration has a problem:
          line 1, column 43: providers[0].credentials_file: the file is not a service account's key: client_email or private_key is missing
            download a JSON key of the service account and name its path here

        ## a header that cannot be
        the configuration has 2 problems:
          line 1, column 38: providers[0].headers."bad name": "bad name" is not a header's name
            use letters, digits and - only
          line 1, column 53: providers[0].headers.Host: the header Host belongs to the connection
            take it away: it is set for each call

        ## a simulated model that is not there
        the configuration has a problem:
          line 1, column 40: providers[0].models[0]: no simulated model is named "atlass" (did you mean "atlas"?)
            expected one of atlas, forge, quill, sift, wisp
        "#);
}

#[test]
fn a_missing_file_is_named() {
    let problems = crate::config::load("/nowhere/p.yaml".as_ref(), &|_| None).unwrap_err();
    insta::assert_snapshot!(problems, @r#"
        the configuration has a problem:
          /nowhere/p.yaml cannot be read: there is no such file
            name an existing file, or start without one
        "#);
}

#[test]
fn no_message_shows_a_secret() {
    let text = "providers:\n  - name: openai\n    type: ${OPENAI_API_KEY}\n    rate_limit: {requests_per_minute: \"${OPENAI_API_KEY}\"}\n    base_url: ${OPENAI_API_KEY}\nrouting: {strategy: adaptive, latency: {window: \"${OPENAI_API_KEY}\"}}\nlogging: {format: \"${OPENAI_API_KEY}\"}\n";
    let problems = read(text).unwrap_err().to_string();
    assert!(!problems.contains("secret"), "{problems}");
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "[ -~\n]{0,200}") {
        let _ = read(&text);
    }

    #[test]
    fn no_damage_to_a_file_makes_it_panic(at in 0usize..6000, piece in "[ -~\n]{0,6}", cut in 0usize..6) {
        let whole = include_str!("../../../examples/pointsman.yaml");
        let start = whole.floor_char_boundary(at.min(whole.len()));
        let end = whole.floor_char_boundary((start + cut).min(whole.len()));
        let _ = read(&format!("{}{piece}{}", &whole[..start], &whole[end.max(start)..]));
    }
}
