//! An upstream over raw TCP that misbehaves as it is told, and counts its calls.

mod errors;
mod wire;

use errors::{answer, error, limits};
pub use wire::Wire;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// One upstream.
pub struct Upstream {
    /// Its address.
    pub url: String,
    hits: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Upstream {
    /// Listens and plays `fault` on each call (`ok` plays none).
    pub async fn start(wire: Wire, fault: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let hits = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&hits);
        let task = tokio::spawn(async move {
            if fault == "refuse" {
                return;
            }
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                let counter = Arc::clone(&counter);
                tokio::spawn(async move { serve(socket, wire, fault, &counter).await });
            }
        });
        if fault == "refuse" {
            // The port is free again, and nobody listens there.
            while !task.is_finished() {
                tokio::task::yield_now().await;
            }
        }
        Self { url, hits, task }
    }

    /// Calls so far.
    pub fn hits(&self) -> usize {
        self.hits.load(Ordering::SeqCst)
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// One call a connection. Whoever hangs up ends it.
async fn serve(mut socket: TcpStream, wire: Wire, fault: &str, hits: &AtomicUsize) -> Option<()> {
    socket.set_nodelay(true).ok()?;
    let request = read(&mut socket).await?;
    if request.starts_with("POST /token ") {
        return answer(&mut socket, "200", "", wire::TOKEN).await;
    }
    hits.fetch_add(1, Ordering::SeqCst);
    let streamed = wire.is_streamed(&request);
    if error(&mut socket, wire, fault, streamed).await? {
        return Some(());
    }
    if streamed {
        stream(&mut socket, wire, fault).await
    } else {
        whole(&mut socket, wire, fault).await
    }
}

async fn read(socket: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let mut buffer = [0; 4096];
        let count = socket.read(&mut buffer).await.ok()?;
        if count == 0 {
            return None;
        }
        bytes.extend_from_slice(&buffer[..count]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length")
                .then(|| value.trim().parse::<usize>().ok())?
        });
        if body.len() >= length.unwrap_or(0) {
            return Some(text);
        }
    }
}

async fn whole(socket: &mut TcpStream, wire: Wire, fault: &str) -> Option<()> {
    let body = match fault {
        "empty" => wire.whole(""),
        "not-json" => "{\"oops".to_owned(),
        "error-200" => wire.error("500"),
        _ => wire.whole("abc"),
    };
    let length = if fault == "endless" {
        usize::MAX >> 1
    } else {
        body.len()
    };
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n{}content-length: {length}\r\nconnection: close\r\n\r\n",
        limits(fault)
    );
    socket.write_all(head.as_bytes()).await.ok()?;
    match fault {
        "cut" | "cut-first" | "cut-clean" => socket
            .write_all(&body.as_bytes()[..body.len() / 2])
            .await
            .ok(),
        "stall" | "stall-first" => {
            socket
                .write_all(&body.as_bytes()[..body.len() / 2])
                .await
                .ok()?;
            wait_for_hang_up(socket).await;
            Some(())
        }
        "drip" => {
            for byte in body.bytes() {
                socket.write_all(&[byte]).await.ok()?;
                socket.flush().await.ok()?;
            }
            Some(())
        }
        "trickle" => {
            for byte in body.bytes() {
                socket.write_all(&[byte]).await.ok()?;
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            Some(())
        }
        "endless" => loop {
            socket.write_all(b" ").await.ok()?;
            tokio::time::sleep(Duration::from_millis(5)).await;
        },
        _ => socket.write_all(body.as_bytes()).await.ok(),
    }
}

async fn stream(socket: &mut TcpStream, wire: Wire, fault: &str) -> Option<()> {
    let kind = wire.stream_type();
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\n{}transfer-encoding: chunked\r\nconnection: close\r\n\r\n",
        limits(fault)
    );
    socket.write_all(head.as_bytes()).await.ok()?;
    chunk(socket, &wire.start()).await?;
    match fault {
        "stall-first" => wait_for_hang_up(socket).await,
        "cut-first" => return Some(()),
        "error-200" => return chunk(socket, &wire.error_event()).await,
        "not-json" => return chunk(socket, &wire.broken_event()).await,
        "empty" => {
            chunk(socket, &wire.end()).await?;
            return last(socket).await;
        }
        _ => {}
    }
    let pieces = ["a", "b", "c"].map(|text| wire.piece(text));
    match fault {
        "cut" => {
            chunk(socket, &pieces[..2].concat()).await?;
            return chunk(socket, &pieces[2][..pieces[2].len() / 2]).await;
        }
        "cut-clean" => {
            chunk(socket, &pieces[..2].concat()).await?;
            return last(socket).await;
        }
        "stall" => {
            chunk(socket, &pieces[..2].concat()).await?;
            wait_for_hang_up(socket).await;
        }
        "error-mid" => {
            chunk(socket, &pieces[..2].concat()).await?;
            return chunk(socket, &wire.error_event()).await;
        }
        "pings" if wire == Wire::Ollama => return again(socket, "\n", 20).await,
        "pings" => return again(socket, ": ping\n\n", 20).await,
        "flood" => return again(socket, &format!(": {}\n", "x".repeat(1 << 16)), 0).await,
        "endless" => return again(socket, &pieces[0], 20).await,
        "trickle" => byte_by_byte(socket, &pieces.concat(), 200).await?,
        "drip" => byte_by_byte(socket, &(pieces.concat() + &wire.end()), 0).await?,
        "no-usage" => {
            let end = wire.end().replace("usage", "unused");
            chunk(socket, &(pieces.concat() + &end)).await?;
        }
        _ => chunk(socket, &(pieces.concat() + &wire.end())).await?,
    }
    last(socket).await
}

async fn wait(ms: u64) {
    if ms > 0 {
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }
}

/// The same for ever.
async fn again(socket: &mut TcpStream, text: &str, wait_ms: u64) -> Option<()> {
    loop {
        chunk(socket, text).await?;
        wait(wait_ms).await;
    }
}

async fn byte_by_byte(socket: &mut TcpStream, text: &str, wait_ms: u64) -> Option<()> {
    for byte in text.bytes() {
        chunk(socket, &char::from(byte).to_string()).await?;
        wait(wait_ms).await;
    }
    Some(())
}

async fn chunk(socket: &mut TcpStream, text: &str) -> Option<()> {
    let framed = format!("{:x}\r\n{text}\r\n", text.len());
    socket.write_all(framed.as_bytes()).await.ok()
}

async fn last(socket: &mut TcpStream) -> Option<()> {
    socket.write_all(b"0\r\n\r\n").await.ok()
}

/// Silent until the other side leaves: that is how a cancelled call shows here.
async fn wait_for_hang_up(socket: &mut TcpStream) {
    let mut buffer = [0; 64];
    while socket.read(&mut buffer).await.is_ok_and(|count| count > 0) {}
}
