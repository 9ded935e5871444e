//! Answers at hand: what is kept, for whom, what a hit says of itself, what judgements of it do.

use super::{ask, config, judge, open};
use crate::{
    domain::{CacheKind, CacheWish, OutcomeStatus},
    engine::{
        Engine,
        api::{CacheFilter, Deadline, EngineApi, RouteEvent, RouteRequest, Routed},
    },
};
use futures_util::StreamExt;

const EXACT: &str = "cache: { exact: {} }\n";
const BOTH: &str = "cache: { exact: {}, semantic: { threshold: 0.5 } }\n";

async fn route(engine: &Engine, request: RouteRequest) -> Routed {
    engine.route(request, Deadline::NONE).await.unwrap()
}

fn kind(routed: &Routed) -> Option<CacheKind> {
    routed.decision.cached.map(|hit| hit.kind)
}

#[tokio::test(flavor = "multi_thread")]
async fn caches_are_off_unless_configured() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(config(dir.path(), "")).await;
    let mut request = ask("Name three rivers");
    request.routing.cache = Some(CacheWish::On);
    route(&engine, request.clone()).await;
    assert_eq!(kind(&route(&engine, request).await), None);
    assert_eq!(engine.cache().await.unwrap(), Default::default());
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_is_answered_at_no_cost_and_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(config(dir.path(), EXACT)).await;
    let first = route(&engine, ask("Name three rivers")).await;
    let again = route(&engine, ask("Name three rivers")).await;
    let hit = again.decision.cached.unwrap();
    assert_eq!(
        (hit.kind, hit.source),
        (CacheKind::Exact, first.decision.id)
    );
    assert_eq!(again.completion, first.completion);
    assert_ne!(again.decision.id, first.decision.id);
    assert_eq!(again.outcome.status, OutcomeStatus::Completed);
    assert_eq!(again.outcome.served_by, first.outcome.served_by);
    assert!(again.outcome.attempts.is_empty());
    assert_eq!(again.outcome.cost_usd(), Some(0.0));
    assert_eq!(hit.saved_usd, first.outcome.cost_usd());

    let told = engine.decision(again.decision.id).await.unwrap();
    assert!(
        told.explanation.contains("from the exact cache"),
        "{}",
        told.explanation
    );
    let statistics = engine.statistics(Default::default()).await.unwrap();
    let total = &statistics.total;
    assert_eq!((total.requests, total.cache_hits), (2, 1));
    assert!((total.cache_saved_usd - total.cost_usd).abs() < 1e-12);
    let prompts: f64 = engine
        .classes()
        .await
        .unwrap()
        .iter()
        .map(|c| c.prompts)
        .sum();
    assert!(prompts < 1.5, "a hit is no new prompt: {prompts}");
    engine.close().await;
    drop(engine);

    let engine = open(config(dir.path(), EXACT)).await;
    let kept = engine.statistics(Default::default()).await.unwrap();
    assert_eq!(kept.total.cache_hits, 1);
    assert_eq!(kind(&route(&engine, ask("Name three rivers")).await), None);
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_crosses_tenants_and_nothing_is_kept_that_should_not_be() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(config(dir.path(), BOTH)).await;
    let with = |change: &dyn Fn(&mut RouteRequest)| {
        let mut request = ask("Name three rivers");
        change(&mut request);
        request
    };
    let cases: [(&str, &dyn Fn(&mut RouteRequest)); 5] = [
        ("a tenant", &|one| one.routing.tenant = Some("a".into())),
        ("another tenant", &|one| {
            one.routing.tenant = Some("b".into());
        }),
        ("a temperature", &|one| {
            one.chat.sampling.temperature = Some(0.7);
        }),
        ("a limit that cuts", &|one| {
            one.chat.sampling.max_tokens = Some(1);
        }),
        ("switched off", &|one| {
            one.routing.cache = Some(CacheWish::Off);
        }),
    ];
    route(&engine, ask("Name three rivers")).await;
    for (what, change) in cases {
        let found = kind(&route(&engine, with(change)).await);
        assert_eq!(found, None, "{what}");
    }
    let found = kind(&route(&engine, with(cases[0].1)).await);
    assert_eq!(found, Some(CacheKind::Exact), "its own tenant");
    for change in [cases[2].1, cases[3].1, cases[4].1] {
        assert_eq!(kind(&route(&engine, with(change)).await), None);
    }
    let on = with(&|one| {
        one.chat.sampling.temperature = Some(0.7);
        one.routing.cache = Some(CacheWish::On);
    });
    route(&engine, on.clone()).await;
    assert_eq!(kind(&route(&engine, on).await), Some(CacheKind::Exact));
    let renewed = with(&|one| one.routing.cache = Some(CacheWish::Refresh));
    assert_eq!(kind(&route(&engine, renewed).await), None);

    let filter = |tenant: &str| CacheFilter {
        tenant: Some(tenant.to_owned()),
        decision: None,
    };
    assert!(engine.clear_cache(filter("a")).await.unwrap() > 0);
    assert_eq!(engine.clear_cache(filter("a")).await.unwrap(), 0);
    assert_eq!(kind(&route(&engine, with(cases[0].1)).await), None);
    let found = kind(&route(&engine, with(cases[1].1)).await);
    assert_eq!(found, Some(CacheKind::Exact), "the others' stay");
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prompt_in_other_dress_is_found_and_its_opposite_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(config(dir.path(), BOTH)).await;
    let first = route(&engine, ask("How do I enable 2FA?")).await;
    let again = route(&engine, ask("how can I enable 2FA")).await;
    let hit = again.decision.cached.unwrap();
    assert_eq!(
        (hit.kind, hit.source),
        (CacheKind::Semantic, first.decision.id)
    );
    assert!(hit.similarity > 0.5 && hit.similarity <= 1.0);
    for other in [
        "How do I disable 2FA?",
        "How do I enable 3FA?",
        "How do I not enable 2FA?",
    ] {
        assert_eq!(kind(&route(&engine, ask(other)).await), None, "{other}");
    }
    // The arm answered another prompt: nothing is learned of it.
    let judged = engine.feedback(judge(again.decision.id, 0.9, "a")).await;
    assert!(!judged.unwrap().applied);
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_judgement_of_an_exact_hit_is_the_arms_and_a_bad_one_evicts() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(config(dir.path(), EXACT)).await;
    route(&engine, ask("Name three rivers")).await;
    let again = route(&engine, ask("Name three rivers")).await;
    let id = again.decision.id;
    assert!(engine.feedback(judge(id, 0.9, "a")).await.unwrap().applied);
    assert!(kind(&route(&engine, ask("Name three rivers")).await).is_some());
    engine.feedback(judge(id, 0.1, "b")).await.unwrap();
    assert_eq!(kind(&route(&engine, ask("Name three rivers")).await), None);
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn asking_again_in_a_session_wants_another_answer() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(config(dir.path(), EXACT)).await;
    let mut request = ask("Name three rivers");
    request.routing.session = Some("s".to_owned());
    route(&engine, request.clone()).await;
    assert_eq!(kind(&route(&engine, request).await), None);
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_is_kept_and_answered_as_a_stream() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(config(dir.path(), EXACT)).await;
    let mut texts = Vec::new();
    for hit in [false, true] {
        let events = engine
            .route_stream(ask("Sum 1 and 2"), Deadline::NONE)
            .await;
        let events: Vec<RouteEvent> = events.unwrap().collect().await;
        let Some(RouteEvent::Decision(decision)) = events.first() else {
            panic!("no decision")
        };
        assert_eq!(decision.cached.is_some(), hit);
        assert!(matches!(events.last(), Some(RouteEvent::Completed { .. })));
        let text = events.iter().filter_map(|event| match event {
            RouteEvent::Delta(crate::domain::Delta::Text(text)) => Some(text.as_str()),
            _ => None,
        });
        texts.push(text.collect::<String>());
    }
    assert!(!texts[0].is_empty());
    assert_eq!(texts[0], texts[1]);
    engine.close().await;
}
