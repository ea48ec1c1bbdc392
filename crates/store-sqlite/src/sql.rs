//! SQL text that grows together with the values bound to it. A value never becomes text.

use std::{fmt::Write as _, ops::ControlFlow};

use rusqlite::{
    CachedStatement, Connection, Row, Statement, Transaction, config::DbConfig, params_from_iter,
    types::Value,
};

use crate::{error::Failure, filter};

/// Statements longer than this are prepared for one use: filters come in more shapes than a cache should hold.
const LONGEST_CACHED: usize = 2048;

/// What statements need of a connection: our functions, and to be planned once, for any values. Otherwise, where somebody has run
/// `ANALYZE`, many are planned anew whenever other values are bound: that took a third of the writer's time when users were created.
pub(crate) fn set_up(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    filter::define_functions(connection)
}

/// For as long as this lives everything is read as it is at one moment.
pub(crate) fn moment(connection: &Connection) -> Result<Option<Transaction<'_>>, Failure> {
    // The writer is in a transaction already. This one only reads; it ends when it is dropped.
    if connection.is_autocommit() {
        return Ok(Some(connection.unchecked_transaction()?));
    }
    Ok(None)
}

/// A statement, or a part of one, with its values in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sql {
    text: String,
    values: Vec<Value>,
}

impl Sql {
    pub(crate) fn new(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            values: Vec::new(),
        }
    }

    /// Text of this program; what a caller wrote goes through [`Sql::bind`].
    pub(crate) fn push(&mut self, text: &'static str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    pub(crate) fn bind(&mut self, value: impl Into<Value>) -> &mut Self {
        self.text.push('?');
        self.values.push(value.into());
        self
    }

    /// A number that stands in the text: how many rows are wanted. SQLite plans a statement anew for each value that is bound to a
    /// limit.
    pub(crate) fn number(&mut self, number: i64) -> &mut Self {
        // Writing to a `String` cannot fail.
        let _ = write!(self.text, "{number}");
        self
    }

    /// Another part, with its values.
    pub(crate) fn append(&mut self, mut other: Self) -> &mut Self {
        self.text.push_str(&other.text);
        self.values.append(&mut other.values);
        self
    }

    /// The same with `EXPLAIN QUERY PLAN` before it.
    #[cfg(test)]
    pub(crate) fn explained(self) -> Self {
        Self {
            text: format!("EXPLAIN QUERY PLAN {}", self.text),
            values: self.values,
        }
    }

    /// How often this statement was planned anew since it was prepared.
    #[cfg(test)]
    pub(crate) fn planned_again(&self, connection: &Connection) -> i32 {
        let statement = connection.prepare_cached(&self.text).unwrap();
        statement.get_status(rusqlite::StatementStatus::RePrepare)
    }

    /// All rows, each read by `decode`.
    pub(crate) fn rows<T>(
        &self,
        connection: &Connection,
        mut decode: impl FnMut(&Row<'_>) -> Result<T, Failure>,
    ) -> Result<Vec<T>, Failure> {
        let mut items = Vec::new();
        self.visit(connection, |row| {
            items.push(decode(row)?);
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(items)
    }

    /// The first row, if there is one.
    pub(crate) fn row<T>(
        &self,
        connection: &Connection,
        decode: impl FnMut(&Row<'_>) -> Result<T, Failure>,
    ) -> Result<Option<T>, Failure> {
        Ok(self.rows(connection, decode)?.pop())
    }

    /// The rows one after the other, until `visit` has seen enough. Rows behind that are not even found.
    pub(crate) fn visit(
        &self,
        connection: &Connection,
        visit: impl FnMut(&Row<'_>) -> Result<ControlFlow<()>, Failure>,
    ) -> Result<(), Failure> {
        if self.text.len() <= LONGEST_CACHED {
            let mut statement: CachedStatement<'_> = connection.prepare_cached(&self.text)?;
            return self.step(&mut statement, visit);
        }
        self.step(&mut connection.prepare(&self.text)?, visit)
    }

    fn step(
        &self,
        statement: &mut Statement<'_>,
        mut visit: impl FnMut(&Row<'_>) -> Result<ControlFlow<()>, Failure>,
    ) -> Result<(), Failure> {
        let mut rows = statement.query(params_from_iter(&self.values))?;
        while let Some(row) = rows.next()? {
            if visit(row)?.is_break() {
                break;
            }
        }
        Ok(())
    }
}
