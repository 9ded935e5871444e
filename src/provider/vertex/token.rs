//! The access token: asked for once, kept, and renewed before it expires.
//!
//! One call at a time asks for a token; meanwhile the old one, if it is still good, serves the
//! others. A renewal that fails does no harm while the old token lives.

use super::{assertion, credentials::Credentials};
use crate::clock::Clock;
use crate::domain::{Fault, FaultKind};
use crate::provider::http::{Http, MAX_ERROR_BODY_BYTES};
use crate::provider::{Secret, endpoint::put};
use http::{HeaderMap, Method};
use std::sync::{Arc, Mutex as Lock, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Mutex;

/// How long before its end a token is renewed.
const EARLY: Duration = Duration::from_secs(300);
/// How long before its end a token is not used any more: clocks differ, and calls take time.
const LAST: Duration = Duration::from_secs(30);
/// How long the token's server may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Grant of RFC 7523, as it stands in a form.
const GRANT: &str = "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer";

/// Tokens of one service account.
#[derive(Debug)]
pub struct Tokens {
    http: Http,
    clock: Arc<dyn Clock>,
    credentials: Credentials,
    kept: Lock<Option<Token>>,
    asking: Mutex<()>,
}

#[derive(Clone, Debug)]
struct Token {
    value: Secret,
    /// On the clock's monotonic scale.
    ends: Duration,
}

impl Tokens {
    /// Tokens for `credentials`; none is asked for yet.
    pub fn new(http: Http, clock: Arc<dyn Clock>, credentials: Credentials) -> Self {
        Self {
            http,
            clock,
            credentials,
            kept: Lock::new(None),
            asking: Mutex::new(()),
        }
    }

    /// A token that is good for now.
    ///
    /// # Errors
    /// None is kept and the token's server gave none: its fault.
    pub async fn get(&self) -> Result<Secret, Fault> {
        if let Some(token) = self.good_for(EARLY) {
            return Ok(token);
        }
        let _turn = match (self.asking.try_lock(), self.good_for(LAST)) {
            (Ok(turn), _) => turn,
            // Somebody else is asking; the old one does until then.
            (Err(_), Some(token)) => return Ok(token),
            (Err(_), None) => self.asking.lock().await,
        };
        // It may have come while we waited for our turn.
        if let Some(token) = self.good_for(EARLY) {
            return Ok(token);
        }
        match self.ask().await {
            Ok(token) => {
                let value = token.value.clone();
                *self.kept() = Some(token);
                Ok(value)
            }
            Err(fault) => self.good_for(LAST).ok_or(fault),
        }
    }

    /// The upstream did not take this token: the next call asks for another.
    pub fn refuse(&self, refused: &Secret) {
        self.kept().take_if(|token| token.value == *refused);
    }

    fn kept(&self) -> MutexGuard<'_, Option<Token>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn good_for(&self, least: Duration) -> Option<Secret> {
        let now = self.clock.monotonic();
        let kept = self.kept();
        let token = kept.as_ref()?;
        (token.ends > now + least).then(|| token.value.clone())
    }

    async fn ask(&self) -> Result<Token, Fault> {
        let asked = self.clock.monotonic();
        let assertion = assertion::sign(&self.credentials, self.clock.now_ms() / 1000)?;
        let body = format!("grant_type={GRANT}&assertion={assertion}").into_bytes();
        let mut headers = HeaderMap::new();
        let form = "application/x-www-form-urlencoded";
        put(&mut headers, "content-type", form)?;
        let exchange = async {
            let uri = &self.credentials.token_uri;
            let reply = self.http.send(Method::POST, uri, headers, Some(body));
            reply.await?.bytes(MAX_ERROR_BODY_BYTES).await
        };
        let late = Fault::new(FaultKind::ConnectTimeout, "no answer in time");
        let answer = tokio::time::timeout(PATIENCE, exchange).await;
        let answer = answer.unwrap_or(Err(late)).map_err(refused)?;
        read(&answer, asked).ok_or_else(|| {
            let message = "the token's server answered without a token";
            Fault::new(FaultKind::Garbled, message)
        })
    }
}

/// The token's server says 400 where it does not know the account or the key.
fn refused(fault: Fault) -> Fault {
    let kind = match fault.kind {
        FaultKind::InvalidRequest | FaultKind::UnknownModel => FaultKind::Credentials,
        other => other,
    };
    let message = format!("no access token: {}", fault.message);
    Fault {
        kind,
        message,
        ..fault
    }
}

fn read(answer: &[u8], asked: Duration) -> Option<Token> {
    let answer: serde_json::Value = serde_json::from_slice(answer).ok()?;
    let value = answer["access_token"]
        .as_str()
        .filter(|text| !text.is_empty())?;
    let life = answer["expires_in"].as_u64().unwrap_or(3600).min(86_400);
    Some(Token {
        value: Secret::new(value),
        ends: asked + Duration::from_secs(life),
    })
}
