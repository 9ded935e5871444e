//! The failure table of the peers, for us: two deployments, one faulty, 200 requests; client
//! errors, and calls of the faulty one. Run without capture, it prints the row.

use crate::faults::{dispatcher, http, plan, run};
use crate::upstream::{Upstream, Wire};
use pointsman::dispatch::DispatchError;
use pointsman::provider::Timeouts;
use std::time::Duration;

const TIMEOUTS: Timeouts = Timeouts {
    first_token: Duration::from_millis(5000),
    idle: Duration::from_millis(5000),
    total: Duration::from_millis(5000),
};

struct Column {
    errors: usize,
    truncated: usize,
    hits: usize,
}

/// 200 requests, of which each second one would go to the faulty deployment first.
async fn column(fault: &'static str, streamed: bool, restart: bool) -> Column {
    let (bad, good) = (
        Upstream::start(Wire::OpenAi, fault).await,
        Upstream::start(Wire::OpenAi, "ok").await,
    );
    let dispatcher = dispatcher(&http(), Wire::OpenAi, &[&bad.url, &good.url], TIMEOUTS);
    let mut column = Column {
        errors: 0,
        truncated: 0,
        hits: 0,
    };
    for request in 0..200 {
        let order = if request % 2 == 0 {
            ["a", "b"]
        } else {
            ["b", "a"]
        };
        let (seen, ran) = run(&dispatcher, &plan(&order, 1, 3), streamed, restart).await;
        match ran.completion {
            Ok(_) => assert_eq!(seen, "abc", "{fault}: not the whole answer"),
            Err(DispatchError::Truncated { .. }) => column.truncated += 1,
            Err(_) => column.errors += 1,
        }
    }
    column.hits = bad.hits();
    column
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_deployments_one_faulty_two_hundred_requests() {
    // fault, streamed, restart, truncated answers allowed, calls of the faulty one at most
    let table = [
        ("500", false, false, 0, 5),
        ("429", false, false, 0, 5),
        ("401", false, false, 0, 5),
        ("hang", false, false, 0, 1),
        ("cut", false, false, 0, 5),
        ("500", true, false, 0, 5),
        ("cut-first", true, false, 0, 5),
        ("cut", true, false, 5, 5),
        ("cut", true, true, 0, 5),
        ("hang", true, false, 0, 1),
        ("refuse", true, false, 0, 5),
    ];
    for (fault, streamed, restart, truncated, hits) in table {
        let column = column(fault, streamed, restart).await;
        let way = if streamed { "stream " } else { "" };
        println!(
            "{way}{fault}: {} errors, {} truncated, {} calls",
            column.errors, column.truncated, column.hits
        );
        assert_eq!(column.errors, 0, "{fault}: errors reached the caller");
        assert!(
            column.truncated <= truncated,
            "{fault}: {} truncated",
            column.truncated
        );
        assert!(
            column.hits <= hits,
            "{fault}: {} calls of the faulty one",
            column.hits
        );
    }
}

/// A request that is the caller's mistake reaches the caller, with one call, and harms nobody.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_request_costs_one_call() {
    let bad = Upstream::start(Wire::OpenAi, "400").await;
    let good = Upstream::start(Wire::OpenAi, "ok").await;
    let dispatcher = dispatcher(&http(), Wire::OpenAi, &[&bad.url, &good.url], TIMEOUTS);
    for _ in 0..20 {
        let (_, ran) = run(&dispatcher, &plan(&["a", "b"], 3, 5), false, false).await;
        assert!(ran.completion.is_err());
    }
    assert_eq!((bad.hits(), good.hits()), (20, 0));
    assert_eq!(dispatcher.registry().snapshot()[0].breaker.name(), "closed");
}
