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

/// Whether a character steers the terminal, or turns the direction of what follows.
fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
}

/// A text that may come from anywhere, in one line that steers no terminal.
pub(crate) fn harmless(text: &str) -> String {
    text.chars()
        .map(|c| if steers(c) { '\u{fffd}' } else { c })
        .collect()
}

/// The same for several lines.
fn harmless_lines(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c != '\n' && steers(c) {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect()
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
        let line = if self.json {
            value.to_string()
        } else {
            harmless_lines(&text())
        };
        Self::write(&format!("{}\n", line.trim_end_matches('\n')))
    }

    /// Finds out whether standard output can be written to before something is done whose result exists only there.
    pub(crate) fn probe(self, line: &str) -> io::Result<()> {
        if self.json {
            Ok(())
        } else {
            Self::write(&format!("{}\n", harmless(line)))
        }
    }

    /// Writes what went wrong to standard error.
    pub(crate) fn failure(self, failure: &Failure) {
        if matches!(failure, Failure::ReadEnough(_)) {
            return;
        }
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
            harmless_lines(&text)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_comes_from_elsewhere_steers_the_terminal() {
        assert_eq!(
            harmless("a\u{1b}]0;x\u{7}\nb"),
            "a\u{fffd}]0;x\u{fffd}\u{fffd}b"
        );
        assert_eq!(
            harmless_lines("a\u{1b}[31m\u{202e}\u{9b}\nö\t"),
            "a\u{fffd}[31m\u{fffd}\u{fffd}\nö\u{fffd}"
        );
    }
}
