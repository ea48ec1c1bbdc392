//! How SQLite would find what a statement asks for, in a store without statistics: what tests of queries compare.

use rusqlite::Connection;

use crate::{
    migrate,
    sql::{Sql, set_up},
};

/// The steps of the plan, each in SQLite's own words.
pub(crate) fn plan(sql: Sql) -> Vec<String> {
    let connection = Connection::open_in_memory().unwrap();
    set_up(&connection).unwrap();
    migrate::apply(&connection).unwrap();
    sql.explained()
        .rows(&connection, |row| Ok(row.get(3)?))
        .unwrap()
}

/// The same for a statement whose values do not matter.
pub(crate) fn plan_of(statement: &'static str) -> Vec<String> {
    let mut parts = statement.split('?');
    let mut sql = Sql::new(parts.next().unwrap());
    for part in parts {
        sql.bind(1).push(part);
    }
    plan(sql)
}
