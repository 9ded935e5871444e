//! The service as one process: doors first (a port in use is known before anything is written),
//! then the engine, then the servers; and the way down: drain, flush, done.

use crate::{
    clock::{Clock as _, SystemClock},
    config::{CallerKey, Config, Server},
    engine::{Engine, OpenError, Options},
    keys::{Caller, Keys},
    service::{self, Doors},
};
use std::{future::Future, io, net::SocketAddr, sync::Arc};
use tokio::net::TcpListener;

/// Where the service listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listening {
    /// gRPC.
    pub grpc: SocketAddr,
    /// The operators' gRPC, where it has a door of its own.
    pub admin: Option<SocketAddr>,
    /// HTTP.
    pub http: Option<SocketAddr>,
    /// The embedder in use.
    pub embedder: String,
}

/// Why the service cannot run.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The engine cannot start.
    #[error(transparent)]
    Engine(#[from] OpenError),
    /// A door cannot be opened.
    #[error(
        "cannot listen on {address} ({key}): {source}; stop what listens there, or choose another address"
    )]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The configuration's key.
        key: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// A server failed while it ran.
    #[error("the server failed: {0}")]
    Server(String),
}

/// Serves until `shutdown` resolves; returns when all is written. `ready` is told once when callers
/// may come.
///
/// # Errors
/// Says what is missing, damaged or taken, and the way out.
pub async fn serve(
    config: Config,
    options: Options,
    ready: impl FnOnce(&Listening),
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let now_ms = SystemClock::new().now_ms();
    for warning in config.warnings.iter().chain(&config.stale_prices(now_ms)) {
        tracing::warn!("{warning}");
    }
    let main = open(config.server.listen, "server.listen").await?;
    let admin = optional(config.server.admin_listen, "server.admin_listen").await?;
    let http = optional(config.server.http_listen, "server.http_listen").await?;
    let address =
        |door: &Option<TcpListener>| door.as_ref().and_then(|door| door.local_addr().ok());
    let settings = settings(&config);
    let http_settings = http_settings(&config);
    let engine = Arc::new(Engine::open(config, options).await?);
    let listening = Listening {
        grpc: main
            .local_addr()
            .map_err(|error| ServeError::Server(error.to_string()))?,
        admin: address(&admin),
        http: address(&http),
        embedder: engine.embedder().to_owned(),
    };
    ready(&listening);
    let served = both(
        Doors { main, admin },
        http,
        &engine,
        settings,
        http_settings,
        shutdown,
    )
    .await;
    engine.close().await;
    served
}

/// The gRPC doors and the HTTP door, until the first ends.
async fn both(
    doors: Doors,
    http: Option<TcpListener>,
    engine: &Arc<Engine>,
    settings: service::Settings,
    http_settings: crate::http::Settings,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let clock = Arc::new(SystemClock::new());
    let stop = tokio_util::sync::CancellationToken::new();
    let face = http.map(|listener| {
        let (engine, clock, stop) = (Arc::clone(engine), clock.clone(), stop.clone());
        tokio::spawn(async move {
            crate::http::serve(listener, engine, clock, &http_settings, stop).await
        })
    });
    let asked = stop.clone();
    let down = async move {
        shutdown.await;
        asked.cancel();
    };
    let served = service::serve(doors, Arc::clone(engine), clock, settings, down).await;
    stop.cancel();
    if let Some(face) = face {
        let ended = face
            .await
            .map_err(|error| ServeError::Server(error.to_string()))?;
        ended.map_err(|error| ServeError::Server(error.to_string()))?;
    }
    let drained = served.map_err(|error| ServeError::Server(error.to_string()))?;
    if drained.stopped > 0 {
        tracing::warn!(
            requests = drained.stopped,
            "requests were stopped at the end of the drain time"
        );
    }
    Ok(())
}

async fn open(address: SocketAddr, key: &'static str) -> Result<TcpListener, ServeError> {
    TcpListener::bind(address)
        .await
        .map_err(|source| ServeError::Listen {
            address,
            key,
            source,
        })
}

async fn optional(
    address: Option<SocketAddr>,
    key: &'static str,
) -> Result<Option<TcpListener>, ServeError> {
    match address {
        Some(address) => open(address, key).await.map(Some),
        None => Ok(None),
    }
}

fn settings(config: &Config) -> service::Settings {
    let server = &config.server;
    service::Settings {
        keys: keys(server),
        max_request_bytes: bytes(server.max_request_bytes),
        max_response_bytes: bytes(server.max_response_bytes),
        max_text_bytes: bytes(server.max_text_bytes),
        max_concurrent_requests: server.max_concurrent_requests as usize,
        max_request_time: server.max_request_time,
        drain: server.drain,
        reflection: server.reflection,
        ..service::Settings::default()
    }
}

fn http_settings(config: &Config) -> crate::http::Settings {
    let server = &config.server;
    crate::http::Settings {
        keys: keys(server),
        max_request_bytes: bytes(server.max_request_bytes),
        max_text_bytes: bytes(server.max_text_bytes),
        max_concurrent_requests: server.max_concurrent_requests as usize,
        max_request_time: server.max_request_time,
        drain: server.drain,
        ..crate::http::Settings::default()
    }
}

fn keys(server: &Server) -> Keys {
    let owned = |key: &CallerKey| Caller {
        tenant: key.tenant.clone(),
        admin: key.admin,
    };
    Keys::new(server.keys.iter().map(|key| (key.key.expose(), owned(key))))
}

fn bytes(configured: u64) -> usize {
    usize::try_from(configured).unwrap_or(usize::MAX)
}

/// Resolves when the process is asked to end (SIGTERM or Ctrl-C). Listens from the call on, not from
/// the first poll: whoever ends us as soon as we say that we serve is heard. Needs a tokio runtime.
pub fn asked_to_end() -> impl Future<Output = ()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let heard = [SignalKind::interrupt(), SignalKind::terminate()].map(signal);
        async move {
            let [mut interrupted, mut terminated] = heard.map(Result::ok);
            tokio::select! {
                () = next(&mut interrupted) => {}
                () = next(&mut terminated) => {}
            }
        }
    }
    #[cfg(not(unix))]
    {
        async {
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}

/// The next signal; never, where the system gives none.
#[cfg(unix)]
async fn next(signal: &mut Option<tokio::signal::unix::Signal>) {
    match signal {
        Some(signal) => {
            let _ = signal.recv().await;
        }
        None => std::future::pending().await,
    }
}
