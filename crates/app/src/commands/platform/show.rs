//! How wide the terminal is, and results of one object.

use std::io::{self, IsTerminal as _};

use serde_json::Value;

use super::{backend::Session, place::variable, table};
use crate::failure::Failure;

impl Session {
    /// Shows one object.
    pub(super) fn show(&self, object: &Value) -> Result<(), Failure> {
        self.output
            .result(object, || table::fields(object, terminal_width()))?;
        Ok(())
    }

    /// Says what was done.
    pub(super) fn done(&self, report: &Value, text: &str) -> Result<(), Failure> {
        self.output.result(report, || text.to_owned())?;
        Ok(())
    }
}

/// How wide lines may be; `None` if standard output is no terminal.
pub(super) fn terminal_width() -> Option<usize> {
    if !io::stdout().is_terminal() {
        return None;
    }
    let told = variable("COLUMNS").and_then(|text| text.parse().ok());
    told.or_else(measured)
        .filter(|width| *width > 0)
        .or(Some(80))
}

#[cfg(unix)]
fn measured() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
    Some(usize::from(size.ws_col))
}

#[cfg(not(unix))]
fn measured() -> Option<usize> {
    None
}
