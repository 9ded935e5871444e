//! A mock upstream: OpenAI's chat completions over raw HTTP/1.1, as fast as a socket allows.
//!
//! The path says how it behaves: `/DELAY_MS/PIECES/v1/chat/completions` waits so long before its
//! first byte, and a stream has so many pieces, each written by itself.

use std::{io, time::Duration};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

/// Largest request.
const MAX_REQUEST_BYTES: usize = 1 << 20;

/// Serves until the process ends.
pub(super) async fn serve(listener: TcpListener) -> io::Result<()> {
    loop {
        let (socket, _) = listener.accept().await?;
        socket.set_nodelay(true)?;
        tokio::spawn(connection(socket));
    }
}

/// Answers requests one after another; whoever breaks the rules is hung up on.
async fn connection(mut socket: TcpStream) -> io::Result<()> {
    let mut buffer = Vec::with_capacity(8192);
    loop {
        let Some(length) = read(&mut socket, &mut buffer).await? else {
            return Ok(());
        };
        let asked = Asked::of(&buffer[..length]);
        buffer.drain(..length);
        if asked.delay_ms > 0 {
            tokio::time::sleep(Duration::from_millis(asked.delay_ms)).await;
        }
        if asked.stream {
            stream(&mut socket, asked.pieces).await?;
        } else {
            socket.write_all(WHOLE.as_bytes()).await?;
        }
    }
}

/// Reads until a whole request is there; its length, or `None` at the end of the connection.
async fn read(socket: &mut TcpStream, buffer: &mut Vec<u8>) -> io::Result<Option<usize>> {
    loop {
        if let Some(length) = whole(buffer) {
            return Ok(Some(length));
        }
        if buffer.len() > MAX_REQUEST_BYTES || socket.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    }
}

/// Length of head and body, once both are there.
fn whole(buffer: &[u8]) -> Option<usize> {
    let head = buffer.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&buffer[..head]).ok()?;
    let length = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse::<usize>().ok())?
    });
    let all = head + length.unwrap_or(0);
    (buffer.len() >= all).then_some(all)
}

struct Asked {
    delay_ms: u64,
    pieces: u64,
    stream: bool,
}

impl Asked {
    fn of(request: &[u8]) -> Self {
        let line = request.split(|byte| *byte == b'\r').next().unwrap_or(&[]);
        let line = std::str::from_utf8(line).unwrap_or_default();
        let mut numbers = line.split('/').skip(1).map(|part| part.parse().ok());
        let marker = b"\"stream\":true";
        Self {
            delay_ms: numbers.next().flatten().unwrap_or(0),
            pieces: numbers.next().flatten().unwrap_or(10),
            stream: request.windows(marker.len()).any(|bytes| bytes == marker),
        }
    }
}

const WHOLE: &str = concat!(
    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 347\r\n\r\n",
    r#"{"id":"chatcmpl-mock","object":"chat.completion","created":1700000000,"model":"mock","#,
    r#""choices":[{"index":0,"message":{"role":"assistant","content":"Hello from the mock upstream, "#,
    r#"which is as fast as it can be."},"logprobs":null,"finish_reason":"stop"}],"usage":"#,
    r#"{"prompt_tokens":32,"completion_tokens":12,"total_tokens":44},"service_tier":"default"}"#,
);

const STREAM_HEAD: &str =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";

/// An answer of one piece is written at once, as a whole one is; of others each piece by itself.
async fn stream(socket: &mut TcpStream, pieces: u64) -> io::Result<()> {
    let piece = event(r#"[{"index":0,"delta":{"content":"word "},"finish_reason":null}]"#);
    if pieces == 1 {
        let whole = [STREAM_HEAD, &piece, &end(1)].concat();
        return socket.write_all(whole.as_bytes()).await;
    }
    socket.write_all(STREAM_HEAD.as_bytes()).await?;
    for _ in 0..pieces {
        socket.write_all(piece.as_bytes()).await?;
    }
    socket.write_all(end(pieces).as_bytes()).await
}

/// The last events.
fn end(pieces: u64) -> String {
    let mut end = event(r#"[{"index":0,"delta":{},"finish_reason":"stop"}]"#);
    let usage = format!(
        r#"[],"usage":{{"prompt_tokens":32,"completion_tokens":{pieces},"total_tokens":{}}}"#,
        32 + pieces
    );
    end.push_str(&event(&usage));
    end.push_str("e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n");
    end
}

/// One event as a chunk.
fn event(choices: &str) -> String {
    let data = format!(
        "data: {{\"id\":\"chatcmpl-mock\",\"object\":\"chat.completion.chunk\",\
         \"created\":1700000000,\"model\":\"mock\",\"choices\":{choices}}}\n\n"
    );
    format!("{:x}\r\n{data}\r\n", data.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_answer_is_as_long_as_it_says() {
        let (head, body) = WHOLE.split_once("\r\n\r\n").unwrap();
        assert!(
            head.ends_with(&format!("content-length: {}", body.len())),
            "{}",
            body.len()
        );
        serde_json::from_str::<serde_json::Value>(body).unwrap();
    }

    #[test]
    fn a_request_is_read_whole_and_its_path_obeyed() {
        let text = b"POST /60/200/v1/chat/completions HTTP/1.1\r\nContent-Length: 15\r\n\r\n{\"stream\":true}";
        assert_eq!(whole(&text[..text.len() - 1]), None);
        assert_eq!(whole(text), Some(text.len()));
        let asked = Asked::of(text);
        assert_eq!(
            (asked.delay_ms, asked.pieces, asked.stream),
            (60, 200, true)
        );
    }
}
