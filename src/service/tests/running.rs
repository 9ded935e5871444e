//! A server in front of a scripted engine.

use super::scripted::{Script, Scripted};
use crate::{
    clock::SystemClock,
    service::{Doors, Drained, Settings, serve},
};
use std::{net::SocketAddr, sync::Arc};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};
use tonic::transport::Channel;

/// A running server.
pub struct Running {
    pub engine: Arc<Scripted>,
    pub address: SocketAddr,
    pub stop: Option<oneshot::Sender<()>>,
    pub served: JoinHandle<Drained>,
}

impl Running {
    pub async fn start(settings: Settings) -> Self {
        let engine = Arc::new(Scripted::default());
        let door = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = door.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let doors = Doors {
            main: door,
            admin: None,
        };
        let served = tokio::spawn({
            let engine = Arc::clone(&engine);
            async move {
                let clock = Arc::new(SystemClock::new());
                let shutdown = async { _ = stopped.await };
                serve(doors, engine, clock, settings, shutdown)
                    .await
                    .unwrap()
            }
        });
        Self {
            engine,
            address,
            stop: Some(stop),
            served,
        }
    }

    pub fn script(&self, script: Script) {
        *self.engine.script.lock().unwrap() = script;
    }

    pub async fn channel(&self) -> Channel {
        let address = format!("http://{}", self.address);
        Channel::from_shared(address)
            .unwrap()
            .connect()
            .await
            .unwrap()
    }
}
