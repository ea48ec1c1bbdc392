//! Instances. The API shows an administrator those of an account, and creates them for whoever calls: so several accounts
//! are asked one after the other, and the owner's secret is called with where it is known.

use std::sync::Arc;

use async_trait::async_trait;
use tenantry_domain::{
    AccountField, AccountId, Change, Entity, Instance, InstanceDraft, InstanceField, InstanceId,
    InstancePatch, OrganizationId, Reach, Revision, Scope, User, UserId,
    ceql::{Comparison, Filter},
    page::{Count, Page, PageRequest, Sort},
    ports::{AccountRepository as _, InstanceRepository, RepositoryError, UserRepository as _},
};
use tenantry_wire::{read, write};

use super::{Accounts, Users};
use crate::{
    error::{About, unsupported},
    list::{List, empty_page},
    paging::{Paging, Place},
    remote::{Remote, Session},
    transport::Call,
};

#[derive(Debug)]
pub(crate) struct Instances(pub(crate) Arc<Remote>);

const ABOUT: About = About::only(Entity::Instance);
/// The largest page that is put together of several accounts.
const LARGEST_MERGED: u64 = 1_000;
const OTHER_ORDER: RepositoryError = RepositoryError::Unsupported {
    what: "instances of several accounts in another order than by id",
};

/// The list of one account's instances.
fn of_account(path: &str, account: AccountId) -> List<'_, Instance> {
    List {
        path,
        account: Some(account),
        about: ABOUT,
        read: |object, known| Ok(read::instance(object, known)?.into_instance(known.organization)),
        parameters: Vec::new(),
    }
}

fn path(account: AccountId) -> String {
    format!("/accounts/{account}/instances")
}

impl Instances {
    async fn owner(
        &self,
        organization: OrganizationId,
        id: UserId,
    ) -> Result<Option<User>, RepositoryError> {
        let whole = Scope::organization(organization);
        Users(Arc::clone(&self.0)).find(&whole, id).await
    }

    /// The accounts in which instances of the scope are, and what narrows the list of each.
    async fn accounts(
        &self,
        scope: &Scope,
    ) -> Result<(Vec<AccountId>, Filter<InstanceField>), RepositoryError> {
        match scope.reach() {
            Reach::Account(id) => {
                let accounts = Accounts(Arc::clone(&self.0));
                let found = accounts.find(scope, id).await?;
                Ok((found.iter().map(|it| it.id).collect(), Filter::All))
            }
            Reach::User(id) => {
                let owner = self.owner(scope.organization_id(), id).await?;
                let only = Filter::equals(InstanceField::UserId, id.get());
                Ok((owner.iter().map(|it| it.account_id).collect(), only))
            }
            Reach::Organization => {
                let accounts = Accounts(Arc::clone(&self.0));
                let by_id = Sort::<AccountField>::by_id();
                let mut request = PageRequest::first(1_000);
                let mut ids = Vec::new();
                loop {
                    let page = accounts.list(scope, &Filter::All, &by_id, &request).await?;
                    ids.extend(page.items.iter().map(|it| it.id));
                    match page.next {
                        Some(next) => request = PageRequest::after(next, 1_000),
                        None => return Ok((ids, Filter::All)),
                    }
                }
            }
        }
    }

    /// Whoever may read and change the instance, and the instance, if it is in the scope. An administrator reaches those of
    /// the own account; others are found in the lists of their accounts, and reached by their owners.
    async fn reach(
        &self,
        scope: &Scope,
        id: InstanceId,
    ) -> Result<Option<(Session<'_>, Instance)>, RepositoryError> {
        let organization = scope.organization_id();
        let Some(session) = self.0.session(organization) else {
            return Ok(None);
        };
        if let Some(instance) = self.read(&session, id).await? {
            let (account, owner) = (instance.account_id, instance.user.id);
            let covered = scope.covers(organization, account, owner);
            return Ok(covered.then_some((session, instance)));
        }
        let one = Filter::equals(InstanceField::Id, id.get());
        let by_id = Sort::by_id();
        let page = self
            .list(scope, &one, &by_id, &PageRequest::first(1))
            .await?;
        let Some(listed) = page.items.into_iter().next() else {
            return Ok(None);
        };
        let Some(owner) = self.0.session_of(organization, listed.user.id) else {
            return Ok(Some((session, listed)));
        };
        let read = self.read(&owner, id).await?;
        Ok(read.map(|instance| (owner, instance)))
    }

    /// The instance, if the session sees it.
    async fn read(
        &self,
        session: &Session<'_>,
        id: InstanceId,
    ) -> Result<Option<Instance>, RepositoryError> {
        let call = Call::get(format!("/instances/{id}"));
        self.answered(session, &call).await
    }

    /// The instance that the call answers. Its account is that of its owner.
    async fn answered(
        &self,
        session: &Session<'_>,
        call: &Call<'_>,
    ) -> Result<Option<Instance>, RepositoryError> {
        let read = session.find(call, &ABOUT, None, read::instance).await?;
        let Some(read) = read else {
            return Ok(None);
        };
        let mut instance = read.into_instance(session.organization);
        let owner = self.owner(session.organization, instance.user.id).await?;
        if let Some(owner) = owner {
            instance.account_id = owner.account_id;
        }
        Ok(Some(instance))
    }

    /// A page of the instances of several accounts, by id.
    async fn merged(
        &self,
        session: &Session<'_>,
        accounts: &[AccountId],
        filter: &Filter<InstanceField>,
        paging: &Paging,
    ) -> Result<Page<Instance>, RepositoryError> {
        let (skipped, filter) = match &paging.place {
            Place::Offset(offset) => (*offset, filter.clone()),
            Place::Behind(last) => {
                let behind = Filter::compare(InstanceField::Id, Comparison::Greater, *last);
                (0, filter.clone().and(behind))
            }
            // Of one account: there are more by now.
            Place::Token(_) => return Err(RepositoryError::InvalidCursor),
        };
        let wanted = skipped.saturating_add(u64::from(paging.size));
        let wanted = match u32::try_from(wanted) {
            Ok(wanted) if u64::from(wanted) <= LARGEST_MERGED => wanted,
            _ if skipped == 0 => 1_000,
            _ => {
                return Err(RepositoryError::Unsupported {
                    what: "instances of several accounts behind the first 1000 by offset",
                });
            }
        };
        let mut items = Vec::new();
        let mut more = false;
        let first = paging.first(wanted);
        for account in accounts {
            let path = path(*account);
            let list = of_account(&path, *account);
            let part = session.page(&list, &filter, &Sort::by_id(), &first).await?;
            more |= part.next.is_some();
            items.extend(part.items);
        }
        items.sort_by_key(|instance| instance.id);
        let kept = usize::try_from(wanted).unwrap_or(usize::MAX);
        more |= items.len() > kept;
        items.truncate(kept);
        items.drain(
            ..items
                .len()
                .min(usize::try_from(skipped).unwrap_or(usize::MAX)),
        );
        let last = items.last().filter(|_| more);
        Ok(Page {
            next: last.map(|last| paging.cursor(&Place::Behind(last.id.get()))),
            items,
            total: None,
        })
    }
}

#[async_trait]
impl InstanceRepository for Instances {
    /// The token is decided by the server, which also makes the name the first tag.
    async fn create(
        &self,
        organization: OrganizationId,
        draft: &InstanceDraft,
        _: &Change,
    ) -> Result<Instance, RepositoryError> {
        let no_such_user = RepositoryError::Conflict {
            entity: Entity::User,
            field: "id",
        };
        let body = write::new_instance(draft).map_err(unsupported)?;
        if self.owner(organization, draft.user_id).await?.is_none() {
            return Err(no_such_user);
        }
        let session = self.0.session_of(organization, draft.user_id);
        let session = session.ok_or(RepositoryError::Unsupported {
            what: "an instance of a user whose secret is not known",
        })?;
        let created = self
            .answered(&session, &Call::post("/instances", body))
            .await?;
        created.ok_or(no_such_user)
    }

    async fn find(
        &self,
        scope: &Scope,
        id: InstanceId,
    ) -> Result<Option<Instance>, RepositoryError> {
        let reached = self.reach(scope, id).await?;
        Ok(reached.map(|(_, instance)| instance))
    }

    async fn list(
        &self,
        scope: &Scope,
        filter: &Filter<InstanceField>,
        sort: &Sort<InstanceField>,
        page: &PageRequest,
    ) -> Result<Page<Instance>, RepositoryError> {
        let paging = Paging::of(scope, filter, sort, page)?;
        let Some(session) = self.0.session(scope.organization_id()) else {
            return Ok(empty_page());
        };
        let (accounts, only) = self.accounts(scope).await?;
        let filter = filter.clone().and(only);
        if let [account] = accounts[..] {
            let path = path(account);
            let list = of_account(&path, account);
            return session.page(&list, &filter, sort, &paging).await;
        }
        if *sort != Sort::by_id() {
            return Err(OTHER_ORDER);
        }
        self.merged(&session, &accounts, &filter, &paging).await
    }

    async fn count(
        &self,
        scope: &Scope,
        filter: &Filter<InstanceField>,
        up_to: u64,
    ) -> Result<Count, RepositoryError> {
        let Some(session) = self.0.session(scope.organization_id()) else {
            return Ok(Count::Exact(0));
        };
        let (accounts, only) = self.accounts(scope).await?;
        let filter = filter.clone().and(only);
        let mut counted = 0_u64;
        for account in accounts {
            let path = path(account);
            let list = of_account(&path, account);
            match session.count(&list, &filter, up_to).await? {
                Count::Exact(number) => counted = counted.saturating_add(number),
                Count::MoreThan(number) => return Ok(Count::MoreThan(number)),
            }
        }
        Ok(Count::bounded(counted, up_to))
    }

    /// In two calls if it is switched on or off and changed otherwise as well.
    async fn update(
        &self,
        scope: &Scope,
        id: InstanceId,
        patch: &InstancePatch,
        expected: Option<Revision>,
        _: &Change,
    ) -> Result<Option<Instance>, RepositoryError> {
        let body = write::instance_patch(patch).map_err(unsupported)?;
        let Some((session, _)) = self.reach(scope, id).await? else {
            return Ok(None);
        };
        let others = InstancePatch {
            disabled: None,
            ..patch.clone()
        };
        let switches_alone = patch.disabled.is_some() && others == InstancePatch::default();
        let mut updated = None;
        if !switches_alone {
            let call = Call::patch(format!("/instances/{id}"), body).expecting(expected);
            updated = self.answered(&session, &call).await?;
            if updated.is_none() {
                return Ok(None);
            }
        }
        let Some(disabled) = patch.disabled else {
            return Ok(updated);
        };
        let switch = format!("/instances/{id}/enabled");
        let call = if disabled {
            Call::delete(switch)
        } else {
            Call::put(switch)
        };
        let expected = expected.filter(|_| switches_alone);
        if !session.done(&call.expecting(expected), &ABOUT).await? {
            return Ok(None);
        }
        self.read(&session, id).await
    }

    async fn delete(
        &self,
        scope: &Scope,
        id: InstanceId,
        expected: Option<Revision>,
        _: &Change,
    ) -> Result<bool, RepositoryError> {
        let Some((session, _)) = self.reach(scope, id).await? else {
            return Ok(false);
        };
        let call = Call::delete(format!("/instances/{id}")).expecting(expected);
        session.done(&call, &ABOUT).await
    }
}
