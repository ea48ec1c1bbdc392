//! One line, whatever the format it stood in.

use super::column::Column;

/// What a line says of a user.
pub(super) struct Row {
    /// Where it stood.
    pub(super) line: u64,
    pub(super) cells: Vec<(Column, Cell)>,
}

/// One value. An empty one is as good as none.
pub(super) enum Cell {
    Text(String),
    Texts(Vec<String>),
}

impl Row {
    /// The text of a column, if there is one.
    pub(super) fn take(&mut self, column: Column) -> Result<Option<String>, String> {
        match self.cell(column) {
            None => Ok(None),
            Some(Cell::Text(text)) => Ok((!text.is_empty()).then_some(text)),
            Some(Cell::Texts(_)) => Err(format!("{} must be one value", column.name())),
        }
    }

    /// The words of a column: an array, or a text with commas, semicolons or blanks between them.
    pub(super) fn take_words(&mut self, column: Column) -> Vec<String> {
        match self.cell(column) {
            None => Vec::new(),
            Some(Cell::Texts(words)) => words,
            Some(Cell::Text(text)) => text
                .split([',', ';', ' '])
                .filter(|word| !word.is_empty())
                .map(str::to_owned)
                .collect(),
        }
    }

    fn cell(&mut self, column: Column) -> Option<Cell> {
        let at = self.cells.iter().position(|(one, _)| *one == column)?;
        Some(self.cells.swap_remove(at).1)
    }
}
