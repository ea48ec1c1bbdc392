//! The catalog of elements in memory.

use async_trait::async_trait;
use tenantry_domain::{
    Element, ElementDraft, ElementField, ElementId, OrganizationId, Scope, Text,
    ceql::Filter,
    page::{Count, Page, PageRequest, Sort},
    ports::{ElementRepository, RepositoryError},
};

use super::{MemoryStore, listing, state::State};

#[async_trait]
impl ElementRepository for MemoryStore {
    async fn find(&self, scope: &Scope, id: ElementId) -> Result<Option<Element>, RepositoryError> {
        let state = self.state();
        Ok(state.elements_in(scope).find(|element| element.id == id))
    }

    async fn find_by_key(
        &self,
        scope: &Scope,
        key: &Text,
    ) -> Result<Option<Element>, RepositoryError> {
        let state = self.state();
        Ok(state.elements_in(scope).find(|element| element.key == *key))
    }

    async fn list(
        &self,
        scope: &Scope,
        filter: &Filter<ElementField>,
        sort: &Sort<ElementField>,
        page: &PageRequest,
    ) -> Result<Page<Element>, RepositoryError> {
        let state = self.state();
        listing::page(state.elements_in(scope), scope, filter, sort, page)
    }

    async fn count(
        &self,
        scope: &Scope,
        filter: &Filter<ElementField>,
        up_to: u64,
    ) -> Result<Count, RepositoryError> {
        let state = self.state();
        Ok(listing::count(state.elements_in(scope), filter, up_to))
    }
}

impl State {
    pub(super) fn elements_in(&self, scope: &Scope) -> impl Iterator<Item = Element> {
        let elements = self.elements.values();
        elements
            .filter(|element| element.organization_id == scope.organization_id())
            .cloned()
    }

    /// The element of the draft's key in the organization's catalog, registered if it is new.
    pub(super) fn element(
        &mut self,
        organization: OrganizationId,
        draft: &ElementDraft,
    ) -> Element {
        let known = self
            .elements
            .values()
            .find(|element| element.organization_id == organization && element.key == draft.key);
        if let Some(known) = known {
            return known.clone();
        }
        let last = self.elements.keys().last().map_or(0, |last| last.get());
        let element = Element {
            id: ElementId::new(last + 1),
            organization_id: organization,
            key: draft.key.clone(),
            name: draft.name.clone(),
            hub: draft.hub.clone(),
        };
        self.elements.insert(element.id, element.clone());
        element
    }
}
