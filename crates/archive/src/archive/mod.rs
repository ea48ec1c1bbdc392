//! The archive of one organization: a line for each thing, a first line that says what it is, and a last one that proves that
//! nothing is missing. Why it is as it is: `docs/decisions/014-archive.md`.

mod account;
mod check;
mod element;
pub(crate) mod field;
mod instance;
mod line;
mod order;
mod organization;
mod passwords;
mod reader;
mod sealing;
mod user;
mod writer;

pub use self::{line::Counts, passwords::PasswordsTaken, reader::Archive, writer::ArchiveWriter};

/// The longest line, in bytes: several times what the largest instance takes, with 64 KiB of configuration in JSON in base64.
const LONGEST_LINE: u64 = 4 * 1024 * 1024;

/// A word of the file as a message shows it: not too long, and nothing that moves a cursor.
pub(crate) fn shown(text: &str) -> String {
    const MOST: usize = 40;
    let mut shown: String = text
        .chars()
        .take(MOST)
        .flat_map(char::escape_debug)
        .collect();
    if text.chars().nth(MOST).is_some() {
        shown.push('…');
    }
    shown
}

/// What serde says, without the line, which is always the first.
pub(crate) fn json_problem(error: &serde_json::Error) -> String {
    const MOST: usize = 200;
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let Some(what) = text.strip_suffix(&place) else {
        return shorten(&text, MOST);
    };
    format!("{} (column {})", shorten(what, MOST), error.column())
}

fn shorten(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}
