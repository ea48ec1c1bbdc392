//! What kind of file it is, by its first line.

use std::io::{BufRead as _, BufReader, Read, Seek, SeekFrom};

use crate::{FileError, Format};

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// An organization, whole.
    Archive,
    /// Users from elsewhere.
    Users(Format),
}

/// Looks at the first line, and goes back to the beginning.
///
/// # Errors
/// If the file cannot be read.
pub fn detect<R: Read + Seek>(input: &mut R) -> Result<FileKind, FileError> {
    input.seek(SeekFrom::Start(0))?;
    let mut start = Vec::new();
    BufReader::new(&mut *input)
        .take(LOOKED_AT)
        .read_until(b'\n', &mut start)?;
    input.seek(SeekFrom::Start(0))?;
    let start = start.strip_prefix(BOM).unwrap_or(&start).trim_ascii_start();
    Ok(if !start.starts_with(b"{") {
        FileKind::Users(Format::Csv)
    } else if start.starts_with(ARCHIVE) {
        FileKind::Archive
    } else {
        FileKind::Users(Format::Ndjson)
    })
}

/// How archives begin.
const ARCHIVE: &[u8] = br#"{"kind":"tenantry-archive""#;
/// With this some editors begin every file.
pub(crate) const BOM: &[u8] = "\u{feff}".as_bytes();
const LOOKED_AT: u64 = 4096;

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn files_are_known_by_how_they_begin() {
        for (text, expected) in [
            (
                "{\"kind\":\"tenantry-archive\",\"version\":1}\n",
                FileKind::Archive,
            ),
            ("{\"email\":\"a@b.example\"}\n", FileKind::Users(Format::Ndjson)),
            ("\u{feff} {\"email\"", FileKind::Users(Format::Ndjson)),
            ("email,firstName\n", FileKind::Users(Format::Csv)),
            ("", FileKind::Users(Format::Csv)),
        ] {
            let mut input = Cursor::new(text);
            assert_eq!(detect(&mut input).unwrap(), expected, "{text}");
            assert_eq!(input.position(), 0);
        }
    }
}
