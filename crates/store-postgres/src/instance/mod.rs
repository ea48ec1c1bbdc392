//! Instances.

pub(crate) mod columns;
mod configuration;
mod create;
mod delete;
mod locked;
mod update;

use std::sync::Arc;

use async_trait::async_trait;
use tenantry_domain::{
    Change, Instance, InstanceDraft, InstanceField, InstanceId, InstancePatch, OrganizationId,
    Revision, Scope,
    ceql::Filter,
    page::{Count, Page, PageRequest, Sort},
    ports::{InstanceRepository, RepositoryError},
};

pub(crate) use self::delete::{discard_all, discard_all_of};
use self::{
    columns::{instance_of, instance_selection},
    create::CreateInstance,
    delete::DeleteInstance,
    update::UpdateInstance,
};
use crate::{database::Database, list, sql::Statement, table::narrowed};

/// Instances in this database.
pub(crate) struct PostgresInstances(pub(crate) Arc<Database>);

#[async_trait]
impl InstanceRepository for PostgresInstances {
    async fn create(
        &self,
        organization: OrganizationId,
        draft: &InstanceDraft,
        change: &Change,
    ) -> Result<Instance, RepositoryError> {
        self.0
            .transact(&CreateInstance {
                organization,
                draft,
                change,
            })
            .await
    }

    async fn find(
        &self,
        scope: &Scope,
        id: InstanceId,
    ) -> Result<Option<Instance>, RepositoryError> {
        let (account, user) = narrowed(scope);
        let rows = self
            .0
            .read(
                Statement::new(concat!(
                    instance_selection!(),
                    " WHERE instances.organization_id = $1 AND instances.id = $2 \
                     AND ($3::bigint IS NULL OR instances.account_id = $3) \
                     AND ($4::bigint IS NULL OR instances.user_id = $4)",
                ))
                .bind(scope.organization_id().get())
                .bind(id.get())
                .bind(account)
                .bind(user),
            )
            .await?;
        rows.first().map(instance_of).transpose()
    }

    async fn list(
        &self,
        scope: &Scope,
        filter: &Filter<InstanceField>,
        sort: &Sort<InstanceField>,
        page: &PageRequest,
    ) -> Result<Page<Instance>, RepositoryError> {
        list::page(&self.0, scope, filter, sort, page).await
    }

    async fn count(
        &self,
        scope: &Scope,
        filter: &Filter<InstanceField>,
        up_to: u64,
    ) -> Result<Count, RepositoryError> {
        list::count(&self.0, scope, filter, up_to).await
    }

    async fn update(
        &self,
        scope: &Scope,
        id: InstanceId,
        patch: &InstancePatch,
        expected: Option<Revision>,
        change: &Change,
    ) -> Result<Option<Instance>, RepositoryError> {
        self.0
            .transact(&UpdateInstance {
                scope,
                id,
                patch,
                expected,
                change,
            })
            .await
    }

    async fn delete(
        &self,
        scope: &Scope,
        id: InstanceId,
        expected: Option<Revision>,
        change: &Change,
    ) -> Result<bool, RepositoryError> {
        self.0
            .transact(&DeleteInstance {
                scope,
                id,
                expected,
                change,
            })
            .await
    }
}
