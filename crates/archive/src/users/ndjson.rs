//! Users as NDJSON: an object on each line. Empty lines are passed over.

use std::io::BufRead;

use serde_json::{Map, Value};

use super::{
    LONGEST_LINE,
    cell::{Cell, Row},
    column::Column,
};
use crate::{FileError, archive::json_problem, detect::BOM, lines::Lines};

pub(super) struct NdjsonRows<R> {
    lines: Lines<R>,
    ignore_unknown: bool,
}

impl<R: BufRead> NdjsonRows<R> {
    pub(super) fn new(input: R, ignore_unknown: bool) -> Self {
        Self {
            lines: Lines::new(input, LONGEST_LINE, 0),
            ignore_unknown,
        }
    }

    /// The next row. Behind a line that is refused comes the one after it.
    pub(super) fn next(&mut self) -> Result<Option<Row>, FileError> {
        loop {
            let Some(line) = self.lines.next()? else {
                return Ok(None);
            };
            let mut text = line.text;
            if line.number == 1 && line.raw.starts_with(BOM) {
                text = text.trim_start_matches('\u{feff}');
            }
            if text.trim().is_empty() {
                continue;
            }
            let number = line.number;
            let object: Map<String, Value> = serde_json::from_str(text)
                .map_err(|error| FileError::at(number, json_problem(&error)))?;
            let cells = cells(object, self.ignore_unknown)
                .map_err(|problems| FileError::at(number, problems.join("; ")))?;
            return Ok(Some(Row {
                line: number,
                cells,
            }));
        }
    }
}

fn cells(
    object: Map<String, Value>,
    ignore_unknown: bool,
) -> Result<Vec<(Column, Cell)>, Vec<String>> {
    let (mut cells, mut problems) = (Vec::with_capacity(object.len()), Vec::new());
    for (name, value) in object {
        match Column::parse(&name, ignore_unknown) {
            Err(problem) => problems.push(problem),
            Ok(None) => {}
            Ok(Some(column)) => match cell(column, value) {
                Ok(Some(cell)) => cells.push((column, cell)),
                Ok(None) => {}
                Err(problem) => problems.push(problem),
            },
        }
    }
    if problems.is_empty() {
        Ok(cells)
    } else {
        Err(problems)
    }
}

fn cell(column: Column, value: Value) -> Result<Option<Cell>, String> {
    let wrong = || format!("{} must be a text", column.name());
    Ok(match value {
        Value::Null => None,
        Value::String(text) => Some(Cell::Text(text)),
        Value::Bool(truth) => Some(Cell::Text(truth.to_string())),
        Value::Number(number) => Some(Cell::Text(number.to_string())),
        Value::Array(items) => {
            let texts = items.into_iter().map(|item| match item {
                Value::String(text) => Ok(text),
                _ => Err(format!("{} must be a list of texts", column.name())),
            });
            Some(Cell::Texts(texts.collect::<Result<_, _>>()?))
        }
        Value::Object(_) => return Err(wrong()),
    })
}
