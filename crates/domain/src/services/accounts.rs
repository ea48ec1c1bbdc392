//! The use cases of accounts: an organization's administrators manage them, their users may look at the own one.

use std::sync::Arc;

use super::{ServiceError, totals::Totals};
use crate::{
    Account, AccountDraft, AccountField, AccountId, AccountPatch, Actor, Entity, Expected,
    OrganizationId, Scope,
    ceql::Filter,
    page::{Count, Page, PageRequest, Sort},
    policy,
    ports::{AccountRepository, Clock, RepositoryError},
};

/// The use cases of accounts.
pub struct AccountService {
    accounts: Arc<dyn AccountRepository>,
    clock: Arc<dyn Clock>,
    totals: Totals,
}

/// The permit to manage the accounts of the caller's organization.
#[derive(Debug)]
pub struct Accounts<'a> {
    service: &'a AccountService,
    actor: &'a Actor,
    scope: Scope,
}

/// The permit to look one account up, if it is there.
#[derive(Debug)]
pub struct ViewAccount<'a> {
    service: &'a AccountService,
    scope: Scope,
    id: AccountId,
}

/// What a caller wants changed of an account.
#[derive(Clone, Debug, Default)]
pub struct AccountChanges {
    /// The fields.
    pub patch: AccountPatch,
    /// With `active: false`: erase the account's users (`?permanent=true`).
    pub permanent: bool,
}

impl AccountService {
    /// Over these ports.
    pub fn new(accounts: Arc<dyn AccountRepository>, clock: Arc<dyn Clock>) -> Self {
        Self {
            accounts,
            totals: Totals::new(Arc::clone(&clock)),
            clock,
        }
    }

    /// The permit to manage accounts.
    ///
    /// # Errors
    /// `Forbidden` if the caller is no administrator of the organization.
    pub fn manage<'a>(&'a self, actor: &'a Actor) -> Result<Accounts<'a>, ServiceError> {
        let scope = policy::accounts(actor.identity())?;
        Ok(Accounts {
            service: self,
            actor,
            scope,
        })
    }

    /// The permit to look this account up: the own one, or any as an administrator of the organization.
    ///
    /// # Errors
    /// `Forbidden` if the caller may not.
    pub fn view(&self, actor: &Actor, id: AccountId) -> Result<ViewAccount<'_>, ServiceError> {
        let scope = policy::view_account(actor.identity(), id)?;
        Ok(ViewAccount {
            service: self,
            scope,
            id,
        })
    }
}

impl ViewAccount<'_> {
    /// The account, inactive ones too.
    ///
    /// # Errors
    /// `NotFound` if the organization has no such account.
    pub async fn account(&self) -> Result<Account, ServiceError> {
        let found = self.service.accounts.find(&self.scope, self.id).await?;
        found.ok_or_else(|| ServiceError::no_such(Entity::Account, self.id))
    }
}

impl Accounts<'_> {
    /// Whether `organization` is the caller's own: no other one can be named.
    ///
    /// # Errors
    /// `NotFound` for every other one.
    pub fn of(&self, organization: OrganizationId) -> Result<(), ServiceError> {
        if organization == self.scope.organization_id() {
            return Ok(());
        }
        Err(ServiceError::no_such(Entity::Organization, organization))
    }

    /// One page of the accounts that `filter` selects, and how many there are, counted no further than `up_to`.
    ///
    /// # Errors
    /// A page token of another list.
    pub async fn page(
        &self,
        filter: &Filter<AccountField>,
        sort: &Sort<AccountField>,
        page: &PageRequest,
        up_to: u64,
    ) -> Result<(Page<Account>, Count), ServiceError> {
        let accounts = &self.service.accounts;
        let found = accounts.list(&self.scope, filter, sort, page).await?;
        let list = (&self.scope, filter);
        let count = |up_to| accounts.count(&self.scope, filter, up_to);
        let counted = self.service.totals.of(&found, list, up_to, count).await?;
        Ok((found, counted))
    }

    /// One account, inactive ones too.
    ///
    /// # Errors
    /// `NotFound` if the organization has no such account.
    pub async fn one(&self, id: AccountId) -> Result<Account, ServiceError> {
        let found = self.service.accounts.find(&self.scope, id).await?;
        found.ok_or_else(|| ServiceError::no_such(Entity::Account, id))
    }

    /// Creates an account.
    ///
    /// # Errors
    /// A conflict if an active account has the external id.
    pub async fn create(&self, draft: &AccountDraft) -> Result<Account, ServiceError> {
        let change = self.actor.change(self.service.clock.now());
        let organization = self.scope.organization_id();
        Ok(self
            .service
            .accounts
            .create(organization, draft, &change)
            .await?)
    }

    /// Changes an account. Activated again, everything that was not erased is as it was.
    ///
    /// # Errors
    /// `NotFound`; stale if it is not as expected; denied for the default account's deactivation; a conflict if an
    /// active account has the external id.
    pub async fn update(
        &self,
        id: AccountId,
        changes: AccountChanges,
        expected: &Expected,
    ) -> Result<Account, ServiceError> {
        let erase_users = changes.permanent && changes.patch.active == Some(false);
        self.write(
            id,
            &AccountPatch {
                erase_users,
                ..changes.patch
            },
            expected,
        )
        .await
    }

    /// Deactivates an account and erases its users. The account itself stays, and its external id is free again
    /// (contract, section 9).
    ///
    /// # Errors
    /// As [`update`](Self::update).
    pub async fn delete(&self, id: AccountId, expected: &Expected) -> Result<(), ServiceError> {
        let patch = AccountPatch {
            active: Some(false),
            erase_users: true,
            ..AccountPatch::default()
        };
        self.write(id, &patch, expected).await.map(drop)
    }

    async fn write(
        &self,
        id: AccountId,
        patch: &AccountPatch,
        expected: &Expected,
    ) -> Result<Account, ServiceError> {
        let account = self.one(id).await?;
        let expected = expected.check(Entity::Account, account.revision)?;
        if account.is_default && patch.active == Some(false) {
            return Err(RepositoryError::DEFAULT_ACCOUNT.into());
        }
        let change = self.actor.change(self.service.clock.now());
        let updated = self
            .service
            .accounts
            .update(&self.scope, id, patch, expected, &change)
            .await?;
        updated.ok_or_else(|| ServiceError::no_such(Entity::Account, id))
    }
}

impl std::fmt::Debug for AccountService {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccountService").finish_non_exhaustive()
    }
}
