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

use self::{
    args::{On, Verb},
    client::Client,
    output::Output,
    trouble::Trouble,
};
use clap::Args;
use std::process::ExitCode;

/// What a verb ends with.
type Done = Result<(), Trouble>;

/// Runs what the arguments ask for.
#[must_use]
pub fn run(cli: Cli) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: cannot start: {error}");
            return Exit::Failed.into();
        }
    };
    let done = runtime.block_on(verb(cli.verb));
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

async fn verb(verb: Verb) -> Done {
    match verb {
        Verb::Serve(args) => verbs::serve::serve(args).await,
        Verb::Demo(args) => verbs::demo::demo(args).await,
        Verb::Replay(args) => verbs::replay::replay(args).await,
        Verb::Bench(args) => verbs::bench::bench(args).await,
        Verb::Check(on) => local(on, verbs::local::check),
        Verb::Catalogue(on) => local(on, verbs::local::catalogue),
        Verb::Count(on) => local(on, verbs::local::count),
        Verb::Cost(on) => local(on, verbs::local::cost),
        Verb::Evaluate(on) => local(on, verbs::evaluate::evaluate),
        Verb::Version(on) => local(on, verbs::local::version),
        Verb::Route(on) => remote(on, verbs::ask::route).await,
        Verb::Parallel(on) => remote(on, verbs::ask::parallel).await,
        Verb::Compare(on) => remote(on, verbs::ask::compare).await,
        Verb::Decide(on) => remote(on, verbs::ask::decide).await,
        Verb::Feedback(on) => remote(on, verbs::judge::feedback).await,
        Verb::WarmUp(on) => remote(on, verbs::judge::warm_up).await,
        Verb::Profiles(on) => remote(on, verbs::learned::profiles).await,
        Verb::Classes(on) => remote(on, verbs::learned::classes).await,
        Verb::Providers(on) => remote(on, verbs::operate::providers).await,
        Verb::Deployments(on) => remote(on, verbs::operate::deployments).await,
        Verb::Config(on) => remote(on, verbs::operate::config).await,
        Verb::Events(on) => remote(on, verbs::operate::events).await,
        Verb::Stats(on) => remote(on, verbs::history::stats).await,
        Verb::Decisions(on) => remote(on, verbs::history::decisions).await,
        Verb::Cache(on) => remote(on, verbs::cache::cache).await,
        Verb::Memory(on) => remote(on, verbs::memory::memory).await,
        Verb::Load(on) => remote(on, verbs::load::load).await,
    }
}

/// A verb that calls a server.
async fn remote<T: Args>(
    on: On<T>,
    verb: impl AsyncFnOnce(&Client, T, &mut Output) -> Done,
) -> Done {
    let client = Client::new(&on.target);
    verb(&client, on.args, &mut Output::new(on.target.json)).await
}

/// A verb that needs nobody.
fn local<T: Args>(on: On<T>, verb: impl FnOnce(&T, &mut Output) -> Done) -> Done {
    verb(&on.args, &mut Output::new(on.target.json))
}
