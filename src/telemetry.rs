//! Logs: what is written, in which form, to where. Prompt texts and keys never get here unless the
//! configuration asks for texts.

use crate::config::{LogFormat, Logging};
use std::io::IsTerminal as _;
use tracing_subscriber::{EnvFilter, fmt};

/// Sends logs to standard error from now on. A second call changes nothing.
///
/// # Errors
/// The level is not a filter that `tracing` knows; with its words.
pub fn start(logging: &Logging) -> Result<(), String> {
    let filter = EnvFilter::try_new(&logging.level).map_err(|error| {
        format!(
            "logging.level: {:?} is not a level or filter ({error}); use one of error, warn, info, debug, trace",
            logging.level
        )
    })?;
    let base = fmt::Subscriber::builder()
        .with_ansi(std::io::stderr().is_terminal())
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    // An error says that logs go somewhere already, as in tests.
    let _ = match logging.format {
        LogFormat::Text => {
            tracing::subscriber::set_global_default(base.with_target(false).finish())
        }
        LogFormat::Json => {
            tracing::subscriber::set_global_default(base.json().flatten_event(true).finish())
        }
    };
    Ok(())
}
