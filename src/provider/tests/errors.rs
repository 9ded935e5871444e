//! Errors before an answer: `status | headers | body => kind [wait in ms]`, one a line.

use super::root;
use crate::provider::http::classify;
use http::HeaderMap;

fn headers(text: &str) -> HeaderMap {
    let mut map = HeaderMap::new();
    if let Some((name, value)) = text.split_once(':') {
        let name: http::HeaderName = name.trim().parse().unwrap();
        map.insert(name, value.trim().parse().unwrap());
    }
    map
}

fn hold_table(dialect: &str) {
    let table = std::fs::read_to_string(root().join(dialect).join("errors.txt")).unwrap();
    let mut wrong = Vec::new();
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        let (input, expected) = line.rsplit_once("=>").unwrap();
        let mut columns = input.splitn(3, '|').map(str::trim);
        let status = columns.next().unwrap().parse().unwrap();
        let headers = headers(columns.next().unwrap());
        let fault = classify(status, &headers, columns.next().unwrap().as_bytes());
        let wait = fault.retry_after_ms.map(|ms| format!(" {ms}"));
        let found = format!("{}{}", fault.kind.as_str(), wait.unwrap_or_default());
        if found != expected.trim() {
            wrong.push(format!("{line}\n  found {found}: {fault}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn anthropic_errors() {
    hold_table("anthropic");
}

#[test]
fn gemini_errors() {
    hold_table("gemini");
}

#[test]
fn ollama_errors() {
    hold_table("ollama");
}

#[test]
fn azure_errors() {
    hold_table("azure");
}
