//! A user that a transaction is about to change: locked, as the last commit left it.

use tenantry_domain::{Entity, Revision, Scope, User, UserId, ports::RepositoryError};

use super::columns::{user_of, user_selection};
use crate::{error::Failure, session::Session, sql::Statement, table::narrowed};

/// Locks and reads the user; `None` if there is none in `scope`.
pub(crate) async fn lock(
    session: &mut Session<'_>,
    scope: &Scope,
    id: UserId,
    expected: Option<Revision>,
) -> Result<Option<User>, Failure> {
    let (account, user) = narrowed(scope);
    let statement = Statement::new(concat!(
        "SELECT ",
        user_selection!(),
        " FROM users WHERE organization_id = $1 AND id = $2 AND ($3::bigint IS NULL OR account_id = $3) \
         AND ($4::bigint IS NULL OR id = $4) FOR UPDATE",
    ))
    .bind(scope.organization_id().get())
    .bind(id.get())
    .bind(account)
    .bind(user);
    let Some(row) = session.row(statement).await? else {
        return Ok(None);
    };
    let user = user_of(&row)?;
    if expected.is_some_and(|expected| expected != user.revision) {
        return Err(RepositoryError::Stale {
            entity: Entity::User,
        }
        .into());
    }
    Ok(Some(user))
}
