//! An instance that a transaction is about to change: locked, as the last commit left it.

use tenantry_domain::{Entity, Instance, InstanceId, Revision, Scope, ports::RepositoryError};

use super::columns::{instance_of, instance_selection};
use crate::{error::Failure, session::Session, sql::Statement, table::narrowed};

/// Locks and reads the instance; `None` if there is none in `scope`.
pub(super) async fn lock(
    session: &mut Session<'_>,
    scope: &Scope,
    id: InstanceId,
    expected: Option<Revision>,
) -> Result<Option<Instance>, Failure> {
    let (account, user) = narrowed(scope);
    let statement = Statement::new(
        "SELECT id FROM instances WHERE organization_id = $1 AND id = $2 \
         AND ($3::bigint IS NULL OR account_id = $3) AND ($4::bigint IS NULL OR user_id = $4) FOR UPDATE",
    )
    .bind(scope.organization_id().get())
    .bind(id.get())
    .bind(account)
    .bind(user);
    if session.row(statement).await?.is_none() {
        return Ok(None);
    }
    let Some(instance) = read(session, scope, id).await? else {
        return Ok(None);
    };
    if expected.is_some_and(|expected| expected != instance.revision) {
        let entity = Entity::Instance;
        return Err(RepositoryError::Stale { entity }.into());
    }
    Ok(Some(instance))
}

/// An instance that is locked. A statement of its own: it sees the tags and the configuration that were committed before
/// the lock.
pub(super) async fn read(
    session: &mut Session<'_>,
    scope: &Scope,
    id: InstanceId,
) -> Result<Option<Instance>, Failure> {
    let statement = Statement::new(concat!(
        instance_selection!(),
        " WHERE instances.organization_id = $1 AND instances.id = $2"
    ))
    .bind(scope.organization_id().get())
    .bind(id.get());
    let row = session.row(statement).await?;
    Ok(row.map(|row| instance_of(&row)).transpose()?)
}
