//! Users.

pub(crate) mod columns;
mod create;
mod delete;
pub(crate) mod grants;
mod locked;
mod password;
mod update;

use std::sync::Arc;

use async_trait::async_trait;
use tenantry_domain::{
    Change, Email, OrganizationId, Revision, Scope, User, UserDraft, UserField, UserId, UserPatch,
    ceql::Filter,
    page::{Count, Page, PageRequest, Sort},
    ports::{RepositoryError, UserRepository},
};

pub(crate) use self::locked::lock;
use self::{
    columns::{user_of, user_selection},
    delete::DeleteUser,
    update::UpdateUser,
};
use crate::{database::Database, list, sql::Statement, table::narrowed};

/// Users in this database.
pub(crate) struct PostgresUsers(pub(crate) Arc<Database>);

#[async_trait]
impl UserRepository for PostgresUsers {
    async fn create(
        &self,
        organization: OrganizationId,
        draft: &UserDraft,
        change: &Change,
    ) -> Result<User, RepositoryError> {
        create::create(&self.0, organization, draft, change).await
    }

    async fn find(&self, scope: &Scope, id: UserId) -> Result<Option<User>, RepositoryError> {
        let (account, user) = narrowed(scope);
        let rows = self
            .0
            .read(
                Statement::new(concat!(
                    "SELECT ",
                    user_selection!(),
                    " FROM users WHERE organization_id = $1 AND id = $2 \
                     AND ($3::bigint IS NULL OR account_id = $3) AND ($4::bigint IS NULL OR id = $4)",
                ))
                .bind(scope.organization_id().get())
                .bind(id.get())
                .bind(account)
                .bind(user)
            )
            .await?;
        rows.first().map(user_of).transpose()
    }

    async fn was_assigned(&self, id: UserId) -> Result<bool, RepositoryError> {
        // A sequence that nobody has asked yet names its first value all the same.
        let rows = self
            .0
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
        let (account, user) = narrowed(scope);
        let rows = self
            .0
            .read(
                Statement::new(concat!(
                    "SELECT ",
                    user_selection!(),
                    " FROM users WHERE organization_id = $1 AND email_folded = $2 \
                     AND ($3::bigint IS NULL OR account_id = $3) AND ($4::bigint IS NULL OR id = $4)",
                ))
                .bind(scope.organization_id().get())
                .bind(email.folded())
                .bind(account)
                .bind(user)
            )
            .await?;
        rows.first().map(user_of).transpose()
    }

    async fn list(
        &self,
        scope: &Scope,
        filter: &Filter<UserField>,
        sort: &Sort<UserField>,
        page: &PageRequest,
    ) -> Result<Page<User>, RepositoryError> {
        list::page(&self.0, scope, filter, sort, page).await
    }

    async fn count(
        &self,
        scope: &Scope,
        filter: &Filter<UserField>,
        up_to: u64,
    ) -> Result<Count, RepositoryError> {
        list::count(&self.0, scope, filter, up_to).await
    }

    async fn update(
        &self,
        scope: &Scope,
        id: UserId,
        patch: &UserPatch,
        expected: Option<Revision>,
        change: &Change,
    ) -> Result<Option<User>, RepositoryError> {
        self.0
            .transact(&UpdateUser {
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
        id: UserId,
        expected: Option<Revision>,
        change: &Change,
    ) -> Result<bool, RepositoryError> {
        self.0
            .transact(&DeleteUser {
                scope,
                id,
                expected,
                change,
            })
            .await
    }
}
