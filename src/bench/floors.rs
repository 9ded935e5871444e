//! The floors as processes: `pointsman bench --floor NAME` serves one until it is killed.

use super::{BenchError, echo, upstream};
use std::io;
use tokio::net::TcpListener;

/// A bare server to compare with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Floor {
    /// gRPC that answers with so many bytes and does nothing.
    Echo,
    /// The mock upstream.
    Upstream,
}

impl Floor {
    /// The name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Echo => "echo",
            Self::Upstream => "upstream",
        }
    }

    /// The floor of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Echo, Self::Upstream]
            .into_iter()
            .find(|floor| floor.name() == name)
    }

    /// Serves on a free port, printed as `gRPC on ADDRESS` like the service's own, until killed.
    ///
    /// # Errors
    /// The port.
    pub async fn serve(self) -> Result<(), BenchError> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("{}: gRPC on {}", self.name(), listener.local_addr()?);
        match self {
            Self::Echo => echo::serve(listener).await.map_err(io::Error::other)?,
            Self::Upstream => upstream::serve(listener).await?,
        }
        Ok(())
    }
}
