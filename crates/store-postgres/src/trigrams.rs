//! The indexes that `LIKE` is answered from. Trigrams of what is written wait in a list before the index; whoever makes the list too long
//! puts all of them in, and is answered that much later, with everybody who shares the statement.

use tenantry_domain::ports::RepositoryError;

use crate::{database::Database, row::number, sql::Statement};

/// Puts in what waits, on behalf of whoever would have to. Answers how many pages of the lists there were: none where the indexes are
/// another role's, or the server is a replica.
pub(crate) async fn put_in(database: &Database) -> Result<u64, RepositoryError> {
    let rows = database
        .read(Statement::new(
            "SELECT coalesce(sum(gin_clean_pending_list(oid::regclass)), 0)::bigint FROM pg_class \
             WHERE oid IN (to_regclass('users_search_idx'), to_regclass('accounts_search_idx'), to_regclass('instances_search_idx')) \
             AND pg_has_role(relowner, 'USAGE') AND NOT pg_is_in_recovery()",
        ))
        .await?;
    number(rows.first())
}
