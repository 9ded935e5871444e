//! What is there after a restart, in an export, and when the memory fails.

use super::*;
use crate::engine::api::ImportMode;
use bytes::Bytes;
use futures_util::stream::BoxStream;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_routed_and_judged_is_there_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(config(dir.path(), "")).await;
    let routed = engine
        .route(ask("Write a haiku about rain"), Deadline::NONE)
        .await
        .unwrap();
    assert_eq!(routed.outcome.status, OutcomeStatus::Completed);
    assert!(!routed.completion.is_empty());
    let id = routed.decision.id;
    let first = engine.feedback(judge(id, 0.9, "a")).await.unwrap();
    assert!(first.applied && !first.duplicate && !first.replaced);
    assert!(
        engine
            .feedback(judge(id, 0.9, "a"))
            .await
            .unwrap()
            .duplicate
    );
    engine.close().await;
    drop(engine);

    let engine = open(config(dir.path(), "")).await;
    let explained = engine.decision(id).await.unwrap();
    let (kept, made) = (&explained.decision.ranking, &routed.decision.ranking);
    assert_eq!(
        (&kept.chosen, kept.propensity),
        (&made.chosen, made.propensity)
    );
    assert_eq!(kept.scores.len(), 5);
    assert!(
        explained.explanation.contains("Judged 0.900"),
        "{}",
        explained.explanation
    );
    assert_eq!(explained.outcome, Some(routed.outcome));
    assert_eq!(explained.feedback.len(), 1);
    let corrected = engine.feedback(judge(id, 0.1, "b")).await.unwrap();
    assert!(corrected.replaced);
    let statistics = engine.statistics(Default::default()).await.unwrap();
    assert_eq!((statistics.total.requests, statistics.judgements), (1, 1));
    assert!((statistics.total.quality.unwrap() - 0.1).abs() < 1e-9);
    assert_eq!(engine.classes().await.unwrap().len(), 1);
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_is_taken_in_by_an_empty_memory() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let engine = open(config(one.path(), "")).await;
    let id = engine
        .route(ask("Name three rivers"), Deadline::NONE)
        .await
        .unwrap()
        .decision
        .id;
    engine.feedback(judge(id, 0.7, "a")).await.unwrap();
    let pieces: Vec<_> = engine.export_memory().await.unwrap().collect().await;
    engine.close().await;

    let other = open(config(two.path(), "")).await;
    let stream = futures_util::stream::iter(pieces).boxed();
    let imported = other
        .import_memory(ImportMode::Replace, stream)
        .await
        .unwrap();
    assert!(imported.records > 0);
    assert_eq!(other.decision(id).await.unwrap().feedback.len(), 1);
    assert_eq!(other.classes().await.unwrap().len(), 1);
    other.reset_memory().await.unwrap();
    assert!(other.classes().await.unwrap().is_empty());
    other.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_memory_that_fails_is_told_and_nothing_is_routed_unremembered() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(config(dir.path(), "")).await;
    let routed = engine.route(ask("Hello"), Deadline::NONE).await.unwrap();
    let mut failure = engine.failure();
    assert_eq!(*failure.borrow_and_update(), None);
    engine.core.memory.break_down("no space left on device");
    let error = engine.feedback(judge(routed.decision.id, 0.5, "a")).await;
    assert!(matches!(error, Err(EngineError::Memory(_))), "{error:?}");
    failure.changed().await.unwrap();
    let told = failure.borrow().clone().unwrap();
    assert!(told.contains("no space left on device"), "{told}");
    let calls = engine.providers().await.unwrap()[0].deployments.clone();
    for error in [
        engine.decide(ask("Hello")).await.unwrap_err(),
        engine
            .route(ask("Hello"), Deadline::NONE)
            .await
            .unwrap_err(),
        engine
            .route_stream(ask("Hello"), Deadline::NONE)
            .await
            .err()
            .unwrap(),
    ] {
        assert_eq!(error, EngineError::Memory(told.clone()));
    }
    assert_eq!(
        engine.providers().await.unwrap()[0].deployments,
        calls,
        "nobody was called"
    );
    engine.close().await;
}

async fn exported(engine: &Engine) -> BoxStream<'static, crate::engine::api::Result<Bytes>> {
    let pieces: Vec<_> = engine.export_memory().await.unwrap().collect().await;
    futures_util::stream::iter(pieces).boxed()
}

async fn asked_and_judged(engine: &Engine, prompt: &str, quality: f64) -> DecisionId {
    let routed = engine.route(ask(prompt), Deadline::NONE).await.unwrap();
    let id = routed.decision.id;
    engine.feedback(judge(id, quality, "a")).await.unwrap();
    id
}

/// Judgements that are learned from, over all arms.
fn evidence(engine: &Engine) -> f64 {
    let profiles = engine.core.recorder.knowledge().profiles();
    let overall = profiles.iter().filter(|profile| profile.class.is_none());
    overall.map(|profile| profile.evidence).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_memories_merge_and_nothing_counts_twice() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let there = open(config(one.path(), "")).await;
    let here = open(config(two.path(), "")).await;
    let id = asked_and_judged(&there, "Name three rivers", 0.75).await;
    asked_and_judged(&here, "Sum 1 and 2", 0.25).await;
    let merge = async |what: &Engine| {
        let pieces = exported(what).await;
        here.import_memory(ImportMode::Merge, pieces).await.unwrap()
    };
    let merged = merge(&there).await;
    assert_eq!(
        (merged.records, merged.skipped, merged.facts_left_out),
        (3, 0, 0),
        "a decision, its outcome and its judgement"
    );
    let explained = here.decision(id).await.unwrap();
    assert_eq!(explained.feedback.len(), 1);
    assert!(explained.outcome.is_some());
    let statistics = here.statistics(Default::default()).await.unwrap();
    assert_eq!((statistics.total.requests, statistics.judgements), (2, 2));
    assert!((statistics.total.quality.unwrap() - 0.5).abs() < 1e-9);
    here.core.recorder.snapshot().await.unwrap();
    let known = evidence(&here);
    assert!(known > 1.9, "{known}");

    let again = merge(&there).await;
    assert_eq!((again.records, again.skipped), (0, 3));
    there.feedback(judge(id, 0.5, "late")).await.unwrap();
    let late = merge(&there).await;
    assert_eq!((late.records, late.skipped), (1, 3));
    let statistics = here.statistics(Default::default()).await.unwrap();
    assert_eq!((statistics.total.requests, statistics.judgements), (2, 2));
    assert!((statistics.total.quality.unwrap() - 0.375).abs() < 1e-9);
    here.core.recorder.snapshot().await.unwrap();
    assert!(
        (evidence(&here) - known).abs() < 1e-9,
        "{}",
        evidence(&here)
    );
    there.close().await;
    here.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_merged_is_said_and_a_full_memory_is_not_taken_by_accident() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let there = open(config(one.path(), "")).await;
    let here = open(config(two.path(), "")).await;
    let score = crate::domain::Score {
        quality: 0.5,
        cost_usd: None,
        output_tokens: None,
    };
    let example = crate::engine::api::Example {
        prompt: "Name three rivers".to_owned(),
        scores: vec![("sim/wisp".into(), score)],
        weight: None,
    };
    there.import_examples(vec![example]).await.unwrap();
    asked_and_judged(&here, "Sum 1 and 2", 0.25).await;
    let error = here
        .import_memory(ImportMode::IntoEmpty, exported(&there).await)
        .await
        .unwrap_err();
    assert!(
        matches!(&error, EngineError::MemoryConflict(remedy) if remedy.contains("mode merge")),
        "{error}"
    );
    let merged = here
        .import_memory(ImportMode::Merge, exported(&there).await)
        .await
        .unwrap();
    assert_eq!((merged.records, merged.facts_left_out), (0, 1));
    let cut = futures_util::stream::iter([Ok(Bytes::from("{}\n"))]).boxed();
    let error = here.import_memory(ImportMode::Merge, cut).await;
    assert!(
        matches!(&error, Err(EngineError::InvalidRequest { field, .. }) if field == "data"),
        "{error:?}"
    );
    there.close().await;
    here.close().await;
}
