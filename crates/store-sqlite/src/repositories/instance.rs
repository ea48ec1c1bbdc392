//! Instances, and the catalog of elements that they register.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension as _};
use tenantry_domain::{
    Change, ElementId, Entity, Instance, InstanceDraft, InstanceField, InstanceId, OrganizationId,
    Revision, Scope, Text, User,
    ceql::Filter,
    page::{Count, Page, PageRequest, Sort},
    ports::{InstanceRepository, RepositoryError},
};

use crate::{
    engine::Engine,
    error::Failure,
    list::{count, list},
    record,
    rows::{
        Assignments,
        instance::{COLUMNS, find, insert, of_user, read},
        secret::{self, Owner},
        user,
    },
};

pub(crate) struct Instances(pub(crate) Engine);

#[async_trait]
impl InstanceRepository for Instances {
    async fn create(
        &self,
        organization: OrganizationId,
        draft: &InstanceDraft,
        change: &Change,
    ) -> Result<Instance, RepositoryError> {
        let (draft, change) = (draft.clone(), *change);
        self.0
            .write(move |connection| create(connection, organization, draft, &change))
            .await
    }

    async fn find(
        &self,
        scope: &Scope,
        id: InstanceId,
    ) -> Result<Option<Instance>, RepositoryError> {
        let scope = *scope;
        self.0
            .look_up(move |connection| find(connection, &scope, id))
            .await
    }

    async fn list(
        &self,
        scope: &Scope,
        filter: &Filter<InstanceField>,
        sort: &Sort<InstanceField>,
        page: &PageRequest,
    ) -> Result<Page<Instance>, RepositoryError> {
        list(&self.0, COLUMNS, read, scope, filter, sort, page).await
    }

    async fn count(
        &self,
        scope: &Scope,
        filter: &Filter<InstanceField>,
        up_to: u64,
    ) -> Result<Count, RepositoryError> {
        count(&self.0, scope, filter, up_to).await
    }

    async fn delete(
        &self,
        scope: &Scope,
        id: InstanceId,
        expected: Option<Revision>,
        change: &Change,
    ) -> Result<bool, RepositoryError> {
        let (scope, change) = (*scope, *change);
        self.0
            .write(move |connection| {
                let Some(instance) = find(connection, &scope, id)? else {
                    return Ok(false);
                };
                if expected.is_some_and(|expected| expected != instance.revision) {
                    return Err(RepositoryError::Stale {
                        entity: Entity::Instance,
                    }
                    .into());
                }
                erase(connection, &instance, &change)?;
                Ok(true)
            })
            .await
    }
}

/// Erases every instance of a user. Each has a record of its own; a statement for each costs no round trip here.
pub(super) fn erase_all(
    connection: &Connection,
    user: &User,
    change: &Change,
) -> Result<(), Failure> {
    for instance in of_user(connection, user.organization_id, user.id)? {
        erase(connection, &instance, change)?;
    }
    Ok(())
}

/// Tags and token go with it.
fn erase(connection: &Connection, instance: &Instance, change: &Change) -> Result<(), Failure> {
    connection
        .prepare_cached("DELETE FROM instances WHERE organization_id = ? AND id = ?")?
        .execute([instance.organization_id.get(), instance.id.get()])?;
    record::deleted(connection, instance, &instance.snapshot(), change)
}

fn create(
    connection: &Connection,
    organization: OrganizationId,
    draft: InstanceDraft,
    change: &Change,
) -> Result<Instance, Failure> {
    let Some(user) = user::find(
        connection,
        &Scope::organization(organization),
        draft.user_id,
    )?
    else {
        return Err(Failure::conflict(Entity::User, "id"));
    };
    let mut instance = Instance {
        id: InstanceId::new(0),
        organization_id: organization,
        account_id: user.account_id,
        user_id: user.id,
        name: draft.name,
        element_id: element(connection, organization, &draft.element_key)?,
        element_key: draft.element_key,
        tags: draft.tags,
        valid: true,
        disabled: false,
        created_at: change.at,
        updated_at: change.at,
        revision: Revision::FIRST,
    };
    instance.id = insert(connection, &instance)?;
    let owner = Owner::Instance(instance.id.get());
    secret::insert(
        connection,
        organization.get(),
        owner,
        &draft.token,
        change.at,
    )?;
    record::created(connection, &instance, &instance.snapshot(), change)?;
    Ok(instance)
}

/// The element of that key in the organization's catalog, registered now if it is new.
fn element(
    connection: &Connection,
    organization: OrganizationId,
    key: &Text,
) -> Result<ElementId, Failure> {
    let known = connection
        .prepare_cached("SELECT id FROM elements WHERE organization_id = ? AND key = ?")?
        .query_row((organization.get(), key.as_str()), |row| row.get(0))
        .optional()?;
    if let Some(id) = known {
        return Ok(ElementId::new(id));
    }
    let id = Assignments::new()
        .set("organization_id", organization.get())
        .set("key", key.as_str().to_owned())
        .insert(connection, "elements")?;
    Ok(ElementId::new(id))
}
