//! Standard output and standard error: text for people, or one JSON object for programs. A closed pipe is an error that
//! the caller sees, never a panic.

use std::io::{self, Write as _};

use serde_json::{Value, json};

use crate::failure::Failure;

/// `1 thing`, `2 things`.
pub(crate) fn counted(number: u64, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

/// How results are written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    /// As JSON.
    pub(crate) json: bool,
}

impl Output {
    /// Writes a result to standard output: `value` as one line of JSON if that was asked for, else the text.
    pub(crate) fn result(self, value: &Value, text: impl FnOnce() -> String) -> io::Result<()> {
        let line = if self.json { value.to_string() } else { text() };
        Self::write(&format!("{}\n", line.trim_end_matches('\n')))
    }

    /// Finds out whether standard output can be written to before something is done whose result exists only there.
    pub(crate) fn probe(self, line: &str) -> io::Result<()> {
        if self.json {
            Ok(())
        } else {
            Self::write(&format!("{line}\n"))
        }
    }

    /// Writes what went wrong to standard error.
    pub(crate) fn failure(self, failure: &Failure) {
        let error = failure.error();
        let causes: Vec<String> = error.chain().skip(1).map(ToString::to_string).collect();
        let text = if self.json {
            json!({"error": error.to_string(), "causes": causes}).to_string()
        } else {
            let mut text = format!("error: {error}");
            for cause in causes {
                text.push_str("\n  caused by: ");
                text.push_str(&cause);
            }
            text
        };
        // There is nobody left to tell if this fails.
        let _ = writeln!(io::stderr(), "{text}");
    }

    /// Writes to standard output, as it is.
    pub(crate) fn write(text: &str) -> io::Result<()> {
        let mut stdout = io::stdout().lock();
        stdout.write_all(text.as_bytes())?;
        stdout.flush()
    }
}
