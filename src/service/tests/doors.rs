//! Getting in and going down: keys, health, reflection, draining.

use super::{running::Running, scripted::Script};
use crate::{
    keys::{Caller, Keys},
    proto::{
        self, admin_service_client::AdminServiceClient, router_service_client::RouterServiceClient,
    },
    service::{Drained, Settings},
};
use std::time::Duration;
use tonic::{Code, Request};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};
use tonic_reflection::pb::{
    v1::{
        ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
        server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
    },
    v1alpha,
};

fn route(tenant: Option<&str>) -> proto::RouteRequest {
    proto::RouteRequest {
        chat: Some(proto::Chat {
            prompt: Some("hi".into()),
            ..proto::Chat::default()
        }),
        routing: Some(proto::Routing {
            tenant: tenant.map(str::to_owned),
            ..proto::Routing::default()
        }),
        request_id: None,
    }
}

fn with_key<T>(key: Option<&str>, message: T) -> Request<T> {
    let mut request = Request::new(message);
    if let Some(key) = key {
        let value = key.parse().unwrap();
        request.metadata_mut().insert("authorization", value);
    }
    request
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one story, told in order")]
async fn keys_decide_who_may_do_what() {
    let caller = |tenant: Option<&str>, admin| Caller {
        tenant: tenant.map(str::to_owned),
        admin,
    };
    let settings = Settings {
        keys: Keys::new([
            ("blue-key", caller(Some("blue"), false)),
            ("root", caller(None, true)),
        ]),
        ..Settings::default()
    };
    let running = Running::start(settings).await;
    let channel = running.channel().await;
    let mut router = RouterServiceClient::new(channel.clone());
    let mut admin = AdminServiceClient::new(channel.clone());
    let cases = [
        (None, None, Code::Unauthenticated, Code::Unauthenticated),
        (
            Some("Bearer nope"),
            None,
            Code::Unauthenticated,
            Code::Unauthenticated,
        ),
        (
            Some("Basic root"),
            None,
            Code::Unauthenticated,
            Code::Unauthenticated,
        ),
        (
            Some("Bearer blue-key"),
            None,
            Code::Ok,
            Code::PermissionDenied,
        ),
        (
            Some("bearer blue-key"),
            Some("blue"),
            Code::Ok,
            Code::PermissionDenied,
        ),
        (
            Some("Bearer blue-key"),
            Some("red"),
            Code::PermissionDenied,
            Code::PermissionDenied,
        ),
        (Some("Bearer root"), Some("red"), Code::Ok, Code::Ok),
    ];
    for (key, tenant, routed, listed) in cases {
        let code = router
            .route(with_key(key, route(tenant)))
            .await
            .err()
            .map_or(Code::Ok, |s| s.code());
        assert_eq!(code, routed, "{key:?} {tenant:?}");
        let request = with_key(key, proto::ListClassesRequest {});
        let code = admin
            .list_classes(request)
            .await
            .err()
            .map_or(Code::Ok, |s| s.code());
        assert_eq!(code, listed, "{key:?}");
    }
    let tenants: Vec<_> = running
        .engine
        .asked
        .lock()
        .unwrap()
        .iter()
        .map(|r| r.routing.tenant.clone())
        .collect();
    assert_eq!(
        tenants,
        [Some("blue".into()), Some("blue".into()), Some("red".into())]
    );
    let mut health = HealthClient::new(channel);
    health.check(HealthCheckRequest::default()).await.unwrap();
}

#[tokio::test]
async fn reflection_speaks_both_versions() {
    let running = Running::start(Settings::default()).await;
    let channel = running.channel().await;
    let ask = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let mut v1 = ServerReflectionClient::new(channel.clone());
    let answers = v1
        .server_reflection_info(tokio_stream::iter([ask]))
        .await
        .unwrap();
    let answer = answers.into_inner().message().await.unwrap().unwrap();
    let Some(MessageResponse::ListServicesResponse(list)) = answer.message_response else {
        panic!("{answer:?}")
    };
    let names: Vec<_> = list
        .service
        .iter()
        .map(|service| service.name.as_str())
        .collect();
    for name in [
        "pointsman.v1.RouterService",
        "pointsman.v1.AdminService",
        "grpc.health.v1.Health",
    ] {
        assert!(names.contains(&name), "{names:?}");
    }
    let ask = v1alpha::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(
            v1alpha::server_reflection_request::MessageRequest::FileContainingSymbol(
                "pointsman.v1.RouterService".into(),
            ),
        ),
    };
    let mut old = v1alpha::server_reflection_client::ServerReflectionClient::new(channel);
    let answers = old
        .server_reflection_info(tokio_stream::iter([ask]))
        .await
        .unwrap();
    let answer = answers.into_inner().message().await.unwrap().unwrap();
    use v1alpha::server_reflection_response::MessageResponse as Old;
    assert!(matches!(
        answer.message_response,
        Some(Old::FileDescriptorResponse(_))
    ));
}

#[tokio::test]
async fn going_down_lets_running_requests_end() {
    let mut running = Running::start(Settings::default()).await;
    let channel = running.channel().await;
    let mut router = RouterServiceClient::new(channel.clone());
    let mut admin = AdminServiceClient::new(channel.clone());
    let mut health = HealthClient::new(channel);
    let service = "pointsman.v1.RouterService".to_owned();
    let watch = health.watch(HealthCheckRequest { service }).await.unwrap();
    let mut watch = watch.into_inner();
    let status = |message: Option<tonic_health::pb::HealthCheckResponse>| message.unwrap().status();
    assert_eq!(
        status(watch.message().await.unwrap()),
        ServingStatus::Serving
    );
    let kinds = vec![];
    let mut events = admin
        .watch_events(proto::WatchEventsRequest { kinds })
        .await
        .unwrap()
        .into_inner();
    running.script(Script::Hang);
    let request = proto::RouteStreamRequest {
        chat: route(None).chat,
        ..proto::RouteStreamRequest::default()
    };
    let mut stream = router.route_stream(request).await.unwrap().into_inner();
    stream.message().await.unwrap();

    running.stop.take().unwrap().send(()).unwrap();
    assert_eq!(
        status(watch.message().await.unwrap()),
        ServingStatus::NotServing
    );
    let ended = events.message().await.unwrap_err();
    assert_eq!(ended.code(), Code::Unavailable);
    assert!(
        !running.served.is_finished(),
        "it waits for the running request"
    );
    drop(stream);
    let drained = tokio::time::timeout(Duration::from_secs(20), running.served).await;
    assert_eq!(drained.unwrap().unwrap(), Drained { stopped: 0 });
}

#[tokio::test]
async fn a_failed_memory_is_told_by_health_and_the_server_goes_on_to_say_why() {
    let running = Running::start(Settings::default()).await;
    let mut health = HealthClient::new(running.channel().await);
    let watch = health.watch(HealthCheckRequest::default()).await.unwrap();
    let mut watch = watch.into_inner();
    let status = watch.message().await.unwrap().unwrap().status();
    assert_eq!(status, ServingStatus::Serving);
    running.engine.failure.send_replace(Some("full".into()));
    let status = watch.message().await.unwrap().unwrap().status();
    assert_eq!(status, ServingStatus::NotServing);
    let mut router = RouterServiceClient::new(running.channel().await);
    router.route(route(None)).await.unwrap();
}

#[tokio::test]
async fn going_down_does_not_wait_for_ever() {
    let settings = Settings {
        drain: Duration::from_millis(50),
        ..Settings::default()
    };
    let mut running = Running::start(settings).await;
    running.script(Script::Hang);
    let mut router = RouterServiceClient::new(running.channel().await);
    let request = proto::RouteStreamRequest {
        chat: route(None).chat,
        ..proto::RouteStreamRequest::default()
    };
    let mut stream = router.route_stream(request).await.unwrap().into_inner();
    running.stop.take().unwrap().send(()).unwrap();
    let mut last = None;
    let status = loop {
        match stream.message().await {
            Ok(Some(message)) => last = message.event,
            Ok(None) => panic!("ended without a status"),
            Err(status) => break status,
        }
    };
    assert_eq!(status.code(), Code::Unavailable);
    let Some(proto::route_stream_response::Event::Failed(failed)) = last else {
        panic!("{last:?}")
    };
    assert_eq!(failed.reason, "OWN_DRAINING");
    assert_eq!(running.served.await.unwrap(), Drained { stopped: 1 });
}
