//! Arguments that say what to ask and how to route it, shared by `route`, `compare`, `parallel` and
//! `decide`.

use super::trouble::Trouble;
use crate::proto;
use std::io::Read;

/// What to ask.
#[derive(Debug, clap::Args)]
pub struct AskArgs {
    /// The prompt; `-` reads it from standard input.
    pub prompt: String,
    /// Instructions of the application, before the prompt.
    #[arg(long)]
    pub system: Option<String>,
    /// Output tokens at most.
    #[arg(long)]
    pub max_tokens: Option<u32>,
    /// Sampling temperature, 0 to 2.
    #[arg(long)]
    pub temperature: Option<f64>,
    /// The caller's own id of the request.
    #[arg(long)]
    pub request_id: Option<String>,
    #[command(flatten)]
    pub routing: RoutingArgs,
}

/// How to route.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Routing")]
pub struct RoutingArgs {
    /// A named policy: balanced, quality, cost, latency, or one of the configuration.
    #[arg(long)]
    pub policy: Option<String>,
    /// A trade-off for this request: QUALITY,COST,LATENCY, each at least 0.
    #[arg(long, value_parser = weights)]
    pub weights: Option<proto::Weights>,
    /// A strategy by name.
    #[arg(long)]
    pub strategy: Option<String>,
    /// Exactly this arm.
    #[arg(long)]
    pub arm: Option<String>,
    /// A model name or alias.
    #[arg(long)]
    pub model: Option<String>,
    /// Only arms of this provider.
    #[arg(long)]
    pub provider: Option<String>,
    /// Only these arms.
    #[arg(long, value_delimiter = ',')]
    pub allow: Vec<String>,
    /// Not these arms.
    #[arg(long, value_delimiter = ',')]
    pub deny: Vec<String>,
    /// What to try after the chosen arm.
    #[arg(long, value_delimiter = ',')]
    pub fallbacks: Vec<String>,
    /// No retry and no fallback.
    #[arg(long)]
    pub no_fallbacks: bool,
    /// Estimated cost at most, in US dollars.
    #[arg(long, value_name = "USD")]
    pub max_cost: Option<f64>,
    /// The session.
    #[arg(long)]
    pub session: Option<String>,
    /// Who asks.
    #[arg(long)]
    pub tenant: Option<String>,
    /// A label, NAME=VALUE; may be given several times.
    #[arg(long = "tag", value_parser = tag)]
    pub tags: Vec<(String, String)>,
    /// Choose the best arm by estimate, explore nothing.
    #[arg(long)]
    pub no_explore: bool,
    /// Leave out what no arm takes (tools, images, a JSON schema, the oldest turns); the answer says so.
    #[arg(long)]
    pub degrade: bool,
    /// What the response caches may do.
    #[arg(long, value_parser = cache, value_name = "off|on|refresh")]
    pub cache: Option<proto::CacheMode>,
}

impl AskArgs {
    /// The chat; reads standard input where the prompt is `-`.
    ///
    /// # Errors
    /// Where standard input is not UTF-8 or cannot be read.
    pub fn chat(&self) -> Result<proto::Chat, Trouble> {
        let prompt = text(&self.prompt)?;
        let sampling = proto::Sampling {
            max_tokens: self.max_tokens,
            temperature: self.temperature,
            ..proto::Sampling::default()
        };
        let mut chat = proto::Chat {
            sampling: Some(sampling),
            ..proto::Chat::default()
        };
        match &self.system {
            None => chat.prompt = Some(prompt),
            Some(system) => {
                chat.messages = vec![
                    message(proto::Role::System, system.clone()),
                    message(proto::Role::User, prompt),
                ];
            }
        }
        Ok(chat)
    }
}

impl RoutingArgs {
    /// The wishes.
    #[must_use]
    pub fn routing(self) -> proto::Routing {
        proto::Routing {
            policy: self.policy,
            weights: self.weights,
            strategy: self.strategy,
            arm: self.arm,
            model: self.model,
            provider: self.provider,
            allow: self.allow,
            deny: self.deny,
            fallbacks: self.fallbacks,
            disable_fallbacks: self.no_fallbacks,
            max_cost_usd: self.max_cost,
            fan_out: None,
            session: self.session,
            tenant: self.tenant,
            tags: self.tags.into_iter().collect(),
            explore: self.no_explore.then_some(false),
            restart_stream: false,
            degrade: self.degrade.then_some(true),
            cache: self.cache.unwrap_or_default().into(),
        }
    }
}

fn message(role: proto::Role, text: String) -> proto::Message {
    proto::Message {
        role: role.into(),
        text: Some(text),
        ..proto::Message::default()
    }
}

/// The text of an argument; `-` is standard input.
///
/// # Errors
/// Where standard input is not UTF-8 or cannot be read.
pub fn text(argument: &str) -> Result<String, Trouble> {
    if argument != "-" {
        return Ok(argument.to_owned());
    }
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .map_err(|error| Trouble::Failed(format!("standard input: {error}")))?;
    Ok(text)
}

fn weights(text: &str) -> Result<proto::Weights, String> {
    let numbers: Result<Vec<f64>, _> = text.split(',').map(|part| part.trim().parse()).collect();
    match numbers.as_deref() {
        Ok([quality, cost, latency]) => Ok(proto::Weights {
            quality: *quality,
            cost: *cost,
            latency: *latency,
        }),
        _ => Err("expected three numbers: QUALITY,COST,LATENCY, for example 1,0.2,0.02".into()),
    }
}

fn cache(text: &str) -> Result<proto::CacheMode, String> {
    match text {
        "off" => Ok(proto::CacheMode::Off),
        "on" => Ok(proto::CacheMode::On),
        "refresh" => Ok(proto::CacheMode::Refresh),
        _ => Err("expected off, on or refresh".into()),
    }
}

fn tag(text: &str) -> Result<(String, String), String> {
    let (name, value) = text
        .split_once('=')
        .ok_or("expected NAME=VALUE, for example team=search")?;
    Ok((name.to_owned(), value.to_owned()))
}
