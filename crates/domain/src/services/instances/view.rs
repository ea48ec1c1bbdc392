//! Seeing instances: lists, counts, and one.

use super::{InstanceService, ShownEntry, ShownInstance};
use crate::{
    AccountId, Actor, ConfigurationId, Entity, Instance, InstanceField, InstanceId, Scope, Text,
    ceql::{Filter, Pattern},
    page::{Count, Page, PageRequest, Sort},
    services::{ElementKey, ServiceError, elements},
};

/// The permit to see the instances of a scope.
#[derive(Debug)]
pub struct ViewInstances<'a> {
    pub(super) service: &'a InstanceService,
    pub(super) actor: &'a Actor,
    pub(super) scope: Scope,
    /// The account that was named.
    pub(super) account: Option<AccountId>,
    /// The element that was named: instances of others are not seen.
    pub(super) element: Option<ElementKey>,
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
        filter
    }
}

impl ViewInstances<'_> {
    /// The same permit, for the instances of this element alone, if one is named.
    #[must_use]
    pub fn of(self, element: Option<ElementKey>) -> Self {
        Self { element, ..self }
    }

    /// One page of the instances that `query` selects, and how many there are in all, counted no further than `up_to`.
    ///
    /// # Errors
    /// `NotFound` for an account or an element that the organization does not have; a page token of another list.
    pub async fn page(
        &self,
        query: InstanceQuery,
        sort: &Sort<InstanceField>,
        page: &PageRequest,
        up_to: u64,
    ) -> Result<(Page<ShownInstance>, Count), ServiceError> {
        self.account_exists().await?;
        let mut filter = query.into_filter();
        if let Some(key) = &self.element {
            let catalog = self.service.elements.as_ref();
            let element = elements::find(catalog, &self.scope, key).await?;
            filter = filter.and(Filter::equals(InstanceField::ElementId, element.id.get()));
        }
        let instances = &self.service.instances;
        let found = instances.list(&self.scope, &filter, sort, page).await?;
        let list = (&self.scope, &filter);
        let count = |up_to| instances.count(&self.scope, &filter, up_to);
        let counted = self.service.totals.of(&found, list, up_to, count).await?;
        let items = found
            .items
            .into_iter()
            .map(|instance| self.service.shown(self.actor, instance))
            .collect::<Result<_, _>>()?;
        let page = Page {
            items,
            next: found.next,
            total: found.total,
        };
        Ok((page, counted))
    }

    /// One instance.
    ///
    /// # Errors
    /// `NotFound` if the caller sees no such instance.
    pub async fn one(&self, id: InstanceId) -> Result<ShownInstance, ServiceError> {
        let found = self.found(id).await?;
        self.service.shown(self.actor, found)
    }

    /// One configuration entry of an instance.
    ///
    /// # Errors
    /// `NotFound` if the caller sees no such instance, or it has no such entry.
    pub async fn entry(
        &self,
        id: InstanceId,
        entry: ConfigurationId,
    ) -> Result<ShownEntry, ServiceError> {
        ShownEntry::of(&self.found(id).await?, entry)
    }

    /// How many instances the caller sees, all of them: whoever asks for a number wants the right one.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn count(&self) -> Result<InstanceCount, ServiceError> {
        let instances = &self.service.instances;
        let counted = instances.count(&self.scope, &Filter::All, u64::MAX).await?;
        let (Count::Exact(total) | Count::MoreThan(total)) = counted;
        Ok(InstanceCount { total })
    }

    async fn found(&self, id: InstanceId) -> Result<Instance, ServiceError> {
        let found = self.service.instances.find(&self.scope, id).await?;
        let of_element = |found: &Instance| {
            let element = self.element.as_ref();
            element.is_none_or(|key| key.names(&found.element))
        };
        match found {
            Some(instance) if of_element(&instance) => Ok(instance),
            Some(_) => Err(ServiceError::no_such(Entity::Instance, id)),
            None => Err(self.service.unseen(self.actor, id).await?),
        }
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
