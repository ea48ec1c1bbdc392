//! Columns and the values that they are to have, side by side, so that neither an INSERT nor an UPDATE can mix them up.

use rusqlite::{Connection, params_from_iter, types::Value};
use tenantry_domain::ceql::fold;
use time::OffsetDateTime;

use crate::{error::Failure, instant::to_micros};

#[derive(Debug, Default)]
pub(crate) struct Assignments {
    columns: Vec<&'static str>,
    values: Vec<Value>,
}

impl Assignments {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    #[must_use]
    pub(crate) fn set(mut self, column: &'static str, value: impl Into<Value>) -> Self {
        self.columns.push(column);
        self.values.push(value.into());
        self
    }

    #[must_use]
    pub(crate) fn instant(self, column: &'static str, at: OffsetDateTime) -> Self {
        self.set(column, to_micros(at))
    }

    /// A text and, in the column beside it, its folded form.
    #[must_use]
    pub(crate) fn text(
        self,
        column: &'static str,
        folded_column: &'static str,
        text: Option<&str>,
    ) -> Self {
        self.set(column, text.map(str::to_owned))
            .set(folded_column, text.map(fold))
    }

    /// Without what is the same in `others`, of the same columns. SQLite writes every index of a column that is named, also
    /// where the value stays.
    #[must_use]
    pub(crate) fn without(self, others: &Self) -> Self {
        let mut all = Self::new();
        let same = others.columns.iter().zip(&others.values);
        for ((column, value), other) in self.columns.into_iter().zip(self.values).zip(same) {
            if (&column, &value) != other {
                all = all.set(column, value);
            }
        }
        all
    }

    /// Inserts a row; answers its id.
    pub(crate) fn insert(
        self,
        connection: &Connection,
        table: &'static str,
    ) -> Result<i64, Failure> {
        let places = vec!["?"; self.columns.len()].join(", ");
        let sql = format!(
            "INSERT INTO {table} ({}) VALUES ({places})",
            self.columns.join(", ")
        );
        Ok(connection
            .prepare_cached(&sql)?
            .insert(params_from_iter(self.values))?)
    }

    /// Changes the row of that id.
    pub(crate) fn update(
        mut self,
        connection: &Connection,
        table: &'static str,
        organization: i64,
        id: i64,
    ) -> Result<(), Failure> {
        let sql = format!(
            "UPDATE {table} SET {} = ? WHERE organization_id = ? AND id = ?",
            self.columns.join(" = ?, ")
        );
        self.values
            .extend([Value::Integer(organization), Value::Integer(id)]);
        connection
            .prepare_cached(&sql)?
            .execute(params_from_iter(self.values))?;
        Ok(())
    }
}
