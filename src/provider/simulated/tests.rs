//! The simulated models as dispatch sees them.

use super::*;
use crate::domain::{ChatRequest, Message, Role, StopReason};
use crate::provider::assemble::Assembler;
use std::sync::Arc;

const CALM: Settings = Settings {
    seed: 5,
    time_scale: 1.0,
    failures: false,
};

fn call(prompt: &str) -> Call {
    let request = ChatRequest {
        messages: vec![Message::text(Role::User, prompt)],
        ..ChatRequest::default()
    };
    Call::new(Arc::new(request), "any")
}

fn prompt(kind: Kind) -> &'static str {
    kind.prompts().next().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_stream_is_the_whole_answer_in_pieces_and_takes_as_long() {
    let model = Simulated::new("forge", CALM).unwrap();
    let from = tokio::time::Instant::now();
    let whole = model.complete(call(prompt(Kind::Code))).await.unwrap();
    let whole_ms = from.elapsed().as_millis();

    let from = tokio::time::Instant::now();
    let mut pieces = model.stream(call(prompt(Kind::Code))).await.unwrap();
    let first_ms = from.elapsed().as_millis();
    let mut assembler = Assembler::default();
    let mut streamed = None;
    while let Some(piece) = pieces.next().await {
        streamed = assembler.push(&piece.unwrap()).or(streamed);
    }
    assert_eq!(streamed.unwrap(), whole);
    assert!(from.elapsed().as_millis().abs_diff(whole_ms) < whole_ms / 10);
    assert!(first_ms * 2 < whole_ms);
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_answers_alike_and_another_one_differently() {
    let mut usages = Vec::new();
    for seed in [1, 1, 2] {
        let settings = Settings { seed, ..CALM };
        let model = Simulated::new("atlas", settings).unwrap();
        usages.push(
            model
                .complete(call(prompt(Kind::Mathematics)))
                .await
                .unwrap()
                .usage,
        );
    }
    assert_eq!(usages[0], usages[1]);
    assert_ne!(usages[0], usages[2]);
}

#[tokio::test]
async fn failures_come_at_their_rate_and_can_be_switched_off() {
    for (failures, expected) in [(true, 5..40), (false, 0..1)] {
        let settings = Settings {
            failures,
            time_scale: 0.0,
            ..CALM
        };
        let model = Simulated::new("quill", settings).unwrap();
        let mut failed = 0;
        for _ in 0..1000 {
            failed += i32::from(model.complete(call("Write a poem.")).await.is_err());
        }
        assert!(expected.contains(&failed), "{failed}");
    }
}

#[tokio::test]
async fn a_token_limit_cuts_the_answer() {
    let mut call = call(prompt(Kind::Creative));
    Arc::make_mut(&mut call.request).sampling.max_tokens = Some(10);
    let settings = Settings {
        time_scale: 0.0,
        ..CALM
    };
    let model = Simulated::new("quill", settings).unwrap();
    let answer = model.complete(call).await.unwrap();
    assert_eq!(answer.stop, StopReason::Length);
    assert_eq!(answer.usage.output(), 10);
    assert!(!answer.is_empty() && answer.text().len() < 40);
}

#[test]
fn an_unknown_model_is_named() {
    let error = Simulated::new("gpt", CALM).unwrap_err().to_string();
    assert!(
        error.contains("\"gpt\"") && error.contains("atlas"),
        "{error}"
    );
}
