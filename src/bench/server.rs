//! The service and the floors as child processes: started, found by the address they print, asked
//! for their memory, killed.

use super::{BenchError, Context, Floor, machine};
use crate::load::{Call, Prompts, Router};
use std::{
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    time::Duration,
};
use tokio::time::{Instant, timeout};
use tonic::transport::{Channel, Endpoint};

/// A start takes at most this long: a large memory comes from disk.
const START: Duration = Duration::from_secs(120);

/// A service as the suites want it.
#[derive(Clone, Debug)]
pub(super) struct Wanted<'a> {
    /// `static` or `minilm`.
    pub embedder: &'a str,
    /// Models of the mock.
    pub arms: usize,
    /// Prompt classes at most.
    pub classes: usize,
    /// Base URL of the mock.
    pub upstream: String,
    /// Only on this many cores.
    pub cores: Option<usize>,
}

impl Default for Wanted<'_> {
    fn default() -> Self {
        Self {
            embedder: "static",
            arms: 10,
            classes: 64,
            upstream: "http://127.0.0.1:9/v1".to_owned(),
            cores: None,
        }
    }
}

impl Wanted<'_> {
    /// As users would write it.
    pub(super) fn yaml(&self, memory: &Path) -> String {
        let models: String = (0..self.arms)
            .map(|n| {
                let price = 0.1 * 1.3f64.powi(n as i32 % 20);
                format!(
                    "      - {{name: model-{n}, cost: {{input_per_mtok: {price:.3}, output_per_mtok: {:.3}}}}}\n",
                    4.0 * price
                )
            })
            .collect();
        let workers = std::thread::available_parallelism().map_or(1, usize::from);
        format!(
            "# Written by `pointsman bench`.\n\
             server: {{listen: 127.0.0.1:0, http_listen: off}}\n\
             embedding: {{kind: {}, workers: {workers}}}\n\
             memory: {{path: {memory:?}}}\n\
             learning: {{max_classes: {}}}\n\
             logging: {{level: warn}}\n\
             providers:\n  - name: mock\n    type: openai_compatible\n    base_url: {}\n    \
             api_key: sk-mock\n    models:\n{models}",
            self.embedder, self.classes, self.upstream
        )
    }
}

/// A child process; killed when dropped.
pub(super) struct Server {
    child: Child,
    address: SocketAddr,
    /// From the start of the process until it said where it listens.
    pub started_in: Duration,
    /// Read no more, but open: the child must be able to write.
    _words: BufReader<ChildStdout>,
}

impl Server {
    /// Starts a floor.
    pub(super) async fn floor(context: &Context<'_>, floor: Floor) -> Result<Self, BenchError> {
        let mut command = Command::new(&context.program);
        command.args(["bench", "--floor", floor.name()]);
        Self::start(command).await
    }

    /// Starts the service on a memory in this directory, new or old.
    pub(super) async fn service(
        context: &Context<'_>,
        wanted: &Wanted<'_>,
        directory: &Path,
    ) -> Result<Self, BenchError> {
        let config = directory.join("bench.yaml");
        std::fs::write(&config, wanted.yaml(&directory.join("memory")))?;
        let mut command = match wanted.cores {
            None => Command::new(&context.program),
            Some(cores) => pinned(&context.program, cores),
        };
        command.arg("serve").arg("--config").arg(&config);
        Self::start(command).await
    }

    async fn start(mut command: Command) -> Result<Self, BenchError> {
        let began = Instant::now();
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = child
            .stdout
            .take()
            .ok_or_else(|| BenchError::Child("a child without output".to_owned()))?;
        let read = tokio::task::spawn_blocking(move || {
            let mut words = BufReader::new(stdout);
            let mut line = String::new();
            while words.read_line(&mut line).is_ok_and(|bytes| bytes > 0) {
                if let Some(address) = address(&line) {
                    return Some((address, words));
                }
                line.clear();
            }
            None
        });
        let found = timeout(START, read).await;
        let started_in = began.elapsed();
        match found {
            Ok(Ok(Some((address, words)))) => Ok(Self {
                child,
                address,
                started_in,
                _words: words,
            }),
            _ => {
                let _ = child.kill();
                let _ = child.wait();
                Err(BenchError::Child(format!("it did not start: {command:?}")))
            }
        }
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// A connection of its own.
    pub(super) async fn channel(&self) -> Result<Channel, BenchError> {
        let said = |error: &dyn std::fmt::Display| BenchError::Connection(error.to_string());
        let endpoint = Endpoint::from_shared(format!("http://{}", self.address));
        let endpoint = endpoint.map_err(|error| said(&error))?.tcp_nodelay(true);
        endpoint.connect().await.map_err(|error| said(&error))
    }

    /// One that asks it.
    pub(super) async fn router(&self, call: Call, prompts: Prompts) -> Result<Router, BenchError> {
        Ok(Router::new(
            vec![self.channel().await?],
            None,
            call,
            prompts,
        ))
    }

    /// Resident memory in MiB.
    pub(super) fn resident_mib(&self) -> f64 {
        machine::resident_kib(self.child.id()).map_or(f64::NAN, |kib| kib as f64 / 1024.0)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program on the first cores only.
fn pinned(program: &Path, cores: usize) -> Command {
    let mut command = Command::new("taskset");
    command
        .args(["-c", &format!("0-{}", cores.saturating_sub(1))])
        .arg(program);
    command
}

/// The address in a line such as `gRPC on 127.0.0.1:50051`.
fn address(line: &str) -> Option<SocketAddr> {
    let after = line.split("gRPC on ").nth(1)?;
    after
        .split(|c: char| c == ',' || c.is_whitespace())
        .next()?
        .parse()
        .ok()
}

/// A directory that goes when it is dropped.
pub(super) struct Temporary(pub PathBuf);

impl Temporary {
    pub(super) fn new(name: &str) -> std::io::Result<Self> {
        let path =
            std::env::temp_dir().join(format!("pointsman-bench-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path)?;
        Ok(Self(path))
    }

    /// Bytes of all files below.
    pub(super) fn bytes(&self) -> u64 {
        fn below(path: &Path) -> u64 {
            let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
            entries
                .map(|entry| match entry.metadata() {
                    Ok(data) if data.is_dir() => below(&entry.path()),
                    Ok(data) => data.len(),
                    Err(_) => 0,
                })
                .sum()
        }
        below(&self.0)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_is_one_that_the_service_takes() {
        use crate::config::{Origin, from_text};
        let text = Wanted::default().yaml(Path::new("dir"));
        let config = from_text(&text, Origin::Simulated, &|_| None).unwrap();
        assert_eq!(config.arms.len(), 10);
        assert_eq!(config.learning.max_classes, Some(64));
    }

    #[test]
    fn the_address_is_found_in_what_a_child_prints() {
        let found = |line| address(line).map(|address| address.port());
        assert_eq!(
            found("gRPC on 127.0.0.1:50051, HTTP on http://127.0.0.1:8080"),
            Some(50051)
        );
        assert_eq!(found("echo: gRPC on 127.0.0.1:7\n"), Some(7));
        assert_eq!(found("pointsman 0.1.0"), None);
    }
}
