//! The program itself as a child process: started with a configuration, found by the line it prints,
//! killed or asked to end. It sees nothing of this machine's environment, so that no key found there
//! changes a test.

use pointsman::proto::{
    admin_service_client::AdminServiceClient, router_service_client::RouterServiceClient,
};
use std::{
    io::{BufRead as _, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
};
use tonic::transport::Channel;

/// The program under test.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_pointsman");

/// Five simulated models that answer at once, the static embedding, free ports. `more` is added at
/// the end; `memory` is where the memory lies.
pub fn simulated(memory: &Path, more: &str) -> String {
    format!(
        "server: {{ listen: \"127.0.0.1:0\", http_listen: \"127.0.0.1:0\" }}\n\
         embedding: {{ kind: static }}\n\
         memory: {{ path: {memory:?}, snapshot_every_facts: 200 }}\n\
         providers:\n  - name: simulated\n    type: simulated\n    \
         simulation: {{ seed: 1, time_scale: 0, failures: false }}\n{more}"
    )
}

/// Writes a configuration beside the memory.
pub fn write(directory: &Path, text: &str) -> PathBuf {
    let path = directory.join("pointsman.yaml");
    std::fs::write(&path, text).unwrap();
    path
}

/// The program with these arguments and nothing of this machine's environment.
pub fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command
        .args(arguments)
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// All that a child says here, read beside it so that it never waits.
pub fn collect(mut from: impl Read + Send + 'static) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = from.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// A running server; killed when dropped.
pub struct Server {
    child: Child,
    /// `host:port` of its gRPC door.
    pub grpc: String,
    /// `http://host:port` of its HTTP door.
    pub http: String,
}

/// A server that is starting, and what it says on standard error.
pub struct Starting {
    child: Option<Child>,
    pub words: mpsc::Receiver<String>,
}

impl Starting {
    /// Starts `serve` on this configuration, and does not wait.
    pub fn new(config: &Path) -> Self {
        let arguments = ["serve", "--config", config.to_str().unwrap()];
        let mut child = program(&arguments).spawn().unwrap();
        let (send, words) = mpsc::channel();
        let errors = BufReader::new(child.stderr.take().unwrap());
        // Reads on to the end, so that the child never waits for a reader.
        thread::spawn(move || {
            for line in errors.lines().map_while(Result::ok) {
                let _ = send.send(line);
            }
        });
        Self {
            child: Some(child),
            words,
        }
    }

    /// Waits until it says where it listens.
    pub fn ready(mut self) -> Server {
        let mut child = self.child.take().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let doors = lines
            .by_ref()
            .map_while(Result::ok)
            .find(|line| line.starts_with("gRPC on "));
        let Some(doors) = doors else {
            let words: Vec<String> = self.words.iter().collect();
            panic!("it did not start:\n{}", words.join("\n"));
        };
        let after = |mark: &str| {
            let (_, rest) = doors.split_once(mark).unwrap();
            rest.split(',').next().unwrap().to_owned()
        };
        Server {
            child,
            grpc: after("gRPC on "),
            http: after("HTTP on "),
        }
    }

    /// Kills it where it is.
    pub fn kill(mut self) {
        kill(&mut self.child);
    }
}

impl Drop for Starting {
    fn drop(&mut self) {
        kill(&mut self.child);
    }
}

fn kill(child: &mut Option<Child>) {
    if let Some(mut child) = child.take() {
        let _ = child.kill();
        let _ = child.wait();
    }
}

impl Server {
    /// Starts `serve` on this configuration and waits until it says where it listens.
    pub fn start(config: &Path) -> Self {
        Starting::new(config).ready()
    }

    /// A connection of its own.
    pub async fn channel(&self) -> Channel {
        let endpoint = Channel::from_shared(format!("http://{}", self.grpc)).unwrap();
        endpoint.connect().await.unwrap()
    }

    /// Both services on one connection of their own.
    pub async fn clients(&self) -> (RouterServiceClient<Channel>, AdminServiceClient<Channel>) {
        let channel = self.channel().await;
        (
            RouterServiceClient::new(channel.clone()),
            AdminServiceClient::new(channel),
        )
    }

    /// SIGKILL, and waits until it is gone.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM; the exit code.
    pub fn terminate(mut self) -> Option<i32> {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &pid]).status().unwrap();
        assert!(sent.success());
        self.child.wait().unwrap().code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
