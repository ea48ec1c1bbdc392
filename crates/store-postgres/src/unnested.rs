//! Many rows in one statement: each column is bound as an array, and the statement unnests them.

use sqlx::{Encode, Postgres, Type};

use crate::sql::Statement;

/// A statement in the making, over these rows.
pub(crate) struct Columns<'r, T> {
    statement: Statement,
    rows: &'r [T],
}

impl<'r, T> Columns<'r, T> {
    /// A statement whose first arguments are bound.
    pub(crate) fn new(statement: Statement, rows: &'r [T]) -> Self {
        Self { statement, rows }
    }

    /// Binds the value that each row has, as the next array.
    pub(crate) fn of<V>(self, value: impl Fn(&'r T) -> V) -> Self
    where
        Vec<V>: Encode<'r, Postgres> + Type<Postgres>,
    {
        let column: Vec<V> = self.rows.iter().map(value).collect();
        Self {
            statement: self.statement.bind(column),
            rows: self.rows,
        }
    }

    /// The statement, everything bound.
    pub(crate) fn statement(self) -> Statement {
        self.statement
    }
}
