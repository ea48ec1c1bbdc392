//! Accounts in memory.

use std::collections::BTreeSet;

use async_trait::async_trait;
use tenantry_domain::{
    Account, AccountDraft, AccountField, AccountId, AuditAction, Change, Entity, OrganizationId,
    Revision, Scope, Snapshot,
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
        let taken = state.accounts.values().any(|row| {
            row.account.organization_id == organization
                && row.account.active
                && row.account.external_id.is_some()
                && row.account.external_id == draft.external_id
        });
        if taken {
            return Err(RepositoryError::Conflict {
                entity: Entity::Account,
                field: "externalId",
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
        let row = AccountRow {
            account: account.clone(),
            grants: BTreeSet::new(),
        };
        state.accounts.insert(account.id, row);
        let event = Event {
            organization,
            account: Some(account.id),
            action: AuditAction::Created,
            target: Entity::Account,
            target_id: account.id.get(),
            old: Snapshot::new(),
            new: account.snapshot(),
        };
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
}

impl State {
    fn accounts_in(&self, scope: &Scope) -> impl Iterator<Item = Account> {
        self.accounts
            .values()
            .map(|row| &row.account)
            .filter(|account| self.covers_account(scope, account))
            .cloned()
    }
}
