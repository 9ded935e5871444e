//! Is there an Ollama on this machine, and which models has it? Asked once, at a start without a
//! configuration, with a few bytes of HTTP/1.0.

use serde::Deserialize;
use std::{io, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

const ADDRESS: &str = "127.0.0.1:11434";
const ASK: &[u8] = b"GET /api/tags HTTP/1.0\r\nHost: localhost\r\nAccept: application/json\r\n\r\n";
/// A server on this machine answers at once or is not there.
const WAIT: Duration = Duration::from_millis(500);
const MAX_ANSWER_BYTES: u64 = 1 << 20;

#[derive(Deserialize)]
struct Tags {
    models: Vec<Tag>,
}

#[derive(Deserialize)]
struct Tag {
    name: String,
}

/// The models of a local Ollama; `None` where none answers.
pub async fn models() -> Option<Vec<String>> {
    let answer = timeout(WAIT, ask()).await.ok()?.ok()?;
    read(&answer)
}

async fn ask() -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(ADDRESS).await?;
    stream.write_all(ASK).await?;
    let mut answer = Vec::new();
    stream
        .take(MAX_ANSWER_BYTES)
        .read_to_end(&mut answer)
        .await?;
    Ok(answer)
}

fn read(answer: &[u8]) -> Option<Vec<String>> {
    let text = std::str::from_utf8(answer).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    head.lines().next()?.contains(" 200 ").then_some(())?;
    let tags: Tags = serde_json::from_str(body).ok()?;
    Some(tags.models.into_iter().map(|tag| tag.name).collect())
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn the_models_are_read_from_a_plain_answer() {
        let answer = b"HTTP/1.0 200 OK\r\nContent-Length: 39\r\n\r\n{\"models\": [{\"name\": \"llama3:8b\"}]}";
        assert_eq!(read(answer), Some(vec!["llama3:8b".to_owned()]));
        assert_eq!(read(b"HTTP/1.0 404 Not Found\r\n\r\n{}"), None);
        assert_eq!(read(b"SSH-2.0-OpenSSH\r\n"), None);
    }
}
