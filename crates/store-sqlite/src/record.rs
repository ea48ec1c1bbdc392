//! Writing the audit log: every write calls this, and what undoes the write undoes this.

use rusqlite::Connection;
use tenantry_domain::{
    Account, AccountId, AuditAction, Change, Entity, Instance, Organization, OrganizationId, Role,
    Snapshot, User,
};

use crate::{
    error::Failure,
    rows::{Assignments, audit::author_columns},
};

/// What was changed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target {
    organization: OrganizationId,
    account: Option<AccountId>,
    kind: Entity,
    id: i64,
}

impl From<&Organization> for Target {
    fn from(organization: &Organization) -> Self {
        Self {
            organization: organization.id,
            account: None,
            kind: Entity::Organization,
            id: organization.id.get(),
        }
    }
}

impl From<&Account> for Target {
    fn from(account: &Account) -> Self {
        Self {
            organization: account.organization_id,
            account: Some(account.id),
            kind: Entity::Account,
            id: account.id.get(),
        }
    }
}

impl From<&User> for Target {
    fn from(user: &User) -> Self {
        Self {
            organization: user.organization_id,
            account: Some(user.account_id),
            kind: Entity::User,
            id: user.id.get(),
        }
    }
}

impl From<&Role> for Target {
    fn from(role: &Role) -> Self {
        Self {
            organization: role.organization_id,
            account: None,
            kind: Entity::Role,
            id: role.id.get(),
        }
    }
}

impl From<&Instance> for Target {
    fn from(instance: &Instance) -> Self {
        Self {
            organization: instance.organization_id,
            account: Some(instance.account_id),
            kind: Entity::Instance,
            id: instance.id.get(),
        }
    }
}

/// That the target was created.
pub(crate) fn created(
    connection: &Connection,
    target: impl Into<Target>,
    new: &Snapshot,
    change: &Change,
) -> Result<(), Failure> {
    write(
        connection,
        target.into(),
        AuditAction::Created,
        &Snapshot::new(),
        new,
        change,
    )
}

/// That fields of the target were changed; nothing if none was.
pub(crate) fn updated(
    connection: &Connection,
    target: impl Into<Target>,
    old: &Snapshot,
    new: &Snapshot,
    change: &Change,
) -> Result<(), Failure> {
    let (old, new) = Snapshot::difference(old, new);
    if old.is_empty() && new.is_empty() {
        return Ok(());
    }
    write(
        connection,
        target.into(),
        AuditAction::Updated,
        &old,
        &new,
        change,
    )
}

/// That the target was erased.
pub(crate) fn deleted(
    connection: &Connection,
    target: impl Into<Target>,
    old: &Snapshot,
    change: &Change,
) -> Result<(), Failure> {
    write(
        connection,
        target.into(),
        AuditAction::Deleted,
        old,
        &Snapshot::new(),
        change,
    )
}

/// Anything.
pub(crate) fn write(
    connection: &Connection,
    target: Target,
    action: AuditAction,
    old: &Snapshot,
    new: &Snapshot,
    change: &Change,
) -> Result<(), Failure> {
    let (author, author_user_id) = author_columns(change.author);
    Assignments::new()
        .set("organization_id", target.organization.get())
        .set("account_id", target.account.map(AccountId::get))
        .instant("at", change.at)
        .set("author", author.to_owned())
        .set("author_user_id", author_user_id)
        .set("request_id", change.request_id.to_string())
        .set("action", action.as_str().to_owned())
        .set("target", target.kind.as_str().to_owned())
        .set("target_id", target.id)
        .set(
            "old",
            serde_json::to_string(&old.0).map_err(Failure::backend)?,
        )
        .set(
            "new",
            serde_json::to_string(&new.0).map_err(Failure::backend)?,
        )
        .insert(connection, "audit_records")?;
    Ok(())
}
