//! Users. The server decides what a new user's secret is; the store remembers it.

use std::sync::Arc;

use async_trait::async_trait;
use tenantry_domain::{
    AccountId, Change, Email, Entity, OrganizationId, Reach, Revision, Scope, User, UserDraft,
    UserField, UserId, UserPatch,
    ceql::Filter,
    page::{Count, Page, PageRequest, Sort},
    ports::{RepositoryError, UserRepository},
};
use tenantry_wire::{path::encoded, read, write};

use crate::{
    error::{About, unsupported},
    list::{List, empty_page},
    paging::Paging,
    remote::Remote,
    transport::Call,
};

#[derive(Debug)]
pub(crate) struct Users(pub(crate) Arc<Remote>);

const ABOUT: About = About {
    entity: Entity::User,
    conflicts: &[(Entity::User, "email")],
};
const ABOUT_NEW: About = About {
    entity: Entity::User,
    conflicts: &[(Entity::User, "email"), (Entity::Account, "active")],
};

/// Where the users of a scope are, and the account that the path names.
fn place(scope: &Scope) -> (String, Option<AccountId>) {
    match scope.reach() {
        Reach::Account(account) => (format!("/accounts/{account}/users"), Some(account)),
        Reach::Organization | Reach::User(_) => ("/users".to_owned(), None),
    }
}

/// Whether the scope may hold this user at all, as far as the ids say.
fn reaches(scope: &Scope, id: UserId) -> bool {
    match scope.reach() {
        Reach::User(own) => own == id,
        Reach::Organization | Reach::Account(_) => true,
    }
}

/// The scope of one user is a filter: the API has no list of one.
fn narrowed(scope: &Scope, filter: &Filter<UserField>) -> Filter<UserField> {
    match scope.reach() {
        Reach::User(own) => filter.clone().and(Filter::equals(UserField::Id, own.get())),
        Reach::Organization | Reach::Account(_) => filter.clone(),
    }
}

fn list(path: &str, account: Option<AccountId>) -> List<'_, User> {
    List {
        path,
        account,
        about: ABOUT,
        read: |object, known| Ok(read::user(object, known)?.user),
        parameters: Vec::new(),
    }
}

impl Users {
    async fn look_up(&self, scope: &Scope, key: &str) -> Result<Option<User>, RepositoryError> {
        let Some(session) = self.0.session(scope.organization_id()) else {
            return Ok(None);
        };
        let (path, account) = place(scope);
        let call = Call::get(format!("{path}/{}", encoded(key)));
        let found = session.find(&call, &ABOUT, account, read::user).await?;
        Ok(found.map(|read| read.user))
    }
}

#[async_trait]
impl UserRepository for Users {
    async fn create(
        &self,
        organization: OrganizationId,
        draft: &UserDraft,
        _: &Change,
    ) -> Result<User, RepositoryError> {
        let no_such_account = RepositoryError::Conflict {
            entity: Entity::Account,
            field: "id",
        };
        let body = write::new_user(draft).map_err(unsupported)?;
        let Some(session) = self.0.session(organization) else {
            return Err(no_such_account);
        };
        let account = draft.account_id;
        let call = Call::post(format!("/accounts/{account}/users"), body);
        let created = session
            .find(&call, &ABOUT_NEW, Some(account), read::user)
            .await?;
        let created = created.ok_or(no_such_account)?;
        if let Some(secret) = created.secret {
            self.0
                .book
                .learn_user(organization, created.user.id, secret);
        }
        Ok(created.user)
    }

    async fn find(&self, scope: &Scope, id: UserId) -> Result<Option<User>, RepositoryError> {
        if !reaches(scope, id) {
            return Ok(None);
        }
        self.look_up(scope, &id.to_string()).await
    }

    async fn was_assigned(&self, _: UserId) -> Result<bool, RepositoryError> {
        Err(RepositoryError::Unsupported {
            what: "asking whether an id was ever a user's",
        })
    }

    async fn find_by_email(
        &self,
        scope: &Scope,
        email: &Email,
    ) -> Result<Option<User>, RepositoryError> {
        let found = self.look_up(scope, email.as_str()).await?;
        Ok(found.filter(|user| reaches(scope, user.id)))
    }

    async fn list(
        &self,
        scope: &Scope,
        filter: &Filter<UserField>,
        sort: &Sort<UserField>,
        page: &PageRequest,
    ) -> Result<Page<User>, RepositoryError> {
        let paging = Paging::of(scope, filter, sort, page)?;
        let Some(session) = self.0.session(scope.organization_id()) else {
            return Ok(empty_page());
        };
        let (path, account) = place(scope);
        let filter = narrowed(scope, filter);
        session
            .page(&list(&path, account), &filter, sort, &paging)
            .await
    }

    async fn count(
        &self,
        scope: &Scope,
        filter: &Filter<UserField>,
        up_to: u64,
    ) -> Result<Count, RepositoryError> {
        let Some(session) = self.0.session(scope.organization_id()) else {
            return Ok(Count::Exact(0));
        };
        let (path, account) = place(scope);
        let filter = narrowed(scope, filter);
        session.count(&list(&path, account), &filter, up_to).await
    }

    async fn update(
        &self,
        scope: &Scope,
        id: UserId,
        patch: &UserPatch,
        expected: Option<Revision>,
        _: &Change,
    ) -> Result<Option<User>, RepositoryError> {
        let body = write::user_patch(patch).map_err(unsupported)?;
        let session = self.0.session(scope.organization_id());
        let (Some(session), true) = (session, reaches(scope, id)) else {
            return Ok(None);
        };
        let (users, account) = place(scope);
        let call = Call::patch(format!("{users}/{id}"), body).expecting(expected);
        let call = if patch.discard_instances {
            call.with("permanent", &true)
        } else {
            call
        };
        let updated = session.find(&call, &ABOUT, account, read::user).await?;
        Ok(updated.map(|read| read.user))
    }

    async fn delete(
        &self,
        scope: &Scope,
        id: UserId,
        expected: Option<Revision>,
        _: &Change,
    ) -> Result<bool, RepositoryError> {
        let session = self.0.session(scope.organization_id());
        let (Some(session), true) = (session, reaches(scope, id)) else {
            return Ok(false);
        };
        let (path, _) = place(scope);
        let call = Call::delete(format!("{path}/{id}")).expecting(expected);
        session.done(&call, &ABOUT).await
    }
}
