//! Tells on standard error how far a long run is: a bar on a terminal, a line each tenth elsewhere.

use std::io::{IsTerminal, Write, stderr};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Characters of the bar.
const WIDTH: usize = 30;

/// Progress of one piece of work; may be shared between threads.
#[derive(Debug)]
pub(super) struct Progress {
    label: String,
    all: usize,
    done: AtomicUsize,
    /// Parts that are worth telling: a hundred on a terminal, else ten; none where all is quiet.
    parts: usize,
}

impl Progress {
    /// Progress of `all` steps.
    pub fn new(label: impl Into<String>, all: usize) -> Self {
        Self {
            label: label.into(),
            all,
            done: AtomicUsize::new(0),
            parts: if stderr().is_terminal() { 100 } else { 10 },
        }
    }

    /// One step is done.
    pub fn step(&self) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        if self.all == 0 || done > self.all {
            return;
        }
        let part = |done: usize| done * self.parts / self.all;
        if part(done) == part(done - 1) {
            return;
        }
        // Nobody is harmed where standard error is closed.
        let _ = stderr().write_all(self.line(done).as_bytes());
    }

    fn line(&self, done: usize) -> String {
        let (label, all) = (&self.label, self.all);
        if self.parts < 100 {
            return format!("{label}: {done} of {all}\n");
        }
        let full = done * WIDTH / all;
        let bar = "#".repeat(full) + &"-".repeat(WIDTH - full);
        let end = if done == all { "\n" } else { "" };
        format!("\r[{bar}] {done} of {all}  {label}{end}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_gets_a_bar_and_a_file_gets_lines() {
        let mut progress = Progress::new("passes", 8);
        progress.parts = 100;
        let half = format!("\r[{}{}] 4 of 8  passes", "#".repeat(15), "-".repeat(15));
        assert_eq!(progress.line(4), half);
        progress.parts = 10;
        assert_eq!(progress.line(8), "passes: 8 of 8\n");
    }
}
