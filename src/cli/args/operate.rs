//! Arguments of the verbs that run providers, configuration and memory.

use clap::{Args, Subcommand};
use std::path::PathBuf;

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
        /// The memory in this directory instead of the server's; no server may have it open.
        #[arg(long, value_name = "DIR")]
        directory: Option<PathBuf>,
    },
    /// Take an export into the server's memory, which must be empty unless --merge or --replace is given.
    Import {
        /// The file.
        file: PathBuf,
        /// Add what the export knows to what is there; the same export twice counts once.
        #[arg(long, conflicts_with = "replace")]
        merge: bool,
        /// Forget what is there first.
        #[arg(long)]
        replace: bool,
    },
    /// Forget everything learned.
    Reset {
        /// Yes, everything.
        #[arg(long)]
        yes: bool,
        /// Remove the memory in this directory, even a damaged one, instead of emptying the
        /// server's; no server may have it open.
        #[arg(long, value_name = "DIR")]
        directory: Option<PathBuf>,
    },
}

/// `cache`
#[derive(Debug, Args)]
pub struct CacheArgs {
    #[command(subcommand)]
    pub verb: CacheVerb,
}

/// What to do with the response caches.
#[derive(Debug, Subcommand)]
pub enum CacheVerb {
    /// What they hold and found.
    Show,
    /// Evict answers; all of them without an option.
    Clear {
        /// Only the answer of this decision.
        #[arg(long)]
        decision: Option<String>,
        /// Only answers to this tenant.
        #[arg(long)]
        tenant: Option<String>,
    },
}
