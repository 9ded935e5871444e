//! The floor under `Route`: the same chat completions asked of the mock directly, over raw HTTP/1.1
//! connections that are kept.

use crate::load::{Answer, Prompts, Target};
use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::Instant,
};

/// Asks the mock.
#[derive(Clone)]
pub(super) struct Direct {
    address: Arc<str>,
    path: Arc<str>,
    prompts: Prompts,
    stream: bool,
    idle: Arc<Mutex<Vec<TcpStream>>>,
}

impl Direct {
    pub(super) fn new(address: &str, path: &str, prompts: Prompts, stream: bool) -> Self {
        Self {
            address: address.into(),
            path: path.into(),
            prompts,
            stream,
            idle: Arc::default(),
        }
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<TcpStream>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn ask(&self, n: u64) -> io::Result<Answer> {
        let kept = self.idle().pop();
        let mut socket = match kept {
            Some(socket) => socket,
            None => {
                let socket = TcpStream::connect(&*self.address).await?;
                socket.set_nodelay(true)?;
                socket
            }
        };
        let request = self.request(n);
        socket.write_all(request.as_bytes()).await?;
        let answer = if self.stream {
            streamed(&mut socket).await?
        } else {
            whole(&mut socket).await?
        };
        self.idle().push(socket);
        Ok(answer)
    }

    /// As the service's dialect writes it.
    fn request(&self, n: u64) -> String {
        let stream = if self.stream {
            r#","stream":true,"stream_options":{"include_usage":true}"#
        } else {
            ""
        };
        let body = format!(
            r#"{{"model":"mock","messages":[{{"role":"user","content":"{}"}}]{stream}}}"#,
            self.prompts.text(n)
        );
        format!(
            "POST {}/chat/completions HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\n\
             accept: */*\r\nauthorization: Bearer sk-mock\r\ncontent-length: {}\r\n\r\n{body}",
            self.path,
            self.address,
            body.len()
        )
    }
}

impl Target for Direct {
    async fn call(&self, n: u64) -> Result<Answer, String> {
        self.ask(n).await.map_err(|error| error.kind().to_string())
    }
}

/// Reads to the end of the body, whose length the head says.
async fn whole(socket: &mut TcpStream) -> io::Result<Answer> {
    let mut buffer = Vec::with_capacity(2048);
    loop {
        if socket.read_buf(&mut buffer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let Some(head) = find(&buffer, b"\r\n\r\n") else {
            continue;
        };
        let length = length(&buffer[..head]).ok_or(io::ErrorKind::InvalidData)?;
        if buffer.len() >= head + 4 + length {
            return Ok(Answer {
                bytes: length as u64,
                ..Answer::default()
            });
        }
    }
}

fn length(head: &[u8]) -> Option<usize> {
    let at = find(head, b"content-length: ")? + 16;
    let digits = head[at..].iter().take_while(|byte| byte.is_ascii_digit());
    digits.fold(None, |sum, digit| {
        Some(sum.unwrap_or(0) * 10 + usize::from(digit - b'0'))
    })
}

/// Reads to the last chunk; the first token is there with the first `content`.
async fn streamed(socket: &mut TcpStream) -> io::Result<Answer> {
    const TOKEN: &[u8] = b"\"content\":\"";
    let mut buffer = Vec::with_capacity(8192);
    let (mut answer, mut looked) = (Answer::default(), 0);
    loop {
        let from = looked;
        if socket.read_buf(&mut buffer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        while let Some(at) = find(&buffer[looked..], TOKEN) {
            looked += at + TOKEN.len();
            answer.pieces += 1;
            answer.first.get_or_insert_with(Instant::now);
        }
        looked = looked.max(buffer.len().saturating_sub(TOKEN.len() - 1));
        if find(&buffer[from.saturating_sub(16)..], b"\r\n0\r\n\r\n").is_some() {
            answer.bytes = buffer.len() as u64;
            return Ok(answer);
        }
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_mock_answers_whole_and_in_pieces() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let mock = tokio::spawn(super::super::upstream::serve(listener));
        let prompts = Prompts {
            from: 0,
            different: None,
            words: 8,
        };
        let one = Direct::new(&address, "/0/7/v1", prompts, false);
        assert_eq!(one.call(0).await.unwrap().bytes, 347);
        assert_eq!(one.call(1).await.unwrap().pieces, 0);
        let stream = Direct::new(&address, "/0/7/v1", prompts, true);
        for n in 0..3 {
            let answer = stream.call(n).await.unwrap();
            assert_eq!(answer.pieces, 7);
            assert!(answer.first.is_some());
        }
        mock.abort();
    }
}
