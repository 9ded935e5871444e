//! What an upstream tells between the lines, over the wire: that it takes no streams, that its
//! streams hide their usage, that nothing is left of its limits; and which deployment is asked then.

use crate::faults::{dispatcher, http, plan, run};
use crate::upstream::{Upstream, Wire};
use pointsman::dispatch::{Deployments, Health, Limits};
use pointsman::provider::Timeouts;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// An account may be allowed to ask a model, but not to stream it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_stream_is_asked_for_whole_and_remembered() {
    let upstream = Upstream::start(Wire::OpenAi, "no-stream").await;
    let dispatcher = dispatcher(&http(), Wire::OpenAi, &[&upstream.url], Timeouts::default());
    for (streamed, hits) in [(false, 2), (false, 3), (true, 4)] {
        let (seen, ran) = run(&dispatcher, &plan(&["a"], 1, 1), streamed, false).await;
        assert_eq!(seen, "abc");
        assert_eq!(ran.attempts.len(), 1);
        assert_eq!(upstream.hits(), hits);
    }
}

/// A whole answer tells its usage where a stream does not: nothing is lost, after the first.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_that_hides_its_usage_is_asked_for_whole_the_next_time() {
    let upstream = Upstream::start(Wire::OpenAi, "no-usage").await;
    let dispatcher = dispatcher(&http(), Wire::OpenAi, &[&upstream.url], Timeouts::default());
    for known in [false, true, true] {
        let (_, ran) = run(&dispatcher, &plan(&["a"], 1, 1), false, false).await;
        assert_eq!(ran.completion.unwrap().usage.known, known);
        assert_eq!(ran.attempts[0].cost_usd.is_some(), known);
    }
}

/// What is used up by the upstream's own words is not asked until then.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deployment_with_nothing_left_is_left_alone() {
    for (wire, fault, waits) in [
        (Wire::OpenAi, "left-none", true),
        (Wire::Anthropic, "left-none", true),
        (Wire::Azure, "left-none", true),
        (Wire::Azure, "left-azure", false),
    ] {
        let (a, b) = (
            Upstream::start(wire, fault).await,
            Upstream::start(wire, "ok").await,
        );
        let dispatcher = dispatcher(&http(), wire, &[&a.url, &b.url], Timeouts::default());
        for streamed in [true, false] {
            let (seen, _) = run(&dispatcher, &plan(&["a", "b"], 1, 2), streamed, false).await;
            assert_eq!(seen, "abc");
        }
        let expected = if waits { (1, 1) } else { (2, 0) };
        assert_eq!((a.hits(), b.hits()), expected, "{wire:?} {fault}");
        let shown = &dispatcher.registry().snapshot()[0];
        let wait = shown.wait.unwrap_or_default();
        // The header says an hour; a minute is the most that is believed.
        assert!(wait <= Duration::from_secs(60), "{wait:?}");
        let health = if waits {
            Health::Degraded
        } else {
            Health::Healthy
        };
        assert_eq!((shown.health, shown.breaker.name()), (health, "closed"));
        assert_eq!(wait.is_zero(), !waits);
    }
}

/// A 429 that names no wait but a reset is waited for as long as that.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_throttle_without_a_wait_takes_it_from_the_limits() {
    let (a, b) = (
        Upstream::start(Wire::OpenAi, "429-left").await,
        Upstream::start(Wire::OpenAi, "ok").await,
    );
    let dispatcher = dispatcher(
        &http(),
        Wire::OpenAi,
        &[&a.url, &b.url],
        Timeouts::default(),
    );
    run(&dispatcher, &plan(&["a", "b"], 1, 2), false, false).await;
    let wait = dispatcher.registry().snapshot()[0].wait.unwrap();
    assert!((5..=7).contains(&wait.as_secs()), "{wait:?}");
}

/// Two deployments of one arm, as `a`.
fn pair(first: &Upstream, second: &Upstream) -> pointsman::dispatch::Dispatcher {
    let http = http();
    let timeouts = Timeouts::default();
    let two = dispatcher(&http, Wire::OpenAi, &[&first.url, &second.url], timeouts);
    let specs = two.registry().all().iter().map(|one| {
        let mut spec = one.spec.clone();
        spec.arm = "a".into();
        spec
    });
    let clock = Arc::new(pointsman::clock::SystemClock::new());
    let registry = Deployments::new(specs.collect::<Vec<_>>(), clock);
    pointsman::dispatch::Dispatcher::new(
        Arc::new(registry),
        pointsman::dispatch::Settings::default(),
        Arc::new(()),
        None,
    )
}

/// A deployment that fails at once has the shortest calls; it must not look like the fastest.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deployment_that_always_fails_is_not_the_fastest() {
    let (bad, good) = (
        Upstream::start(Wire::OpenAi, "500").await,
        Upstream::start(Wire::OpenAi, "ok").await,
    );
    let dispatcher = pair(&bad, &good);
    for _ in 0..50 {
        let (seen, _) = run(&dispatcher, &plan(&["a"], 1, 3), false, false).await;
        assert_eq!(seen, "abc");
    }
    assert!(bad.hits() <= 5, "{} of 50", bad.hits());
}

/// After the cooldown one call is let through to see; the others do not follow it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_callers_make_one_probe() {
    let hang = Upstream::start(Wire::OpenAi, "hang").await;
    let dispatcher = dispatcher(&http(), Wire::OpenAi, &[&hang.url], Timeouts::default());
    let registry = Arc::clone(dispatcher.registry());
    let saved = registry.save();
    let (id, mut breaker) = saved[0].clone();
    breaker.state = pointsman::breaker::SavedState::Open {
        left_ms: 0,
        reason: pointsman::breaker::Reason::Consecutive,
    };
    registry.restore(&[(id, breaker)], Duration::ZERO);
    let cancel = CancellationToken::new();
    let (plan, request) = (plan(&["a"], 1, 1), crate::faults::request());
    let limits = Limits {
        deadline: Some(tokio::time::Instant::now() + Duration::from_millis(500)),
        ..Limits::default()
    };
    let runs = (0..20).map(|_| dispatcher.run(&plan, &request, limits, &cancel));
    let ran = futures_util::future::join_all(runs).await;
    assert!(ran.iter().all(|one| one.completion.is_err()));
    assert_eq!(hang.hits(), 1);
}
