//! Statements and their arguments. Only fixed text gets into a statement, so every value is bound.

use std::fmt::Write as _;

use sqlx::{
    Arguments as _, AssertSqlSafe, Encode, Postgres, SqlSafeStr as _, SqlStr, Type,
    postgres::PgArguments, query::Query,
};

/// A statement with its arguments. It can be sent several times, for several tries.
#[derive(Clone)]
pub(crate) struct Statement {
    text: SqlStr,
    arguments: PgArguments,
    failed: Option<String>,
}

impl Statement {
    /// A fixed statement.
    pub(crate) fn new(text: &'static str) -> Self {
        Self {
            text: SqlStr::from_static(text),
            arguments: PgArguments::default(),
            failed: None,
        }
    }

    /// With `value` as the next argument.
    pub(crate) fn bind<'v, T: Encode<'v, Postgres> + Type<Postgres>>(mut self, value: T) -> Self {
        bind(&mut self.arguments, &mut self.failed, value);
        self
    }

    /// What sqlx executes.
    pub(crate) fn query(self) -> Result<Query<'static, Postgres, PgArguments>, sqlx::Error> {
        match self.failed {
            None => Ok(sqlx::query_with(self.text, self.arguments)),
            Some(reason) => Err(sqlx::Error::Encode(reason.into())),
        }
    }
}

/// A statement that is put together at run time.
#[derive(Default)]
pub(crate) struct Sql {
    text: String,
    arguments: PgArguments,
    failed: Option<String>,
}

impl Sql {
    /// Starts with `text`.
    pub(crate) fn new(text: &'static str) -> Self {
        let mut sql = Self::default();
        sql.push(text);
        sql
    }

    /// Appends fixed text.
    pub(crate) fn push(&mut self, text: &'static str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// Appends a placeholder and binds `value` to it.
    pub(crate) fn bind<'v, T: Encode<'v, Postgres> + Type<Postgres>>(
        &mut self,
        value: T,
    ) -> &mut Self {
        bind(&mut self.arguments, &mut self.failed, value);
        // Writing to a `String` cannot fail.
        let _ = write!(self.text, "${}", self.arguments.len());
        self
    }

    /// Appends a number that the program has counted.
    pub(crate) fn number(&mut self, number: usize) -> &mut Self {
        // Writing to a `String` cannot fail.
        let _ = write!(self.text, "{number}");
        self
    }

    /// The finished statement.
    pub(crate) fn statement(self) -> Statement {
        // Nothing but fixed text and placeholders got into the text, see above.
        Statement {
            text: AssertSqlSafe(self.text).into_sql_str(),
            arguments: self.arguments,
            failed: self.failed,
        }
    }

    #[cfg(test)]
    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}

fn bind<'v, T: Encode<'v, Postgres> + Type<Postgres>>(
    arguments: &mut PgArguments,
    failed: &mut Option<String>,
    value: T,
) {
    if let Err(error) = arguments.add(value) {
        failed.get_or_insert_with(|| error.to_string());
    }
}
