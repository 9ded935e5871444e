//! What is in the logs: at every level, of every library, no prompt and no key, whatever goes wrong;
//! prompts alone where `logging.prompts` asks for them.

use pointsman::{
    config::{self, Config, Origin},
    engine::Options,
    proto::{self, router_service_client::RouterServiceClient},
    serve::{Listening, serve},
};
use std::{
    io::Write,
    net::SocketAddr,
    path::Path,
    sync::{Arc, Mutex},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    sync::oneshot,
};
use tonic::{Request, transport::Endpoint};

const PROMPT: &str = "why does the canary sing at dawn";
const UPSTREAM_KEY: &str = "sk-canary-of-the-upstream";
const CALLER_KEY: &str = "canary-of-the-caller";

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Captured {
    /// All logs of this process from now on.
    fn start() -> Self {
        let captured = Self::default();
        let writer = captured.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        tracing::subscriber::set_global_default(subscriber).unwrap();
        captured
    }

    fn take(&self) -> String {
        String::from_utf8_lossy(&std::mem::take(&mut *self.0.lock().unwrap())).into_owned()
    }
}

/// An upstream that refuses, with all that it was sent in its words.
async fn indiscreet() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut sent = vec![0; 1 << 16];
            let count = socket.read(&mut sent).await.unwrap_or(0);
            let words = String::from_utf8_lossy(&sent[..count]).into_owned();
            let body = serde_json::json!({"error": {"message": format!("{words} {PROMPT}"), "code": "boom"}});
            let body = body.to_string();
            let head = format!(
                "HTTP/1.1 500 Oh\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                body.len()
            );
            let _ = socket.write_all(format!("{head}{body}").as_bytes()).await;
        }
    });
    address
}

fn config(memory: &Path, upstream: SocketAddr, prompts: bool) -> Config {
    let text = format!(
        "server: {{ listen: '127.0.0.1:0', http_listen: '127.0.0.1:0', keys: [{{ key: {CALLER_KEY} }}] }}
embedding: {{ kind: static }}
memory: {{ path: {memory:?} }}
logging: {{ level: trace, prompts: {prompts} }}
providers:
  - {{ name: sim, type: simulated, simulation: {{ seed: 1, time_scale: 0, failures: false }}, models: [wisp] }}
  - {{ name: gossip, type: openai, api_key: {UPSTREAM_KEY}, base_url: 'http://{upstream}/v1', models: [m] }}
"
    );
    match config::from_text(&text, Origin::Simulated, &|_| None) {
        Ok(config) => config,
        Err(problems) => panic!("{problems}"),
    }
}

fn asking(model: &str, prompt: &str) -> Request<proto::RouteRequest> {
    let mut request = Request::new(proto::RouteRequest {
        chat: Some(proto::Chat {
            prompt: Some(prompt.to_owned()),
            ..proto::Chat::default()
        }),
        routing: Some(proto::Routing {
            model: Some(model.to_owned()),
            ..proto::Routing::default()
        }),
        request_id: None,
    });
    let key = format!("Bearer {CALLER_KEY}").parse().unwrap();
    request.metadata_mut().insert("authorization", key);
    request
}

/// Requests that succeed, fail and are refused, through both doors.
async fn ask_everything(listening: &Listening) {
    let door = Endpoint::from_shared(format!("http://{}", listening.grpc)).unwrap();
    let mut router = RouterServiceClient::new(door.connect().await.unwrap());
    router.route(asking("wisp", PROMPT)).await.unwrap();
    router.route(asking("gossip/m", PROMPT)).await.unwrap_err();
    router.route(asking(PROMPT, PROMPT)).await.unwrap_err();
    let url = format!("http://{}/v1/chat/completions", listening.http.unwrap());
    let client = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .build()
        .unwrap();
    for (model, tail) in [("wisp", "}"), ("gossip/m", "}"), ("wisp", "")] {
        let body = format!(
            r#"{{"model":"{model}","messages":[{{"role":"user","content":"{PROMPT}"}}]{tail}"#
        );
        let request = client.post(&url).bearer_auth(CALLER_KEY).body(body);
        request.send().await.unwrap();
    }
}

async fn served(config: Config, captured: &Captured) -> String {
    let (ready, listening) = oneshot::channel();
    let (stop, stopped) = oneshot::channel::<()>();
    let ready = move |listening: &Listening| _ = ready.send(listening.clone());
    let shutdown = async move { _ = stopped.await };
    let running = tokio::spawn(serve(config, Options::default(), ready, shutdown));
    ask_everything(&listening.await.unwrap()).await;
    stop.send(()).unwrap();
    running.await.unwrap().unwrap();
    captured.take()
}

fn lines_with<'a>(logs: &'a str, text: &str) -> Vec<&'a str> {
    logs.lines().filter(|line| line.contains(text)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn prompts_are_logged_only_where_they_are_asked_for_and_keys_never() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let captured = Captured::start();
    let upstream = indiscreet().await;
    let none: Vec<&str> = Vec::new();
    for prompts in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        let logs = served(config(dir.path(), upstream, prompts), &captured).await;
        assert_eq!(lines_with(&logs, "memory open").len(), 1, "logs are seen");
        assert_eq!(lines_with(&logs, UPSTREAM_KEY), none);
        assert_eq!(lines_with(&logs, CALLER_KEY), none);
        let told = lines_with(&logs, PROMPT);
        if prompts {
            assert_eq!(told.len(), 4, "{told:?}");
            assert!(told[0].contains("decision="), "{told:?}");
        } else {
            assert_eq!(told, none);
        }
    }
}
