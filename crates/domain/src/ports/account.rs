//! Where accounts are kept.

use async_trait::async_trait;

use super::RepositoryError;
use crate::{
    Account, AccountDraft, AccountField, AccountId, AccountPatch, Change, OrganizationId, Revision,
    Scope,
    ceql::Filter,
    page::{Count, Page, PageRequest, Sort},
};

/// Where accounts are kept. A user's scope covers that user's account.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait AccountRepository: Send + Sync {
    /// Creates an active account beside the default one.
    ///
    /// # Errors
    /// `Conflict` on `externalId` if an active account of the organization has it.
    async fn create(
        &self,
        organization: OrganizationId,
        draft: &AccountDraft,
        change: &Change,
    ) -> Result<Account, RepositoryError>;

    /// The account of that id, inactive ones too.
    async fn find(&self, scope: &Scope, id: AccountId) -> Result<Option<Account>, RepositoryError>;

    /// The accounts in `scope` that `filter` selects. (Whether inactive ones are wanted is said in the filter.)
    ///
    /// # Errors
    /// `InvalidCursor` for a token of another list.
    async fn list(
        &self,
        scope: &Scope,
        filter: &Filter<AccountField>,
        sort: &Sort<AccountField>,
        page: &PageRequest,
    ) -> Result<Page<Account>, RepositoryError>;

    /// How many there are, counted no further than `up_to`.
    async fn count(
        &self,
        scope: &Scope,
        filter: &Filter<AccountField>,
        up_to: u64,
    ) -> Result<Count, RepositoryError>;

    /// Changes what `patch` names and nothing else; `None` if there is no such account in `scope`. Every call counts as a
    /// write: the revision grows by one. With `erase_users` its users are erased with secrets, grants and instances in
    /// the same write, each with an audit record of its own, those of the instances first; a user that is being created
    /// there meanwhile is either erased too or refused. This may take minutes.
    ///
    /// # Errors
    /// `Stale` if `expected` is given and is not the account's revision; `Conflict` on `externalId` if another active
    /// account of the organization has it; `Denied` ([`RepositoryError::DEFAULT_ACCOUNT`]) if it would deactivate the
    /// default account.
    async fn update(
        &self,
        scope: &Scope,
        id: AccountId,
        patch: &AccountPatch,
        expected: Option<Revision>,
        change: &Change,
    ) -> Result<Option<Account>, RepositoryError>;

    /// Whether this id was ever given to an account, of whatever organization (decision 006).
    async fn was_assigned(&self, id: AccountId) -> Result<bool, RepositoryError>;
}
