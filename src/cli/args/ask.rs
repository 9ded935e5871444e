//! Arguments of the verbs that ask and that teach.

use crate::cli::routing::AskArgs;
use clap::{ArgGroup, Args};
use std::path::PathBuf;

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
    /// An arm that chooses where the answers split; with majority and quorum.
    #[arg(long, value_name = "ARM")]
    pub judge: Option<String>,
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

/// `warm-up`
#[derive(Debug, Args)]
pub struct WarmUpArgs {
    /// JSON lines: {"prompt": "...", "scores": {"provider/model": 0.9, ...}, "weight": 1}; `-` = standard input.
    pub file: PathBuf,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fan_out_is_named_or_refused() {
        assert_eq!(fan_out("quorum:2").unwrap().quorum, Some(2));
        assert!(fan_out("all").is_err() && fan_out("quorum:x").is_err());
    }
}
