//! The service as a child process: started, found by the address it prints, killed, started again.
//!
//! It is the same `serve` that users run, with a configuration written for the demonstration. A
//! child, because the point is that it can be killed at any moment.

use super::{DemoError, Options, client::Client};
use std::{
    io::{BufRead as _, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};
use tokio::{sync::mpsc, time::timeout};

/// How long a start may take: MiniLM's weights come from a cold disk.
const START: Duration = Duration::from_secs(60);
/// Lines of the service's own words that are kept to explain a failed start.
const KEPT_LINES: usize = 20;

/// A running service; killed when dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    /// `host:port` of its gRPC door.
    pub address: String,
}

impl Server {
    /// Starts it and waits until it says where it listens.
    ///
    /// # Errors
    /// Where it does not start, with its own words.
    pub async fn start(program: &Path, config: &Path) -> Result<Self, DemoError> {
        let child = Command::new(program)
            .arg("serve")
            .arg("--config")
            .arg(config)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let child = child.map_err(|error| {
            DemoError::Server(format!("cannot run {}: {error}", program.display()))
        })?;
        let mut server = Self {
            child,
            address: String::new(),
        };
        let words = listen(&mut server.child);
        server.address = match timeout(START, announced(words)).await {
            Ok(Ok(address)) => address,
            Ok(Err(words)) => {
                return Err(DemoError::Server(format!("it did not start:\n{words}")));
            }
            Err(_) => {
                let seconds = START.as_secs();
                return Err(DemoError::Server(format!(
                    "it gave no address within {seconds} s"
                )));
            }
        };
        Ok(server)
    }

    /// A connection to it.
    ///
    /// # Errors
    /// Where it does not answer.
    pub async fn client(&self) -> Result<Client, DemoError> {
        Client::connect(&self.address).await
    }

    /// Its process, for people.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Kills it without warning (SIGKILL) and waits until it is gone, which is at once.
    ///
    /// # Errors
    /// Where the system refuses.
    pub fn kill(mut self) -> Result<(), DemoError> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What the child prints, line by line. Reads on when nobody listens, so that the child never waits.
fn listen(child: &mut Child) -> mpsc::Receiver<String> {
    let (send, receive) = mpsc::channel(64);
    let pipes: [Option<Box<dyn Read + Send>>; 2] = [
        child.stdout.take().map(|pipe| Box::new(pipe) as _),
        child.stderr.take().map(|pipe| Box::new(pipe) as _),
    ];
    for pipe in pipes.into_iter().flatten() {
        let send = send.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(pipe).lines().map_while(Result::ok) {
                let _ = send.blocking_send(line);
            }
        });
    }
    receive
}

/// The address that the service prints, or its last words where it ends without.
async fn announced(mut words: mpsc::Receiver<String>) -> Result<String, String> {
    let mut kept: Vec<String> = Vec::new();
    while let Some(line) = words.recv().await {
        if let Some(address) = address(&line) {
            return Ok(address);
        }
        kept.push(line);
        if kept.len() > KEPT_LINES {
            kept.remove(0);
        }
    }
    Err(kept.join("\n"))
}

/// The address in a line such as `gRPC on 127.0.0.1:50051`.
fn address(line: &str) -> Option<String> {
    let after = line
        .to_ascii_lowercase()
        .find("grpc")
        .map(|at| &line[at..])?;
    after
        .split(|c: char| !(c.is_ascii_digit() || c == '.' || c == ':'))
        .find(|word| word.parse::<std::net::SocketAddr>().is_ok())
        .map(str::to_owned)
}

/// Writes the demonstration's configuration into its directory.
///
/// # Errors
/// Where the directory cannot be written.
pub fn write_config(directory: &Path, options: &Options) -> Result<PathBuf, DemoError> {
    let path = directory.join("demo.yaml");
    std::fs::write(&path, config(directory, options)).map_err(DemoError::Io)?;
    Ok(path)
}

/// The simulated models on a free port, a memory of its own, nothing else.
fn config(directory: &Path, options: &Options) -> String {
    format!(
        "# Written by `pointsman demo`.\n\
         server:\n  listen: 127.0.0.1:0\n  http_listen: off\n\
         embedding:\n  kind: {}\n\
         memory:\n  path: {:?}\n\
         # The simulated models differ far more between kinds of prompts than real ones do,\n\
         # and a demonstration is short.\n\
         learning: {{ exploration: 5, spread: 2.5 }}\n\
         providers:\n  - name: simulated\n    type: simulated\n    simulation:\n      \
         seed: {}\n      time_scale: {}\n",
        options.embedder,
        directory.join("memory"),
        options.seed,
        options.time_scale,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_found_in_what_the_service_prints() {
        for (line, expected) in [
            ("gRPC on 127.0.0.1:50051", Some("127.0.0.1:50051")),
            (
                "INFO listening, grpc=127.0.0.1:4711 http=off",
                Some("127.0.0.1:4711"),
            ),
            ("HTTP on 127.0.0.1:8080", None),
            ("gRPC soon", None),
        ] {
            assert_eq!(address(line).as_deref(), expected, "{line}");
        }
    }

    #[test]
    fn the_configuration_is_one_that_the_service_takes() {
        use crate::config::{Origin, from_text};
        let text = config(Path::new("dir"), &Options::default());
        let config = from_text(&text, Origin::Simulated, &|_| None).unwrap();
        assert_eq!(
            config.arms.len(),
            crate::provider::simulated::PROFILES.len()
        );
    }
}
