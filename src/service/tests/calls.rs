//! Calls of the client's face.

use super::{
    running::Running,
    scripted::{Script, Scripted},
};
use crate::{
    clock::SystemClock,
    engine::api::EngineError,
    proto::{
        self, admin_service_client::AdminServiceClient, route_stream_response::Event as Wire,
        router_service_client::RouterServiceClient, router_service_server::RouterService,
    },
    service::{Settings, gate::Gate, router::RouterFace},
};
use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use tonic::{Code, Request, Status, transport::Channel};
use tonic_types::StatusExt;

fn chat() -> Option<proto::Chat> {
    Some(proto::Chat {
        prompt: Some("hi".into()),
        ..proto::Chat::default()
    })
}

fn route() -> proto::RouteRequest {
    proto::RouteRequest {
        chat: chat(),
        ..proto::RouteRequest::default()
    }
}

fn stream_request() -> proto::RouteStreamRequest {
    proto::RouteStreamRequest {
        chat: chat(),
        ..proto::RouteStreamRequest::default()
    }
}

pub async fn clients() -> (
    Running,
    RouterServiceClient<Channel>,
    AdminServiceClient<Channel>,
) {
    let running = Running::start(Settings::default()).await;
    let channel = running.channel().await;
    (
        running,
        RouterServiceClient::new(channel.clone()),
        AdminServiceClient::new(channel),
    )
}

/// The kinds of events of a stream, and the status at its end.
async fn heard(client: &mut RouterServiceClient<Channel>, wait: Option<Duration>) -> String {
    let mut request = Request::new(stream_request());
    if let Some(wait) = wait {
        request.set_timeout(wait);
    }
    let mut stream = match client.route_stream(request).await {
        Ok(response) => response.into_inner(),
        Err(status) => return format!("{:?}", status.code()),
    };
    let mut names = Vec::new();
    loop {
        match stream.message().await {
            Ok(Some(message)) => names.push(name(message)),
            Ok(None) => names.push("OK".to_owned()),
            Err(status) => names.push(format!("{:?}", status.code())),
        }
        if names.last().is_some_and(|last| !last.starts_with('+')) {
            return names.join(" ");
        }
    }
}

fn name(message: proto::RouteStreamResponse) -> String {
    match message.event.unwrap() {
        Wire::Decision(_) => "+decision".into(),
        Wire::AttemptFailed(_) => "+attempt_failed".into(),
        Wire::TextDelta(delta) => format!("+text:{}", delta.text),
        Wire::ReasoningDelta(_) => "+reasoning".into(),
        Wire::ToolCallDelta(_) => "+tool".into(),
        Wire::Usage(_) => "+usage".into(),
        Wire::Restarted(_) => "+restarted".into(),
        Wire::Completed(_) => "+completed".into(),
        Wire::Failed(failed) => format!("+failed:{}", failed.reason),
    }
}

#[tokio::test]
async fn a_stream_has_exactly_one_end() {
    let (running, mut client, _) = clients().await;
    let cases = [
        (Script::Answer, "+decision +text:hel +usage +completed OK"),
        (Script::Refuse(EngineError::Draining), "Unavailable"),
        (
            Script::Break(EngineError::Deadline),
            "+decision +text:hel +failed:CALLER_DEADLINE_PASSED DeadlineExceeded",
        ),
        (
            Script::BreakOff,
            "+decision +text:hel +failed:OWN_INTERNAL Internal",
        ),
    ];
    for (script, expected) in cases {
        running.script(script);
        assert_eq!(heard(&mut client, None).await, expected);
    }
}

#[tokio::test]
async fn a_deadline_holds_to_the_last_byte_of_a_stream() {
    let (running, mut client, _) = clients().await;
    running.script(Script::Hang);
    let heard = heard(&mut client, Some(Duration::from_millis(1500))).await;
    assert!(
        heard.starts_with("+decision +text:hel +failed:CALLER_DEADLINE_PASSED DeadlineExceeded"),
        "{heard}"
    );
    assert_eq!(running.engine.dropped.load(Ordering::SeqCst), 1);
}

/// Asked of the face itself, in time that stands still: on the wire the client's own timer may win.
#[tokio::test(start_paused = true)]
async fn a_late_answer_is_deadline_exceeded() {
    let engine = Scripted::default();
    *engine.script.lock().unwrap() = Script::Hang;
    let clock = Arc::new(SystemClock::new());
    let face = RouterFace::new(
        Arc::new(engine),
        Gate::new(1),
        clock,
        Arc::new(Settings::default()),
    );
    let mut request = Request::new(route());
    request
        .metadata_mut()
        .insert("grpc-timeout", "200m".parse().unwrap());
    let status = face.route(request).await.unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded);
    let details = status.get_error_details();
    assert_eq!(
        details.error_info().unwrap().reason,
        "CALLER_DEADLINE_PASSED"
    );
}

#[tokio::test]
async fn a_caller_who_leaves_cancels_the_work() {
    let (running, mut client, _) = clients().await;
    running.script(Script::Hang);
    let mut stream = client
        .route_stream(stream_request())
        .await
        .unwrap()
        .into_inner();
    stream.message().await.unwrap().unwrap();
    assert_eq!(running.engine.dropped.load(Ordering::SeqCst), 0);
    drop(stream);
    let unary = tokio::spawn({
        let mut client = client.clone();
        async move { client.route(route()).await }
    });
    let asked = || running.engine.asked.lock().unwrap().len();
    until(|| asked() == 2).await;
    unary.abort();
    until(|| running.engine.dropped.load(Ordering::SeqCst) == 2).await;
}

/// Waits for something that other tasks bring about.
async fn until(done: impl Fn() -> bool) {
    tokio::time::timeout(Duration::from_secs(10), async {
        while !done() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await
    .expect("it never happened");
}

#[tokio::test]
async fn metadata_names_the_request_and_the_decision() {
    let (running, mut client, _) = clients().await;
    let mut request = Request::new(route());
    request
        .metadata_mut()
        .insert("x-request-id", "r-7".parse().unwrap());
    let response = client.route(request).await.unwrap();
    let id = response.metadata().get("x-pointsman-decision-id").unwrap();
    assert_eq!(id.len(), 26);
    assert_eq!(
        response.get_ref().completion.as_ref().unwrap().text,
        "hello"
    );
    let asked = running.engine.asked.lock().unwrap();
    assert_eq!(asked[0].request_id.as_deref(), Some("r-7"));
}

#[tokio::test]
async fn too_large_a_message_is_refused_with_the_remedy() {
    let settings = Settings {
        max_request_bytes: 1000,
        ..Settings::default()
    };
    let running = Running::start(settings).await;
    let mut client = RouterServiceClient::new(running.channel().await);
    let mut large = route();
    large.chat.as_mut().unwrap().prompt = Some("x".repeat(2000));
    let status = client.route(large).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
    assert!(
        status.message().contains("the limit is: 1000 bytes"),
        "{status}"
    );
}

#[tokio::test]
async fn a_full_house_asks_to_come_back() {
    let settings = Settings {
        max_concurrent_requests: 1,
        ..Settings::default()
    };
    let running = Running::start(settings).await;
    let mut client = RouterServiceClient::new(running.channel().await);
    running.script(Script::Hang);
    let held = client.route_stream(stream_request()).await.unwrap();
    let status = client.route(route()).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
    assert!(status.get_error_details().retry_info().is_some());
    drop(held);
    running.script(Script::Answer);
    let mut status = Err(Status::ok(""));
    for _ in 0..1000 {
        status = client.route(route()).await;
        if status.is_ok() {
            break;
        }
        tokio::task::yield_now().await;
    }
    status.unwrap();
}
