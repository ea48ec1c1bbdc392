//! The catalog of elements.

use std::sync::Arc;

use async_trait::async_trait;
use tenantry_domain::{
    Element, ElementField, ElementId, Entity, Scope, Text,
    ceql::Filter,
    page::{Count, Page, PageRequest, Sort},
    ports::{ElementRepository, RepositoryError},
};
use tenantry_wire::read;

use crate::{
    error::About,
    list::{List, empty_page},
    paging::Paging,
    remote::Remote,
    transport::Call,
};

#[derive(Debug)]
pub(crate) struct Elements(pub(crate) Arc<Remote>);

const ABOUT: About = About::only(Entity::Element);
const LIST: List<'static, Element> = List {
    path: "/elements",
    account: None,
    about: ABOUT,
    read: read::element,
    parameters: Vec::new(),
};

#[async_trait]
impl ElementRepository for Elements {
    async fn find(&self, scope: &Scope, id: ElementId) -> Result<Option<Element>, RepositoryError> {
        let Some(session) = self.0.session(scope.organization_id()) else {
            return Ok(None);
        };
        let call = Call::get(format!("/elements/{id}"));
        session.find(&call, &ABOUT, None, read::element).await
    }

    /// By the list: a key may look like an id, or hold what no path can.
    async fn find_by_key(
        &self,
        scope: &Scope,
        key: &Text,
    ) -> Result<Option<Element>, RepositoryError> {
        let filter = Filter::equals(ElementField::Key, key.as_str().to_owned());
        let first = PageRequest::first(1);
        let page = self.list(scope, &filter, &Sort::by_id(), &first).await?;
        Ok(page.items.into_iter().next())
    }

    async fn list(
        &self,
        scope: &Scope,
        filter: &Filter<ElementField>,
        sort: &Sort<ElementField>,
        page: &PageRequest,
    ) -> Result<Page<Element>, RepositoryError> {
        let paging = Paging::of(scope, filter, sort, page)?;
        match self.0.session(scope.organization_id()) {
            Some(session) => session.page(&LIST, filter, sort, &paging).await,
            None => Ok(empty_page()),
        }
    }

    async fn count(
        &self,
        scope: &Scope,
        filter: &Filter<ElementField>,
        up_to: u64,
    ) -> Result<Count, RepositoryError> {
        match self.0.session(scope.organization_id()) {
            Some(session) => session.count(&LIST, filter, up_to).await,
            None => Ok(Count::Exact(0)),
        }
    }
}
