//! What PostgreSQL believes of tables that grow by an organization at once.
//!
//! The check of a foreign key is planned once per connection. Planned while PostgreSQL takes an organization for a handful of
//! users, it reads all of the organization's entries in some index for every row that is checked: an import of n users then takes n²
//! steps, until the statistics are renewed. PostgreSQL does so by itself, but up to a minute too late.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use sqlx::Row as _;
use tenantry_domain::ports::RepositoryError;

use crate::{database::Database, error::Failure, sql::Statement};

/// A table that is twice as large as when its statistics were last renewed is worth the time again.
const STEP: i64 = 2;

/// How large tables were when their statistics were last renewed through this store, in pages. Whatever comes of it, and
/// whatever PostgreSQL goes on to believe of a table (pages that others left empty look as if a batch were under way), it is
/// then left alone until it has grown.
#[derive(Debug, Default)]
pub(super) struct Renewed(Mutex<HashMap<String, i64>>);

impl Renewed {
    /// Notes that the statistics of a table of so many pages are renewed, if that is worth the time.
    fn is_due(&self, table: &str, pages: i64) -> bool {
        let mut renewed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if renewed.get(table).is_some_and(|last| pages < last * STEP) {
            return false;
        }
        renewed.insert(table.to_owned(), pages);
        true
    }
}

/// Renews the statistics of tables that have grown several times over since, or were made while a batch was under way, which they
/// take for empty pages; plans are then made anew. Once for each step of growth. Where somebody else is at it, it is left to
/// them. Only the columns of keys: those of texts take most of the time, and change no such plan.
pub(super) async fn renew(database: &Database, renewed: &Renewed) -> Result<(), RepositoryError> {
    let grown = Statement::new(
        "SELECT name, pages FROM (SELECT relname::text AS name, greatest(relpages, 0)::bigint AS known, reltuples, \
         pg_relation_size(oid) / current_setting('block_size')::bigint AS pages \
         FROM pg_class WHERE oid IN ('users'::regclass, 'instances'::regclass)) AS tables \
         WHERE pages > 4 * known + 8 OR (known > 8 AND reltuples < known)",
    );
    for row in database.read(grown).await? {
        let name: String = row.try_get("name").map_err(Failure::from)?;
        let pages: i64 = row.try_get("pages").map_err(Failure::from)?;
        if !renewed.is_due(&name, pages) {
            continue;
        }
        let analyze = match name.as_str() {
            "users" => "ANALYZE (SKIP_LOCKED) users (organization_id, account_id, id)",
            _ => "ANALYZE (SKIP_LOCKED) instances (organization_id, account_id, user_id, id)",
        };
        database.write(Statement::new(analyze)).await?;
    }
    Ok(())
}
