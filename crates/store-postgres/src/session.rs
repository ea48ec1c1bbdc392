//! One connection in the hands of one operation. Must not know what the operation does.

use std::future::Future;

use sqlx::{PgConnection, postgres::PgRow};

use crate::{error::Failure, sql::Statement};

/// Something that is done over one connection, and may be done again if it failed without effect.
pub(crate) trait Work: Send + Sync {
    /// What comes out of it.
    type Output: Send;

    /// Does it once.
    fn run(
        &self,
        session: &mut Session<'_>,
    ) -> impl Future<Output = Result<Self::Output, Failure>> + Send;
}

/// One connection in the hands of one operation.
pub(crate) struct Session<'c> {
    connection: &'c mut PgConnection,
    prepared: bool,
}

impl<'c> Session<'c> {
    pub(crate) fn new(connection: &'c mut PgConnection, prepared: bool) -> Self {
        Self {
            connection,
            prepared,
        }
    }

    /// All rows that the statement answers.
    pub(crate) async fn rows(&mut self, statement: Statement) -> Result<Vec<PgRow>, sqlx::Error> {
        statement
            .query()?
            .persistent(self.prepared)
            .fetch_all(&mut *self.connection)
            .await
    }

    /// All rows of a statement whose text is seldom the same: preparing it would push others out of the cache.
    pub(crate) async fn rows_once(
        &mut self,
        statement: Statement,
    ) -> Result<Vec<PgRow>, sqlx::Error> {
        statement
            .query()?
            .persistent(false)
            .fetch_all(&mut *self.connection)
            .await
    }

    /// The first row, if there is one.
    pub(crate) async fn row(&mut self, statement: Statement) -> Result<Option<PgRow>, sqlx::Error> {
        statement
            .query()?
            .persistent(self.prepared)
            .fetch_optional(&mut *self.connection)
            .await
    }

    /// Executes a statement whose answer does not matter.
    pub(crate) async fn execute(&mut self, statement: Statement) -> Result<(), sqlx::Error> {
        statement
            .query()?
            .persistent(self.prepared)
            .execute(&mut *self.connection)
            .await?;
        Ok(())
    }
}
