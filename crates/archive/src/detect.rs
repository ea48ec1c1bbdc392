//! What kind of file it is, by how it begins.

use std::io::{Read, Seek, SeekFrom};

use crate::{FileError, Format};

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// An organization, whole.
    Archive,
    /// Users from elsewhere.
    Users(Format),
}

/// Looks at the beginning, and goes back to the beginning.
///
/// # Errors
/// If the file cannot be read.
pub fn detect<R: Read + Seek>(input: &mut R) -> Result<FileKind, FileError> {
    input.seek(SeekFrom::Start(0))?;
    let mut start = Vec::new();
    Read::take(&mut *input, LOOKED_AT).read_to_end(&mut start)?;
    input.seek(SeekFrom::Start(0))?;
    let start = start.strip_prefix(BOM).unwrap_or(&start).trim_ascii_start();
    Ok(if !start.starts_with(b"{") {
        FileKind::Users(Format::Csv {
            delimiter: delimiter(start),
        })
    } else if start.starts_with(ARCHIVE) {
        FileKind::Archive
    } else {
        FileKind::Users(Format::Ndjson)
    })
}

/// What stands between two fields, by the first line: spreadsheets write a semicolon where the comma is in numbers.
fn delimiter(start: &[u8]) -> u8 {
    let line = start.split(|byte| *byte == b'\n').next().unwrap_or(start);
    [b',', b';', b'\t']
        .into_iter()
        .find(|one| line.contains(one))
        .unwrap_or(b',')
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
        let csv = |delimiter| FileKind::Users(Format::Csv { delimiter });
        for (text, expected) in [
            (
                "{\"kind\":\"tenantry-archive\",\"version\":1}\n",
                FileKind::Archive,
            ),
            (
                "{\"email\":\"a@b.example\"}\n",
                FileKind::Users(Format::Ndjson),
            ),
            ("\u{feff} {\"email\"", FileKind::Users(Format::Ndjson)),
            ("email,firstName\na;b", csv(b',')),
            ("email;firstName\na,b", csv(b';')),
            ("email\tfirstName\n", csv(b'\t')),
            ("", csv(b',')),
        ] {
            let mut input = Cursor::new(text);
            assert_eq!(detect(&mut input).unwrap(), expected, "{text}");
            assert_eq!(input.position(), 0);
        }
    }
}
