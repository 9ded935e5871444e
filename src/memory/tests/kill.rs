//! Killed at any moment, the memory has lost nothing it acknowledged, and made nothing up.
//!
//! The test starts itself again as a child that writes and says what was acknowledged; the parent
//! kills it, opens what is left and compares. The same child, under a limit on the size of files,
//! shows what a full disk does.

use super::{super::*, *};
use std::sync::Arc;
use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, ChildStdout, Command, Stdio},
};

const CHILD: &str = "memory::tests::kill::a_child_writes_until_it_is_stopped";
const PATH: &str = "POINTSMAN_TEST_MEMORY";
const MOST_IN_A_BATCH: u64 = 12;

/// Deterministic noise.
fn noise(n: u64) -> u64 {
    let mixed = n.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 40
}

fn snapshot(fact: u64) -> Vec<u8> {
    fact.to_le_bytes().repeat(2000)
}

/// The batch that makes `from` decisions into `to`. Outcomes follow one decision later, feedback
/// two; there are two facts to each decision.
fn batch(from: u64, to: u64) -> Batch {
    Batch {
        decisions: (from..to).map(sample::decision).map(Arc::new).collect(),
        outcomes: (from.max(1)..to).map(|n| sample::outcome(n - 1)).collect(),
        feedback: (from.max(2)..to)
            .map(|n| sample::feedback(n - 2, 1, 0.5))
            .collect(),
        ..facts(2 * from + 1, 2 * (to - from))
    }
}

/// Not a test of its own: the child. Without the parent's variable it does nothing.
#[test]
#[allow(
    clippy::disallowed_methods,
    reason = "told by the parent where to write"
)]
fn a_child_writes_until_it_is_stopped() {
    let Some(path) = std::env::var_os(PATH) else {
        return;
    };
    let (memory, _) = open(Path::new(&path));
    let mut done = memory.counts().decisions_ever;
    say(&format!("acknowledged {done}"));
    std::thread::scope(|scope| {
        // Readers must not disturb.
        scope.spawn(|| {
            while memory.failure().is_none() {
                let _ = memory.list(&Filter::default(), None, 20);
            }
        });
        for round in 0.. {
            let to = done + 1 + noise(done) % MOST_IN_A_BATCH;
            let written = memory.append(&batch(done, to)).and_then(|appended| {
                assert_eq!(appended, Appended::default());
                done = to;
                say(&format!("acknowledged {done}"));
                if round % 8 == 7 {
                    memory.save_snapshot(2 * done, &snapshot(2 * done))?;
                    say(&format!("snapshot {}", 2 * done));
                }
                Ok(())
            });
            if let Err(error) = written {
                say(&format!("failed {error}"));
                assert!(
                    memory.append(&batch(done, done + 1)).is_err(),
                    "failed for good"
                );
                return;
            }
        }
    });
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).unwrap();
}

struct Writer {
    child: Child,
    lines: BufReader<ChildStdout>,
    acknowledged: u64,
    snapshot: u64,
    failed: Option<String>,
}

impl Writer {
    fn start(mut command: Command, path: &Path) -> Self {
        command
            .args([CHILD, "--exact", "--nocapture"])
            .env(PATH, path);
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Self {
            child,
            lines,
            acknowledged: 0,
            snapshot: 0,
            failed: None,
        }
    }

    /// Reads one line; false at the end.
    fn listen(&mut self) -> bool {
        let mut line = String::new();
        if self.lines.read_line(&mut line).unwrap() == 0 || !line.ends_with('\n') {
            return false;
        }
        // libtest says `test NAME ... ` without a new line first.
        let line = line.trim_end().rsplit(" ... ").next().unwrap();
        match line.split_once(' ') {
            Some(("acknowledged", n)) => self.acknowledged = n.parse().unwrap(),
            Some(("snapshot", n)) => self.snapshot = n.parse().unwrap(),
            Some(("failed", reason)) => self.failed = Some(reason.to_owned()),
            _ => {}
        }
        true
    }

    /// Kills the child after that many more lines and hears its last words.
    fn kill_after(&mut self, lines: u64) {
        for _ in 0..lines {
            assert!(self.listen(), "the child ended by itself");
        }
        self.child.kill().unwrap();
        while self.listen() {}
        self.child.wait().unwrap();
    }
}

/// Compares the memory with what it should hold, decisions from `known` on.
fn verify(path: &Path, acknowledged: u64, snapshots: u64, known: u64) -> u64 {
    let (memory, recovered) = open(path);
    assert_eq!(recovered.quarantined, []);
    let done = memory.counts().decisions_ever;
    assert!(
        done >= acknowledged,
        "lost: {acknowledged} acknowledged, {done} found"
    );
    assert!(
        done <= acknowledged + MOST_IN_A_BATCH,
        "made up: {acknowledged} acknowledged, {done} found"
    );
    assert_eq!(memory.counts().decisions, done);
    assert_eq!(recovered.last_fact, 2 * done, "half a batch");
    for n in known..done {
        let stored = memory.decision(sample::id(n)).unwrap().unwrap();
        assert_eq!(stored.decision, sample::decision(n));
        assert_eq!(stored.outcome, (n + 1 < done).then(|| sample::outcome(n)));
        let feedback = (n + 2 < done).then(|| sample::feedback(n, 1, 0.5));
        assert_eq!(stored.feedback, Vec::from_iter(feedback));
    }
    assert_eq!(memory.decision(sample::id(done)).unwrap(), None);
    let newest = recovered
        .snapshots
        .first()
        .map_or(0, |snapshot| snapshot.fact);
    assert!(
        newest >= snapshots,
        "lost snapshot {snapshots}, found {newest}"
    );
    for kept in &recovered.snapshots {
        assert_eq!(kept.bytes, snapshot(kept.fact));
    }
    let oldest = recovered
        .snapshots
        .last()
        .map_or(0, |snapshot| snapshot.fact);
    let found: Vec<_> = memory.facts_after(oldest).collect();
    assert_eq!(found, facts(oldest + 1, 2 * done - oldest).facts);
    done
}

#[test]
fn a_hundred_kills_lose_nothing_acknowledged_and_invent_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (mut known, mut snapshots) = (0, 0);
    for round in 0..100 {
        let exe = std::env::current_exe().unwrap();
        let mut writer = Writer::start(Command::new(exe), dir.path());
        // At once, while it is opening, or after some lines.
        writer.kill_after(noise(round) % 60);
        let acknowledged = writer.acknowledged.max(known);
        snapshots = snapshots.max(writer.snapshot);
        // Two decisions back: their outcome and feedback came later.
        known = verify(dir.path(), acknowledged, snapshots, known.saturating_sub(2));
    }
    assert!(known > 1000, "the child hardly wrote: {known} decisions");
    verify(dir.path(), known, snapshots, 0);
}

#[test]
fn a_full_disk_is_an_error_and_loses_nothing_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    let mut limited = Command::new("sh");
    // 4 MiB for a file; beyond it a write fails as on a full disk.
    limited.args(["-c", "trap '' XFSZ; ulimit -f 8192; exec \"$0\" \"$@\""]);
    limited.arg(std::env::current_exe().unwrap());
    let mut writer = Writer::start(limited, dir.path());
    while writer.listen() {}
    assert!(writer.child.wait().unwrap().success());
    let failed = writer.failed.unwrap();
    assert!(
        failed.starts_with("the memory cannot be written: "),
        "{failed}"
    );
    assert!(writer.acknowledged > 100, "{}", writer.acknowledged);
    let done = verify(dir.path(), writer.acknowledged, writer.snapshot, 0);
    let (memory, _) = open(dir.path());
    memory.append(&batch(done, done + 1)).unwrap();
}
