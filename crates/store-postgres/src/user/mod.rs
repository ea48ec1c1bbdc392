//! Users.

mod at_once;
pub(crate) mod columns;
mod create;
mod delete;
mod find;
pub(crate) mod grants;
mod locked;
mod password;
mod update;

use std::sync::Arc;

use async_trait::async_trait;
use tenantry_domain::{
    AccountId, Change, Email, OrganizationId, Revision, Scope, User, UserDraft, UserField, UserId,
    UserPatch,
    ceql::Filter,
    page::{Count, Page, PageRequest, Sort},
    ports::{RepositoryError, UserAndRoles, UserRepository},
};

pub(crate) use self::locked::{lock, lock_with_grants};
use self::{
    at_once::{Erasing, Writing},
    create::Creation,
    delete::DeleteUser,
    find::{ByEmail, ById, WithRoles},
    update::UpdateUser,
};
use crate::{
    database::Database,
    list,
    sql::Statement,
    together::{Together, TogetherBy},
};

/// Users in this database.
pub(crate) struct PostgresUsers {
    database: Arc<Database>,
    by_id: Arc<Together<ById>>,
    with_roles: Arc<Together<WithRoles>>,
    by_email: Arc<Together<ByEmail>>,
    creations: TogetherBy<(OrganizationId, AccountId), Creation>,
    writings: TogetherBy<OrganizationId, Writing>,
    erasures: TogetherBy<OrganizationId, Erasing>,
}

impl PostgresUsers {
    pub(crate) fn new(database: Arc<Database>) -> Self {
        Self {
            by_id: Together::new(Arc::clone(&database)),
            with_roles: Together::new(Arc::clone(&database)),
            by_email: Together::new(Arc::clone(&database)),
            creations: TogetherBy::new(Arc::clone(&database)),
            writings: TogetherBy::new(Arc::clone(&database)),
            erasures: TogetherBy::new(Arc::clone(&database)),
            database,
        }
    }
}

#[async_trait]
impl UserRepository for PostgresUsers {
    async fn create(
        &self,
        organization: OrganizationId,
        draft: &UserDraft,
        change: &Change,
    ) -> Result<User, RepositoryError> {
        let created = self.create_with_roles(organization, draft, change).await?;
        Ok(created.user)
    }

    async fn create_with_roles(
        &self,
        organization: OrganizationId,
        draft: &UserDraft,
        change: &Change,
    ) -> Result<UserAndRoles, RepositoryError> {
        let creation = Creation::new(organization, draft, change);
        self.creations.ask(creation.account(), creation).await
    }

    async fn find(&self, scope: &Scope, id: UserId) -> Result<Option<User>, RepositoryError> {
        self.by_id.ask(ById::new(scope, id)).await
    }

    async fn find_with_roles(
        &self,
        scope: &Scope,
        id: UserId,
    ) -> Result<Option<UserAndRoles>, RepositoryError> {
        let wanted = WithRoles(ById::new(scope, id));
        self.with_roles.ask(wanted).await
    }

    async fn was_assigned(&self, id: UserId) -> Result<bool, RepositoryError> {
        // A sequence that nobody has asked yet names its first value all the same.
        let rows = self
            .database
            .read(
                Statement::new(
                    "SELECT id FROM (SELECT $1::bigint AS id) AS asked, users_id_seq \
                     WHERE id BETWEEN 1 AND last_value - CASE WHEN is_called THEN 0 ELSE 1 END",
                )
                .bind(id.get()),
            )
            .await?;
        Ok(!rows.is_empty())
    }

    async fn find_by_email(
        &self,
        scope: &Scope,
        email: &Email,
    ) -> Result<Option<User>, RepositoryError> {
        self.by_email.ask(ByEmail::new(scope, email)).await
    }

    async fn list(
        &self,
        scope: &Scope,
        filter: &Filter<UserField>,
        sort: &Sort<UserField>,
        page: &PageRequest,
    ) -> Result<Page<User>, RepositoryError> {
        list::page(&self.database, scope, filter, sort, page).await
    }

    async fn count(
        &self,
        scope: &Scope,
        filter: &Filter<UserField>,
        up_to: u64,
    ) -> Result<Count, RepositoryError> {
        list::count(&self.database, scope, filter, up_to).await
    }

    async fn update(
        &self,
        scope: &Scope,
        id: UserId,
        patch: &UserPatch,
        expected: Option<Revision>,
        change: &Change,
    ) -> Result<Option<User>, RepositoryError> {
        let update = UpdateUser {
            scope,
            id,
            patch,
            expected,
            change,
        };
        if let Some(after) = update.at_once(self).await? {
            return Ok(Some(after));
        }
        self.database.transact(&update).await
    }

    async fn delete(
        &self,
        scope: &Scope,
        id: UserId,
        expected: Option<Revision>,
        change: &Change,
    ) -> Result<bool, RepositoryError> {
        let delete = DeleteUser {
            scope,
            id,
            expected,
            change,
        };
        if delete.at_once(self).await? {
            return Ok(true);
        }
        self.database.transact(&delete).await
    }
}
