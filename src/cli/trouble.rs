//! What went wrong, as a person wants to read it, and with which exit code.

use super::exit::Exit;
use std::io;
use tonic::{Code, Status};
use tonic_types::StatusExt;

/// Why a verb did not do what it was asked.
#[derive(Debug)]
pub enum Trouble {
    /// The arguments or the configuration are wrong.
    Usage(String),
    /// No server answers.
    Unreachable {
        /// Where.
        address: String,
        /// Why.
        reason: String,
    },
    /// The server said no.
    Status(Box<Status>),
    /// Anything else, in plain words.
    Failed(String),
    /// Who reads our output has left: nothing to complain about.
    Closed,
}

impl Trouble {
    /// The exit code.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::Usage(_) => Exit::Usage,
            Self::Unreachable { .. } => Exit::Unreachable,
            Self::Status(status) => of_code(status.code()),
            Self::Failed(_) => Exit::Failed,
            Self::Closed => Exit::Done,
        }
    }

    /// Writes it to standard error.
    pub fn print(&self) {
        if let Some(text) = self.text() {
            eprintln!("{text}");
        }
    }

    fn text(&self) -> Option<String> {
        Some(match self {
            Self::Usage(words) | Self::Failed(words) => format!("error: {words}"),
            Self::Unreachable { address, reason } => format!(
                "error: no server answers at {address} ({reason})\n  \
                 start one with `pointsman serve`, or name it with --address or POINTSMAN_ADDRESS"
            ),
            Self::Status(status) => of_status(status),
            Self::Closed => return None,
        })
    }
}

fn of_code(code: Code) -> Exit {
    match code {
        Code::Ok => Exit::Done,
        Code::InvalidArgument
        | Code::NotFound
        | Code::AlreadyExists
        | Code::PermissionDenied
        | Code::Unauthenticated
        | Code::ResourceExhausted
        | Code::FailedPrecondition
        | Code::OutOfRange
        | Code::Unimplemented => Exit::Refused,
        Code::Cancelled
        | Code::Unknown
        | Code::DeadlineExceeded
        | Code::Aborted
        | Code::Internal
        | Code::Unavailable
        | Code::DataLoss => Exit::Failed,
    }
}

fn of_status(status: &Status) -> String {
    let details = status.get_error_details();
    let mut lines = Vec::new();
    match details.bad_request() {
        Some(bad) if !bad.field_violations.is_empty() => {
            lines.push("error: the request is not valid".to_owned());
            let fields = bad.field_violations.iter();
            lines.extend(fields.map(|wrong| format!("  {}: {}", wrong.field, wrong.description)));
        }
        _ if status.message().is_empty() => lines.push(format!("error: {}", status.code())),
        _ => lines.push(format!("error: {}", status.message())),
    }
    if let Some(wait) = details.retry_info().and_then(|retry| retry.retry_delay) {
        lines.push(format!("  try again in {:.1} s", wait.as_secs_f64()));
    }
    if status.code() == Code::Unauthenticated {
        lines.push("  give a key with --key or POINTSMAN_KEY".to_owned());
    }
    if let Some(info) = details.error_info() {
        lines.push(format!("  ({})", info.reason));
    }
    lines.join("\n")
}

impl From<Status> for Trouble {
    fn from(status: Status) -> Self {
        Self::Status(Box::new(status))
    }
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::Closed,
            _ => Self::Failed(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tonic_types::ErrorDetails;

    #[test]
    fn a_rich_status_reads_like_a_sentence() {
        let mut details = ErrorDetails::with_bad_request_violation("chat.prompt", "is empty");
        let none = std::collections::HashMap::<String, String>::new();
        details.set_error_info("CALLER_INVALID_REQUEST", "pointsman", none);
        let status =
            Status::with_error_details(Code::InvalidArgument, "chat.prompt is empty", details);
        let trouble = Trouble::from(status);
        assert_eq!(trouble.exit(), Exit::Refused);
        insta::assert_snapshot!(trouble.text().unwrap(), @r"
        error: the request is not valid
          chat.prompt: is empty
          (CALLER_INVALID_REQUEST)
        ");
    }

    #[test]
    fn a_closed_pipe_is_no_trouble() {
        let trouble = Trouble::from(io::Error::from(io::ErrorKind::BrokenPipe));
        assert_eq!((trouble.exit(), trouble.text()), (Exit::Done, None));
    }
}
