//! What is wrong with routing, policies, learning and tenants, said with its place and a remedy.

use super::bad::{OPENAI, report};

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
