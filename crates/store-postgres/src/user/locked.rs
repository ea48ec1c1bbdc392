//! A user that a transaction is about to change: locked, as the last commit left it.

use std::collections::BTreeSet;

use sqlx::postgres::PgRow;
use tenantry_domain::{Entity, Revision, RoleKey, Scope, User, UserId, ports::RepositoryError};

use super::{
    columns::{user_of, user_selection},
    grants::granted,
};
use crate::{error::Failure, row::Fields, session::Session, sql::Statement, table::narrowed};

/// Locks a user, of whom `$more` is read as well.
macro_rules! locking {
    ($($more:literal)?) => {
        concat!(
            "SELECT ",
            user_selection!(),
            $($more,)?
            " FROM users WHERE organization_id = $1 AND id = $2 AND ($3::bigint IS NULL OR account_id = $3) \
             AND ($4::bigint IS NULL OR id = $4) FOR UPDATE"
        )
    };
}

/// Locks and reads the user; `None` if there is none in `scope`.
pub(crate) async fn lock(
    session: &mut Session<'_>,
    scope: &Scope,
    id: UserId,
    expected: Option<Revision>,
) -> Result<Option<User>, Failure> {
    let row = locked(session, locking!(), scope, id).await?;
    row.map(|row| as_expected(&row, expected)).transpose()
}

/// As [`lock`], with the roles that are granted to the user directly.
///
/// Subqueries see what was committed before a wait for the lock. Every write of grants counts as one of the user, so if its revision was
/// another one then, they are read again.
pub(crate) async fn lock_with_grants(
    session: &mut Session<'_>,
    scope: &Scope,
    id: UserId,
    expected: Option<Revision>,
) -> Result<Option<(User, BTreeSet<RoleKey>)>, Failure> {
    let statement = locking!(
        ", (SELECT seen.revision FROM users AS seen WHERE seen.organization_id = $1 AND seen.id = $2) AS seen, \
         ARRAY(SELECT roles.key FROM user_roles JOIN roles ON roles.organization_id = user_roles.organization_id \
         AND roles.id = user_roles.role_id WHERE user_roles.organization_id = $1 AND user_roles.user_id = $2) AS grants"
    );
    let Some(row) = locked(session, statement, scope, id).await? else {
        return Ok(None);
    };
    let user = as_expected(&row, expected)?;
    let fields = Fields::of(Entity::User, &row)?;
    let grants = if fields.get::<Option<i64>>("seen")? == Some(user.revision.get()) {
        fields.role_keys("grants")?
    } else {
        granted(session, user.organization_id, id).await?
    };
    Ok(Some((user, grants)))
}

async fn locked(
    session: &mut Session<'_>,
    statement: &'static str,
    scope: &Scope,
    id: UserId,
) -> Result<Option<PgRow>, Failure> {
    let (account, user) = narrowed(scope);
    let statement = Statement::new(statement)
        .bind(scope.organization_id().get())
        .bind(id.get())
        .bind(account)
        .bind(user);
    Ok(session.row(statement).await?)
}

fn as_expected(row: &PgRow, expected: Option<Revision>) -> Result<User, Failure> {
    let user = user_of(row)?;
    if expected.is_some_and(|expected| expected != user.revision) {
        return Err(RepositoryError::Stale {
            entity: Entity::User,
        }
        .into());
    }
    Ok(user)
}
