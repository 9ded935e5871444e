//! The face on a port of its own, before a scripted engine.

use super::scripted::Scripted;
use crate::clock::ManualClock;
use crate::http::{Settings, serve};
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// The face on a port of its own, and a client for it.
pub struct Face {
    pub engine: Arc<Scripted>,
    pub url: String,
    pub client: reqwest::Client,
    pub stop: CancellationToken,
    pub served: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl Face {
    pub async fn open(settings: Settings) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (engine, stop) = (Arc::new(Scripted::new()), CancellationToken::new());
        let clock = Arc::new(ManualClock::at(1_763_000_000_000));
        let (served, asked) = (Arc::clone(&engine), stop.clone());
        let served =
            tokio::spawn(async move { serve(listener, served, clock, &settings, asked).await });
        let client = reqwest::Client::builder()
            .no_proxy()
            .tls_certs_only([])
            .build();
        Self {
            engine,
            url,
            client: client.unwrap(),
            stop,
            served,
        }
    }

    pub async fn post(&self, path: &str, body: &str) -> reqwest::Response {
        let request = self.client.post(format!("{}{path}", self.url));
        request.body(body.to_owned()).send().await.unwrap()
    }

    pub async fn get(&self, path: &str) -> reqwest::Response {
        self.client
            .get(format!("{}{path}", self.url))
            .send()
            .await
            .unwrap()
    }

    pub async fn chat(&self, body: &str) -> reqwest::Response {
        self.post("/v1/chat/completions", body).await
    }
}
