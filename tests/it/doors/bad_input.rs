//! `bad_input.txt`: what is wrong is named with its remedy, by the right status, at each door.

use super::{call::Caller, fixtures, table::rows};
use crate::process::{Server, simulated, write};
use pointsman::proto::{Chat, RouteRequest};
use std::{collections::BTreeMap, net::TcpListener};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_input_is_named_with_its_remedy_at_every_door() {
    let directory = tempfile::tempdir().unwrap();
    let place = |name: &str| directory.path().join(name);
    let memory = place("memory");
    let server = Server::start(&write(directory.path(), &simulated(&memory, "")));
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let text = place("notes.txt");
    std::fs::write(&text, "not a memory, not an export, not JSON\n").unwrap();
    let caller = Caller {
        server: &server,
        directory: directory.path(),
        names: BTreeMap::from([
            ("decision", decision(&server).await),
            ("10MB", "x".repeat(10_000_000)),
            ("memory", memory.display().to_string()),
            ("damaged", fixtures::damaged(&place("damaged"))),
            ("newer", fixtures::newer(&place("newer"))),
            ("foreign", fixtures::foreign(&place("foreign"))),
            ("strange", fixtures::strange(&place("strange"))),
            ("file", text.display().to_string()),
            ("new", place("new").display().to_string()),
            ("taken", taken.local_addr().unwrap().to_string()),
            (
                "models",
                concat!(env!("CARGO_MANIFEST_DIR"), "/models").to_owned(),
            ),
        ]),
    };
    let complaints = caller
        .complaints(&rows(include_str!("bad_input.txt")))
        .await;
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
    assert_eq!(server.terminate(), Some(0));
}

async fn decision(server: &Server) -> String {
    let (mut router, _) = server.clients().await;
    let request = RouteRequest {
        chat: Some(Chat {
            prompt: Some("Name three rivers".to_owned()),
            ..Chat::default()
        }),
        ..RouteRequest::default()
    };
    let answer = router.route(request).await.unwrap().into_inner();
    answer.decision.unwrap().id
}
