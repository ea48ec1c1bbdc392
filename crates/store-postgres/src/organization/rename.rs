//! Renaming an organization.

use tenantry_domain::{
    AuditAction, Change, Entity, Name, Organization, OrganizationId, Revision, Snapshot,
    ports::RepositoryError,
};

use super::{organization_of, organization_selection};
use crate::{
    audit::{self, Entry},
    error::Failure,
    session::{Session, Work},
    sql::Statement,
};

pub(super) struct RenameOrganization<'a> {
    pub(super) id: OrganizationId,
    pub(super) name: &'a Name,
    pub(super) expected: Option<Revision>,
    pub(super) change: &'a Change,
}

impl Work for RenameOrganization<'_> {
    type Output = Option<Organization>;

    async fn run(&self, session: &mut Session<'_>) -> Result<Option<Organization>, Failure> {
        let lock = Statement::new(concat!(
            organization_selection!(),
            " WHERE id = $1 FOR NO KEY UPDATE"
        ));
        let Some(row) = session.row(lock.bind(self.id.get())).await? else {
            return Ok(None);
        };
        let before = organization_of(&row)?;
        if self
            .expected
            .is_some_and(|expected| expected != before.revision)
        {
            let entity = Entity::Organization;
            return Err(RepositoryError::Stale { entity }.into());
        }
        let after = Organization {
            name: self.name.clone(),
            updated_at: self.change.at,
            revision: before.revision.next(),
            ..before.clone()
        };
        let statement = Statement::new(
            "UPDATE organizations SET name = $2, updated_at = $3, revision = $4 WHERE id = $1",
        )
        .bind(self.id.get())
        .bind(after.name.as_str())
        .bind(after.updated_at)
        .bind(after.revision.get());
        session.execute(statement).await?;
        if after.name != before.name {
            let named = |of: &Organization| Snapshot::new().field("name", &of.name);
            let entry = Entry {
                account: None,
                action: AuditAction::Updated,
                target: Entity::Organization,
                target_id: self.id.get(),
                old: named(&before),
                new: named(&after),
            };
            audit::record(session, self.id, self.change, &[entry]).await?;
        }
        Ok(Some(after))
    }
}
