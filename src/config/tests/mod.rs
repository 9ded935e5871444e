//! Tests over the whole way from text to configuration.

mod bad;
mod bad_routing;
mod examples;
mod good;
mod layers;

use super::{Config, Origin, Problems, from_text};

/// An environment of a few variables.
fn env(name: &str) -> Option<String> {
    let value = match name {
        "OPENAI_API_KEY" => "sk-openai-secret",
        "ANTHROPIC_API_KEY" => "sk-ant-secret",
        "AZURE_API_KEY" => "azure-secret",
        "GROQ_API_KEY" => "gsk-secret",
        "PORT" => "9000",
        "EMPTY" => "",
        _ => return None,
    };
    Some(value.to_owned())
}

fn read(text: &str) -> Result<Config, Problems> {
    from_text(text, Origin::File("test.yaml".into()), &env)
}

/// The configuration of a text that must be right.
#[track_caller]
fn good(text: &str) -> Config {
    read(text).unwrap_or_else(|problems| panic!("{problems}"))
}
