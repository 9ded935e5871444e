//! Makes the calls of a table's rows.

use super::{
    bytes,
    table::{Answer, Row, filled, raw, words},
};
use crate::process::{self, Server, program};
use pointsman::proto;
use prost_reflect::{DescriptorPool, DynamicMessage, prost::Message as _};
use std::{
    collections::BTreeMap,
    ffi::OsString,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    os::unix::ffi::OsStringExt as _,
    path::Path,
    process::Stdio,
};
use tonic::Status;
use tonic_types::StatusExt as _;

/// What the rows need.
pub struct Caller<'a> {
    pub server: &'a Server,
    /// For the configurations of `serve` and `check`.
    pub directory: &'a Path,
    pub names: BTreeMap<&'static str, String>,
}

impl Caller<'_> {
    /// Makes all calls; what is wrong, row by row.
    pub async fn complaints(&self, rows: &[Row]) -> Vec<String> {
        let mut complaints = Vec::new();
        for row in rows {
            complaints.extend(row.complaint(&self.make(row).await, &self.names));
        }
        complaints
    }

    pub async fn make(&self, row: &Row) -> Answer {
        let call = filled(&row.call, &self.names);
        match row.door.as_str() {
            "grpc" => self.grpc(&call, text_form).await,
            "bytes" => self.grpc(&call, hexadecimal).await,
            "http" => self.http(&call).await,
            "cli" => self.cli(&call),
            "serve" => self.with_config(&call, &["serve", "--config"]),
            "check" => self.with_config(&call, &["check"]),
            other => panic!("there is no door {other}"),
        }
    }

    async fn grpc(&self, call: &str, form: fn(&str, &str) -> Vec<u8>) -> Answer {
        let (method, text) = call.split_once(' ').unwrap_or((call, ""));
        let path = path_of(method);
        match bytes::call(self.server.channel().await, &path, form(&path, text)).await {
            Ok(answers) => Answer::new("Ok", format!("{} answers", answers.len())),
            Err(status) => of_status(&status),
        }
    }

    async fn http(&self, call: &str) -> Answer {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy().tls_certs_only([]);
        let mut parts = call.splitn(3, ' ');
        let method = parts.next().unwrap().parse().unwrap();
        let url = format!("{}{}", self.server.http, parts.next().unwrap());
        let request = client.build().unwrap().request(method, url);
        let request = match parts.next() {
            Some(body) => request.body(raw(body)),
            None => request,
        };
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        Answer::new(status, response.text().await.unwrap())
    }

    fn cli(&self, call: &str) -> Answer {
        let (arguments, input) = match call.split_once(" < ") {
            Some((arguments, input)) => (arguments, Some(input)),
            None => (call, None),
        };
        let mut arguments = words(arguments);
        let local = ["bench", "serve", "demo", "replay"].contains(&arguments[0].as_str());
        if !local && !arguments.iter().any(|argument| argument == "--address") {
            arguments.push(format!("--address=http://{}", self.server.grpc));
        }
        run(&arguments, input.map(raw))
    }

    fn with_config(&self, text: &str, verb: &[&str]) -> Answer {
        let path = self.directory.join("row.yaml");
        std::fs::write(&path, configuration(text)).unwrap();
        let mut arguments: Vec<String> = verb.iter().map(|&word| word.to_owned()).collect();
        arguments.push(path.display().to_string());
        run(&arguments, None)
    }
}

/// What a row does not say itself.
fn configuration(text: &str) -> String {
    let mut text = text.replace(";;", "\n");
    for (key, rest) in [
        ("server", "{ listen: \"127.0.0.1:0\", http_listen: off }"),
        ("embedding", "{ kind: static }"),
        ("providers", "[{ name: simulated, type: simulated }]"),
    ] {
        if !text.contains(&format!("{key}:")) {
            text.push_str(&format!("\n{key}: {rest}"));
        }
    }
    text
}

/// Runs the program to its end, or until it serves: then it is killed, and its status is `serves`.
pub fn run(arguments: &[String], input: Option<Vec<u8>>) -> Answer {
    let mut command = program(&[]);
    command.args(
        arguments
            .iter()
            .map(|argument| OsString::from_vec(raw(argument))),
    );
    if input.is_some() {
        command.stdin(Stdio::piped());
    }
    let mut child = command.spawn().unwrap();
    if let Some(input) = input {
        // Who is refused at once does not read.
        let _ = child.stdin.take().unwrap().write_all(&input);
    }
    let errors = process::collect(child.stderr.take().unwrap());
    let mut said = String::new();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut serves = false;
    while !serves && out.read_line(&mut said).unwrap_or(0) > 0 {
        serves = said.contains("\ngRPC on ");
    }
    if serves {
        child.kill().unwrap();
    }
    let _ = out.read_to_string(&mut said);
    let status = child.wait().unwrap().code();
    let words = format!("{said}{}", errors.join().unwrap());
    let status = match status {
        Some(code) if !serves => code.to_string(),
        _ => "serves".to_owned(),
    };
    Answer {
        status,
        words,
        out: said,
    }
}

fn pool() -> DescriptorPool {
    DescriptorPool::decode(proto::FILE_DESCRIPTOR_SET).unwrap()
}

/// `RouterService/Route` of `Route`.
fn path_of(method: &str) -> String {
    let of = |service: prost_reflect::ServiceDescriptor| {
        let mut methods = service.methods();
        let found = methods.find(|one| one.name() == method);
        found.map(|_| format!("{}/{method}", service.name()))
    };
    let found = pool().services().find_map(of);
    found.unwrap_or_else(|| panic!("there is no method {method}"))
}

fn text_form(path: &str, text: &str) -> Vec<u8> {
    let (service, method) = path.split_once('/').unwrap();
    let service = pool()
        .get_service_by_name(&format!("pointsman.v1.{service}"))
        .unwrap();
    let method = service.methods().find(|one| one.name() == method).unwrap();
    DynamicMessage::parse_text_format(method.input(), text)
        .unwrap_or_else(|error| panic!("{text}: {error}"))
        .encode_to_vec()
}

fn hexadecimal(_path: &str, text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    let pairs = digits
        .chunks(2)
        .map(|pair| std::str::from_utf8(pair).unwrap());
    pairs
        .map(|pair| u8::from_str_radix(pair, 16).unwrap())
        .collect()
}

/// Every refusal of ours carries a reason.
fn of_status(status: &Status) -> Answer {
    let details = status.get_error_details();
    let reason = details.error_info().map_or("no reason", |info| {
        assert_eq!(info.domain, "pointsman");
        &info.reason
    });
    Answer::new(
        format!("{:?}", status.code()),
        format!("{} ({reason})", status.message()),
    )
}
