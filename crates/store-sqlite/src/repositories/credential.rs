//! Secrets and password hashes.

use async_trait::async_trait;
use rusqlite::{Connection, Row};
use tenantry_domain::{
    AccountId, AuditAction, Change, Entity, Identity, OrganizationId, PasswordHash, PrivilegeSet,
    Rank, Scope, SealedSecret, Snapshot, UserField, UserId,
    ports::{Caller, CredentialRepository, Lockout, RepositoryError, StoredPassword},
};
use time::{Date, OffsetDateTime, Time};

use crate::{
    engine::Engine,
    error::Failure,
    instant::to_micros,
    record,
    rows::{Cells, role, secret, user},
    selectable::Selectable as _,
    sql::Sql,
};

pub(crate) struct Credentials(pub(crate) Engine);

#[async_trait]
impl CredentialRepository for Credentials {
    async fn authenticate(&self, caller: &Caller) -> Result<Option<Identity>, RepositoryError> {
        let mut sql = Sql::new(
            "SELECT roles.id, roles.key, roles.privileges, users.id, users.account_id, users.organization_id, \
               organizations.default_account_id \
             FROM user_secrets \
             JOIN users ON users.organization_id = user_secrets.organization_id AND users.id = user_secrets.user_id \
             JOIN accounts ON accounts.organization_id = users.organization_id AND accounts.id = users.account_id \
             JOIN organizations ON organizations.id = users.organization_id \
             JOIN organization_secrets ON organization_secrets.organization_id = users.organization_id \
             JOIN roles ON roles.organization_id = users.organization_id \
             WHERE users.active AND accounts.active AND organizations.active \
               AND (roles.key = CASE WHEN accounts.is_default THEN 'org' ELSE 'default-user' END \
                 OR EXISTS (SELECT 1 FROM user_roles WHERE user_roles.organization_id = users.organization_id \
                   AND user_roles.user_id = users.id AND user_roles.role_id = roles.id) \
                 OR EXISTS (SELECT 1 FROM account_roles WHERE account_roles.organization_id = users.organization_id \
                   AND account_roles.account_id = users.account_id AND account_roles.role_id = roles.id)) \
               AND user_secrets.digest = ",
        );
        sql.bind(caller.user.as_bytes().to_vec());
        sql.push(" AND organization_secrets.digest = ")
            .bind(caller.organization.as_bytes().to_vec());
        let identities = self
            .0
            .look_up(move |connection| sql.rows(connection, identity))
            .await?;
        // One for each role; they differ in nothing else.
        Ok(identities.into_iter().reduce(|one, other| Identity {
            privileges: one.privileges.union(other.privileges),
            rank: one.rank.max(other.rank),
            ..one
        }))
    }

    async fn password(
        &self,
        scope: &Scope,
        user: UserId,
    ) -> Result<Option<StoredPassword>, RepositoryError> {
        let (scope, id) = (*scope, user);
        self.0
            .look_up(move |connection| password(connection, &scope, id))
            .await
    }

    async fn password_failed(
        &self,
        scope: &Scope,
        user: UserId,
        lockout: &Lockout,
        change: &Change,
    ) -> Result<(), RepositoryError> {
        let (scope, lockout, change) = (*scope, *lockout, *change);
        self.0
            .write(move |connection| password_failed(connection, &scope, user, &lockout, &change))
            .await
    }

    async fn password_succeeded<'a>(
        &self,
        scope: &Scope,
        user: UserId,
        upgraded: Option<&'a PasswordHash>,
    ) -> Result<(), RepositoryError> {
        let (scope, upgraded) = (*scope, upgraded.cloned());
        self.0
            .write(move |connection| {
                password_succeeded(connection, &scope, user, upgraded.as_ref())
            })
            .await
    }

    async fn organization_secret(
        &self,
        organization: OrganizationId,
    ) -> Result<Option<SealedSecret>, RepositoryError> {
        let mut sql = Sql::new("SELECT ");
        sql.push(secret::COLUMNS)
            .push(" FROM organization_secrets WHERE organization_id = ")
            .bind(organization.get());
        let read = move |row: &Row<'_>| {
            secret::read(row).map_err(|source| {
                Failure::corrupt(Entity::Organization, organization.get(), source)
            })
        };
        self.0
            .look_up(move |connection| sql.row(connection, read))
            .await
    }

    async fn user_secret(
        &self,
        scope: &Scope,
        user: UserId,
    ) -> Result<Option<SealedSecret>, RepositoryError> {
        let mut sql = Sql::new("SELECT ");
        sql.push(secret::COLUMNS).push(
            " FROM user_secrets JOIN users ON users.organization_id = user_secrets.organization_id \
             AND users.id = user_secrets.user_id WHERE ",
        );
        UserField::within(scope, &mut sql);
        sql.push(" AND users.id = ").bind(user.get());
        let read = move |row: &Row<'_>| {
            secret::read(row).map_err(|source| Failure::corrupt(Entity::User, user.get(), source))
        };
        self.0
            .look_up(move |connection| sql.row(connection, read))
            .await
    }
}

/// What one of the caller's roles says about the caller.
fn identity(row: &Row<'_>) -> Result<Identity, Failure> {
    let (privileges, rank): (PrivilegeSet, Rank) = Cells::entity(row, Entity::Role, |cells| {
        let _id: i64 = cells.take()?;
        let rank = role::key(&cells.take::<String>()?)?.rank();
        Ok((role::privileges(&cells.take::<String>()?)?, rank))
    })?;
    Ok(Identity {
        user_id: UserId::new(row.get(3)?),
        account_id: AccountId::new(row.get(4)?),
        organization_id: OrganizationId::new(row.get(5)?),
        default_account_id: AccountId::new(row.get(6)?),
        privileges,
        rank,
    })
}

fn password(
    connection: &Connection,
    scope: &Scope,
    user: UserId,
) -> Result<Option<StoredPassword>, Failure> {
    let mut sql = Sql::new(
        "SELECT users.id, users.password_hash, users.locked_until, users.password_failures FROM users WHERE ",
    );
    UserField::within(scope, &mut sql);
    sql.push(" AND users.id = ").bind(user.get());
    sql.row(connection, |row| {
        Cells::entity(row, Entity::User, |cells| {
            let _id: i64 = cells.take()?;
            Ok(StoredPassword {
                hash: cells.take::<Option<String>>()?.map(PasswordHash::new),
                locked_until: cells.optional_instant()?,
                failures: cells.take()?,
            })
        })
    })
}

fn password_failed(
    connection: &Connection,
    scope: &Scope,
    user: UserId,
    lockout: &Lockout,
    change: &Change,
) -> Result<(), Failure> {
    let Some(stored) = password(connection, scope, user)? else {
        return Ok(());
    };
    let Some(user) = user::find(connection, scope, user)? else {
        return Ok(());
    };
    let failures = stored.failures.saturating_add(1);
    if failures < lockout.after {
        connection
            .prepare_cached(
                "UPDATE users SET password_failures = ? WHERE organization_id = ? AND id = ?",
            )?
            .execute((failures, user.organization_id.get(), user.id.get()))?;
        return Ok(());
    }
    // A longer lock, such as an administrator's, is not shortened.
    let until = change.at.checked_add(lockout.lasts).unwrap_or(END_OF_TIME);
    let until = user
        .locked_until
        .map_or(until, |already| already.max(until));
    connection
        .prepare_cached(
            "UPDATE users SET password_failures = 0, locked_until = ? WHERE organization_id = ? AND id = ?",
        )?
        .execute((to_micros(until), user.organization_id.get(), user.id.get()))?;
    let new = Snapshot::new().field("lockedUntil", until);
    record::write(
        connection,
        (&user).into(),
        AuditAction::Locked,
        &Snapshot::new(),
        &new,
        change,
    )
}

const END_OF_TIME: OffsetDateTime = OffsetDateTime::new_utc(Date::MAX, Time::MIDNIGHT);

fn password_succeeded(
    connection: &Connection,
    scope: &Scope,
    user: UserId,
    upgraded: Option<&PasswordHash>,
) -> Result<(), Failure> {
    let Some(user) = user::find(connection, scope, user)? else {
        return Ok(());
    };
    connection
        .prepare_cached(
            "UPDATE users SET password_failures = 0, password_hash = coalesce(?, password_hash) \
             WHERE organization_id = ? AND id = ?",
        )?
        .execute((
            upgraded.map(PasswordHash::expose),
            user.organization_id.get(),
            user.id.get(),
        ))?;
    Ok(())
}
