//! Erasing instances: one that is asked for, or all of a user.

use sqlx::postgres::PgRow;
use tenantry_domain::{
    AuditAction, Change, Entity, Instance, InstanceId, OrganizationId, Revision, Scope, Snapshot,
    UserId,
};

use super::{
    columns::{instance_of, instance_selection},
    locked::lock,
};
use crate::{
    audit::{self, Entry},
    error::{Failure, corrupt},
    row::assigned,
    session::{Session, Work},
    sql::Statement,
};

pub(super) struct DeleteInstance<'a> {
    pub(super) scope: &'a Scope,
    pub(super) id: InstanceId,
    pub(super) expected: Option<Revision>,
    pub(super) change: &'a Change,
}

impl Work for DeleteInstance<'_> {
    type Output = bool;

    async fn run(&self, session: &mut Session<'_>) -> Result<bool, Failure> {
        let organization = self.scope.organization_id();
        let Some(instance) = lock(session, self.scope, self.id, self.expected).await? else {
            return Ok(false);
        };
        erase(session, organization, &[instance], self.change).await?;
        Ok(true)
    }
}

/// Erases all instances of a user, who must be locked so that no other comes into being.
pub(crate) async fn discard_all(
    session: &mut Session<'_>,
    organization: OrganizationId,
    user: UserId,
    change: &Change,
) -> Result<(), Failure> {
    discard_all_of(session, organization, &[user.get()], change).await
}

/// Erases all instances of several users, who must be locked. None goes without its record: one that cannot be read is `Corrupt`.
pub(crate) async fn discard_all_of(
    session: &mut Session<'_>,
    organization: OrganizationId,
    users: &[i64],
    change: &Change,
) -> Result<(), Failure> {
    let lock = Statement::new(
        "SELECT id FROM instances WHERE organization_id = $1 AND user_id = ANY($2) ORDER BY id FOR UPDATE",
    )
    .bind(organization.get())
    .bind(users.to_vec());
    let locked = session.rows(lock).await?;
    if locked.is_empty() {
        return Ok(());
    }
    // A statement of its own: it sees the tags and the configuration that were committed before the lock.
    let read = Statement::new(concat!(
        instance_selection!(),
        " WHERE instances.organization_id = $1 AND instances.user_id = ANY($2) ORDER BY instances.id",
    ))
    .bind(organization.get())
    .bind(users.to_vec());
    let rows: Vec<PgRow> = session.rows(read).await?;
    let instances = rows
        .iter()
        .map(instance_of)
        .collect::<Result<Vec<_>, _>>()?;
    for row in &locked {
        let id = assigned(row, "id")?;
        if instances
            .binary_search_by_key(&id, |instance| instance.id.get())
            .is_err()
        {
            return Err(corrupt(Entity::Instance, id, "its secret is missing").into());
        }
    }
    erase(session, organization, &instances, change).await
}

/// Erases instances that are locked, and records what they were.
async fn erase(
    session: &mut Session<'_>,
    organization: OrganizationId,
    instances: &[Instance],
    change: &Change,
) -> Result<(), Failure> {
    if instances.is_empty() {
        return Ok(());
    }
    // Tags, configurations and tokens go with the rows.
    let statement =
        Statement::new("DELETE FROM instances WHERE organization_id = $1 AND id = ANY($2)")
            .bind(organization.get())
            .bind(
                instances
                    .iter()
                    .map(|instance| instance.id.get())
                    .collect::<Vec<_>>(),
            );
    session.execute(statement).await?;
    let entries: Vec<_> = instances
        .iter()
        .map(|instance| Entry {
            account: Some(instance.account_id),
            action: AuditAction::Deleted,
            target: Entity::Instance,
            target_id: instance.id.get(),
            old: instance.snapshot(),
            new: Snapshot::new(),
        })
        .collect();
    audit::record(session, organization, change, &entries).await
}
