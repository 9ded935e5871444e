//! What can go wrong with one upstream call, whose fault it is and what may be done about it.

use serde::{Deserialize, Serialize};

/// Why an attempt failed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct Fault {
    /// What happened.
    pub kind: FaultKind,
    /// Plain words for the caller: no key, no prompt text.
    pub message: String,
    /// HTTP status of the upstream, where there was one.
    pub status: Option<u16>,
    /// How long the upstream asked us to wait, in milliseconds.
    pub retry_after_ms: Option<u64>,
}

impl Fault {
    /// A fault without status or wait.
    #[must_use]
    pub fn new(kind: FaultKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            status: None,
            retry_after_ms: None,
        }
    }
}

/// Kinds of faults. A new kind must decide each question in the methods below.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// No connection: refused, name not resolved, TLS failed.
    Unreachable,
    /// No connection in time.
    ConnectTimeout,
    /// Connected, but no first token (or no answer) in time.
    FirstTokenTimeout,
    /// The stream stopped for too long.
    IdleTimeout,
    /// Still under way when the time for the whole answer was up.
    TotalTimeout,
    /// The answer ended before it was complete.
    Cut,
    /// What came is not what the dialect says.
    Garbled,
    /// An answer with neither text nor tool call.
    Empty,
    /// 5xx or an error inside a 200.
    ServerError,
    /// 503 or 529: the upstream says it is overloaded.
    Overloaded,
    /// 429 that passes with time.
    RateLimited,
    /// 429 or 402 that does not: quota or credit used up.
    QuotaExhausted,
    /// 401 or 403: our key is not accepted.
    Credentials,
    /// 404: the upstream does not know the model.
    UnknownModel,
    /// 4xx of the caller's making.
    InvalidRequest,
    /// More tokens than the model takes.
    ContextTooLong,
    /// The vendor refused the content.
    ContentFilter,
    /// Our own breaker did not admit the call.
    BreakerOpen,
    /// Our own limit for the deployment did not admit the call.
    LimitReached,
    /// The request's deadline passed.
    Deadline,
    /// The caller left, or another attempt won.
    Cancelled,
    /// A defect of ours.
    Internal,
}

/// Whose fault it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Blame {
    /// The request itself.
    Caller,
    /// The upstream or the way to it.
    Upstream,
    /// Our account with the upstream: key, credit.
    Account,
    /// Nobody: time or will ran out, or we held back ourselves.
    Nobody,
    /// A defect of ours.
    Router,
}

impl FaultKind {
    /// Whose fault it is.
    #[must_use]
    pub fn blame(self) -> Blame {
        match self {
            Self::Unreachable
            | Self::ConnectTimeout
            | Self::FirstTokenTimeout
            | Self::IdleTimeout
            | Self::TotalTimeout
            | Self::Cut
            | Self::Garbled
            | Self::Empty
            | Self::ServerError
            | Self::Overloaded
            | Self::RateLimited => Blame::Upstream,
            Self::QuotaExhausted | Self::Credentials | Self::UnknownModel => Blame::Account,
            Self::InvalidRequest | Self::ContextTooLong | Self::ContentFilter => Blame::Caller,
            Self::BreakerOpen | Self::LimitReached | Self::Deadline | Self::Cancelled => {
                Blame::Nobody
            }
            Self::Internal => Blame::Router,
        }
    }

    /// May the same arm be tried again (after a wait)?
    #[must_use]
    pub fn may_retry(self) -> bool {
        matches!(
            self,
            Self::Unreachable
                | Self::ConnectTimeout
                | Self::Cut
                | Self::Garbled
                | Self::Empty
                | Self::ServerError
                | Self::Overloaded
                | Self::RateLimited
        )
    }

    /// May another arm be tried?
    #[must_use]
    pub fn may_fall_back(self) -> bool {
        !matches!(
            self,
            Self::InvalidRequest | Self::Deadline | Self::Cancelled | Self::Internal
        )
    }

    /// Does it say that the deployment is unwell? (Throttling and the caller's faults do not.)
    #[must_use]
    pub fn counts_against_deployment(self) -> bool {
        matches!(
            self,
            Self::Unreachable
                | Self::ConnectTimeout
                | Self::FirstTokenTimeout
                | Self::IdleTimeout
                | Self::TotalTimeout
                | Self::Cut
                | Self::Garbled
                | Self::Empty
                | Self::ServerError
                | Self::Overloaded
                | Self::QuotaExhausted
                | Self::Credentials
                | Self::UnknownModel
        )
    }

    /// Does it say that the deployment wants fewer calls?
    #[must_use]
    pub fn is_throttle(self) -> bool {
        matches!(self, Self::RateLimited)
    }

    /// The kind's name as in records, metrics and error reasons.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::ConnectTimeout => "connect_timeout",
            Self::FirstTokenTimeout => "first_token_timeout",
            Self::IdleTimeout => "idle_timeout",
            Self::TotalTimeout => "total_timeout",
            Self::Cut => "cut",
            Self::Garbled => "garbled",
            Self::Empty => "empty",
            Self::ServerError => "server_error",
            Self::Overloaded => "overloaded",
            Self::RateLimited => "rate_limited",
            Self::QuotaExhausted => "quota_exhausted",
            Self::Credentials => "credentials",
            Self::UnknownModel => "unknown_model",
            Self::InvalidRequest => "invalid_request",
            Self::ContextTooLong => "context_too_long",
            Self::ContentFilter => "content_filter",
            Self::BreakerOpen => "breaker_open",
            Self::LimitReached => "limit_reached",
            Self::Deadline => "deadline",
            Self::Cancelled => "cancelled",
            Self::Internal => "internal",
        }
    }
}
