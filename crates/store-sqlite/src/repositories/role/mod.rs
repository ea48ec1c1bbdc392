//! Roles and direct grants, and the rule that every organization keeps an administrator.

mod configure;
mod of_account;

use async_trait::async_trait;
use rusqlite::{Connection, Row};
use tenantry_domain::{
    AccountId, AuditAction, Change, EffectiveRole, Entity, OrganizationId, Revision, Role,
    RoleChange, RoleKey, Scope, Snapshot, User, UserField, UserId,
    ports::{RepositoryError, Revocation, RoleRepository},
};

use crate::{
    engine::Engine,
    error::Failure,
    instant::to_micros,
    record,
    repositories::user::check_revision,
    rows::{
        role::{self, COLUMNS, read, read_effective},
        user,
    },
    selectable::Selectable as _,
    sql::Sql,
};

pub(crate) struct Roles(pub(crate) Engine);

#[async_trait]
impl RoleRepository for Roles {
    async fn list(&self, organization: OrganizationId) -> Result<Vec<Role>, RepositoryError> {
        self.0
            .look_up(move |connection| all(connection, organization))
            .await
    }

    async fn effective(
        &self,
        scope: &Scope,
        user: UserId,
    ) -> Result<Option<Vec<EffectiveRole>>, RepositoryError> {
        let scope = *scope;
        self.0
            .look_up(move |connection| effective(connection, &scope, user))
            .await
    }

    async fn grant(
        &self,
        scope: &Scope,
        user: UserId,
        role: RoleKey,
        expected: Option<Revision>,
        change: &Change,
    ) -> Result<Option<Role>, RepositoryError> {
        let (scope, change) = (*scope, *change);
        self.0
            .write(move |connection| grant(connection, &scope, user, role, expected, &change))
            .await
    }

    async fn revoke(
        &self,
        scope: &Scope,
        user: UserId,
        role: RoleKey,
        expected: Option<Revision>,
        change: &Change,
    ) -> Result<Option<Revocation>, RepositoryError> {
        let (scope, change) = (*scope, *change);
        self.0
            .write(move |connection| revoke(connection, &scope, user, role, expected, &change))
            .await
    }

    async fn update(
        &self,
        organization: OrganizationId,
        changes: &[RoleChange],
        change: &Change,
    ) -> Result<Option<Vec<Role>>, RepositoryError> {
        let (changes, change) = (changes.to_vec(), *change);
        self.0
            .write(move |connection| configure::update(connection, organization, &changes, &change))
            .await
    }

    async fn of_account(
        &self,
        scope: &Scope,
        account: AccountId,
    ) -> Result<Option<Vec<Role>>, RepositoryError> {
        let scope = *scope;
        self.0
            .look_up(move |connection| of_account::list(connection, &scope, account))
            .await
    }

    async fn grant_to_account(
        &self,
        scope: &Scope,
        account: AccountId,
        role: RoleKey,
        expected: Option<Revision>,
        change: &Change,
    ) -> Result<Option<Role>, RepositoryError> {
        let (scope, change) = (*scope, *change);
        self.0
            .write(move |connection| {
                of_account::grant(connection, &scope, account, role, expected, &change)
            })
            .await
    }

    async fn revoke_from_account(
        &self,
        scope: &Scope,
        account: AccountId,
        role: RoleKey,
        expected: Option<Revision>,
        change: &Change,
    ) -> Result<Option<Revocation>, RepositoryError> {
        let (scope, change) = (*scope, *change);
        self.0
            .write(move |connection| {
                of_account::revoke(connection, &scope, account, role, expected, &change)
            })
            .await
    }
}

/// The effective roles of a user; `None` if there is no such user.
pub(super) fn effective(
    connection: &Connection,
    scope: &Scope,
    user: UserId,
) -> Result<Option<Vec<EffectiveRole>>, Failure> {
    // Every user has one role by the system, so who has none is not there.
    let roles = select_effective(scope, user).rows(connection, read_effective)?;
    Ok(Some(roles).filter(|roles| !roles.is_empty()))
}

fn select_effective(scope: &Scope, user: UserId) -> Sql {
    let mut sql = Sql::new("SELECT ");
    sql.push(COLUMNS).push(
        ", user_roles.role_id IS NOT NULL AS direct, account_roles.role_id IS NOT NULL AS through_account, \
         roles.key = CASE WHEN accounts.is_default THEN 'org' ELSE 'default-user' END AS by_system \
         FROM users \
         JOIN accounts ON accounts.organization_id = users.organization_id AND accounts.id = users.account_id \
         JOIN roles ON roles.organization_id = users.organization_id \
         LEFT JOIN user_roles ON user_roles.organization_id = users.organization_id \
           AND user_roles.user_id = users.id AND user_roles.role_id = roles.id \
         LEFT JOIN account_roles ON account_roles.organization_id = users.organization_id \
           AND account_roles.account_id = users.account_id AND account_roles.role_id = roles.id \
         WHERE (direct OR through_account OR by_system) AND ",
    );
    UserField::within(scope, &mut sql);
    sql.push(" AND users.id = ")
        .bind(user.get())
        .push(" ORDER BY roles.id");
    sql
}

/// The organization's roles, in the order in which they were created.
fn all(connection: &Connection, organization: OrganizationId) -> Result<Vec<Role>, Failure> {
    let mut sql = Sql::new("SELECT ");
    sql.push(COLUMNS)
        .push(" FROM roles WHERE roles.organization_id = ")
        .bind(organization.get());
    sql.push(" ORDER BY roles.id");
    sql.rows(connection, read)
}

fn find(
    connection: &Connection,
    organization: OrganizationId,
    key: RoleKey,
) -> Result<Option<Role>, Failure> {
    let mut sql = Sql::new("SELECT ");
    sql.push(COLUMNS)
        .push(" FROM roles WHERE roles.organization_id = ")
        .bind(organization.get());
    sql.push(" AND roles.key = ").bind(key.as_str().to_owned());
    sql.row(connection, read)
}

/// Grants those of the roles that the organization has. What is granted already stays.
pub(super) fn grant_all(
    connection: &Connection,
    organization: OrganizationId,
    user: UserId,
    keys: &[RoleKey],
) -> Result<(), Failure> {
    let mut insert = connection.prepare_cached(
        "INSERT INTO user_roles (organization_id, user_id, role_id) \
         SELECT organization_id, ?2, id FROM roles WHERE organization_id = ?1 AND key = ?3 ON CONFLICT DO NOTHING",
    )?;
    for key in keys {
        insert.execute((organization.get(), user.get(), key.as_str()))?;
    }
    Ok(())
}

/// The keys of the roles that are granted directly, in the order of [`RoleKey`].
pub(super) fn direct_grants(connection: &Connection, user: &User) -> Result<Vec<RoleKey>, Failure> {
    let mut sql = Sql::new(
        "SELECT roles.id, roles.key FROM user_roles JOIN roles ON roles.id = user_roles.role_id \
         WHERE user_roles.organization_id = ",
    );
    sql.bind(user.organization_id.get())
        .push(" AND user_roles.user_id = ")
        .bind(user.id.get());
    let read = |row: &Row<'_>| {
        let (id, key): (i64, String) = (row.get(0)?, row.get(1)?);
        role::key(&key).map_err(|source| Failure::corrupt(Entity::Role, id, source))
    };
    let mut keys = sql.rows(connection, read)?;
    keys.sort_unstable();
    Ok(keys)
}

/// Refuses if no active user but this one has `org-admin` directly in its organization. Writes come one after the other,
/// so two users cannot be each other's reason at the same moment.
pub(super) fn keep_an_administrator(
    connection: &Connection,
    besides: &User,
) -> Result<(), Failure> {
    let another: bool = connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM roles \
             JOIN user_roles ON user_roles.organization_id = roles.organization_id AND user_roles.role_id = roles.id \
             JOIN users ON users.id = user_roles.user_id \
             WHERE roles.organization_id = ? AND roles.key = 'org-admin' AND users.active AND users.id <> ?)",
        )?
        .query_row([besides.organization_id.get(), besides.id.get()], |row| row.get(0))?;
    if another {
        Ok(())
    } else {
        Err(RepositoryError::LAST_ADMINISTRATOR.into())
    }
}

fn grant(
    connection: &Connection,
    scope: &Scope,
    user: UserId,
    key: RoleKey,
    expected: Option<Revision>,
    change: &Change,
) -> Result<Option<Role>, Failure> {
    let Some(user) = user::find(connection, scope, user)? else {
        return Ok(None);
    };
    check_revision(&user, expected)?;
    let Some(role) = find(connection, user.organization_id, key)? else {
        return Ok(None);
    };
    if direct_grants(connection, &user)?.contains(&key) {
        return Err(Failure::conflict(Entity::Role, "key"));
    }
    grant_all(connection, user.organization_id, user.id, &[key])?;
    count_as_write(connection, &user, change)?;
    let new = Snapshot::new().field("role", key.as_str());
    record::write(
        connection,
        (&user).into(),
        AuditAction::RoleGranted,
        &Snapshot::new(),
        &new,
        change,
    )?;
    Ok(Some(role))
}

fn revoke(
    connection: &Connection,
    scope: &Scope,
    user: UserId,
    key: RoleKey,
    expected: Option<Revision>,
    change: &Change,
) -> Result<Option<Revocation>, Failure> {
    let Some(user) = user::find(connection, scope, user)? else {
        return Ok(None);
    };
    check_revision(&user, expected)?;
    if !direct_grants(connection, &user)?.contains(&key) {
        return Ok(Some(Revocation::NotGranted));
    }
    if key == RoleKey::OrgAdmin && user.active {
        keep_an_administrator(connection, &user)?;
    }
    connection
        .prepare_cached(
            "DELETE FROM user_roles WHERE organization_id = ?1 AND user_id = ?2 \
             AND role_id = (SELECT id FROM roles WHERE organization_id = ?1 AND key = ?3)",
        )?
        .execute((user.organization_id.get(), user.id.get(), key.as_str()))?;
    count_as_write(connection, &user, change)?;
    let old = Snapshot::new().field("role", key.as_str());
    record::write(
        connection,
        (&user).into(),
        AuditAction::RoleRevoked,
        &old,
        &Snapshot::new(),
        change,
    )?;
    Ok(Some(Revocation::Revoked))
}

/// That the user was written, although nothing in its own row changed.
pub(super) fn count_as_write(
    connection: &Connection,
    user: &User,
    change: &Change,
) -> Result<(), Failure> {
    connection
        .prepare_cached(
            "UPDATE users SET revision = revision + 1, updated_at = ? WHERE organization_id = ? AND id = ?",
        )?
        .execute((to_micros(change.at), user.organization_id.get(), user.id.get()))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{migrate, sql::set_up};

    const ROWS: &str = "
        INSERT INTO organizations (id, name, kind, active, default_account_id, created_at, updated_at, revision)
            VALUES (7, 'o', 'customer', 1, 7, 0, 0, 1);
        INSERT INTO accounts (organization_id, id, name, name_folded, active, is_default, created_at, updated_at, revision)
            VALUES (7, 7, 'a', 'a', 1, 1, 0, 0, 1);
        INSERT INTO users (organization_id, account_id, id, email, email_folded, first_name, first_name_folded, last_name,
                last_name_folded, full_name, full_name_folded, active, password_must_change, created_at, updated_at, revision)
            SELECT 7, 7, value, value, value, 'f', 'f', 'l', 'l', 'f l', 'f l', 1, 0, 0, 0, 1
            FROM json_each('[1, 2, 3, 4, 5, 6, 7, 8]');
        ANALYZE;";

    /// Where there are statistics SQLite would look up in them what is asked for.
    #[test]
    fn roles_that_are_asked_for_again_are_not_planned_again() {
        let connection = Connection::open_in_memory().unwrap();
        set_up(&connection).unwrap();
        migrate::apply(&connection).unwrap();
        connection
            .execute_batch(&format!("PRAGMA foreign_keys = OFF; {ROWS}"))
            .unwrap();
        let select = |user| {
            let scope = Scope::organization(OrganizationId::new(7));
            select_effective(&scope, UserId::new(user))
        };
        for user in [1, 2, 3] {
            select(user).rows(&connection, |_| Ok(())).unwrap();
        }
        assert_eq!(select(4).planned_again(&connection), 0);
    }
}
