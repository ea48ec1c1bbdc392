//! Changing an instance: lock, check, apply, write, record.

use tenantry_domain::{
    AuditAction, Change, Entity, Instance, InstanceId, InstancePatch, Revision, Scope, Snapshot,
    Text, ceql::fold,
};

use super::{
    configuration,
    locked::{lock, read},
};
use crate::{
    audit::{self, Entry},
    error::Failure,
    session::{Session, Work},
    sql::Statement,
};

pub(super) struct UpdateInstance<'a> {
    pub(super) scope: &'a Scope,
    pub(super) id: InstanceId,
    pub(super) patch: &'a InstancePatch,
    pub(super) expected: Option<Revision>,
    pub(super) change: &'a Change,
}

impl Work for UpdateInstance<'_> {
    type Output = Option<Instance>;

    async fn run(&self, session: &mut Session<'_>) -> Result<Option<Instance>, Failure> {
        let organization = self.scope.organization_id();
        let Some(before) = lock(session, self.scope, self.id, self.expected).await? else {
            return Ok(None);
        };
        write(session, &self.patch.apply(&before, self.change.at)).await?;
        if let Some(tags) = &self.patch.tags {
            replace_tags(session, &before, tags).await?;
        }
        configuration::change(session, organization, self.id, &self.patch.configuration).await?;
        let after = read(session, self.scope, self.id)
            .await?
            .ok_or(sqlx::Error::RowNotFound)?;
        let (old, new) = Snapshot::difference(&before.snapshot(), &after.snapshot());
        if !old.is_empty() || !new.is_empty() {
            let entry = Entry {
                account: Some(after.account_id),
                action: AuditAction::Updated,
                target: Entity::Instance,
                target_id: self.id.get(),
                old,
                new,
            };
            audit::record(session, organization, self.change, &[entry]).await?;
        }
        Ok(Some(after))
    }
}

/// Writes the row, without what stands in other tables.
async fn write(session: &mut Session<'_>, instance: &Instance) -> Result<(), Failure> {
    let statement = Statement::new(
        "UPDATE instances SET name = $3, name_folded = $4, external_authentication = $5, disabled = $6, \
         updated_at = $7, revision = $8 WHERE organization_id = $1 AND id = $2",
    )
    .bind(instance.organization_id.get())
    .bind(instance.id.get())
    .bind(instance.name.as_str())
    .bind(fold(instance.name.as_str()))
    .bind(instance.external_authentication.as_str())
    .bind(instance.disabled)
    .bind(instance.updated_at)
    .bind(instance.revision.get());
    Ok(session.execute(statement).await?)
}

async fn replace_tags(
    session: &mut Session<'_>,
    instance: &Instance,
    tags: &[Text],
) -> Result<(), Failure> {
    let statement =
        Statement::new("DELETE FROM instance_tags WHERE organization_id = $1 AND instance_id = $2")
            .bind(instance.organization_id.get())
            .bind(instance.id.get());
    session.execute(statement).await?;
    let statement = Statement::new(
        "INSERT INTO instance_tags (organization_id, instance_id, position, tag, tag_folded) \
         SELECT $1, $2, tags.place, tags.tag, tags.folded \
         FROM unnest($3::text[], $4::text[]) WITH ORDINALITY AS tags (tag, folded, place)",
    )
    .bind(instance.organization_id.get())
    .bind(instance.id.get())
    .bind(tags.iter().map(Text::as_str).collect::<Vec<_>>())
    .bind(
        tags.iter()
            .map(|tag| fold(tag.as_str()))
            .collect::<Vec<_>>(),
    );
    Ok(session.execute(statement).await?)
}
