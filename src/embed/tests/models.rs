//! Both models on real text. MiniLM's tests skip, loudly, without ONNX Runtime.

use super::*;
use std::time::Duration;

const WAIT: Duration = Duration::from_secs(60);

fn settings(kind: Kind) -> Settings {
    Settings {
        kind,
        models_dir: Some("models".into()),
        workers: Some(1),
        ..Settings::default()
    }
}

/// MiniLM, or a loud skip.
fn mini_lm() -> Option<EmbedService> {
    match EmbedService::open(&settings(Kind::MiniLm)) {
        Ok(service) => Some(service),
        Err(why @ OpenError::NoRuntime { .. }) => {
            eprintln!("SKIPPED: {why}");
            None
        }
        Err(why) => panic!("{why}"),
    }
}

fn both() -> Vec<EmbedService> {
    [Some(EmbedService::built_in(16)), mini_lm()]
        .into_iter()
        .flatten()
        .collect()
}

async fn vector(service: &EmbedService, text: &str) -> Vec<f32> {
    let vector = service.embed(text, WAIT).await.unwrap().vector;
    let norm = cosine(&vector, &vector);
    assert!((norm - 1.0).abs() < 1e-5, "{norm}");
    assert_eq!(vector.len(), service.dimensions());
    vector.to_vec()
}

#[tokio::test]
async fn like_texts_lie_closer_than_unlike_ones() {
    for service in both() {
        for (text, like, unlike) in [
            (
                "Write a function that sorts a list in Python",
                "Implement quicksort in Rust code",
                "Who wrote the play Hamlet?",
            ),
            (
                "What is the integral of x squared?",
                "Solve the equation 3x + 5 = 20",
                "Translate good morning into French",
            ),
            (
                "Suggest a recipe for dinner with chicken",
                "How do I bake bread at home?",
                "Explain how TCP handles lost packets",
            ),
        ] {
            let text_vector = vector(&service, text).await;
            let near = cosine(&text_vector, &vector(&service, like).await);
            let far = cosine(&text_vector, &vector(&service, unlike).await);
            assert!(
                near > far + 0.05,
                "{}: {text}: {near} and {far}",
                service.fingerprint()
            );
        }
    }
}

#[tokio::test]
async fn vectors_are_the_same_each_time_and_on_each_side_of_the_cache() {
    for service in both() {
        let first = vector(&service, "The same prompt").await;
        let again = service.embed("The same prompt", WAIT).await.unwrap();
        assert!(again.cached);
        assert_eq!(again.vector[..], first[..]);
    }
}

/// The sums of the exact model's vectors are published in fastembed's own tests; int8 is near them.
#[tokio::test]
async fn mini_lm_is_the_published_model() {
    let Some(service) = mini_lm() else { return };
    assert_eq!(
        (service.fingerprint(), service.dimensions()),
        ("all-minilm-l6-v2-int8@c505ad66", 384)
    );
    for (text, sum) in [
        ("Hello, World!", 0.596_055_27_f32),
        ("This is an example passage.", 0.365_429_25),
        ("fastembed-rs is licensed under Apache-2.0", -0.164_500_31),
        ("Some other short text here blah blah blah", -0.409_039_88),
    ] {
        let found: f32 = vector(&service, text).await.iter().sum();
        assert!((found - sum).abs() < 0.35, "{text}: {found} for {sum}");
    }
}

#[tokio::test]
async fn odd_texts_embed_or_fail_in_words() {
    let controls: String = ('\0'..'\u{a0}').collect();
    let right_to_left = "مرحبا بالعالم \u{202e}abc";
    for service in both() {
        for text in [
            &controls,
            right_to_left,
            "e\u{301}\u{301}\u{301}",
            "👩‍👩‍👧‍👦",
            "ﷺ",
            "",
            "\u{fffd}",
        ] {
            match service.embed(text, WAIT).await {
                Ok(embedded) => assert!(embedded.vector.iter().all(|x| x.is_finite())),
                Err(error) => assert!(matches!(error, EmbedError::Failed(_)), "{text:?}: {error}"),
            }
        }
    }
}

#[tokio::test]
async fn of_a_long_prompt_head_and_tail_count_and_the_middle_does_not() {
    let filler = "lorem ipsum dolor sit amet ".repeat(400_000); // 10 MB
    let head = "Write a sorting function in Rust. ".repeat(40);
    let tail = " Translate the poem into French.".repeat(20);
    for service in both() {
        let whole = vector(&service, &format!("{head}{filler}{tail}")).await;
        let other = vector(
            &service,
            &format!("{head}{}{tail}", filler.replace("dolor", "gold")),
        )
        .await;
        assert!(cosine(&whole, &other) > 0.9999 || service.dimensions() == 256);
        let (code, french) = (vector(&service, &head).await, vector(&service, &tail).await);
        let filler = vector(&service, &filler).await;
        let (near, also) = (cosine(&whole, &code), cosine(&whole, &french));
        assert!(
            near > cosine(&code, &filler) && also > cosine(&french, &filler),
            "{near} {also}"
        );
    }
}

#[test]
fn a_text_is_cut_by_bytes_at_blanks_and_never_within_a_character() {
    assert_eq!(cut::to_bytes("short"), "short");
    for unit in ["word ", "é", "語", "🦀", "x"] {
        let text = unit.repeat(9_000);
        let kept = cut::to_bytes(&text);
        assert!(
            (6_000..=6_145).contains(&kept.len()),
            "{unit}: {}",
            kept.len()
        );
        let (head, tail) = kept.split_once('\n').unwrap();
        assert!(text.starts_with(head) && text.ends_with(tail), "{unit}");
        assert!(head.len() > 4_000 && tail.len() > 1_900, "{unit}");
    }
}

#[test]
fn a_text_is_cut_to_the_window_by_tokens() {
    let table = StaticTable::built_in();
    let tokens = |text: &str| table.words().encode(text).len();
    assert_eq!(cut::to_tokens("a b c", 254, table.words()), "a b c");
    for unit in [
        "word ",
        "語",
        "supercalifragilistic ",
        "https://example.org/a/b?c=d&",
        "a.b,c;",
    ] {
        let text = unit.repeat(300);
        let kept = cut::to_tokens(&text, 254, table.words());
        assert!(
            (200..=260).contains(&tokens(&kept)),
            "{unit}: {}",
            tokens(&kept)
        );
        assert!(
            text.starts_with(unit) && kept.starts_with(unit.trim()),
            "{unit}"
        );
    }
}
