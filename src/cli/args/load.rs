//! Arguments of `load`.

use crate::load;
use clap::{ArgGroup, Args, ValueEnum};

/// `load`
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("pace").args(["rate", "concurrency"])))]
pub struct LoadArgs {
    /// What to call.
    pub call: LoadCall,
    /// Open loop: calls a second, evenly spaced, whatever the server does. Latencies count from the
    /// moment each call was due.
    #[arg(long, value_parser = rate)]
    pub rate: Option<f64>,
    /// Closed loop: so many callers, each waiting for its answer [default: 1].
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub concurrency: Option<u32>,
    /// Seconds that are counted.
    #[arg(long, default_value_t = 10.0, value_parser = super::seconds)]
    pub duration: f64,
    /// Seconds before counting begins.
    #[arg(long, default_value_t = 1.0, value_parser = seconds_or_none)]
    pub warm_up: f64,
    /// Calls that are counted at most.
    #[arg(long)]
    pub requests: Option<u64>,
    /// Connections, used in turn.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub connections: u32,
    /// Different prompts before they come again; 0 = every prompt is new.
    #[arg(long, default_value_t = 0)]
    pub prompts: u64,
    /// Length of a prompt in words, each of them one token.
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..=4096))]
    pub words: u32,
    /// For `feedback`: decisions made beforehand, each judged once.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..=5_000_000))]
    pub decisions: u64,
}

/// What to call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LoadCall {
    /// Decide, and nothing else.
    Decide,
    /// Whole answers.
    Route,
    /// Answers in pieces.
    RouteStream,
    /// Judgements.
    Feedback,
}

impl LoadArgs {
    /// When calls begin and how many.
    pub fn plan(&self) -> load::Plan {
        let callers = self.concurrency.unwrap_or(1) as usize;
        let pace = self
            .rate
            .map_or(load::Pace::Callers(callers), load::Pace::Rate);
        load::Plan {
            warm_up: std::time::Duration::from_secs_f64(self.warm_up),
            duration: std::time::Duration::from_secs_f64(self.duration),
            requests: self.requests.unwrap_or(u64::MAX),
            ..load::Plan::new(pace)
        }
    }
}

fn rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if rate > 0.0 && rate <= 1e6 => Ok(rate),
        _ => Err("expected calls a second over 0, at most 1000000".into()),
    }
}

fn seconds_or_none(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(0.0) => Ok(0.0),
        _ => super::seconds(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_a_positive_number() {
        assert!(rate("0").is_err() && rate("nan").is_err() && rate("x").is_err());
        assert_eq!(rate("0.5"), Ok(0.5));
        assert_eq!(seconds_or_none("0"), Ok(0.0));
    }
}
