//! What may be typed. `pointsman --help` is written from here.

use super::{exit, routing::AskArgs};
use clap::{ArgGroup, Args, Parser, Subcommand};
use std::{net::SocketAddr, path::PathBuf};

/// An adaptive router for large language models that learns from feedback and remembers.
#[derive(Debug, Parser)]
#[command(name = "pointsman", version, after_help = exit::HELP, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// A verb's own arguments beside those that all of them share.
#[derive(Debug, Args)]
pub struct On<T: Args> {
    #[command(flatten)]
    pub target: Target,
    #[command(flatten)]
    pub args: T,
}

/// No argument of its own.
#[derive(Debug, Args)]
pub struct Nothing {}

/// Which server, and how to print.
#[derive(Debug, Args)]
#[command(next_help_heading = "Common")]
pub struct Target {
    /// Address of the server that client verbs call.
    #[arg(
        long,
        global = true,
        env = "POINTSMAN_ADDRESS",
        default_value = "http://127.0.0.1:50051"
    )]
    pub address: String,
    /// Key to show, where the server asks for one.
    #[arg(long, global = true, env = "POINTSMAN_KEY", hide_env_values = true)]
    pub key: Option<String>,
    /// Give up after this many seconds.
    #[arg(long, global = true, value_name = "SECONDS", value_parser = seconds)]
    pub timeout: Option<f64>,
    /// Print JSON.
    #[arg(long, global = true)]
    pub json: bool,
}

/// `demo`
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Seed of the prompts and of the simulated models.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// How many prompts to send.
    #[arg(long, default_value_t = 400, value_parser = clap::value_parser!(u32).range(20..=100_000))]
    pub prompts: u32,
    /// How prompts are embedded.
    #[arg(long, default_value = "auto", value_parser = ["auto", "minilm", "static"])]
    pub embedder: String,
    /// Eight kinds of prompts instead of five.
    #[arg(long)]
    pub all_kinds: bool,
    /// Leave the memory on disk and say where.
    #[arg(long)]
    pub keep: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Run the service.
    Serve(ServeArgs),
    /// Watch the router learn, on simulated models.
    Demo(DemoArgs),
    /// Check a configuration file and show what it means.
    Check(On<CheckArgs>),
    /// Send a prompt to the model that is the best trade-off.
    Route(On<RouteArgs>),
    /// Send a prompt to several models at once and take one answer.
    Parallel(On<ParallelArgs>),
    /// Send a prompt to several models and show all answers.
    Compare(On<CompareArgs>),
    /// Only decide which model to call.
    Decide(On<AskArgs>),
    /// Say how good an answer was.
    Feedback(On<FeedbackArgs>),
    /// What is known of each prompt class and arm.
    Profiles(On<ProfilesArgs>),
    /// Learned prompt classes.
    Classes(On<ClassesArgs>),
    /// Providers with their deployments and health.
    Providers(On<ProvidersArgs>),
    /// Drain, disable, enable or reset a deployment.
    Deployments(On<DeploymentsArgs>),
    /// Spend and savings.
    Stats(On<StatsArgs>),
    /// Past decisions.
    Decisions(On<DecisionsArgs>),
    /// Watch events as they happen.
    Events(On<EventsArgs>),
    /// Carry the memory about.
    Memory(On<MemoryArgs>),
    /// Teach from scored examples (JSON lines).
    WarmUp(On<WarmUpArgs>),
    /// Known vendors, models and prices.
    Catalogue(On<Nothing>),
    /// The configuration that the server runs with.
    Config(On<ConfigArgs>),
    /// Estimate the tokens of a text.
    Count(On<CountArgs>),
    /// Estimate what a text costs on each known model.
    Cost(On<CostArgs>),
    /// Replay graded datasets through the router and its baselines.
    Replay(crate::replay::cli::Args),
    /// Print the version.
    Version(On<Nothing>),
}

/// `serve`
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Configuration file (YAML). Without one, API keys in the environment and a local Ollama are
    /// used; without those, simulated models.
    #[arg(long, short, env = "POINTSMAN_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// gRPC address; overrides the configuration.
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<SocketAddr>,
    /// HTTP address, or `off`; overrides the configuration.
    #[arg(long, value_name = "ADDRESS|off", value_parser = door)]
    pub http_listen: Option<Door>,
    /// Directory of the memory; overrides the configuration.
    #[arg(long, value_name = "DIR")]
    pub memory: Option<PathBuf>,
    /// Root of all random draws; absent = the memory's own.
    #[arg(long)]
    pub seed: Option<u64>,
}

/// A door, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Door(pub Option<SocketAddr>);

/// `check`
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The file.
    pub file: PathBuf,
}

/// `route`
#[derive(Debug, Args)]
pub struct RouteArgs {
    #[command(flatten)]
    pub ask: AskArgs,
    /// Print the answer as it comes.
    #[arg(long)]
    pub stream: bool,
    /// A cut stream may start again on another arm.
    #[arg(long, requires = "stream")]
    pub restart: bool,
}

/// `parallel`
#[derive(Debug, Args)]
pub struct ParallelArgs {
    #[command(flatten)]
    pub ask: AskArgs,
    /// How many arms, 2 to 8.
    #[arg(long, default_value_t = 3)]
    pub count: u32,
    /// Which answer: first, best, majority or quorum:N.
    #[arg(long, default_value = "majority", value_parser = fan_out)]
    pub take: FanOutArg,
}

/// How one answer is taken of several.
#[derive(Clone, Copy, Debug)]
pub struct FanOutArg {
    /// The mode.
    pub mode: crate::proto::FanOutMode,
    /// How many must agree.
    pub quorum: Option<u32>,
}

/// `compare`
#[derive(Debug, Args)]
pub struct CompareArgs {
    #[command(flatten)]
    pub ask: AskArgs,
    /// The arms, 2 to 8; absent = the best `--count` by the ranking.
    #[arg(long, value_delimiter = ',')]
    pub arms: Vec<String>,
    /// How many arms where none are named.
    #[arg(long, conflicts_with = "arms")]
    pub count: Option<u32>,
}

/// `feedback`
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("judgement").args(["quality", "good", "bad"])))]
pub struct FeedbackArgs {
    /// The decision, as `route` or `decide` printed it.
    pub decision: String,
    /// Quality from 0 to 1.
    #[arg(long, short)]
    pub quality: Option<f64>,
    /// The answer was good.
    #[arg(long)]
    pub good: bool,
    /// The answer was bad.
    #[arg(long)]
    pub bad: bool,
    /// Free words, kept with the decision.
    #[arg(long)]
    pub comment: Option<String>,
    /// The arm judged; absent = the one that served.
    #[arg(long)]
    pub arm: Option<String>,
    /// Who judges.
    #[arg(long)]
    pub rater: Option<String>,
    /// Makes the call idempotent.
    #[arg(long)]
    pub request_id: Option<String>,
    /// After `decide`: cost seen, in US dollars.
    #[arg(long, value_name = "USD")]
    pub cost: Option<f64>,
    /// After `decide`: latency seen, in milliseconds.
    #[arg(long, value_name = "MS")]
    pub latency: Option<f64>,
    /// After `decide`: the call failed.
    #[arg(long)]
    pub failed: bool,
}

/// `profiles`
#[derive(Debug, Args)]
pub struct ProfilesArgs {
    /// Only this class, such as c12.
    #[arg(long)]
    pub class: Option<String>,
    /// Only this arm.
    #[arg(long)]
    pub arm: Option<String>,
}

/// `classes`
#[derive(Debug, Args)]
pub struct ClassesArgs {
    #[command(subcommand)]
    pub verb: Option<ClassesVerb>,
}

/// What to do with classes; nothing = list them.
#[derive(Debug, Subcommand)]
pub enum ClassesVerb {
    /// Give a class a label; an empty one takes it away.
    Rename {
        /// The class, such as c12.
        class: String,
        /// Its label.
        label: String,
    },
}

/// `providers`
#[derive(Debug, Args)]
pub struct ProvidersArgs {
    /// Only this provider.
    pub name: Option<String>,
}

/// `deployments`
#[derive(Debug, Args)]
pub struct DeploymentsArgs {
    #[command(subcommand)]
    pub verb: DeploymentsVerb,
}

/// What to do with a deployment.
#[derive(Debug, Subcommand)]
pub enum DeploymentsVerb {
    /// No new calls; those in flight end by themselves.
    Drain(DeploymentArg),
    /// No calls; those in flight are cancelled.
    Disable(DeploymentArg),
    /// Take calls again.
    Enable(DeploymentArg),
    /// Close its breaker and forget its recent failures.
    Reset(DeploymentArg),
}

/// Which deployment.
#[derive(Debug, Args)]
pub struct DeploymentArg {
    /// Its id, as `providers` shows it.
    pub deployment: String,
}

/// `stats`
#[derive(Debug, Args)]
pub struct StatsArgs {
    /// From this moment, Unix milliseconds.
    #[arg(long, value_name = "MS")]
    pub from: Option<u64>,
    /// Before this moment, Unix milliseconds.
    #[arg(long, value_name = "MS")]
    pub to: Option<u64>,
    /// The arm that savings are measured against.
    #[arg(long)]
    pub baseline: Option<String>,
}

/// `decisions`
#[derive(Debug, Args)]
pub struct DecisionsArgs {
    #[command(subcommand)]
    pub verb: DecisionsVerb,
}

/// What to do with decisions.
#[derive(Debug, Subcommand)]
pub enum DecisionsVerb {
    /// The newest decisions.
    List(DecisionsListArgs),
    /// One decision, explained.
    Show {
        /// Its id.
        id: String,
    },
}

/// `decisions list`
#[derive(Debug, Args)]
pub struct DecisionsListArgs {
    /// At most this many.
    #[arg(long, short = 'n', default_value_t = 20)]
    pub limit: u32,
    /// Go on after this one (`next_page_token`).
    #[arg(long)]
    pub after: Option<String>,
    /// Only those that chose this arm.
    #[arg(long)]
    pub arm: Option<String>,
    /// Only those of this class.
    #[arg(long)]
    pub class: Option<String>,
    /// Only those of this tenant.
    #[arg(long)]
    pub tenant: Option<String>,
    /// Only those that failed.
    #[arg(long)]
    pub failed: bool,
}

/// `events`
#[derive(Debug, Args)]
pub struct EventsArgs {
    /// Only these kinds, such as health,learned.
    #[arg(long, value_delimiter = ',', value_parser = event_kind)]
    pub kinds: Vec<i32>,
    /// End after this many.
    #[arg(long, short = 'n')]
    pub limit: Option<u64>,
}

/// `memory`
#[derive(Debug, Args)]
pub struct MemoryArgs {
    #[command(subcommand)]
    pub verb: MemoryVerb,
}

/// What to do with the memory.
#[derive(Debug, Subcommand)]
pub enum MemoryVerb {
    /// What a memory on disk holds, as text. Reads the directory; no server may have it open.
    Dump {
        /// The directory.
        directory: PathBuf,
        /// Decisions shown at most, newest first.
        #[arg(long, default_value_t = 20)]
        decisions: usize,
    },
    /// Save the server's memory to a file.
    Export {
        /// The file; must not exist.
        file: PathBuf,
    },
    /// Take an export into the server's memory.
    Import {
        /// The file.
        file: PathBuf,
        /// Replace what is there instead of adding to it.
        #[arg(long)]
        replace: bool,
    },
    /// Forget everything learned.
    Reset {
        /// Yes, everything.
        #[arg(long)]
        yes: bool,
    },
}

/// `warm-up`
#[derive(Debug, Args)]
pub struct WarmUpArgs {
    /// JSON lines: {"prompt": "...", "scores": {"provider/model": 0.9, ...}, "weight": 1}; `-` = standard input.
    pub file: PathBuf,
}

/// `config`
#[derive(Debug, Args)]
pub struct ConfigArgs {
    #[command(subcommand)]
    pub verb: ConfigVerb,
}

/// What to do with the configuration.
#[derive(Debug, Subcommand)]
pub enum ConfigVerb {
    /// The configuration in force, secrets hidden.
    Show,
}

/// `count`
#[derive(Debug, Args)]
pub struct CountArgs {
    /// The text; `-` reads it from standard input.
    pub text: String,
}

/// `cost`
#[derive(Debug, Args)]
pub struct CostArgs {
    /// The text; `-` reads it from standard input.
    pub text: String,
    /// Output tokens expected.
    #[arg(long, default_value_t = 300)]
    pub output_tokens: u32,
    /// Only models whose name contains this.
    #[arg(long)]
    pub model: Option<String>,
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if seconds > 0.0 && seconds <= 86_400.0 => Ok(seconds),
        _ => Err("expected seconds over 0, at most 86400".into()),
    }
}

fn door(text: &str) -> Result<Door, String> {
    if text == "off" {
        return Ok(Door(None));
    }
    let address = text.parse().map(|address| Door(Some(address)));
    address.map_err(|_| "expected IP:PORT, such as 127.0.0.1:8080, or off".into())
}

fn fan_out(text: &str) -> Result<FanOutArg, String> {
    use crate::proto::FanOutMode as Mode;
    let (mode, quorum) = match text.split_once(':') {
        None if text == "first" => (Mode::First, None),
        None if text == "best" => (Mode::Best, None),
        None if text == "majority" => (Mode::Majority, None),
        Some(("quorum", needed)) => match needed.parse() {
            Ok(needed) => (Mode::Quorum, Some(needed)),
            Err(_) => return Err("expected quorum:N, for example quorum:2".into()),
        },
        _ => return Err("expected first, best, majority or quorum:N".into()),
    };
    Ok(FanOutArg { mode, quorum })
}

fn event_kind(text: &str) -> Result<i32, String> {
    let name = format!("EVENT_KIND_{}", text.to_ascii_uppercase().replace('-', "_"));
    crate::proto::EventKind::from_str_name(&name)
        .map(Into::into)
        .ok_or_else(|| {
            "expected decided, ended, attempt_failed, switched, health, operator, feedback, learned or memory".into()
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn values_are_parsed_or_refused_with_the_form_expected() {
        assert_eq!(fan_out("quorum:2").unwrap().quorum, Some(2));
        assert!(fan_out("all").is_err());
        assert!(seconds("0").is_err() && seconds("nan").is_err());
        assert_eq!(event_kind("attempt-failed").unwrap(), 3);
        assert!(event_kind("nothing").is_err());
    }
}
