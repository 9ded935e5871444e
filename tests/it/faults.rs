//! Every dialect against every fault: `faults.txt` reads as the specification of what the caller
//! sees, whether the next arm is asked, what the breaker learns and what is billed.

use crate::upstream::{Upstream, Wire};
use futures_util::StreamExt;
use futures_util::stream;
use pointsman::breaker;
use pointsman::clock::SystemClock;
use pointsman::dispatch::{
    Backoff, CallLimits, DeploymentSpec, Deployments, DispatchError, Dispatcher, Limits, Progress,
    Ran, Settings,
};
use pointsman::domain::{
    AttemptResult, ChatRequest, Delta, Message, Plan, Price, Role, Sampling, Step,
};
use pointsman::provider::{Timeouts, http::Http};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The deployments `a`, `b`, ... behind these addresses, one arm each.
pub fn dispatcher(http: &Http, wire: Wire, urls: &[&str], timeouts: Timeouts) -> Dispatcher {
    dispatcher_of(http, wire, urls, timeouts, true)
}

/// `streams`: whole answers are asked for as streams.
fn dispatcher_of(
    http: &Http,
    wire: Wire,
    urls: &[&str],
    timeouts: Timeouts,
    streams: bool,
) -> Dispatcher {
    let spec = |(name, url): (&str, &&str)| DeploymentSpec {
        id: name.into(),
        arm: name.into(),
        provider_id: "test".into(),
        model: "m".into(),
        provider: wire.provider(http.clone(), url),
        price: Some(Price {
            input_per_mtok: 1e6,
            output_per_mtok: 2e6,
            cache_read_per_mtok: None,
            cache_write_per_mtok: None,
        }),
        timeouts,
        // No probe comes within a test, however busy the machine.
        breaker: breaker::Settings {
            cooldown: Duration::from_secs(600),
            ..breaker::Settings::default()
        },
        limits: CallLimits::default(),
        weight: 1.0,
        check: None,
        streams,
        context_tokens: None,
    };
    let specs: Vec<_> = ["a", "b", "c"].into_iter().zip(urls).map(spec).collect();
    let registry = Arc::new(Deployments::new(specs, Arc::new(SystemClock::new())));
    let settings = Settings {
        backoff: Backoff {
            base: Duration::from_millis(1),
            max: Duration::from_millis(5),
        },
        retries_per_second: 1000.0,
        ..Settings::default()
    };
    Dispatcher::new(registry, settings, Arc::new(()), None)
}

/// A client; making one reads all certificates of the machine, so one a test.
pub fn http() -> Http {
    Http::new(Duration::from_secs(1)).unwrap()
}

pub fn request() -> Arc<ChatRequest> {
    Arc::new(ChatRequest {
        messages: vec![Message::text(Role::User, "12345678")],
        sampling: Sampling {
            max_tokens: Some(50),
            ..Sampling::default()
        },
        ..ChatRequest::default()
    })
}

pub fn plan(arms: &[&str], attempts: u32, max_attempts: u32) -> Plan {
    let step = |arm: &&str| Step {
        arm: (*arm).into(),
        attempts,
    };
    Plan {
        steps: arms.iter().map(step).collect(),
        fan_out: None,
        max_attempts,
        hedge_after_ms: None,
    }
}

/// Runs one request; the deltas that the caller saw, and the end.
pub async fn run(
    dispatcher: &Dispatcher,
    plan: &Plan,
    streamed: bool,
    restart_stream: bool,
) -> (String, Ran) {
    let limits = Limits {
        restart_stream,
        ..Limits::default()
    };
    let cancel = CancellationToken::new();
    if !streamed {
        let ran = dispatcher.run(plan, &request(), limits, &cancel).await;
        let text = ran
            .completion
            .as_ref()
            .map(pointsman::domain::Completion::text);
        return (text.unwrap_or_default(), ran);
    }
    let events = dispatcher.run_stream(plan.clone(), request(), limits, cancel);
    let events: Vec<Progress> = events.collect().await;
    let mut seen = String::new();
    let mut ends = Vec::new();
    for event in events {
        assert!(ends.is_empty(), "an event after the end");
        match event {
            Progress::Delta(Delta::Text(text)) => seen.push_str(&text),
            Progress::Restarted { .. } => seen.clear(),
            Progress::Completed(ran) | Progress::Failed(ran) => ends.push(*ran),
            Progress::Delta(_) | Progress::AttemptFailed(_) => {}
        }
    }
    (seen, ends.pop().unwrap())
}

const TIMEOUTS: Timeouts = Timeouts {
    first_token: Duration::from_millis(1500),
    idle: Duration::from_millis(1500),
    total: Duration::from_millis(2500),
};

/// What a fault leads to, in one line.
async fn outcome(http: &Http, wire: Wire, fault: &'static str, way: &str) -> String {
    let (bad, good) = (
        Upstream::start(wire, fault).await,
        Upstream::start(wire, "ok").await,
    );
    let url = match fault {
        "slow-tls" => bad.url.replace("http://", "https://"),
        _ => bad.url.clone(),
    };
    let dispatcher = dispatcher_of(
        http,
        wire,
        &[&url, &good.url],
        TIMEOUTS,
        way != "unstreamed",
    );
    let plan = plan(&["a", "b"], 1, 3);
    let (seen, ran) = run(&dispatcher, &plan, way == "stream", false).await;
    let first = &ran.attempts[0];
    let (kind, wait) = match &first.result {
        AttemptResult::Failed(fault) => {
            assert!(!fault.message.contains("sk-test-key"), "{}", fault.message);
            (fault.kind.as_str(), fault.retry_after_ms)
        }
        AttemptResult::Completed => ("completed", None),
        AttemptResult::Cancelled => ("cancelled", None),
    };
    let wait = wait.map_or(String::new(), |ms| format!(" for {ms} ms"));
    let caller = match &ran.completion {
        Ok(_) => format!("{seen} by {}", ran.served_by.as_ref().unwrap()),
        Err(DispatchError::Truncated { .. }) => {
            format!("{}... truncated", &seen[..seen.len().min(2)])
        }
        Err(DispatchError::Failed { fault, .. }) => fault.kind.as_str().to_owned(),
        Err(error) => error.to_string(),
    };
    let a = &dispatcher.registry().snapshot()[0];
    assert_eq!(a.in_flight, 0, "a permit was lost");
    let counts = &a.statistics;
    let breaker = match (
        a.breaker.name(),
        counts.completed,
        counts.failed,
        counts.throttled,
    ) {
        ("open", ..) => "trips",
        (_, 1, ..) => "success",
        (_, _, 1, _) => "failure",
        (_, _, _, 1) => "throttle",
        _ => "neutral",
    };
    let billed = match first.cost_usd {
        Some(_) if fault == "endless" => "estimate".to_owned(),
        Some(usd) => format!("${usd}"),
        None => "-".to_owned(),
    };
    let hits = format!("{}+{}", bad.hits(), good.hits());
    let mut line = String::new();
    write!(
        line,
        "{kind}{wait} | {breaker} | {caller} | {billed} | {hits}"
    )
    .unwrap();
    line
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_dialect_against_every_fault() {
    let rows: Vec<(&str, &str, String)> = include_str!("faults.txt")
        .lines()
        .filter(|line| line.contains('|') && !line.starts_with('#'))
        .map(|line| {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            (cells[0], cells[1], cells[2..].join(" | "))
        })
        .collect();
    let http = &http();
    let checks = rows.iter().flat_map(|(fault, way, expected)| {
        Wire::ALL.map(|wire| async move {
            let got = outcome(http, wire, fault, way).await;
            // A row may say what one dialect does otherwise: `... [Gemini: ...]`.
            let exception = expected.split_once(&format!("[{wire:?}: "));
            let common = expected.split(" [").next().unwrap();
            let expected = exception.map_or(common, |(_, text)| text.split(']').next().unwrap());
            (got != expected)
                .then(|| format!("{wire:?} {fault} {way}\n   is {got}\n  not {expected}"))
        })
    });
    // Few at once: on a busy machine a crowd would look like a slow upstream.
    let wrong: Vec<Option<String>> = stream::iter(checks).buffer_unordered(8).collect().await;
    let wrong: Vec<String> = wrong.into_iter().flatten().collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn retries_never_multiply() {
    for (attempts, max_attempts, expected) in [(1, 1, 1), (3, 2, 2), (2, 10, 4), (5, 3, 3)] {
        let bad = Upstream::start(Wire::OpenAi, "500").await;
        let dispatcher = dispatcher(&http(), Wire::OpenAi, &[&bad.url, &bad.url], TIMEOUTS);
        let (_, ran) = run(
            &dispatcher,
            &plan(&["a", "b"], attempts, max_attempts),
            false,
            false,
        )
        .await;
        assert!(ran.completion.is_err());
        assert_eq!(
            bad.hits(),
            expected,
            "{attempts} each, {max_attempts} in all"
        );
    }
}

/// An answer without an end and without a bound is stopped at ours, well before the total time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_ends_at_the_cap() {
    let bad = Upstream::start(Wire::OpenAi, "flood").await;
    let good = Upstream::start(Wire::OpenAi, "ok").await;
    let dispatcher = dispatcher(
        &http(),
        Wire::OpenAi,
        &[&bad.url, &good.url],
        Timeouts::default(),
    );
    let (seen, ran) = run(&dispatcher, &plan(&["a", "b"], 1, 3), true, false).await;
    assert_eq!(seen, "abc");
    let AttemptResult::Failed(fault) = &ran.attempts[0].result else {
        panic!("{:?}", ran.attempts)
    };
    assert!(fault.message.contains("longer than"), "{fault}");
}
