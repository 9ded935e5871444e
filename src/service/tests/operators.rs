//! Calls of the operator's face.

use super::calls::clients;
use crate::{
    engine::api::{About, Event, EventKind, Words},
    proto,
};
use tonic::Code;

#[tokio::test]
async fn examples_and_memories_travel_as_streams() {
    let (_running, _, mut admin) = clients().await;
    let example = |prompt: &str| proto::ImportExamplesRequest {
        prompt: prompt.into(),
        scores: vec![proto::ExampleScore {
            arm: "a/b".into(),
            quality: 1.0,
            ..proto::ExampleScore::default()
        }],
        weight: None,
    };
    let examples = [example("a"), example(" "), example("b"), example("c")];
    let done = admin
        .import_examples(tokio_stream::iter(examples))
        .await
        .unwrap()
        .into_inner();
    assert_eq!((done.examples, done.scores, done.refused), (2, 2, 2));
    let refused: Vec<_> = done
        .refusals
        .iter()
        .map(|r| (r.index, r.reason.as_str()))
        .collect();
    assert_eq!(refused, [(1, "prompt: is empty"), (3, "the last one")]);

    let mut out = admin
        .export_memory(proto::ExportMemoryRequest {})
        .await
        .unwrap()
        .into_inner();
    let mut pieces = Vec::new();
    while let Some(piece) = out.message().await.unwrap() {
        pieces.push(proto::ImportMemoryRequest {
            mode: 0,
            data: piece.data,
        });
    }
    let done = admin
        .import_memory(tokio_stream::iter(pieces))
        .await
        .unwrap();
    assert_eq!(done.get_ref().records, 6);
    let none: [proto::ImportMemoryRequest; 0] = [];
    let status = admin
        .import_memory(tokio_stream::iter(none))
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
}

#[tokio::test]
async fn nothing_is_forgotten_by_accident() {
    let (_running, _, mut admin) = clients().await;
    let status = admin
        .reset_memory(proto::ResetMemoryRequest { confirm: false })
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    let done = admin
        .reset_memory(proto::ResetMemoryRequest { confirm: true })
        .await
        .unwrap();
    assert_eq!(done.get_ref().records, 7);
}

#[tokio::test]
async fn unknown_things_are_not_found() {
    let (_running, _, mut admin) = clients().await;
    let near = admin
        .get_provider(proto::GetProviderRequest {
            provider: "simm".into(),
        })
        .await
        .unwrap_err();
    assert_eq!(near.code(), Code::NotFound);
    assert_eq!(
        near.message(),
        "there is no provider \"simm\"; did you mean \"sim\"?"
    );
    let status = admin
        .get_decision(proto::GetDecisionRequest {
            decision_id: "0".repeat(26),
        })
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
}

#[tokio::test]
async fn watchers_hear_what_they_asked_for_and_what_they_missed() {
    let (running, _, mut admin) = clients().await;
    let kinds = vec![proto::EventKind::Health.into()];
    let request = proto::WatchEventsRequest { kinds };
    let mut events = admin.watch_events(request).await.unwrap().into_inner();
    let happen = |kind, subject: &str| {
        _ = running.engine.events.send(Event {
            at_ms: 1,
            kind,
            about: About::Words(Words {
                subject: subject.into(),
                message: String::new(),
                details: vec![("from", "closed".into())],
            }),
        });
    };
    happen(EventKind::Decided, "d");
    happen(EventKind::Health, "a/b");
    let event = events.message().await.unwrap().unwrap().event.unwrap();
    assert_eq!(
        (event.subject.as_str(), event.details["from"].as_str()),
        ("a/b", "closed")
    );
    for i in 0..10 {
        happen(EventKind::Health, &i.to_string());
    }
    let event = events.message().await.unwrap().unwrap().event.unwrap();
    assert_eq!(event.kind(), proto::EventKind::Lagged);
    assert_eq!(event.details["missed"], "6");
}
