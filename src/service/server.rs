//! The server: services and layers put together, and the way down.
//!
//! On the signal: health says NOT_SERVING, no new request is taken, running ones get time to end,
//! then those who are left are told to stop. A memory that has failed makes health say NOT_SERVING,
//! too.

use super::{
    admin::AdminFace, auth::AuthLayer, codec, gate::Gate, router::RouterFace, settings::Settings,
};
use crate::{
    clock::Clock,
    engine::api::EngineApi,
    proto::{
        self, admin_service_server::AdminServiceServer, router_service_server::RouterServiceServer,
    },
};
use std::{future::Future, sync::Arc, time::Duration};
use tokio::{net::TcpListener, time::timeout};
use tokio_util::sync::CancellationToken;
use tonic::{
    service::Routes,
    transport::{self, Server, server::TcpIncoming},
};
use tonic_health::{ServingStatus, server::HealthReporter};

/// After the last request has ended, connections get this long to take its last bytes.
const GOODBYE: Duration = Duration::from_millis(500);
/// Flow control. Fixed, because windows that adapt are measured with pings, which cost small calls
/// more than the windows gain them.
const STREAM_WINDOW_BYTES: u32 = 1 << 20;
const CONNECTION_WINDOW_BYTES: u32 = 8 << 20;
/// Rapid resets of one connection at most.
const PENDING_RESETS: usize = 64;

/// Where to listen.
#[derive(Debug)]
pub struct Doors {
    /// Clients; and operators, where `admin` is absent.
    pub main: TcpListener,
    /// Operators only.
    pub admin: Option<TcpListener>,
}

/// How the server went down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drained {
    /// Requests that had to be told to stop.
    pub stopped: usize,
}

/// Serves until `shutdown` resolves, then drains.
///
/// # Errors
/// Where a listener or the transport fails.
pub async fn serve<E: EngineApi>(
    doors: Doors,
    engine: Arc<E>,
    clock: Arc<dyn Clock>,
    settings: Settings,
    shutdown: impl Future<Output = ()>,
) -> Result<Drained, transport::Error> {
    let settings = Arc::new(settings);
    let gate = Gate::new(settings.max_concurrent_requests);
    let router = RouterFace::new(
        Arc::clone(&engine),
        gate.clone(),
        Arc::clone(&clock),
        Arc::clone(&settings),
    );
    let mut failure = engine.failure();
    let admin = AdminFace::new(engine, gate.clone(), clock, Arc::clone(&settings));
    let router = RouterServiceServer::new(router)
        .max_decoding_message_size(settings.max_request_bytes)
        .max_encoding_message_size(settings.max_response_bytes);
    let admin = AdminServiceServer::new(admin)
        .max_decoding_message_size(settings.max_request_bytes)
        .max_encoding_message_size(settings.max_response_bytes);

    let (reporter, health) = tonic_health::server::health_reporter();
    tell(&reporter, ServingStatus::Serving).await;
    let mut main = Routes::new(health.clone()).add_service(router);
    let mut apart = None;
    if doors.admin.is_some() {
        apart = Some(reflected(Routes::new(health).add_service(admin), &settings));
    } else {
        main = main.add_service(admin);
    }
    let main = reflected(main, &settings);

    let closing = CancellationToken::new();
    let served = async {
        let main = listen(doors.main, main, &settings, closing.clone());
        let apart = async {
            match (doors.admin, apart) {
                (Some(door), Some(routes)) => {
                    listen(door, routes, &settings, closing.clone()).await
                }
                _ => Ok(()),
            }
        };
        tokio::try_join!(main, apart).map(|_| ())
    };
    let failed = async {
        // An engine that is gone fails no more.
        if failure.wait_for(Option::is_some).await.is_ok() {
            tell(&reporter, ServingStatus::NotServing).await;
        }
        std::future::pending::<()>().await;
    };
    let mut served = std::pin::pin!(served);
    tokio::select! {
        ended = &mut served => return ended.map(|()| Drained { stopped: 0 }),
        () = shutdown => {}
        () = failed => {}
    }
    tell(&reporter, ServingStatus::NotServing).await;
    gate.close();
    closing.cancel();
    // Watchers of health never leave by themselves: the passes say when the work is done.
    let stopped = tokio::select! {
        _ = &mut served => 0,
        stopped = gate.drain(settings.drain) => {
            let _ = timeout(GOODBYE, &mut served).await;
            stopped
        }
    };
    Ok(Drained { stopped })
}

async fn listen(
    door: TcpListener,
    routes: Routes,
    settings: &Settings,
    closing: CancellationToken,
) -> Result<(), transport::Error> {
    let incoming = TcpIncoming::from(door)
        .with_nodelay(Some(true))
        .with_keepalive(Some(settings.keepalive));
    Server::builder()
        .layer(AuthLayer(settings.keys.clone()))
        .layer(codec::layer())
        .http2_keepalive_interval(Some(settings.keepalive))
        .http2_keepalive_timeout(Some(Duration::from_secs(20)))
        .initial_stream_window_size(Some(STREAM_WINDOW_BYTES))
        .initial_connection_window_size(Some(CONNECTION_WINDOW_BYTES))
        .http2_max_pending_accept_reset_streams(Some(PENDING_RESETS))
        .max_concurrent_streams(settings.max_streams_per_connection)
        .add_routes(routes)
        .serve_with_incoming_shutdown(incoming, closing.cancelled_owned())
        .await
}

/// Health of the whole and of each service.
async fn tell(reporter: &HealthReporter, status: ServingStatus) {
    for service in [
        "",
        proto::router_service_server::SERVICE_NAME,
        proto::admin_service_server::SERVICE_NAME,
    ] {
        reporter.set_service_status(service, status).await;
    }
}

/// The routes, with reflection (v1, and v1alpha for clients that know only that) where it is wanted.
fn reflected(routes: Routes, settings: &Settings) -> Routes {
    if !settings.reflection {
        return routes;
    }
    let builder = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(proto::FILE_DESCRIPTOR_SET)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    match (builder().build_v1(), builder().build_v1alpha()) {
        (Ok(v1), Ok(v1alpha)) => routes.add_service(v1).add_service(v1alpha),
        (Err(error), _) | (_, Err(error)) => {
            tracing::warn!(%error, "reflection is off: the descriptors do not load");
            routes
        }
    }
}
