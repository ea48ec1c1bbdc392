//! One line after the other, bounded: whoever made the file up does not decide how much memory it takes. It must not know what
//! stands in a line.

use std::io::{BufRead, Read as _};

use crate::FileError;

/// Reads lines that end in LF or CR LF; the last one may end with the file.
#[derive(Debug)]
pub(crate) struct Lines<R> {
    input: R,
    longest: u64,
    number: u64,
    buffer: Vec<u8>,
}

/// One line, without its end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line<'a> {
    /// Which, from 1.
    pub(crate) number: u64,
    /// As they stand in the file, with what ends the line.
    pub(crate) raw: &'a [u8],
    /// What it says.
    pub(crate) text: &'a str,
}

impl<R: BufRead> Lines<R> {
    /// The lines from here on, which is behind line `number`. None may have more than `longest` bytes.
    pub(crate) fn new(input: R, longest: u64, number: u64) -> Self {
        Self {
            input,
            longest,
            number,
            buffer: Vec::new(),
        }
    }

    /// The number of the last line that was read.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// Passes over the rest of a line.
    fn skip(&mut self) -> Result<(), FileError> {
        while self.buffer.last() != Some(&b'\n') {
            self.buffer.clear();
            let read = (&mut self.input)
                .take(self.longest)
                .read_until(b'\n', &mut self.buffer)?;
            if read == 0 {
                break;
            }
        }
        Ok(())
    }

    /// The next line; `None` at the end of the file. Behind a line that is refused comes the one after it.
    pub(crate) fn next(&mut self) -> Result<Option<Line<'_>>, FileError> {
        self.buffer.clear();
        // A rare long line is no reason to keep so much.
        self.buffer.shrink_to(USUAL);
        let read = (&mut self.input)
            .take(self.longest + 1)
            .read_until(b'\n', &mut self.buffer)?;
        if read == 0 {
            return Ok(None);
        }
        self.number += 1;
        if read as u64 > self.longest {
            self.skip()?;
            return Err(FileError::at(
                self.number,
                format!("it has more than {} bytes", self.longest),
            ));
        }
        let text = self.buffer.strip_suffix(b"\n").unwrap_or(&self.buffer);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        let text = str::from_utf8(text).map_err(|error| {
            FileError::at(
                self.number,
                format!("it is not UTF-8 from byte {} on", error.valid_up_to() + 1),
            )
        })?;
        Ok(Some(Line {
            number: self.number,
            raw: &self.buffer,
            text,
        }))
    }
}

const USUAL: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> Vec<Result<(u64, String), String>> {
        let mut lines = Lines::new(text, 8, 0);
        let mut found = Vec::new();
        loop {
            match lines.next() {
                Ok(None) => return found,
                Ok(Some(line)) => found.push(Ok((line.number, line.text.to_owned()))),
                Err(error) => found.push(Err(error.to_string())),
            }
        }
    }

    #[test]
    fn lines_end_as_they_do_anywhere() {
        let line = |number, text: &str| Ok((number, text.to_owned()));
        assert_eq!(
            read("a\r\n\nä".as_bytes()),
            [line(1, "a"), line(2, ""), line(3, "ä")]
        );
        assert_eq!(read(b""), []);
    }

    #[test]
    fn long_lines_and_strange_bytes_are_errors_with_their_line() {
        assert_eq!(
            read(b"a\n12345678901234567890\nb"),
            [
                Ok((1, "a".to_owned())),
                Err("line 2: it has more than 8 bytes".to_owned()),
                Ok((3, "b".to_owned())),
            ]
        );
        assert_eq!(read(b"1234567\n"), [Ok((1, "1234567".to_owned()))]);
        assert_eq!(
            read(b"ab\xff\n"),
            [Err("line 1: it is not UTF-8 from byte 3 on".to_owned())]
        );
    }
}
