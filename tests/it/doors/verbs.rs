//! `verbs.txt`: every verb of the command line does what it says, for people and as JSON, and says
//! what is wrong with its arguments.

use super::{
    call::{Caller, run},
    table::{Row, rows},
};
use crate::process::{Server, program, simulated, write};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    io::{BufRead as _, BufReader},
    net::TcpListener,
    path::Path,
};

/// `replay` writes its JSON to a file.
const WORDS_ONLY: [&str; 1] = ["replay"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_verb_does_what_it_says_for_people_and_as_json() {
    let directory = tempfile::tempdir().unwrap();
    let config = write(
        directory.path(),
        &simulated(&directory.path().join("memory"), ""),
    );
    let server = Server::start(&config);
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let caller = Caller {
        server: &server,
        directory: directory.path(),
        names: names(&server, directory.path(), &taken),
    };
    let rows = rows(include_str!("verbs.txt"));
    all_are_told_of(&rows);
    let mut complaints = Vec::new();
    for row in &rows {
        let answer = caller.make(row).await;
        complaints.extend(row.complaint(&answer, &caller.names));
        if answer.status == "0" && !WORDS_ONLY.contains(&verb(row)) {
            complaints.extend(as_json(&caller, row).await);
        }
    }
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
    assert_eq!(server.terminate(), Some(0));
}

fn verb(row: &Row) -> &str {
    row.call.split(' ').next().unwrap()
}

/// The same call with `--json`: one value, or one a line.
async fn as_json(caller: &Caller<'_>, row: &Row) -> Option<String> {
    let call = match row.call.split_once(" < ") {
        Some((arguments, input)) => format!("{arguments} --json < {input}"),
        None => format!("{} --json", row.call),
    };
    let call = call.replace("{export}", "{export}.json");
    let answer = caller.make(&row.with(&call)).await;
    let values = serde_json::Deserializer::from_str(&answer.out).into_iter::<Value>();
    let values: Result<Vec<Value>, _> = values.collect();
    let sound = values.as_ref().is_ok_and(|values| !values.is_empty());
    let out: String = answer.out.chars().take(300).collect();
    (answer.status != "0" || !sound)
        .then(|| format!("{call}\n  {}: {out}\n  {}", answer.status, answer.words))
}

/// Each verb that the program lists has rows, one that ends well (but for those whose good end needs more
/// than a server and a moment) and one that does not.
fn all_are_told_of(rows: &[Row]) {
    let help = run(&["--help".to_owned()], None).out;
    let (_, commands) = help.split_once("Commands:\n").unwrap();
    let verbs = commands.lines().take_while(|line| !line.is_empty());
    let verbs: BTreeSet<&str> = verbs
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next())
        .filter(|verb| !verb.is_empty() && *verb != "help")
        .collect();
    let told = |well: bool| -> BTreeSet<&str> {
        let rows = rows.iter().filter(|row| (row.status == "0") == well);
        rows.map(verb).collect()
    };
    let elsewhere = BTreeSet::from(["bench", "demo", "evaluate", "events", "serve"]);
    assert_eq!(&verbs - &told(true), elsewhere);
    assert_eq!(&verbs - &told(false), BTreeSet::new());
}

fn names(server: &Server, directory: &Path, taken: &TcpListener) -> BTreeMap<&'static str, String> {
    let place = |name: &str| directory.join(name).display().to_string();
    let examples = place("examples.jsonl");
    let lines = ["rivers", "proofs"].map(|topic| {
        format!(r#"{{"prompt": "Tell me of {topic}", "scores": {{"simulated/atlas": 0.8, "simulated/wisp": 0.6}}}}"#)
    });
    std::fs::write(&examples, lines.join("\n")).unwrap();
    let graded = place("graded.jsonl");
    std::fs::write(&graded, dataset()).unwrap();
    let id = |verb: &str| {
        let address = format!("--address=http://{}", server.grpc);
        let arguments = [verb, "Name three rivers", "--json", &address].map(str::to_owned);
        let made: Value = serde_json::from_str(&run(&arguments, None).out).unwrap();
        made["decision"]["id"].as_str().unwrap().to_owned()
    };
    BTreeMap::from([
        ("decision", id("route")),
        ("decided", id("decide")),
        ("examples", examples),
        ("graded", graded),
        ("cache", place("cache")),
        ("export", place("export.jsonl")),
        ("config", place("pointsman.yaml")),
        ("taken", taken.local_addr().unwrap().to_string()),
    ])
}

/// Sixty graded prompts of two kinds and two arms, each good at one of them.
fn dataset() -> String {
    let mut text = String::new();
    for n in 0..60 {
        let (task, good, bad) = if n % 2 == 0 {
            ("rivers", "a", "b")
        } else {
            ("proofs", "b", "a")
        };
        let m = format!(r#"{{"{good}": [0.9, 0.001, 20, 50], "{bad}": [0.4, 0.001, 20, 50]}}"#);
        writeln!(
            text,
            r#"{{"id": "{n}", "task": "{task}", "prompt": "Tell me of {task}, number {n}", "m": {m}}}"#
        )
        .unwrap();
    }
    text
}

#[test]
fn a_server_says_as_json_where_it_listens() {
    let directory = tempfile::tempdir().unwrap();
    let config = write(
        directory.path(),
        &simulated(&directory.path().join("memory"), ""),
    );
    let mut child = program(&["serve", "--json", "--config", config.to_str().unwrap()])
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let said: Value = serde_json::from_str(&line).unwrap();
    assert!(said["grpc"].as_str().unwrap().starts_with("127.0.0.1:"));
    assert!(said["http"].as_str().unwrap().starts_with("127.0.0.1:"));
}

#[test]
fn the_demonstration_tells_its_result_as_json() {
    let arguments = ["demo", "--json", "--prompts", "20", "--embedder", "static"];
    let answer = run(&arguments.map(str::to_owned), None);
    let told: Value = serde_json::from_str(&answer.out).unwrap();
    assert_eq!(told["prompts"], 20);
    // Twenty prompts are too few to find all; then it says so.
    let found = told["all_best"].as_bool().unwrap();
    assert_eq!(answer.status, if found { "0" } else { "1" });
}

/// `events` waits for what happens, so something has to.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_are_told_as_they_happen() {
    let directory = tempfile::tempdir().unwrap();
    let config = write(
        directory.path(),
        &simulated(&directory.path().join("memory"), ""),
    );
    let server = Server::start(&config);
    for (form, wanted) in [(None, "decided"), (Some("--json"), "EVENT_KIND_DECIDED")] {
        let address = format!("--address=http://{}", server.grpc);
        let mut arguments = vec!["events", "-n", "1", "--kinds", "decided", &address];
        arguments.extend(form);
        let arguments: Vec<String> = arguments.into_iter().map(str::to_owned).collect();
        let mut watching = tokio::task::spawn_blocking(move || run(&arguments, None));
        let answer = loop {
            let arguments = ["decide", "hi", &address].map(str::to_owned);
            let decided = tokio::task::spawn_blocking(move || run(&arguments, None));
            tokio::select! {
                answer = &mut watching => break answer.unwrap(),
                decided = decided => assert_eq!(decided.unwrap().status, "0"),
            }
        };
        assert_eq!(answer.status, "0");
        assert!(answer.out.contains(wanted), "{}", answer.out);
    }
    assert_eq!(server.terminate(), Some(0));
}
