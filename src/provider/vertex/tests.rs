//! Paths of both publishers, and tokens: one for many calls, renewed in time, an old one while none
//! is new.

use super::*;
use crate::clock::ManualClock;
use crate::provider::tests::upstream::{Answer, Seen, Upstream};
use crate::provider::tests::wire::{call, golden, http, streamed};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

fn file(change: impl Fn(&mut Value)) -> Secret {
    let mut file: Value = serde_json::from_str(&golden("vertex/service_account.json")).unwrap();
    change(&mut file);
    Secret::new(file.to_string())
}

fn credentials(token_uri: &str) -> Credentials {
    Credentials::parse(&file(|file| file["token_uri"] = token_uri.into())).unwrap()
}

fn vertex(url: &str, clock: Arc<ManualClock>, publisher: Publisher) -> Vertex {
    let endpoint = Endpoint {
        base_url: url.into(),
        ..Endpoint::default()
    };
    let place = Place {
        project: "my-project".into(),
        location: "us-central1".into(),
        publisher,
    };
    Vertex::new(
        http(),
        clock,
        endpoint,
        place,
        credentials(&format!("{url}/token")),
    )
    .unwrap()
}

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at(1_763_000_000_000))
}

/// Gives out token-1, token-2, ... and answers in both vendors' words.
fn google() -> impl Fn(&Seen) -> Answer {
    let count = AtomicU64::new(0);
    move |seen| {
        let json = "application/json";
        if seen.line == "POST /token" {
            let number = count.fetch_add(1, Ordering::Relaxed) + 1;
            let body = format!(r#"{{"access_token":"token-{number}","expires_in":3600}}"#);
            return (200, json, body);
        }
        if seen.headers["authorization"] == "Bearer token-99" {
            return (401, json, r#"{"error":{"code":401,"message":"no"}}"#.into());
        }
        let (folder, streams) = match seen.line.as_str() {
            line if line.contains("anthropic") => ("anthropic", line.contains("stream")),
            line => ("gemini", line.contains("stream")),
        };
        match (folder, streams) {
            ("anthropic", true) => {
                let body = golden("anthropic/stream.text_and_tools.txt");
                (200, "text/event-stream", body)
            }
            (_, true) => (200, "text/event-stream", golden("gemini/stream.text.txt")),
            (folder, false) => (200, json, golden(&format!("{folder}/response.text.json"))),
        }
    }
}

#[tokio::test]
async fn both_publishers_are_asked_at_their_paths_with_one_token() {
    let upstream = Upstream::start(google()).await;
    for (publisher, model) in [
        (Publisher::Google, "gemini-2.5-flash"),
        (Publisher::Anthropic, "claude-sonnet-4-5@20250929"),
    ] {
        let provider = vertex(&upstream.url, clock(), publisher);
        let answer = provider.complete(call(model)).await.unwrap();
        assert_eq!(answer.text(), "Paris.");
        assert!(streamed(&provider, model).await.contains("Grüße"));
    }
    let lines: Vec<String> = upstream.seen().into_iter().map(|seen| seen.line).collect();
    let base = "POST /v1/projects/my-project/locations/us-central1/publishers";
    assert_eq!(
        lines,
        [
            "POST /token".to_owned(),
            format!("{base}/google/models/gemini-2.5-flash:generateContent"),
            format!("{base}/google/models/gemini-2.5-flash:streamGenerateContent?alt=sse"),
            "POST /token".to_owned(),
            format!("{base}/anthropic/models/claude-sonnet-4-5@20250929:rawPredict"),
            format!("{base}/anthropic/models/claude-sonnet-4-5@20250929:streamRawPredict"),
        ]
    );
    let claude = &upstream.seen()[5].body;
    assert!(
        claude.contains(r#""anthropic_version":"vertex-2023-10-16""#),
        "{claude}"
    );
    assert!(!claude.contains("\"model\""), "{claude}");
}

#[tokio::test]
async fn the_token_is_renewed_before_it_expires_and_asked_for_once() {
    let upstream = Upstream::start(google()).await;
    let clock = clock();
    let provider = vertex(&upstream.url, clock.clone(), Publisher::Google);
    let ask = || provider.complete(call("gemini-2.5-flash"));
    let all = futures_util::future::join_all((0..8).map(|_| ask())).await;
    assert!(all.iter().all(Result::is_ok), "{all:?}");
    let tokens = || {
        let seen = upstream.seen();
        seen.iter().filter(|one| one.line == "POST /token").count()
    };
    assert_eq!(tokens(), 1, "eight calls at once ask once");
    clock.advance(Duration::from_secs(3200));
    ask().await.unwrap();
    assert_eq!(tokens(), 1, "still good");
    clock.advance(Duration::from_secs(200));
    ask().await.unwrap();
    assert_eq!(tokens(), 2, "renewed early");
    let last = upstream.seen().pop().unwrap();
    assert_eq!(last.headers["authorization"], "Bearer token-2");
}

#[tokio::test]
async fn an_old_token_serves_while_no_new_one_is_given() {
    let gone = Arc::new(AtomicU64::new(0));
    let inner = google();
    let switch = Arc::clone(&gone);
    let upstream = Upstream::start(move |seen| {
        if seen.line == "POST /token" && switch.load(Ordering::Relaxed) == 1 {
            return (503, "text/plain", "down".into());
        }
        inner(seen)
    })
    .await;
    let clock = clock();
    let provider = vertex(&upstream.url, clock.clone(), Publisher::Google);
    provider.complete(call("gemini-2.5-flash")).await.unwrap();
    gone.store(1, Ordering::Relaxed);
    clock.advance(Duration::from_secs(3400));
    provider.complete(call("gemini-2.5-flash")).await.unwrap();
    clock.advance(Duration::from_secs(300));
    let fault = provider
        .complete(call("gemini-2.5-flash"))
        .await
        .unwrap_err();
    assert_eq!(fault.kind, FaultKind::Overloaded);
    assert!(fault.message.starts_with("no access token"), "{fault}");
}

#[tokio::test]
async fn an_account_that_google_does_not_know_is_a_fault_of_credentials() {
    let upstream = Upstream::start(|_| {
        let body = r#"{"error":"invalid_grant","error_description":"account not found"}"#;
        (400, "application/json", body.into())
    })
    .await;
    let provider = vertex(&upstream.url, clock(), Publisher::Google);
    let probe = Probe {
        endpoint: None,
        timeout: Duration::from_secs(1),
    };
    let fault = provider.probe(probe).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Credentials, "{fault}");
}

#[test]
fn the_assertion_is_a_signed_claim() {
    let credentials = credentials("http://127.0.0.1:1/token");
    let jwt = assertion::sign(&credentials, 1_763_000_000).unwrap();
    let parts: Vec<&str> = jwt.split('.').collect();
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).unwrap();
    let claims: Value = serde_json::from_slice(&decode(parts[1])).unwrap();
    assert_eq!(claims["iss"], "router@my-project.iam.gserviceaccount.com");
    assert_eq!(claims["aud"], "http://127.0.0.1:1/token");
    assert_eq!(
        claims["scope"],
        "https://www.googleapis.com/auth/cloud-platform"
    );
    assert_eq!(claims["exp"], 1_763_003_600_u64);
    let public = UnparsedPublicKey::new(
        &RSA_PKCS1_2048_8192_SHA256,
        credentials.key.public().as_ref(),
    );
    let signed = format!("{}.{}", parts[0], parts[1]);
    public.verify(signed.as_bytes(), &decode(parts[2])).unwrap();
}

#[test]
fn credentials_that_are_no_use_are_refused_with_a_reason() {
    type Change = fn(&mut Value);
    let table: [(Change, &str); 7] = [
        (
            |file| file["type"] = "authorized_user".into(),
            "create a key of a service account",
        ),
        (
            |file| file["client_email"] = Value::Null,
            "`client_email` is missing",
        ),
        (
            |file| file["private_key"] = Value::Null,
            "`private_key` is missing",
        ),
        (
            |file| file["private_key"] = "hello".into(),
            "does not begin with",
        ),
        (
            |file| file["private_key"] = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END".into(),
            "is not an RSA key",
        ),
        (
            |file| file["token_uri"] = "https://evil.example/token".into(),
            "expected https on a host",
        ),
        (
            |file| file["token_uri"] = "https://oauth2.googleapis.com@evil.example".into(),
            "evil",
        ),
    ];
    for (change, words) in table {
        let error = Credentials::parse(&file(change)).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
    let error = Credentials::parse(&Secret::new("-----BEGIN PRIVATE KEY-----")).unwrap_err();
    assert!(error.to_string().contains("not JSON at line 1"), "{error}");
    let error = Credentials::parse(&Secret::new("[]")).unwrap_err();
    assert!(matches!(error, BadCredentials::Shape(_)), "{error}");
}

#[test]
fn a_location_has_its_address() {
    for (location, expected) in [
        (
            "us-central1",
            "https://us-central1-aiplatform.googleapis.com",
        ),
        ("global", "https://aiplatform.googleapis.com"),
        ("eu", "https://aiplatform.eu.rep.googleapis.com"),
    ] {
        assert_eq!(address(location), expected);
    }
    assert!(check("project", "a/../b").is_err());
}
