//! What PostgreSQL believes of tables that grow by an organization at once.
//!
//! The check of a foreign key is planned once per connection. Planned while PostgreSQL takes an organization for a handful of
//! users, it reads all of the organization's entries in some index for every row that is checked: an import of n users then takes n²
//! steps, until the statistics are renewed. PostgreSQL does so by itself, but up to a minute too late.

use sqlx::Row as _;
use tenantry_domain::ports::RepositoryError;

use crate::{database::Database, error::Failure, sql::Statement};

/// Renews the statistics of tables that have grown several times over since, or were made while a batch was under way, which they
/// take for empty pages; plans are then made anew. Where somebody else is
/// at it, it is left to them. Only the columns of keys: those of texts take most of the time, and change no such plan.
pub(super) async fn renew(database: &Database) -> Result<(), RepositoryError> {
    let grown = Statement::new(
        "SELECT relname::text AS name FROM pg_class WHERE oid IN ('users'::regclass, 'instances'::regclass) \
         AND (pg_relation_size(oid) > (4 * greatest(relpages, 0)::bigint + 8) * current_setting('block_size')::bigint \
         OR (relpages > 8 AND reltuples < relpages))",
    );
    for row in database.read(grown).await? {
        let name: String = row.try_get("name").map_err(Failure::from)?;
        let analyze = match name.as_str() {
            "users" => "ANALYZE (SKIP_LOCKED) users (organization_id, account_id, id)",
            _ => "ANALYZE (SKIP_LOCKED) instances (organization_id, account_id, user_id, id)",
        };
        database.write(Statement::new(analyze)).await?;
    }
    Ok(())
}
