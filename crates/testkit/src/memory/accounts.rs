//! Accounts in memory.

use std::collections::BTreeSet;

use async_trait::async_trait;
use tenantry_domain::{
    Account, AccountDraft, AccountField, AccountId, AccountPatch, AuditAction, Change, Entity,
    OrganizationId, Revision, Scope, Snapshot, User,
    ceql::Filter,
    page::{Count, Page, PageRequest, Sort},
    ports::{AccountRepository, RepositoryError},
};

use super::{
    MemoryStore, listing,
    state::{AccountRow, Event, State},
};

#[async_trait]
impl AccountRepository for MemoryStore {
    async fn create(
        &self,
        organization: OrganizationId,
        draft: &AccountDraft,
        change: &Change,
    ) -> Result<Account, RepositoryError> {
        let mut state = self.state();
        if !state.organizations.contains_key(&organization) {
            return Err(RepositoryError::Conflict {
                entity: Entity::Organization,
                field: "id",
            });
        }
        let account = Account {
            id: state.next_account(),
            organization_id: organization,
            name: draft.name.clone(),
            description: draft.description.clone(),
            external_id: draft.external_id.clone(),
            active: true,
            is_default: false,
            created_at: change.at,
            updated_at: change.at,
            revision: Revision::FIRST,
        };
        state.check_external_id(&account)?;
        let row = AccountRow {
            account: account.clone(),
            grants: BTreeSet::new(),
        };
        state.accounts.insert(account.id, row);
        let new = account.snapshot();
        let event = Event::of_account(&account, AuditAction::Created, Snapshot::new(), new);
        state.record(event, change);
        Ok(account)
    }

    async fn find(&self, scope: &Scope, id: AccountId) -> Result<Option<Account>, RepositoryError> {
        let state = self.state();
        Ok(state.accounts_in(scope).find(|account| account.id == id))
    }

    async fn list(
        &self,
        scope: &Scope,
        filter: &Filter<AccountField>,
        sort: &Sort<AccountField>,
        page: &PageRequest,
    ) -> Result<Page<Account>, RepositoryError> {
        let state = self.state();
        listing::page(state.accounts_in(scope), scope, filter, sort, page)
    }

    async fn count(
        &self,
        scope: &Scope,
        filter: &Filter<AccountField>,
        up_to: u64,
    ) -> Result<Count, RepositoryError> {
        let state = self.state();
        Ok(listing::count(state.accounts_in(scope), filter, up_to))
    }

    async fn update(
        &self,
        scope: &Scope,
        id: AccountId,
        patch: &AccountPatch,
        expected: Option<Revision>,
        change: &Change,
    ) -> Result<Option<Account>, RepositoryError> {
        let mut state = self.state();
        let Some(row) = state.account_mut(scope, id) else {
            return Ok(None);
        };
        let old = row.account.clone();
        check_revision(&old, expected)?;
        if old.is_default && patch.active == Some(false) {
            return Err(RepositoryError::DEFAULT_ACCOUNT);
        }
        let new = patch.apply(&old, change.at);
        state.check_external_id(&new)?;
        if let Some(row) = state.account_mut(scope, id) {
            row.account = new.clone();
        }
        let (before, after) = Snapshot::difference(&old.snapshot(), &new.snapshot());
        if !(before.is_empty() && after.is_empty()) {
            let event = Event::of_account(&new, AuditAction::Updated, before, after);
            state.record(event, change);
        }
        if patch.erase_users {
            state.erase_users(id, change);
        }
        Ok(Some(new))
    }

    async fn was_assigned(&self, id: AccountId) -> Result<bool, RepositoryError> {
        Ok((1..=self.state().last_account()).contains(&id.get()))
    }
}

pub(super) fn check_revision(
    account: &Account,
    expected: Option<Revision>,
) -> Result<(), RepositoryError> {
    if expected.is_some_and(|expected| expected != account.revision) {
        return Err(RepositoryError::Stale {
            entity: Entity::Account,
        });
    }
    Ok(())
}

impl State {
    fn accounts_in(&self, scope: &Scope) -> impl Iterator<Item = Account> {
        self.accounts
            .values()
            .map(|row| &row.account)
            .filter(|account| self.covers_account(scope, account))
            .cloned()
    }

    /// Refuses an active account whose key another active one of the organization has.
    fn check_external_id(&self, account: &Account) -> Result<(), RepositoryError> {
        let taken = self.accounts.values().any(|row| {
            row.account.organization_id == account.organization_id
                && row.account.id != account.id
                && row.account.active
                && row.account.external_id == account.external_id
        });
        if taken && account.active && account.external_id.is_some() {
            return Err(RepositoryError::Conflict {
                entity: Entity::Account,
                field: "externalId",
            });
        }
        Ok(())
    }

    /// Erases the users of an account. First their instances leave their records, then they.
    fn erase_users(&mut self, account: AccountId, change: &Change) {
        let erased: Vec<User> = self
            .users
            .extract_if(.., |_, row| row.user.account_id == account)
            .map(|(_, row)| row.user)
            .collect();
        self.erase_instances(change, |instance| instance.account_id == account);
        for user in erased {
            self.erase_replies(user.id);
            let old = user.snapshot();
            let event = Event::of_user(&user, AuditAction::Deleted, old, Snapshot::new());
            self.record(event, change);
        }
    }
}
