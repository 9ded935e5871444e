//! The command line: verbs that run the service, verbs that call one, and a few that need neither.
//!
//! Every verb prints for people by default and JSON with `--json`; the exit code says how it went
//! (`exit`). Client verbs speak gRPC like any other client.

mod args;
mod client;
mod exit;
mod json;
mod output;
mod routing;
mod table;
mod trouble;
mod verbs;

pub use args::Cli;
pub use exit::Exit;

use self::{args::Verb, client::Client, output::Output, trouble::Trouble};
use std::process::ExitCode;

/// Runs what the arguments ask for.
pub fn run(cli: Cli) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("pointsman: cannot start: {error}");
            return Exit::Failed.into();
        }
    };
    let done = runtime.block_on(verb(cli));
    // Upstream calls that nobody waits for must not hold the program back.
    runtime.shutdown_background();
    match done {
        Ok(()) => Exit::Done.into(),
        Err(trouble) => {
            trouble.print();
            trouble.exit().into()
        }
    }
}

async fn verb(cli: Cli) -> Result<(), Trouble> {
    let mut out = Output::new(cli.target.json);
    let client = Client::new(&cli.target);
    match cli.verb {
        Verb::Check(args) => verbs::local::check(&args, &mut out),
        Verb::Catalogue => verbs::local::catalogue(&mut out),
        Verb::Count(args) => verbs::local::count(&args, &mut out),
        Verb::Cost(args) => verbs::local::cost(&args, &mut out),
        Verb::Version => verbs::local::version(&mut out),
        Verb::Route(args) => verbs::ask::route(&client, args, &mut out).await,
        Verb::Parallel(args) => verbs::ask::parallel(&client, args, &mut out).await,
        Verb::Compare(args) => verbs::ask::compare(&client, args, &mut out).await,
        Verb::Decide(args) => verbs::ask::decide(&client, args, &mut out).await,
        Verb::Feedback(args) => verbs::judge::feedback(&client, args, &mut out).await,
        Verb::WarmUp(args) => verbs::judge::warm_up(&client, args, &mut out).await,
        Verb::Profiles(args) => verbs::learned::profiles(&client, args, &mut out).await,
        Verb::Classes(args) => verbs::learned::classes(&client, args, &mut out).await,
        Verb::Providers(args) => verbs::operate::providers(&client, args, &mut out).await,
        Verb::Deployments(args) => verbs::operate::deployments(&client, args, &mut out).await,
        Verb::Config(args) => verbs::operate::config(&client, args, &mut out).await,
        Verb::Events(args) => verbs::operate::events(&client, args, &mut out).await,
        Verb::Stats(args) => verbs::history::stats(&client, args, &mut out).await,
        Verb::Decisions(args) => verbs::history::decisions(&client, args, &mut out).await,
        Verb::Memory(args) => verbs::memory::memory(&client, args, &mut out).await,
    }
}
