//! Deadlines as gRPC sends them. The transport bounds only the start of an answer; we bound it to
//! the last byte, and end a little earlier than the transport so that the caller hears why.

use super::{convert::check::Check, convert::check::Path};
use crate::engine::api::Deadline;
use std::time::Duration;
use tokio::time::Instant;
use tonic::{Status, metadata::MetadataMap};

/// Ours ends this much earlier at most.
const MARGIN: Duration = Duration::from_millis(10);

/// The request's deadline: the caller's, or the server's where that comes first.
///
/// # Errors
/// INVALID_ARGUMENT where `grpc-timeout` is not what gRPC sends.
pub fn of(metadata: &MetadataMap, longest: Option<Duration>) -> Result<Deadline, Box<Status>> {
    let asked = match metadata.get("grpc-timeout") {
        None => None,
        Some(value) => Some(parse(value.as_encoded_bytes()).ok_or_else(malformed)?),
    };
    let asked = asked.map(|wait| wait - MARGIN.min(wait / 20));
    let wait = match (asked, longest) {
        (Some(asked), Some(longest)) => Some(asked.min(longest)),
        (asked, longest) => asked.or(longest),
    };
    Ok(wait.map_or(Deadline::NONE, |wait| Deadline::after(Instant::now(), wait)))
}

fn malformed() -> Box<Status> {
    let mut check = Check::default();
    check.fail(
        Path::root("grpc-timeout"),
        "is malformed: expected 1 to 8 digits and one of H, M, S, m, u, n",
    );
    match check.done(()) {
        Err(status) => status,
        Ok(()) => Box::new(Status::invalid_argument("grpc-timeout is malformed")),
    }
}

/// `TimeoutValue TimeoutUnit` of the gRPC protocol over HTTP/2.
fn parse(text: &[u8]) -> Option<Duration> {
    let (unit, digits) = text.split_last()?;
    if digits.is_empty() || digits.len() > 8 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let count: u64 = std::str::from_utf8(digits).ok()?.parse().ok()?;
    Some(match unit {
        b'H' => Duration::from_secs(count * 3600),
        b'M' => Duration::from_secs(count * 60),
        b'S' => Duration::from_secs(count),
        b'm' => Duration::from_millis(count),
        b'u' => Duration::from_micros(count),
        b'n' => Duration::from_nanos(count),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeouts_are_read_as_the_protocol_writes_them() {
        let cases = [
            ("1H", Some(3_600_000)),
            ("2M", Some(120_000)),
            ("3S", Some(3000)),
            ("250m", Some(250)),
            ("99999999u", Some(99_999)),
            ("0S", Some(0)),
            ("", None),
            ("S", None),
            ("5", None),
            ("5s", None),
            ("-5S", None),
            ("123456789S", None),
            ("1.5S", None),
        ];
        for (text, expected) in cases {
            let found = parse(text.as_bytes()).map(|wait| wait.as_millis());
            assert_eq!(found, expected, "{text:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_earlier_of_caller_and_server_wins_with_a_margin() {
        let now = Instant::now();
        let left = |text: Option<&'static str>, longest: Option<u64>| {
            let mut metadata = MetadataMap::new();
            if let Some(text) = text {
                metadata.insert("grpc-timeout", text.parse().unwrap());
            }
            of(&metadata, longest.map(Duration::from_millis))
                .unwrap()
                .remaining(now)
                .map(|left| left.as_millis())
        };
        assert_eq!(left(None, None), None);
        assert_eq!(left(Some("1S"), None), Some(990));
        assert_eq!(left(Some("100m"), None), Some(95));
        assert_eq!(left(Some("1S"), Some(500)), Some(500));
        assert_eq!(left(None, Some(500)), Some(500));
    }
}
