//! What is wrong is said with its place and a remedy: the texts are the specification.

use super::read;
use proptest::prelude::*;
use std::fmt::Write;

/// The problems of each text, in one report.
fn report(cases: &[(&str, &str)]) -> String {
    let mut out = String::new();
    for (name, text) in cases {
        let _ = match read(text) {
            Ok(_) => writeln!(out, "## {name}\nNO PROBLEM\n"),
            Err(problems) => writeln!(out, "## {name}\n{problems}\n"),
        };
    }
    out
}

const OPENAI: &str = "providers: [{name: openai, models: [gpt-4o, gpt-4o-mini]}]";

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
            known here: aliases, arms, embedding, enabled, learning, logging, memory, model_mapping, policies, providers, routing, server, tenants
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
            known here: aliases, arms, embedding, enabled, learning, logging, memory, model_mapping, policies, providers, routing, server, tenants
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
fn routing() {
    let with = |rest: &str| format!("{OPENAI}\n{rest}\n");
    let cases: Vec<(&str, String)> = vec![
        ("an alias loop", with("aliases: {a: b, b: c, c: a}")),
        ("an alias to itself", with("aliases: {a: a}")),
        (
            "a model in no provider",
            with("aliases: {fast: gpt-4o-mni}"),
        ),
        (
            "a mapping to no provider",
            with("model_mapping: {gpt-4: {opnai: gpt-4o}}"),
        ),
        (
            "weights of zero",
            "providers: [{name: openai, weight: 0}]\nrouting: {strategy: weighted}".to_owned(),
        ),
        (
            "a negative weight",
            "providers: [{name: openai, weight: -1}]".to_owned(),
        ),
        ("a policy of zeros", with("policies: {none: {quality: 0}}")),
        ("an unknown policy", with("routing: {policy: balancd}")),
        (
            "an unknown strategy",
            with("routing: {strategy: round-robbin}"),
        ),
        ("custom without rules", with("routing: {strategy: custom}")),
        ("model without routes", with("routing: {strategy: model}")),
        (
            "a rule that does not compile",
            with(
                "routing:\n  strategy: custom\n  rules:\n    - when: tokens < (500\n      arms: gpt-4o\n",
            ),
        ),
        (
            "a rule over an unknown variable",
            with(
                "routing:\n  rules:\n    - {when: \"messages > 2 && token < 500\", arms: gpt-4o}\n",
            ),
        ),
        (
            "a rule that does nothing",
            with("routing: {rules: [{when: \"tokens < 5\"}]}"),
        ),
        (
            "a fallback to nowhere",
            with("routing: {fallback: {provider: lcoal}}"),
        ),
        (
            "a code that is none",
            with("routing: {failover: {retry_codes: [42]}}"),
        ),
        (
            "a provider that is not there",
            with("routing: {providers: [{name: opena, priority: 1}]}"),
        ),
        (
            "a tenant's pattern that matches nothing",
            with("tenants: {t: {allow: [\"anthropic/*\"], policy: cheap}}"),
        ),
        (
            "an arm of no deployment",
            with("arms: [{name: a, deployments: [openai/gpt-4]}]"),
        ),
        (
            "doors at one address",
            with("server: {listen: \"127.0.0.1:1\", http_listen: \"127.0.0.1:1\"}"),
        ),
        ("a door that is none", with("server: {listen: everywhere}")),
        ("a level that is none", with("logging: {level: \"a=b=c\"}")),
        (
            "a key for no tenant",
            with("server: {keys: [{key: k, tenant: t}]}"),
        ),
        (
            "numbers out of range",
            with(
                "learning: {exploration: -1, forgetting: 3, implicit_feedback: {schema: {weight: 2}}, budget: {usd: 0, window: 1d}}",
            ),
        ),
    ];
    let cases: Vec<(&str, &str)> = cases.iter().map(|(n, t)| (*n, t.as_str())).collect();
    insta::assert_snapshot!(report(&cases), @r#"
        ## an alias loop
        the configuration has a problem:
          line 2, column 11: aliases.a: an alias loop: a -> b -> c -> a
            let one of them name an arm, a model or a provider

        ## an alias to itself
        the configuration has a problem:
          line 2, column 11: aliases.a: an alias loop: a -> a
            let one of them name an arm, a model or a provider

        ## a model in no provider
        the configuration has a problem:
          line 2, column 11: aliases.fast: "gpt-4o-mni" is no arm, model, provider or alias (did you mean "gpt-4o-mini" or "gpt-4o"?)
            name one that is there, or add the model to a provider's models

        ## a mapping to no provider
        the configuration has a problem:
          line 2, column 25: model_mapping.gpt-4.opnai: "opnai" is not a provider (did you mean "openai"?)
            name one of those under providers

        ## weights of zero
        the configuration has a problem:
          line 2, column 11: routing.strategy: all weights are 0: nothing could be chosen
            give at least one provider a weight above 0

        ## a negative weight
        the configuration has a problem:
          line 1, column 28: providers[0].weight: -1 is out of range
            expected 0 to 1000000000

        ## a policy of zeros
        the configuration has a problem:
          line 2, column 12: policies.none: all weights are 0: give at least one of quality, cost and latency a positive weight

        ## an unknown policy
        the configuration has a problem:
          line 2, column 11: routing.policy: "balancd" is not a policy (did you mean "balanced"?)
            expected one of balanced, cost, cost_optimized, latency, quality, quality_first

        ## an unknown strategy
        the configuration has a problem:
          line 2, column 11: routing.strategy: "round-robbin" is not a strategy (did you mean "round_robin"?): expected one of adaptive, priority, round_robin, random, weighted, least_connections, cost, latency, quality, balanced, model, custom

        ## custom without rules
        the configuration has a problem:
          line 2, column 11: routing.strategy: the strategy custom has no rules
            add routing.rules: [{when: "complexity < 25.0", arms: [...]}, ...]

        ## model without routes
        the configuration has a problem:
          line 2, column 11: routing.strategy: the strategy model has no routes
            add routing.model_routes: {gpt-4: openai, default: openai}

        ## a rule that does not compile
        the configuration has a problem:
          line 5, column 7: routing.rules[0].when: line 1, column 14 of the rule: Syntax error: missing ')' at '<EOF>'
            write a CEL condition, such as: tokens < 500 && class == "code"

        ## a rule over an unknown variable
        the configuration has a problem:
          line 4, column 8: routing.rules[0].when: line 1, column 17 of the rule: "token" is not a variable (did you mean "tokens" or "max_tokens"?); known: tokens, messages, max_tokens, complexity, class, model, tenant, tags, tools, images, stream
            write a CEL condition, such as: tokens < 500 && class == "code"

        ## a rule that does nothing
        the configuration has a problem:
          line 2, column 19: routing.rules[0]: a rule that does nothing
            add arms: [...], strategy: ... or policy: ...

        ## a fallback to nowhere
        the configuration has a problem:
          line 2, column 22: routing.fallback.provider: "lcoal" is no arm, model, provider or alias
            name one that is there, or add the model to a provider's models

        ## a code that is none
        the configuration has a problem:
          line 2, column 36: routing.failover.retry_codes[0]: 42 is no status of an error
            expected 400 to 599

        ## a provider that is not there
        the configuration has a problem:
          line 2, column 24: routing.providers[0].name: "opena" is not a provider (did you mean "openai"?)
            name one of those under providers

        ## a tenant's pattern that matches nothing
        the configuration has 2 problems:
          line 2, column 23: tenants.t.allow[0]: "anthropic/*" is no arm, model, provider or alias
            name one that is there, or add the model to a provider's models
          line 2, column 39: tenants.t.policy: "cheap" is not a policy
            expected one of balanced, cost, cost_optimized, latency, quality, quality_first

        ## an arm of no deployment
        the configuration has a problem:
          line 2, column 32: arms[0].deployments[0]: "openai/gpt-4" is no deployment (did you mean "openai/gpt-4o" or "openai/gpt-4o-mini"?)
            write provider/model, of a model under providers

        ## doors at one address
        the configuration has a problem:
          line 2, column 1: server: two doors have the same address
            give each a port of its own

        ## a door that is none
        the configuration has a problem:
          line 2, column 10: server.listen: not an address to listen on
            expected an address and a port such as 127.0.0.1:50051, or off

        ## a level that is none
        the configuration has a problem:
          line 2, column 11: logging.level: not a level or filter
            expected error, warn, info, debug or trace, or a list such as pointsman=debug,warn

        ## a key for no tenant
        the configuration has a problem:
          line 2, column 26: server.keys[0].tenant: "t" is not a tenant
            add it under tenants, empty if need be

        ## numbers out of range
        the configuration has 4 problems:
          line 2, column 12: learning.exploration: -1 is out of range
            expected 0 to 10
          line 2, column 29: learning.forgetting: 3 is out of range
            expected 0.5 to 1
          line 2, column 73: learning.implicit_feedback.schema.weight: 2 is out of range
            expected 0 to 1
          line 2, column 95: learning.budget.usd: 0 US dollars lets nothing through
            expected more than 0; leave the key out for no ceiling
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
