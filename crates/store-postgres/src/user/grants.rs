//! Roles granted to users directly, and the rule that an organization keeps an administrator.

use std::collections::BTreeSet;

use tenantry_domain::{
    EffectiveRole, Entity, OrganizationId, RoleKey, Snapshot, User, UserId,
    ports::{RepositoryError, UserAndRoles},
};

use crate::{error::Failure, row::Fields, session::Session, sql::Statement};

/// Fails if `user`, who is locked and about to lose `org-admin`, is the last active user who has it directly.
///
/// All transactions that take an administrator away wait for each other at the role, each with its own user locked and no
/// other to come, so they cannot wait in a circle. The lock is a statement of its own: the one after it sees what those
/// before have committed.
pub(crate) async fn guard_last_administrator(
    session: &mut Session<'_>,
    user: &User,
    grants: &BTreeSet<RoleKey>,
) -> Result<(), Failure> {
    if !user.active || !grants.contains(&RoleKey::OrgAdmin) {
        return Ok(());
    }
    let lock = Statement::new(
        "SELECT id FROM roles WHERE organization_id = $1 AND key = $2 FOR NO KEY UPDATE",
    )
    .bind(user.organization_id.get())
    .bind(RoleKey::OrgAdmin.as_str());
    session.execute(lock).await?;
    let another = Statement::new(
        "SELECT 1 FROM roles \
         JOIN user_roles ON user_roles.organization_id = roles.organization_id AND user_roles.role_id = roles.id \
         JOIN users ON users.organization_id = user_roles.organization_id AND users.id = user_roles.user_id \
         WHERE roles.organization_id = $1 AND roles.key = $2 AND users.active AND users.id <> $3 LIMIT 1",
    )
    .bind(user.organization_id.get())
    .bind(RoleKey::OrgAdmin.as_str())
    .bind(user.id.get());
    match session.row(another).await? {
        Some(_) => Ok(()),
        None => Err(RepositoryError::LAST_ADMINISTRATOR.into()),
    }
}

/// Whether this user certainly is none whom [`guard_last_administrator`] would ask about.
pub(super) fn is_no_administrator(known: &UserAndRoles) -> bool {
    let has = |roles: &[EffectiveRole]| {
        roles
            .iter()
            .any(|held| held.direct && held.role.key == RoleKey::OrgAdmin)
    };
    !known.user.active || known.roles.as_deref().is_some_and(|roles| !has(roles))
}

/// The roles granted to the user directly.
pub(crate) async fn granted(
    session: &mut Session<'_>,
    organization: OrganizationId,
    user: UserId,
) -> Result<BTreeSet<RoleKey>, Failure> {
    let statement = Statement::new(
        "SELECT roles.id, roles.key FROM user_roles \
         JOIN roles ON roles.organization_id = user_roles.organization_id AND roles.id = user_roles.role_id \
         WHERE user_roles.organization_id = $1 AND user_roles.user_id = $2",
    )
    .bind(organization.get())
    .bind(user.get());
    let rows = session.rows(statement).await?;
    let keys = rows
        .iter()
        .map(|row| Fields::of(Entity::Role, row)?.role_key("key"));
    Ok(keys.collect::<Result<_, _>>()?)
}

/// Grants these roles directly and no others; answers those that the organization has.
pub(crate) async fn replace(
    session: &mut Session<'_>,
    organization: OrganizationId,
    user: UserId,
    roles: &[RoleKey],
) -> Result<BTreeSet<RoleKey>, Failure> {
    let statement = Statement::new(
        "WITH wanted AS (SELECT id, key FROM roles WHERE organization_id = $1 AND key = ANY($3)), \
         removed AS (DELETE FROM user_roles WHERE organization_id = $1 AND user_id = $2 \
         AND role_id NOT IN (SELECT id FROM wanted)), \
         added AS (INSERT INTO user_roles (organization_id, user_id, role_id) SELECT $1, $2, id FROM wanted \
         ON CONFLICT DO NOTHING) \
         SELECT id, key FROM wanted",
    )
    .bind(organization.get())
    .bind(user.get())
    .bind(roles.iter().map(|role| role.as_str()).collect::<Vec<_>>());
    let rows = session.rows(statement).await?;
    let keys = rows
        .iter()
        .map(|row| Fields::of(Entity::Role, row)?.role_key("key"));
    Ok(keys.collect::<Result<_, _>>()?)
}

/// `snapshot` with the direct grants as the field `roles`: the keys joined by commas, in the order of [`RoleKey`].
pub(crate) fn with_roles(snapshot: Snapshot, grants: &BTreeSet<RoleKey>) -> Snapshot {
    let keys: Vec<_> = grants.iter().map(|key| key.as_str()).collect();
    snapshot.field("roles", keys.join(","))
}
