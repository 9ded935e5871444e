//! `pointsman`: the arguments go to the library, and its exit code to the shell.

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    pointsman::cli::run(pointsman::cli::Cli::parse())
}
