//! Users.

mod create;
mod delete;
mod update;

use async_trait::async_trait;
use tenantry_domain::{
    Change, Email, Entity, OrganizationId, Revision, Scope, User, UserDraft, UserField, UserId,
    UserPatch,
    ceql::Filter,
    page::{Count, Page, PageRequest, Sort},
    ports::{RepositoryError, UserAndRoles, UserRepository},
};

pub(super) use self::delete::erase;
use self::{create::create, delete::delete, update::update};
use crate::{
    engine::Engine,
    error::Failure,
    list::{count, list},
    repositories::role::effective,
    rows::{
        user::{COLUMNS, find, read},
        was_assigned,
    },
    selectable::Selectable as _,
    sql::{Sql, moment},
};

pub(crate) struct Users(pub(crate) Engine);

#[async_trait]
impl UserRepository for Users {
    async fn create(
        &self,
        organization: OrganizationId,
        draft: &UserDraft,
        change: &Change,
    ) -> Result<User, RepositoryError> {
        let (draft, change) = (draft.clone(), *change);
        self.0
            .write(move |connection| create(connection, organization, &draft, &change))
            .await
    }

    async fn create_with_roles(
        &self,
        organization: OrganizationId,
        draft: &UserDraft,
        change: &Change,
    ) -> Result<UserAndRoles, RepositoryError> {
        let (draft, change) = (draft.clone(), *change);
        self.0
            .write(move |connection| {
                let user = create(connection, organization, &draft, &change)?;
                let scope = Scope::organization(organization);
                let roles = effective(connection, &scope, user.id)?;
                Ok(UserAndRoles { user, roles })
            })
            .await
    }

    async fn find(&self, scope: &Scope, id: UserId) -> Result<Option<User>, RepositoryError> {
        let scope = *scope;
        self.0
            .look_up(move |connection| find(connection, &scope, id))
            .await
    }

    async fn find_with_roles(
        &self,
        scope: &Scope,
        id: UserId,
    ) -> Result<Option<UserAndRoles>, RepositoryError> {
        let scope = *scope;
        self.0
            .look_up(move |connection| {
                // Both at the same moment.
                let _moment = moment(connection)?;
                let Some(user) = find(connection, &scope, id)? else {
                    return Ok(None);
                };
                let roles = effective(connection, &scope, id)?;
                Ok(Some(UserAndRoles { user, roles }))
            })
            .await
    }

    async fn was_assigned(&self, id: UserId) -> Result<bool, RepositoryError> {
        self.0
            .look_up(move |connection| was_assigned(connection, "users", id.get()))
            .await
    }

    async fn find_by_email(
        &self,
        scope: &Scope,
        email: &Email,
    ) -> Result<Option<User>, RepositoryError> {
        let mut sql = Sql::new("SELECT ");
        sql.push(COLUMNS).push(" FROM users WHERE ");
        UserField::within(scope, &mut sql);
        sql.push(" AND users.email_folded = ")
            .bind(email.folded().to_owned());
        self.0
            .look_up(move |connection| sql.row(connection, read))
            .await
    }

    async fn list(
        &self,
        scope: &Scope,
        filter: &Filter<UserField>,
        sort: &Sort<UserField>,
        page: &PageRequest,
    ) -> Result<Page<User>, RepositoryError> {
        list(&self.0, COLUMNS, read, scope, filter, sort, page).await
    }

    async fn count(
        &self,
        scope: &Scope,
        filter: &Filter<UserField>,
        up_to: u64,
    ) -> Result<Count, RepositoryError> {
        count(&self.0, scope, filter, up_to).await
    }

    async fn update(
        &self,
        scope: &Scope,
        id: UserId,
        patch: &UserPatch,
        expected: Option<Revision>,
        change: &Change,
    ) -> Result<Option<User>, RepositoryError> {
        let (scope, patch, change) = (*scope, patch.clone(), *change);
        self.0
            .write(move |connection| update(connection, &scope, id, &patch, expected, &change))
            .await
    }

    async fn delete(
        &self,
        scope: &Scope,
        id: UserId,
        expected: Option<Revision>,
        change: &Change,
    ) -> Result<bool, RepositoryError> {
        let (scope, change) = (*scope, *change);
        self.0
            .write(move |connection| delete(connection, &scope, id, expected, &change))
            .await
    }
}

pub(super) fn check_revision(user: &User, expected: Option<Revision>) -> Result<(), Failure> {
    match expected {
        Some(expected) if expected != user.revision => Err(RepositoryError::Stale {
            entity: Entity::User,
        }
        .into()),
        _ => Ok(()),
    }
}
