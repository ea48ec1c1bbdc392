//! Accounts.

use std::sync::Arc;

use async_trait::async_trait;
use tenantry_domain::{
    Account, AccountDraft, AccountField, AccountId, AccountPatch, Change, Entity, OrganizationId,
    Reach, Revision, Scope,
    ceql::Filter,
    page::{Count, Page, PageRequest, Sort},
    ports::{AccountRepository, RepositoryError, UserRepository as _},
};
use tenantry_wire::{read, write};

use super::Users;
use crate::{
    error::About,
    list::{List, empty_page},
    paging::Paging,
    remote::{Remote, Session},
    transport::Call,
};

#[derive(Debug)]
pub(crate) struct Accounts(pub(crate) Arc<Remote>);

pub(super) const ABOUT: About = About {
    entity: Entity::Account,
    conflicts: &[(Entity::Account, "externalId")],
};

const LIST: List<'static, Account> = List {
    path: "/accounts",
    account: None,
    about: ABOUT,
    read: read::account,
    parameters: Vec::new(),
};

impl Accounts {
    /// Which accounts of the organization the scope covers; `None` if it covers none.
    async fn covered(
        &self,
        scope: &Scope,
    ) -> Result<Option<Filter<AccountField>>, RepositoryError> {
        let one = |id: AccountId| Some(Filter::equals(AccountField::Id, id.get()));
        match scope.reach() {
            Reach::Organization => Ok(Some(Filter::All)),
            Reach::Account(id) => Ok(one(id)),
            Reach::User(id) => {
                let whole = Scope::organization(scope.organization_id());
                let user = Users(Arc::clone(&self.0)).find(&whole, id).await?;
                Ok(user.and_then(|user| one(user.account_id)))
            }
        }
    }

    async fn covers(&self, scope: &Scope, id: AccountId) -> Result<bool, RepositoryError> {
        let one = Filter::equals(AccountField::Id, id.get());
        let covered = self.covered(scope).await?;
        Ok(covered.is_some_and(|filter| filter == Filter::All || filter == one))
    }
}

/// The account of that id, of those that the session sees.
pub(super) async fn find(
    session: &Session<'_>,
    id: AccountId,
) -> Result<Option<Account>, RepositoryError> {
    let call = Call::get(format!("/accounts/{id}"));
    session.find(&call, &ABOUT, None, read::account).await
}

/// The organization's own account.
pub(super) async fn find_default(
    session: &Session<'_>,
) -> Result<Option<Account>, RepositoryError> {
    let filter = Filter::equals(AccountField::DefaultAccount, true);
    let (whole, by_id) = (Scope::organization(session.organization), Sort::by_id());
    let first = Paging::of(&whole, &filter, &by_id, &PageRequest::first(1))?;
    let page = session.page(&LIST, &filter, &by_id, &first).await?;
    Ok(page.items.into_iter().next())
}

#[async_trait]
impl AccountRepository for Accounts {
    /// In two calls if the draft lacks an external id or a description: the API makes both up, and the second call takes them
    /// back. What is left if that fails is an account whose external id is the id of the change's request.
    async fn create(
        &self,
        organization: OrganizationId,
        draft: &AccountDraft,
        change: &Change,
    ) -> Result<Account, RepositoryError> {
        let session = self.0.session(organization);
        let session = session.ok_or_else(unknown_organization)?;
        let external_id = match &draft.external_id {
            Some(given) => given.to_string(),
            None => format!("tenantry-{}-{}", change.request_id, draft.name),
        };
        let body = write::new_account(draft, &external_id);
        let created = session
            .find(&Call::post("/accounts", body), &ABOUT, None, read::account)
            .await?;
        let created = created.ok_or_else(unknown_organization)?;
        let made_up = AccountPatch {
            description: draft.description.is_none().then_some(None),
            external_id: draft.external_id.is_none().then_some(None),
            ..AccountPatch::default()
        };
        if made_up == AccountPatch::default() {
            return Ok(created);
        }
        let body = write::account_patch(&made_up);
        let call = Call::patch(format!("/accounts/{}", created.id), body);
        let corrected = session.find(&call, &ABOUT, None, read::account).await?;
        Ok(corrected.unwrap_or(created))
    }

    async fn find(&self, scope: &Scope, id: AccountId) -> Result<Option<Account>, RepositoryError> {
        let Some(session) = self.0.session(scope.organization_id()) else {
            return Ok(None);
        };
        if !self.covers(scope, id).await? {
            return Ok(None);
        }
        find(&session, id).await
    }

    async fn list(
        &self,
        scope: &Scope,
        filter: &Filter<AccountField>,
        sort: &Sort<AccountField>,
        page: &PageRequest,
    ) -> Result<Page<Account>, RepositoryError> {
        let paging = Paging::of(scope, filter, sort, page)?;
        let session = self.0.session(scope.organization_id());
        match (session, self.covered(scope).await?) {
            (Some(session), Some(covered)) => {
                let filter = filter.clone().and(covered);
                session.page(&LIST, &filter, sort, &paging).await
            }
            _ => Ok(empty_page()),
        }
    }

    async fn count(
        &self,
        scope: &Scope,
        filter: &Filter<AccountField>,
        up_to: u64,
    ) -> Result<Count, RepositoryError> {
        let session = self.0.session(scope.organization_id());
        match (session, self.covered(scope).await?) {
            (Some(session), Some(covered)) => {
                let filter = filter.clone().and(covered);
                session.count(&LIST, &filter, up_to).await
            }
            _ => Ok(Count::Exact(0)),
        }
    }

    async fn update(
        &self,
        scope: &Scope,
        id: AccountId,
        patch: &AccountPatch,
        expected: Option<Revision>,
        _: &Change,
    ) -> Result<Option<Account>, RepositoryError> {
        let Some(session) = self.0.session(scope.organization_id()) else {
            return Ok(None);
        };
        if !self.covers(scope, id).await? {
            return Ok(None);
        }
        let call = Call::patch(format!("/accounts/{id}"), write::account_patch(patch));
        let call = if patch.erase_users {
            call.with("permanent", &true)
        } else {
            call
        };
        let call = call.expecting(expected);
        session.find(&call, &ABOUT, None, read::account).await
    }

    async fn was_assigned(&self, _: AccountId) -> Result<bool, RepositoryError> {
        Err(RepositoryError::Unsupported {
            what: "asking whether an id was ever an account's",
        })
    }
}

/// What cannot be created in an organization that nobody here has credentials for.
pub(super) fn unknown_organization() -> RepositoryError {
    RepositoryError::Unsupported {
        what: "an organization whose credentials are not known",
    }
}
