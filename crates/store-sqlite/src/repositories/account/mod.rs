//! Accounts.

mod update;

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension as _};
use tenantry_domain::{
    Account, AccountDraft, AccountField, AccountId, AccountPatch, Change, Entity, OrganizationId,
    Revision, Scope,
    ceql::Filter,
    page::{Count, Page, PageRequest, Sort},
    ports::{AccountRepository, RepositoryError},
};

pub(super) use self::update::check_revision;
use self::update::{ERASURE, update};
use crate::{
    engine::Engine,
    error::Failure,
    list::{count, list},
    record,
    rows::{
        account::{COLUMNS, find, insert, read},
        was_assigned,
    },
};

pub(crate) struct Accounts(pub(crate) Engine);

#[async_trait]
impl AccountRepository for Accounts {
    async fn create(
        &self,
        organization: OrganizationId,
        draft: &AccountDraft,
        change: &Change,
    ) -> Result<Account, RepositoryError> {
        let (draft, change) = (draft.clone(), *change);
        self.0
            .write(move |connection| create(connection, organization, draft, &change))
            .await
    }

    async fn find(&self, scope: &Scope, id: AccountId) -> Result<Option<Account>, RepositoryError> {
        let scope = *scope;
        self.0
            .look_up(move |connection| find(connection, &scope, id))
            .await
    }

    async fn was_assigned(&self, id: AccountId) -> Result<bool, RepositoryError> {
        self.0
            .look_up(move |connection| was_assigned(connection, "accounts", id.get()))
            .await
    }

    async fn update(
        &self,
        scope: &Scope,
        id: AccountId,
        patch: &AccountPatch,
        expected: Option<Revision>,
        change: &Change,
    ) -> Result<Option<Account>, RepositoryError> {
        let (scope, patch, change) = (*scope, patch.clone(), *change);
        let erases = patch.erase_users;
        let work = move |connection: &Connection| {
            update(connection, &scope, id, &patch, expected, &change)
        };
        if erases {
            return self.0.write_within(ERASURE, work).await;
        }
        self.0.write(work).await
    }

    async fn list(
        &self,
        scope: &Scope,
        filter: &Filter<AccountField>,
        sort: &Sort<AccountField>,
        page: &PageRequest,
    ) -> Result<Page<Account>, RepositoryError> {
        list(&self.0, COLUMNS, read, scope, filter, sort, page).await
    }

    async fn count(
        &self,
        scope: &Scope,
        filter: &Filter<AccountField>,
        up_to: u64,
    ) -> Result<Count, RepositoryError> {
        count(&self.0, scope, filter, up_to).await
    }
}

fn create(
    connection: &Connection,
    organization: OrganizationId,
    draft: AccountDraft,
    change: &Change,
) -> Result<Account, Failure> {
    let exists = connection
        .prepare_cached("SELECT 1 FROM organizations WHERE id = ?")?
        .query_row([organization.get()], |_| Ok(()))
        .optional()?;
    if exists.is_none() {
        return Err(Failure::conflict(Entity::Organization, "id"));
    }
    let mut account = Account {
        id: AccountId::new(0),
        organization_id: organization,
        name: draft.name,
        description: draft.description,
        external_id: draft.external_id,
        active: true,
        is_default: false,
        created_at: change.at,
        updated_at: change.at,
        revision: Revision::FIRST,
    };
    account.id = insert(connection, &account, None)?;
    record::created(connection, &account, &account.snapshot(), change)?;
    Ok(account)
}
