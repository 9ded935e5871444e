//! What is asked after what: windows, and arms kept for when all else failed.

use super::*;
use std::collections::BTreeSet;

/// Deployments `a`, `b`, `c` that play a turn each, with these windows.
fn three(turns: [Turn; 3], windows: [Option<u32>; 3], settings: Settings) -> Dispatcher {
    let specs = ["a", "b", "c"].into_iter().zip(turns).zip(windows);
    let specs = specs.map(|((name, turn), context_tokens)| DeploymentSpec {
        context_tokens,
        ..spec(name, Scripted::new([turn]), CallLimits::default())
    });
    let registry = Arc::new(Deployments::new(specs, Arc::new(ManualClock::at(0))));
    Dispatcher::new(registry, settings, Arc::new(()), None)
}

async fn tried(dispatcher: &Dispatcher) -> Vec<String> {
    let plan = plan(&[("a", 1), ("b", 1), ("c", 1)], 3);
    let cancel = CancellationToken::new();
    let ran = dispatcher
        .run(&plan, &request(), Limits::default(), &cancel)
        .await;
    ran.attempts.iter().map(told).collect()
}

fn ok() -> Turn {
    Turn::answer(["ok"])
}

#[tokio::test(start_paused = true)]
async fn what_is_too_long_goes_to_larger_windows_only() {
    let long = || Turn::fault(FaultKind::ContextTooLong);
    for (windows, expected) in [
        (
            [Some(8), Some(8), Some(16)],
            ["a context_too_long", "c completed $12"],
        ),
        // What is not known is tried.
        (
            [Some(8), None, Some(16)],
            ["a context_too_long", "b completed $12"],
        ),
        (
            [None, Some(8), Some(16)],
            ["a context_too_long", "b completed $12"],
        ),
    ] {
        let dispatcher = three([long(), ok(), ok()], windows, Settings::default());
        assert_eq!(tried(&dispatcher).await, expected);
    }
    let none = three([long(), ok(), ok()], [Some(8); 3], Settings::default());
    assert_eq!(tried(&none).await, ["a context_too_long"]);
}

#[tokio::test(start_paused = true)]
async fn the_last_resort_is_asked_after_what_it_is_there_for() {
    let (error, rate) = (FaultKind::ServerError, FaultKind::RateLimited);
    for (kind, on_error, on_rate_limit, asked) in [
        (error, true, false, true),
        (error, false, true, false),
        (rate, false, true, true),
        (rate, true, false, false),
    ] {
        let settings = Settings {
            last_resort: BTreeSet::from(["c".into()]),
            last_resort_on_error: on_error,
            last_resort_on_rate_limit: on_rate_limit,
            wait_when_all_open: false,
            ..Settings::default()
        };
        let turns = [Turn::fault(kind), Turn::fault(kind), ok()];
        let dispatcher = three(turns, [None; 3], settings);
        let tried = tried(&dispatcher).await;
        assert_eq!(
            tried.len(),
            if asked { 3 } else { 2 },
            "{kind:?}: {tried:?}"
        );
    }
}
