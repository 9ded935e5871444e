//! Exit codes that scripts can rely on. They are printed by `pointsman --help`.

use std::process::ExitCode;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// All went well.
    Done = 0,
    /// It was tried and failed: an upstream, a deadline, a file, a defect.
    Failed = 1,
    /// The arguments or the configuration are wrong. `clap` uses the same code.
    Usage = 2,
    /// No server answers at the address.
    Unreachable = 3,
    /// The server refused: something unknown, invalid or not allowed. The same call will be refused again.
    Refused = 4,
}

/// The codes for the help text.
pub const HELP: &str = "Exit codes:
  0  all went well
  1  it was tried and failed: an upstream, a deadline, a file
  2  the arguments or the configuration are wrong
  3  no server answers at the address
  4  the server refused: something unknown, invalid, used up or not allowed";

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
