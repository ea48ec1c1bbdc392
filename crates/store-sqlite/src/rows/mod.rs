//! Rows as entities and entities as rows, one file per table. A row that no entity can be is `Corrupt`.

pub(crate) mod account;
pub(crate) mod audit;
pub(crate) mod audit_head;
mod cells;
pub(crate) mod configuration;
pub(crate) mod element;
pub(crate) mod instance;
pub(crate) mod organization;
pub(crate) mod role;
pub(crate) mod secret;
pub(crate) mod user;
mod write;

pub(crate) use self::{cells::Cells, write::Assignments};
use crate::{error::Failure, sql::Sql};
use rusqlite::Connection;

/// Whether this table ever gave this id to a row, which may be gone since.
pub(crate) fn was_assigned(connection: &Connection, table: &str, id: i64) -> Result<bool, Failure> {
    let mut sql = Sql::new("SELECT seq FROM sqlite_sequence WHERE name = ");
    sql.bind(table.to_owned()).push(" AND seq >= ").bind(id);
    let found = sql.row(connection, |row| Ok(row.get::<_, i64>(0)?))?;
    Ok(id > 0 && found.is_some())
}
