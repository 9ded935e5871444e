//! Past decisions: what stands after a correction, and which are found.

use super::*;
use crate::engine::api::{DecisionFilter, Page};

async fn found(engine: &Engine, filter: DecisionFilter) -> Vec<DecisionId> {
    let page = Page {
        size: 10,
        before: None,
    };
    let page = engine.decisions(filter, page).await.unwrap();
    page.decisions.iter().map(|one| one.id).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_correction_only_the_standing_judgement_counts() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(config(dir.path(), "")).await;
    let id = engine
        .route(ask("Hello"), Deadline::NONE)
        .await
        .unwrap()
        .decision
        .id;
    engine.feedback(judge(id, 0.9, "a")).await.unwrap();
    let mut comment = judge(id, 0.0, "words");
    comment.quality = None;
    comment.comment = Some("not so good after all".to_owned());
    engine.feedback(comment).await.unwrap();
    engine.feedback(judge(id, 0.1, "b")).await.unwrap();
    let explained = engine.decision(id).await.unwrap();
    let replaced: Vec<bool> = explained.feedback.iter().map(|one| one.replaced).collect();
    assert_eq!(replaced, [true, false, false], "words replace nothing");
    let told: Vec<&str> = explained
        .explanation
        .lines()
        .filter(|line| line.starts_with("Judged"))
        .collect();
    assert_eq!(
        told,
        [
            r#"Judged 0.900 by caller "test", which a later judgement replaced."#,
            r#"Judged 0.100 by caller "test"."#
        ]
    );
    let page = Page {
        size: 1,
        before: None,
    };
    let page = engine.decisions(DecisionFilter::default(), page).await;
    let shown = page.unwrap().decisions.remove(0);
    assert_eq!((shown.quality, shown.judgements), (Some(0.1), 1));
    assert_eq!(
        (shown.policy.as_str(), shown.failed_attempts),
        ("balanced", 0)
    );
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn decisions_are_found_by_what_is_known_of_them() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(config(dir.path(), "")).await;
    let judged = engine.decide(ask("Hello")).await.unwrap().id;
    engine.feedback(judge(judged, 0.9, "a")).await.unwrap();
    let mut request = ask("Hello");
    request.request_id = Some("mine".to_owned());
    request.routing.session = Some("s-1".to_owned());
    request.routing.policy = Some("cost".to_owned());
    request.routing.explore = Some(false);
    let other = engine.decide(request).await.unwrap().id;
    let text = |text: &str| Some(text.to_owned());
    let any = DecisionFilter::default;
    for (filter, expected) in [
        (any(), vec![other, judged]),
        (
            DecisionFilter {
                judged: Some(true),
                ..any()
            },
            vec![judged],
        ),
        (
            DecisionFilter {
                judged: Some(false),
                ..any()
            },
            vec![other],
        ),
        (
            DecisionFilter {
                request_id: text("mine"),
                ..any()
            },
            vec![other],
        ),
        (
            DecisionFilter {
                session: text("s-1"),
                ..any()
            },
            vec![other],
        ),
        (
            DecisionFilter {
                policy: text("balanced"),
                ..any()
            },
            vec![judged],
        ),
        (
            DecisionFilter {
                policy: text("none"),
                ..any()
            },
            vec![],
        ),
    ] {
        assert_eq!(found(&engine, filter.clone()).await, expected, "{filter:?}");
    }
    let explored = DecisionFilter {
        explored: Some(true),
        ..any()
    };
    assert!(!found(&engine, explored).await.contains(&other));
    engine.close().await;
}
