//! The connection to a server: address, key and deadline of the client verbs.

use super::{args::Target, trouble::Trouble};
use crate::proto::{
    admin_service_client::AdminServiceClient, router_service_client::RouterServiceClient,
};
use std::{error::Error, time::Duration};
use tonic::{
    Request, Status,
    metadata::{Ascii, MetadataValue},
    service::{Interceptor, interceptor::InterceptedService},
    transport::{Channel, Endpoint},
};

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(5);
/// Largest message of a server.
const MAX_MESSAGE_BYTES: usize = 256 << 20;

/// Connects on demand.
#[derive(Clone, Debug)]
pub struct Client {
    address: String,
    key: Option<String>,
    timeout: Option<Duration>,
}

/// A channel that shows the key.
pub type Keyed = InterceptedService<Channel, Key>;

/// Shows the key with every call.
#[derive(Clone, Debug)]
pub struct Key(Option<MetadataValue<Ascii>>);

impl Interceptor for Key {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(key) = &self.0 {
            request.metadata_mut().insert("authorization", key.clone());
        }
        Ok(request)
    }
}

impl Client {
    /// A client of this target.
    #[must_use]
    pub fn new(target: &Target) -> Self {
        Self {
            address: target.address.clone(),
            key: target.key.clone(),
            timeout: target.timeout.map(Duration::from_secs_f64),
        }
    }

    /// The client's face.
    ///
    /// # Errors
    /// Where nobody answers, or address or key are not usable.
    pub async fn router(&self) -> Result<RouterServiceClient<Keyed>, Trouble> {
        let (channel, key) = self.connect().await?;
        let client = RouterServiceClient::with_interceptor(channel, key);
        Ok(client.max_decoding_message_size(MAX_MESSAGE_BYTES))
    }

    /// The operator's face.
    ///
    /// # Errors
    /// As `router`.
    pub async fn admin(&self) -> Result<AdminServiceClient<Keyed>, Trouble> {
        let (channel, key) = self.connect().await?;
        let client = AdminServiceClient::with_interceptor(channel, key);
        Ok(client.max_decoding_message_size(MAX_MESSAGE_BYTES))
    }

    /// A connection of its own, and what to show as `authorization`.
    ///
    /// # Errors
    /// As `router`.
    pub async fn channel(&self) -> Result<(Channel, Option<MetadataValue<Ascii>>), Trouble> {
        let (channel, Key(key)) = self.connect().await?;
        Ok((channel, key))
    }

    /// A request with the deadline asked for.
    pub fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        if let Some(timeout) = self.timeout {
            request.set_timeout(timeout);
        }
        request
    }

    async fn connect(&self) -> Result<(Channel, Key), Trouble> {
        let address = if self.address.contains("://") {
            self.address.clone()
        } else {
            format!("http://{}", self.address)
        };
        let endpoint = Endpoint::from_shared(address.clone())
            .map_err(|error| Trouble::Usage(format!("--address {address:?}: {error}")))?
            .connect_timeout(CONNECT)
            .tcp_nodelay(true);
        let key = self.key.as_ref().map(|key| format!("Bearer {key}").parse());
        let key = key.transpose().map_err(|_| {
            Trouble::Usage("--key: has characters that a header cannot carry".into())
        })?;
        let channel = endpoint.connect().await;
        let channel = channel.map_err(|error| Trouble::Unreachable {
            address,
            reason: innermost(&error),
        })?;
        Ok((channel, Key(key)))
    }
}

/// The last cause says what happened; the others say that something did.
fn innermost(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}
