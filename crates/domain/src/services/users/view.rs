//! Seeing users: lists, counts, and one user, with its secret for those who may have it.

use super::{UserKey, UserService};
use crate::{
    Actor, Entity, Password, Scope, SecretText, User, UserField,
    ceql::Filter,
    page::{Count, Page, PageRequest, Sort},
    policy::Door,
    services::ServiceError,
};

/// The permit to see the users of a scope.
#[derive(Debug)]
pub struct ViewUsers<'a> {
    pub(super) service: &'a UserService,
    pub(super) actor: &'a Actor,
    pub(super) door: Door,
    pub(super) scope: Scope,
}

/// One user, and its secret if the caller may have it.
#[derive(Clone, Debug)]
pub struct FoundUser {
    /// The user.
    pub user: User,
    /// Its secret in clear, for the user itself and for who knows its password (contract, section 4).
    pub secret: Option<SecretText>,
}

impl ViewUsers<'_> {
    /// One page of the users that `filter` selects, and how many there are in all, counted no further than `up_to`.
    ///
    /// # Errors
    /// `NotFound` for an account that the organization does not have; a page token of another list.
    pub async fn page(
        &self,
        filter: &Filter<UserField>,
        sort: &Sort<UserField>,
        page: &PageRequest,
        up_to: u64,
    ) -> Result<(Page<User>, Count), ServiceError> {
        self.account_exists().await?;
        let users = &self.service.users;
        let found = users.list(&self.scope, filter, sort, page).await?;
        let list = (&self.scope, filter);
        let count = |up_to| users.count(&self.scope, filter, up_to);
        let counted = self.service.totals.of(&found, list, up_to, count).await?;
        Ok((found, counted))
    }

    /// One user. With `password` the reply has the secret, or the call is refused.
    ///
    /// # Errors
    /// `NotFound` for a user that the caller may not see; `Unauthenticated` if the password is not that user's.
    pub async fn one(
        &self,
        key: &UserKey,
        password: Option<&Password>,
    ) -> Result<FoundUser, ServiceError> {
        self.account_exists().await?;
        let found = match key {
            UserKey::Id(id) => self.service.users.find(&self.scope, *id).await?,
            UserKey::Email(email) => self.service.users.find_by_email(&self.scope, email).await?,
        };
        let user = found.ok_or_else(|| match key {
            UserKey::Id(id) => ServiceError::no_such(Entity::User, id),
            UserKey::Email(email) => ServiceError::NotFound {
                entity: Entity::User,
                key: format!("email {email}"),
            },
        })?;
        if let Some(password) = password {
            self.service
                .authentication
                .verify_password(self.actor, &self.scope, user.id, &user.email, password)
                .await?;
        }
        let may_have_secret = password.is_some() || user.id == self.actor.identity().user_id;
        let secret = if may_have_secret {
            self.secret(&user).await?
        } else {
            None
        };
        Ok(FoundUser { user, secret })
    }

    async fn secret(&self, user: &User) -> Result<Option<SecretText>, ServiceError> {
        let stored = self
            .service
            .credentials
            .user_secret(&self.scope, user.id)
            .await?;
        Ok(stored
            .map(|stored| self.service.vault.reveal(&stored))
            .transpose()?)
    }

    /// Without this, an account that does not exist would look like one without users.
    async fn account_exists(&self) -> Result<(), ServiceError> {
        let Door::Account(id) = self.door else {
            return Ok(());
        };
        if id == self.actor.identity().account_id {
            return Ok(());
        }
        let organization = Scope::organization(self.scope.organization_id());
        match self.service.accounts.find(&organization, id).await? {
            Some(_) => Ok(()),
            None => Err(ServiceError::no_such(Entity::Account, id)),
        }
    }
}
