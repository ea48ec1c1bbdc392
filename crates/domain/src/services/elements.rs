//! The use cases of the catalog of elements. Everybody of an organization may look at it.

use std::sync::Arc;

use super::ServiceError;
use crate::{
    Actor, Element, ElementField, ElementId, Entity, Scope, Text,
    ceql::Filter,
    page::{Count, Page, PageRequest, Sort},
    policy,
    ports::ElementRepository,
};

/// The use cases of the catalog.
pub struct ElementService {
    elements: Arc<dyn ElementRepository>,
}

/// The permit to look at the catalog of the caller's organization.
#[derive(Debug)]
pub struct ViewElements<'a> {
    service: &'a ElementService,
    scope: Scope,
}

/// How a caller names an element that is in the catalog: `{keyOrId}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ElementKey {
    /// By id.
    Id(ElementId),
    /// By key.
    Key(Text),
}

impl ElementKey {
    /// Whether it names this element.
    pub fn names(&self, element: &Element) -> bool {
        match self {
            Self::Id(id) => element.id == *id,
            Self::Key(key) => element.key == *key,
        }
    }
}

impl ElementService {
    /// Over this port.
    pub fn new(elements: Arc<dyn ElementRepository>) -> Self {
        Self { elements }
    }

    /// The permit to look at the catalog.
    ///
    /// # Errors
    /// `Forbidden` if the privilege is missing.
    pub fn view(&self, actor: &Actor) -> Result<ViewElements<'_>, ServiceError> {
        let scope = policy::elements(actor.identity())?;
        Ok(ViewElements {
            service: self,
            scope,
        })
    }
}

impl ViewElements<'_> {
    /// One page of the elements that `filter` selects, and how many there are, counted no further than `up_to`.
    ///
    /// # Errors
    /// A page token of another list.
    pub async fn page(
        &self,
        filter: &Filter<ElementField>,
        sort: &Sort<ElementField>,
        page: &PageRequest,
        up_to: u64,
    ) -> Result<(Page<Element>, Count), ServiceError> {
        let elements = &self.service.elements;
        let found = elements.list(&self.scope, filter, sort, page).await?;
        let counted = match found.total.and_then(|total| total.up_to(up_to)) {
            Some(known) => known,
            None => elements.count(&self.scope, filter, up_to).await?,
        };
        Ok((found, counted))
    }

    /// One element.
    ///
    /// # Errors
    /// `NotFound` if it is not in the catalog.
    pub async fn one(&self, key: &ElementKey) -> Result<Element, ServiceError> {
        find(self.service.elements.as_ref(), &self.scope, key).await
    }
}

/// The element of that key or id in the catalog that `scope` lies in.
///
/// # Errors
/// `NotFound` if it is not there.
pub(super) async fn find(
    elements: &dyn ElementRepository,
    scope: &Scope,
    key: &ElementKey,
) -> Result<Element, ServiceError> {
    let found = match key {
        ElementKey::Id(id) => elements.find(scope, *id).await?,
        ElementKey::Key(key) => elements.find_by_key(scope, key).await?,
    };
    found.ok_or_else(|| match key {
        ElementKey::Id(id) => ServiceError::no_such(Entity::Element, id),
        ElementKey::Key(key) => ServiceError::NotFound {
            entity: Entity::Element,
            key: format!("key '{key}'"),
        },
    })
}

impl std::fmt::Debug for ElementService {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ElementService").finish_non_exhaustive()
    }
}
