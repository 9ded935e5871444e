//! What may be typed. `pointsman --help` is written from here.

mod ask;
mod bench;
mod load;
mod look;
mod operate;
mod run;

pub use ask::{CompareArgs, FeedbackArgs, ParallelArgs, RouteArgs, WarmUpArgs};
pub use bench::BenchArgs;
pub use load::{LoadArgs, LoadCall};
pub use look::{
    ClassesArgs, ClassesVerb, DecisionsArgs, DecisionsListArgs, DecisionsVerb, EventsArgs,
    ProfilesArgs, StatsArgs,
};
pub use operate::{
    CacheArgs, CacheVerb, ConfigArgs, ConfigVerb, DeploymentArg, DeploymentsArgs, DeploymentsVerb,
    MemoryArgs, MemoryVerb, ProvidersArgs,
};
pub use run::{CheckArgs, CostArgs, CountArgs, DemoArgs, Door, EvaluateArgs, ServeArgs};

use super::{exit, routing::AskArgs};
use clap::{Args, Parser, Subcommand};

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
    /// Look into the response caches, or evict answers.
    Cache(On<CacheArgs>),
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
    /// Put a server under load and measure what its callers see.
    Load(On<LoadArgs>),
    /// Measure this build against bare floors, in one run.
    Bench(BenchArgs),
    /// Replay graded datasets through the router and its baselines.
    Replay(crate::replay::cli::Args),
    /// Estimate what another trade-off would have had, from remembered decisions.
    Evaluate(On<EvaluateArgs>),
    /// Print the version.
    Version(On<Nothing>),
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if seconds > 0.0 && seconds <= 86_400.0 => Ok(seconds),
        _ => Err("expected seconds over 0, at most 86400".into()),
    }
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
    fn a_time_limit_is_positive() {
        assert!(seconds("0").is_err() && seconds("nan").is_err());
        assert_eq!(seconds("1.5"), Ok(1.5));
    }
}
