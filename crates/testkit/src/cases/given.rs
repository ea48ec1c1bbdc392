//! What cases start from, and what they ask about outcomes.

use std::fmt::Debug;

use tenantry_domain::{
    Account, AuditField, AuditRecord, Entity, Instance, InstanceDraft, NewPassword, OrganizationId,
    Scope, User, UserDraft, UserField, UserPatch,
    ceql::{Field, Filter},
    page::{Listed, PageRequest, Sort},
    ports::{
        Authenticated, Caller, CreatedOrganization, LoginToken, RepositoryError, VerifiedPassword,
    },
};
use time::{Duration, OffsetDateTime};

use crate::{Fresh, samples};

/// How a store refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    Conflict(Entity, &'static str),
    Stale(Entity),
    InvalidCursor,
    LastAdministrator,
    DefaultAccount,
}

/// How `outcome` was refused.
pub(super) fn refusal<T: Debug>(outcome: Result<T, RepositoryError>) -> Refusal {
    let last_administrator = RepositoryError::LAST_ADMINISTRATOR.to_string();
    let default_account = RepositoryError::DEFAULT_ACCOUNT.to_string();
    match outcome {
        Err(RepositoryError::Conflict { entity, field }) => Refusal::Conflict(entity, field),
        Err(RepositoryError::Stale { entity }) => Refusal::Stale(entity),
        Err(RepositoryError::InvalidCursor) => Refusal::InvalidCursor,
        Err(RepositoryError::Denied { reason }) if reason == last_administrator => {
            Refusal::LastAdministrator
        }
        Err(RepositoryError::Denied { reason }) if reason == default_account => {
            Refusal::DefaultAccount
        }
        other => panic!("expected a refusal, got {other:?}"),
    }
}

/// So many seconds after [`samples::START`].
pub(super) fn at(seconds: u32) -> OffsetDateTime {
    samples::START + Duration::seconds(i64::from(seconds))
}

/// The whole organization.
pub(super) fn whole(organization: OrganizationId) -> Scope {
    Scope::organization(organization)
}

/// The whole organization of a user.
pub(super) fn around(user: &User) -> Scope {
    Scope::organization(user.organization_id)
}

/// The filter of this text.
pub(super) fn filter<F: Field>(text: &str) -> Filter<F> {
    match Filter::parse(text) {
        Ok(filter) => filter,
        Err(error) => panic!("{text}: {error}"),
    }
}

/// The order of this text.
pub(super) fn order<F: Listed>(text: &str) -> Sort<F> {
    match Sort::parse(text) {
        Ok(sort) => sort,
        Err(error) => panic!("{text}: {error}"),
    }
}

/// The part of an address before the `@`.
pub(super) fn local(user: &User) -> String {
    user.email.local_part().to_owned()
}

impl Fresh {
    /// A customer's organization, made at [`samples::START`].
    pub(super) async fn organization(&self, name: &str) -> CreatedOrganization {
        let draft = samples::organization_draft(name);
        let organizations = &self.repositories.organizations;
        organizations
            .create(&draft, &samples::change())
            .await
            .unwrap()
    }

    /// An account beside the default one.
    pub(super) async fn account(&self, organization: OrganizationId, name: &str) -> Account {
        let draft = samples::account_draft(name);
        let accounts = &self.repositories.accounts;
        accounts
            .create(organization, &draft, &samples::change())
            .await
            .unwrap()
    }

    /// A user of an account, made at [`samples::START`].
    pub(super) async fn user(&self, account: &Account, email: &str) -> User {
        self.user_with(account, email, |_| ()).await
    }

    /// The same, with something about it changed.
    pub(super) async fn user_with(
        &self,
        account: &Account,
        email: &str,
        edit: impl FnOnce(&mut UserDraft),
    ) -> User {
        let mut draft = samples::user_draft(account.id, email);
        edit(&mut draft);
        draft.password = draft.password.filter(|_| self.keeps_hashes);
        let users = &self.repositories.users;
        users
            .create(account.organization_id, &draft, &samples::change())
            .await
            .unwrap()
    }

    /// An instance of a user.
    pub(super) async fn instance(&self, user: &User, element_key: &str, name: &str) -> Instance {
        let draft = samples::instance_draft(user.id, element_key, name);
        let instances = &self.repositories.instances;
        instances
            .create(user.organization_id, &draft, &samples::change())
            .await
            .unwrap()
    }

    /// An instance of a user with something about it changed.
    pub(super) async fn instance_with(
        &self,
        user: &User,
        name: &str,
        edit: impl FnOnce(&mut InstanceDraft),
    ) -> Instance {
        let mut draft = samples::instance_draft(user.id, "jira", name);
        edit(&mut draft);
        let instances = &self.repositories.instances;
        instances
            .create(user.organization_id, &draft, &samples::change())
            .await
            .unwrap()
    }

    /// Changes a user, whatever its revision, so many seconds after [`samples::START`].
    pub(super) async fn update(&self, user: &User, patch: &UserPatch, seconds: u32) -> User {
        let users = &self.repositories.users;
        let change = samples::change_at(seconds);
        let updated = users
            .update(&around(user), user.id, patch, None, &change)
            .await;
        updated.unwrap().unwrap()
    }

    /// Gives a user another password, so many seconds after [`samples::START`].
    pub(super) async fn give_password(&self, user: &User, password: &str, seconds: u32) -> User {
        let patch = UserPatch {
            password: Some(NewPassword {
                hash: samples::password_hash(password),
                must_change: false,
                remember: 0,
                keep_token: None,
            }),
            ..UserPatch::default()
        };
        self.update(user, &patch, seconds).await
    }

    /// Logs a user in with a token, so many seconds after [`samples::START`]. Who has no password gets one first.
    pub(super) async fn log_user_in(&self, user: &User, token: &LoginToken, seconds: u32) -> User {
        let credentials = &self.repositories.credentials;
        let stored = credentials.password(&around(user), user.id).await;
        let verified = if let Some(hash) = stored.unwrap().unwrap().hash {
            VerifiedPassword {
                hash,
                upgraded: None,
            }
        } else {
            self.give_password(user, "s3cret", seconds).await;
            samples::verified("s3cret")
        };
        let change = samples::change_at(seconds);
        let user = credentials
            .log_in(&around(user), user.id, token, &verified, &change)
            .await;
        user.unwrap().unwrap()
    }

    /// Who the caller is, so many seconds after [`samples::START`].
    pub(super) async fn authenticate(
        &self,
        caller: &Caller,
        seconds: u32,
    ) -> Option<Authenticated> {
        let credentials = &self.repositories.credentials;
        credentials.authenticate(caller, at(seconds)).await.unwrap()
    }

    /// Whether the caller is anybody, so many seconds after [`samples::START`].
    pub(super) async fn knows(&self, caller: &Caller, seconds: u32) -> bool {
        self.authenticate(caller, seconds).await.is_some()
    }

    /// The user as the store has it now.
    pub(super) async fn reread(&self, user: &User) -> Option<User> {
        let users = &self.repositories.users;
        users.find(&around(user), user.id).await.unwrap()
    }

    /// All users in `scope` that the filter selects, in this order.
    pub(super) async fn users(
        &self,
        scope: &Scope,
        filter: &Filter<UserField>,
        order: &Sort<UserField>,
    ) -> Vec<User> {
        let users = &self.repositories.users;
        let page = users
            .list(scope, filter, order, &PageRequest::first(1000))
            .await;
        page.unwrap().items
    }

    /// The whole audit log of an organization, oldest first.
    pub(super) async fn log(&self, organization: OrganizationId) -> Vec<AuditRecord> {
        self.log_in(&whole(organization)).await
    }

    /// The audit log of a scope, oldest first.
    pub(super) async fn log_in(&self, scope: &Scope) -> Vec<AuditRecord> {
        let log = &self.repositories.audit;
        let sort = Sort::<AuditField>::by_id();
        let page = log
            .list(scope, &Filter::All, &sort, &PageRequest::first(1000))
            .await;
        page.unwrap().items
    }
}
