//! Seeing instances: lists, counts, and one.

use super::{InstanceService, ShownInstance};
use crate::{
    AccountId, Actor, Element, Entity, InstanceField, InstanceId, Scope, Text,
    ceql::{Filter, Pattern},
    page::{Count, Page, PageRequest, Sort},
    services::ServiceError,
};

/// How far instances are counted where a number is asked for.
const COUNTED_UP_TO: u64 = 1_000_000;

/// The permit to see the instances of a scope.
#[derive(Debug)]
pub struct ViewInstances<'a> {
    pub(super) service: &'a InstanceService,
    pub(super) actor: &'a Actor,
    pub(super) scope: Scope,
    /// The account that was named.
    pub(super) account: Option<AccountId>,
}

/// Which instances to list. Everything must hold.
#[derive(Clone, Debug)]
pub struct InstanceQuery {
    /// What `where` says.
    pub filter: Filter<InstanceField>,
    /// Tags that the instance must have, all of them.
    pub tags: Vec<Text>,
    /// What its name or the key of its element must contain, ignoring case.
    pub search_text: Option<Text>,
    /// The element that it must be of.
    pub element: Option<Element>,
}

/// How many instances there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InstanceCount {
    /// How many the caller sees.
    pub total: u64,
}

impl InstanceQuery {
    /// All of it as one filter.
    pub fn into_filter(self) -> Filter<InstanceField> {
        let mut filter = self.filter;
        for tag in self.tags {
            filter = filter.and(Filter::equals(InstanceField::Tag, tag.as_str().to_owned()));
        }
        if let Some(text) = &self.search_text {
            let pattern = Pattern::containing(text.as_str());
            let like = |field| Filter::Like {
                field,
                pattern: pattern.clone(),
                negated: false,
            };
            let either = vec![like(InstanceField::Name), like(InstanceField::ElementKey)];
            filter = filter.and(Filter::Or(either));
        }
        if let Some(element) = self.element {
            filter = filter.and(Filter::equals(InstanceField::ElementId, element.id.get()));
        }
        filter
    }
}

impl ViewInstances<'_> {
    /// One page of the instances that `query` selects, and how many there are in all, counted no further than `up_to`.
    ///
    /// # Errors
    /// `NotFound` for an account that the organization does not have; a page token of another list.
    pub async fn page(
        &self,
        query: InstanceQuery,
        sort: &Sort<InstanceField>,
        page: &PageRequest,
        up_to: u64,
    ) -> Result<(Page<ShownInstance>, Count), ServiceError> {
        self.account_exists().await?;
        let filter = query.into_filter();
        let instances = &self.service.instances;
        let found = instances.list(&self.scope, &filter, sort, page).await?;
        let counted = instances.count(&self.scope, &filter, up_to).await?;
        let items = found
            .items
            .into_iter()
            .map(|instance| self.service.shown(self.actor, instance))
            .collect::<Result<_, _>>()?;
        let page = Page {
            items,
            next: found.next,
        };
        Ok((page, counted))
    }

    /// One instance.
    ///
    /// # Errors
    /// `NotFound` if the caller sees no such instance.
    pub async fn one(&self, id: InstanceId) -> Result<ShownInstance, ServiceError> {
        let found = self.service.instances.find(&self.scope, id).await?;
        let found = found.ok_or_else(|| ServiceError::no_such(Entity::Instance, id))?;
        self.service.shown(self.actor, found)
    }

    /// How many instances the caller sees.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn count(&self) -> Result<InstanceCount, ServiceError> {
        let instances = &self.service.instances;
        let counted = instances
            .count(&self.scope, &Filter::All, COUNTED_UP_TO)
            .await?;
        let (Count::Exact(total) | Count::MoreThan(total)) = counted;
        Ok(InstanceCount { total })
    }

    async fn account_exists(&self) -> Result<(), ServiceError> {
        let Some(id) = self.account else {
            return Ok(());
        };
        let organization = Scope::organization(self.scope.organization_id());
        match self.service.accounts.find(&organization, id).await? {
            Some(_) => Ok(()),
            None => Err(ServiceError::no_such(Entity::Account, id)),
        }
    }
}
