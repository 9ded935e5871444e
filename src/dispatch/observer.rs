//! What dispatch tells the outside while it works; for events, metrics and logs.

use crate::breaker::Reason;
use crate::domain::{ArmId, DeploymentId, Fault, FaultKind};
use std::time::Duration;

/// Something worth telling. Carries no prompt text and no key.
#[derive(Clone, Debug, PartialEq)]
pub enum Notice {
    /// A breaker opened.
    Tripped {
        /// Whose.
        deployment: DeploymentId,
        /// Why.
        reason: Reason,
        /// How long no call goes out.
        wait: Duration,
    },
    /// A breaker closed.
    Recovered {
        /// Whose.
        deployment: DeploymentId,
    },
    /// An upstream asked for fewer calls.
    Throttled {
        /// Which.
        deployment: DeploymentId,
        /// How long no call goes out.
        wait: Duration,
    },
    /// One of our own limits kept a call from a deployment.
    LimitReached {
        /// Whose.
        deployment: DeploymentId,
        /// Which, in plain words.
        what: &'static str,
    },
    /// A call failed.
    AttemptFailed {
        /// The arm.
        arm: ArmId,
        /// The deployment.
        deployment: DeploymentId,
        /// Why.
        fault: Fault,
    },
    /// Another arm took over.
    Switched {
        /// From this one.
        from: ArmId,
        /// To that one.
        to: ArmId,
        /// Because of this.
        reason: FaultKind,
    },
    /// An active check changed its mind.
    Checked {
        /// The deployment.
        deployment: DeploymentId,
        /// What went wrong; `None` = it is well again.
        fault: Option<Fault>,
    },
}

/// Is told. Must be quick: it is called between a caller and its answer.
pub trait Observer: Send + Sync + 'static {
    /// Takes one notice.
    fn notice(&self, notice: Notice);
}

/// Nobody listens.
impl Observer for () {
    fn notice(&self, _notice: Notice) {}
}

impl<F: Fn(Notice) + Send + Sync + 'static> Observer for F {
    fn notice(&self, notice: Notice) {
        self(notice);
    }
}
