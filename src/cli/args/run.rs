//! Arguments of the verbs that run the service, or need none.

use clap::Args;
use std::{net::SocketAddr, path::PathBuf};

/// `serve`
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Configuration file (YAML); given again, the next is laid over the ones before. Without one,
    /// API keys in the environment and a local Ollama are used; without those, simulated models.
    #[arg(long, short, env = "POINTSMAN_CONFIG", value_name = "FILE")]
    pub config: Vec<PathBuf>,
    /// Lay this profile over the files: of their `profiles`, or FILE.NAME.yaml beside FILE.yaml.
    #[arg(
        long,
        env = "POINTSMAN_PROFILE",
        value_name = "NAME",
        requires = "config"
    )]
    pub profile: Option<String>,
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
    /// Say as one line of JSON where the service listens.
    #[arg(long)]
    pub json: bool,
}

/// `evaluate`
#[derive(Debug, Args)]
pub struct EvaluateArgs {
    /// A memory directory that no server has open, or an export (`memory export`).
    #[arg(value_name = "DIRECTORY|EXPORT")]
    pub log: PathBuf,
    /// The policy (YAML or JSON): {weights: {quality, cost, latency}, allow: LIST, deny: LIST};
    /// what is missing is as in the balanced policy, with all arms.
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// Weight of quality; overrides the file.
    #[arg(long)]
    pub quality: Option<f64>,
    /// Weight of cost; overrides the file.
    #[arg(long)]
    pub cost: Option<f64>,
    /// Weight of latency; overrides the file.
    #[arg(long)]
    pub latency: Option<f64>,
    /// Only these arms; may be given several times.
    #[arg(long, value_name = "ARM")]
    pub allow: Vec<String>,
    /// Not these arms; may be given several times.
    #[arg(long, value_name = "ARM")]
    pub deny: Vec<String>,
}

/// A door, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Door(pub Option<SocketAddr>);

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
    /// Print the result as JSON; the story goes to standard error.
    #[arg(long)]
    pub json: bool,
}

/// `check`
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The file; more are laid over it in turn.
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// Lay this profile over the files.
    #[arg(long, env = "POINTSMAN_PROFILE", value_name = "NAME")]
    pub profile: Option<String>,
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

fn door(text: &str) -> Result<Door, String> {
    if text == "off" {
        return Ok(Door(None));
    }
    let address = text.parse().map(|address| Door(Some(address)));
    address.map_err(|_| "expected IP:PORT, such as 127.0.0.1:8080, or off".into())
}
