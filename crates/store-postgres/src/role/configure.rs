//! What an organization's roles allow.

use tenantry_domain::{
    AuditAction, Change, Entity, OrganizationId, Privilege, Role, RoleChange, Snapshot,
};

use super::{role_of, role_selection};
use crate::{
    audit::{self, Entry},
    error::Failure,
    session::{Session, Work},
    sql::Statement,
};

/// All changes or none: an id that is not there is found before anything is written.
pub(super) struct ConfigureRoles<'a> {
    pub(super) organization: OrganizationId,
    pub(super) changes: &'a [RoleChange],
    pub(super) change: &'a Change,
}

impl Work for ConfigureRoles<'_> {
    type Output = Option<Vec<Role>>;

    async fn run(&self, session: &mut Session<'_>) -> Result<Option<Vec<Role>>, Failure> {
        let lock = Statement::new(concat!(
            role_selection!(),
            " FROM roles WHERE organization_id = $1 ORDER BY id FOR NO KEY UPDATE"
        ));
        let rows = session.rows(lock.bind(self.organization.get())).await?;
        let mut roles = rows.iter().map(role_of).collect::<Result<Vec<_>, _>>()?;
        let known = |wanted: &RoleChange| roles.iter().any(|role| role.id == wanted.id);
        if !self.changes.iter().all(known) {
            return Ok(None);
        }
        let mut entries = Vec::new();
        for role in &mut roles {
            let before = role.clone();
            for wanted in self.changes.iter().filter(|wanted| wanted.id == before.id) {
                wanted.apply(role);
            }
            if *role == before {
                continue;
            }
            write(session, role).await?;
            let (old, new) = Snapshot::difference(&before.snapshot(), &role.snapshot());
            entries.push(Entry {
                account: None,
                action: AuditAction::Updated,
                target: Entity::Role,
                target_id: role.id.get(),
                old,
                new,
            });
        }
        audit::record(session, self.organization, self.change, &entries).await?;
        Ok(Some(roles))
    }
}

async fn write(session: &mut Session<'_>, role: &Role) -> Result<(), Failure> {
    let privileges: Vec<_> = role.privileges.iter().map(Privilege::key).collect();
    let statement = Statement::new(
        "UPDATE roles SET name = $3, description = $4, privileges = $5 WHERE organization_id = $1 AND id = $2",
    )
    .bind(role.organization_id.get())
    .bind(role.id.get())
    .bind(role.name.as_str())
    .bind(role.description.as_str())
    .bind(privileges);
    Ok(session.execute(statement).await?)
}
