//! `Decide` over gRPC against a bare echo of the same message sizes: learning on, decisions durable.

use super::{
    BenchError, Context, Floor, Measure,
    echo::Caller,
    rounds::Rounds,
    server::{Server, Temporary, Wanted},
};
use crate::{
    embed::{Embedder as _, Kind, MiniLm, Settings},
    load::{Call, Pace, Plan, Prompts, Report, Target, drive},
};
use std::{
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::Duration,
};
use tokio::time::Instant;

pub(super) const SUITE: &str = "decide";
/// Words of a prompt, each one token.
pub(super) const WORDS: usize = 32;
/// Prompts of the contestant whose embeddings are cached.
const CACHED: u64 = 1000;
/// Bytes of the request of such a prompt, about.
const REQUEST_BYTES: usize = 180;

/// Prompts that no other run has.
pub(super) fn fresh(run: &mut u64) -> Prompts {
    *run += 1;
    Prompts {
        from: *run << 32,
        different: None,
        words: WORDS,
    }
}

fn cached() -> Prompts {
    Prompts {
        from: 0,
        different: Some(CACHED),
        words: WORDS,
    }
}

/// A measured run that is to have no failures.
pub(super) async fn measured(
    target: impl Target,
    what: &str,
    pace: Pace,
    time: Duration,
) -> Result<Report, BenchError> {
    let plan = Plan {
        warm_up: time.mul_f64(0.2),
        duration: time,
        ..Plan::new(pace)
    };
    let report = drive(target, what, &plan).await?;
    if report.failed() > 0 {
        let names: Vec<&str> = report.errors.keys().map(String::as_str).collect();
        return Err(BenchError::Calls {
            what: what.to_owned(),
            failed: report.failed(),
            names: names.join(", "),
        });
    }
    Ok(report)
}

pub(super) async fn run(context: &mut Context<'_>) -> Result<Vec<Measure>, BenchError> {
    let folders = [
        Temporary::new("decide-static")?,
        Temporary::new("decide-minilm")?,
    ];
    let echo = Server::floor(context, Floor::Echo).await?;
    let fast = Server::service(context, &Wanted::default(), &folders[0].0).await?;
    let accurate = Wanted {
        embedder: "minilm",
        ..Wanted::default()
    };
    let accurate = Server::service(context, &accurate, &folders[1].0).await;
    if let Err(error) = &accurate {
        context.tell(&format!("without MiniLM: {error}"));
    }
    let time = context.time();
    // What an answer weighs, once there are classes.
    let warm = measured(
        fast.router(Call::Decide, cached()).await?,
        "warm-up",
        Pace::Callers(16),
        time,
    )
    .await?;
    let answer_bytes = warm.answer_bytes as usize;
    let mut rounds = Rounds::default();
    rounds.add("answer", "bytes", warm.answer_bytes);
    let mut run = 0;
    for round in 1..=context.options.rounds {
        for callers in [1, 16, 64] {
            let pace = Pace::Callers(callers);
            let name = |what: &str| format!("{what}, {callers} callers");
            let caller = Caller::new(echo.channel().await?, REQUEST_BYTES, answer_bytes);
            let what = name("echo");
            rounds.report(&what, &measured(caller, &what, pace, time).await?);
            for (what, prompts) in [("cached", cached()), ("static", fresh(&mut run))] {
                let what = name(what);
                let router = fast.router(Call::Decide, prompts).await?;
                rounds.report(&what, &measured(router, &what, pace, time).await?);
            }
            if let (Ok(accurate), 16) = (&accurate, callers) {
                let what = name("minilm");
                let router = accurate.router(Call::Decide, fresh(&mut run)).await?;
                rounds.report(&what, &measured(router, &what, pace, time).await?);
                if let Some(bare) = bare_minilm(fresh(&mut run), time).await {
                    rounds.add("bare fastembed", "per_second", bare);
                }
            }
        }
        context.tell(&format!("round {round} of {}", context.options.rounds));
    }
    Ok(rounds.medians(SUITE))
}

/// Embeddings a second by MiniLM's sessions alone, one a core, with nothing around them.
async fn bare_minilm(prompts: Prompts, time: Duration) -> Option<f64> {
    let bare = move || {
        let settings = Settings {
            kind: Kind::MiniLm,
            ..Settings::default()
        };
        let sessions = MiniLm::sessions(&settings).ok()?;
        let (next, ready) = (AtomicU64::new(0), AtomicBool::new(false));
        let began = Instant::now();
        let counts: Vec<u64> = std::thread::scope(|scope| {
            let working: Vec<_> = sessions
                .into_iter()
                .map(|mut session| {
                    scope.spawn(|| {
                        let mut count = 0;
                        let mut session_of = move |text: &str| session.embed(text).is_ok();
                        while began.elapsed() < time {
                            let text = prompts.text(next.fetch_add(1, Ordering::Relaxed));
                            count += u64::from(session_of(&text));
                        }
                        ready.store(true, Ordering::Relaxed);
                        count
                    })
                })
                .collect();
            working
                .into_iter()
                .map(|one| one.join().unwrap_or(0))
                .collect()
        });
        Some(counts.iter().sum::<u64>() as f64 / began.elapsed().as_secs_f64())
    };
    tokio::task::spawn_blocking(bare).await.ok().flatten()
}
