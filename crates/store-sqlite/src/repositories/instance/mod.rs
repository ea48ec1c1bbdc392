//! Instances, and the catalog of elements that they register.

mod create;
mod update;

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension as _};
use tenantry_domain::{
    Change, Entity, Instance, InstanceDraft, InstanceField, InstanceId, InstancePatch,
    OrganizationId, Revision, Scope, User,
    ceql::Filter,
    page::{Count, Page, PageRequest, Sort},
    ports::{InstanceRepository, RepositoryError},
};

use self::{create::create, update::update};
use crate::{
    engine::Engine,
    error::Failure,
    list::{Wanted, count, page_of},
    record,
    rows::instance::{COLUMNS, all, find, of_user},
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
        let wanted = Wanted::new(COLUMNS, scope, filter, sort, page)?;
        let organization = scope.organization_id();
        let found = self
            .0
            .read_for(organization, move |connection| wanted.rows(connection, all))
            .await?;
        Ok(page_of(found, scope, filter, sort, page))
    }

    async fn count(
        &self,
        scope: &Scope,
        filter: &Filter<InstanceField>,
        up_to: u64,
    ) -> Result<Count, RepositoryError> {
        count(&self.0, scope, filter, up_to).await
    }

    async fn update(
        &self,
        scope: &Scope,
        id: InstanceId,
        patch: &InstancePatch,
        expected: Option<Revision>,
        change: &Change,
    ) -> Result<Option<Instance>, RepositoryError> {
        let (scope, patch, change) = (*scope, patch.clone(), *change);
        self.0
            .write(move |connection| update(connection, &scope, id, &patch, expected, &change))
            .await
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
                check_revision(&instance, expected)?;
                erase(connection, &instance, &change)?;
                Ok(true)
            })
            .await
    }
}

fn check_revision(instance: &Instance, expected: Option<Revision>) -> Result<(), Failure> {
    match expected {
        Some(expected) if expected != instance.revision => Err(RepositoryError::Stale {
            entity: Entity::Instance,
        }
        .into()),
        _ => Ok(()),
    }
}

/// Erases every instance of a user. Each has a record of its own; a statement for each costs no round trip here. None goes
/// without its record: one that cannot be read is `Corrupt`.
pub(super) fn erase_all(
    connection: &Connection,
    user: &User,
    change: &Change,
) -> Result<(), Failure> {
    for instance in of_user(connection, user.organization_id, user.id)? {
        erase(connection, &instance, change)?;
    }
    let left = connection
        .prepare_cached(
            "SELECT id FROM instances WHERE organization_id = ? AND user_id = ? LIMIT 1",
        )?
        .query_row([user.organization_id.get(), user.id.get()], |row| {
            row.get(0)
        })
        .optional()?;
    match left {
        Some(id) => Err(Failure::corrupt(
            Entity::Instance,
            id,
            "its secret is missing".into(),
        )),
        None => Ok(()),
    }
}

/// Tags, configuration and token go with it.
fn erase(connection: &Connection, instance: &Instance, change: &Change) -> Result<(), Failure> {
    connection
        .prepare_cached("DELETE FROM instances WHERE organization_id = ? AND id = ?")?
        .execute([instance.organization_id.get(), instance.id.get()])?;
    record::deleted(connection, instance, &instance.snapshot(), change)
}

#[cfg(test)]
mod tests {
    use tenantry_domain::UserId;

    use super::*;
    use crate::plan::plan;

    const SHIRE: OrganizationId = OrganizationId::new(7);

    /// How SQLite finds a page of instances, but for what is joined to each.
    fn plan_of_page(scope: &Scope, filter: &str) -> Vec<String> {
        let filter = Filter::<InstanceField>::parse(filter).unwrap();
        let page = PageRequest::first(20);
        let wanted = Wanted::new(COLUMNS, scope, &filter, &Sort::by_id(), &page).unwrap();
        let mut plan = plan(wanted.among(None));
        assert_eq!(
            plan.split_off(plan.len() - 3),
            [
                "SEARCH elements USING INTEGER PRIMARY KEY (rowid=?) LEFT-JOIN",
                "SEARCH users USING INTEGER PRIMARY KEY (rowid=?)",
                "SEARCH instance_secrets USING INDEX instance_secrets_owner_idx (organization_id=? AND instance_id=?)",
            ]
        );
        plan
    }

    #[test]
    fn pages_by_id_walk_an_index_and_join_by_keys() {
        assert_eq!(
            plan_of_page(&Scope::organization(SHIRE), "valid = true"),
            ["SEARCH instances USING INDEX sqlite_autoindex_instances_1 (organization_id=?)"]
        );
        let by_user =
            ["SEARCH instances USING INDEX instances_user_idx (organization_id=? AND user_id=?)"];
        assert_eq!(
            plan_of_page(&Scope::organization(SHIRE), "userId = 3"),
            by_user
        );
        assert_eq!(
            plan_of_page(&Scope::user(SHIRE, UserId::new(3)), "disabled = false"),
            by_user
        );
    }
}
