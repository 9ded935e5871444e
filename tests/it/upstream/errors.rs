//! Faults that are a response of their own, and headers that tell what is left.

use super::{Wire, wait_for_hang_up};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

/// Faults that are a response of their own, the same for whole answers and streams.
pub async fn error(
    socket: &mut TcpStream,
    wire: Wire,
    fault: &str,
    streamed: bool,
) -> Option<bool> {
    let (status, headers, body) = match fault {
        "500" | "529" | "401" | "400" | "context" | "filter" | "429" => {
            (fault, "", wire.error(fault))
        }
        "429-s" => ("429", "retry-after: 7\r\n", wire.error("429")),
        "429-ms" => ("429", "retry-after-ms: 7000\r\n", wire.error("429")),
        "429-date" => (
            "429",
            "date: Sat, 21 Nov 2026 15:00:00 GMT\r\nretry-after: Sat, 21 Nov 2026 15:00:07 GMT\r\n",
            wire.error("429"),
        ),
        "quota" => ("429", "", wire.quota()),
        "502-html" => (
            "502",
            "content-type: text/html\r\n",
            "<html>Bad gateway</html>".into(),
        ),
        "429-left" => (
            "429",
            "x-ratelimit-remaining-requests: 0\r\nx-ratelimit-reset-requests: 7s\r\n",
            wire.error("429"),
        ),
        "no-stream" if streamed => ("400", "", wire.error("no-stream")),
        "error-json" => (
            "200",
            "content-type: application/json\r\n",
            wire.error("500"),
        ),
        "unasked" => (
            "200",
            "content-type: application/json\r\n",
            wire.whole("abc"),
        ),
        "redirect" => (
            "307",
            "location: http://elsewhere.invalid/\r\n",
            String::new(),
        ),
        "wrong-type" => (
            "200",
            "content-type: text/html\r\n",
            "<html>Welcome</html>".into(),
        ),
        "garbage" => {
            socket
                .write_all(b"\x16\x03\x01garbage\r\n\r\n")
                .await
                .ok()?;
            return Some(true);
        }
        "500-stall" => {
            let head = "HTTP/1.1 500 X\r\ncontent-length: 100\r\n\r\n{";
            socket.write_all(head.as_bytes()).await.ok()?;
            wait_for_hang_up(socket).await;
            return Some(true);
        }
        "hang" => {
            wait_for_hang_up(socket).await;
            return Some(true);
        }
        _ => return Some(false),
    };
    let status = match status {
        "context" | "filter" => "400",
        status => status,
    };
    answer(socket, status, headers, &body).await?;
    Some(true)
}

pub async fn answer(socket: &mut TcpStream, status: &str, headers: &str, body: &str) -> Option<()> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status} X\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n"
    );
    socket.write_all((head + body).as_bytes()).await.ok()
}

/// Headers that tell what is left.
pub fn limits(fault: &str) -> &'static str {
    match fault {
        "left-none" => {
            "x-ratelimit-remaining-requests: 0\r\nx-ratelimit-reset-requests: 1h0m0s\r\n\
             date: Sat, 21 Nov 2026 15:00:00 GMT\r\n\
             anthropic-ratelimit-tokens-remaining: 0\r\n\
             anthropic-ratelimit-tokens-reset: 2026-11-21T16:00:00Z\r\n"
        }
        // Limits that it does not hold.
        "left-azure" => {
            "x-ratelimit-remaining-requests: -1\r\nx-ratelimit-reset-requests: 9s\r\n\
             x-ratelimit-remaining-tokens: 0\r\nx-ratelimit-reset-tokens: 0\r\n"
        }
        _ => "",
    }
}
