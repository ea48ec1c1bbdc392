//! Users as CSV (RFC 4180): the first line names the columns, a value may stand in quotes and hold line breaks.

use std::{
    io::{self, Read},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use csv::{ByteRecord, Reader, ReaderBuilder, Terminator, Trim};

use super::{
    LONGEST_LINE,
    cell::{Cell, Row},
    column::Column,
};
use crate::FileError;

pub(super) struct CsvRows<R> {
    reader: Reader<Rationed<R>>,
    ration: Arc<AtomicU64>,
    columns: Vec<Option<Column>>,
    record: ByteRecord,
}

impl<R: Read> CsvRows<R> {
    /// Reads the first line.
    pub(super) fn new(input: R, delimiter: u8, ignore_unknown: bool) -> Result<Self, FileError> {
        let ration = Arc::new(AtomicU64::new(RATION));
        let mut reader = ReaderBuilder::new()
            .delimiter(delimiter)
            // With CR LF, the reader would count each line with the one after it. What is left of the CR is trimmed.
            .terminator(Terminator::Any(b'\n'))
            .flexible(true)
            .has_headers(false)
            .trim(Trim::All)
            .from_reader(Rationed {
                input,
                left: Arc::clone(&ration),
            });
        let mut record = ByteRecord::new();
        if !reader
            .read_byte_record(&mut record)
            .map_err(|error| explain(error, 1))?
        {
            return Err(FileError::at(
                1,
                "the file is empty: its first line must name the columns",
            ));
        }
        let columns = columns(&record, ignore_unknown).map_err(|what| FileError::at(1, what))?;
        Ok(Self {
            reader,
            ration,
            columns,
            record,
        })
    }

    /// The next row. Behind a row that is refused comes the one after it.
    pub(super) fn next(&mut self) -> Result<Option<Row>, FileError> {
        self.ration.store(RATION, Ordering::Relaxed);
        let line = self.reader.position().line();
        if !self
            .reader
            .read_byte_record(&mut self.record)
            .map_err(|error| explain(error, line))?
        {
            return Ok(None);
        }
        let line = self.record.position().map_or(line, csv::Position::line);
        if self.record.len() != self.columns.len() {
            return Err(FileError::at(
                line,
                format!(
                    "it has {} values, and the first line names {} columns",
                    self.record.len(),
                    self.columns.len()
                ),
            ));
        }
        let mut cells = Vec::with_capacity(self.columns.len());
        for (column, value) in self.columns.iter().zip(&self.record) {
            let Some(column) = *column else {
                continue;
            };
            let value = str::from_utf8(value)
                .map_err(|_| FileError::at(line, format!("{} is not UTF-8", column.name())))?;
            cells.push((column, Cell::Text(value.to_owned())));
        }
        Ok(Some(Row { line, cells }))
    }
}

fn columns(record: &ByteRecord, ignore_unknown: bool) -> Result<Vec<Option<Column>>, String> {
    let mut columns = Vec::with_capacity(record.len());
    for name in record {
        let column = Column::parse(&String::from_utf8_lossy(name), ignore_unknown)?;
        if let Some(column) = column
            && columns.contains(&Some(column))
        {
            return Err(format!("the column {} stands here twice", column.name()));
        }
        columns.push(column);
    }
    for required in Column::REQUIRED {
        if !columns.contains(&Some(*required)) {
            return Err(format!(
                "the column {} is missing: the first line must name the columns, with commas, semicolons or tabs between them",
                required.name()
            ));
        }
    }
    Ok(columns)
}

fn explain(error: csv::Error, line: u64) -> FileError {
    let text = error.to_string();
    match error.into_kind() {
        csv::ErrorKind::Io(error) if error.kind() == io::ErrorKind::FileTooLarge => {
            FileError::Endless { line }
        }
        csv::ErrorKind::Io(error) => FileError::Io(error),
        _ => FileError::at(line, text),
    }
}

/// Reads no more than is left until it is told that the next row began: a quote that is never closed would make one row of
/// the rest of the file.
struct Rationed<R> {
    input: R,
    left: Arc<AtomicU64>,
}

impl<R: Read> Read for Rationed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.left.load(Ordering::Relaxed);
        if left == 0 {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let most = usize::try_from(left)
            .unwrap_or(usize::MAX)
            .min(buffer.len());
        let read = self.input.read(&mut buffer[..most])?;
        self.left.store(left - read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

const RATION: u64 = LONGEST_LINE;
