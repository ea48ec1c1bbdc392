//! Where the catalog of elements is read. It is written by the instances that name new keys.

use async_trait::async_trait;

use super::RepositoryError;
use crate::{
    Element, ElementField, ElementId, Scope, Text,
    ceql::Filter,
    page::{Count, Page, PageRequest, Sort},
};

/// Where an organization's catalog of elements is read. Every scope covers the whole catalog of its organization.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait ElementRepository: Send + Sync {
    /// The element of that id.
    async fn find(&self, scope: &Scope, id: ElementId) -> Result<Option<Element>, RepositoryError>;

    /// The element of that key, exactly.
    async fn find_by_key(
        &self,
        scope: &Scope,
        key: &Text,
    ) -> Result<Option<Element>, RepositoryError>;

    /// The elements that `filter` selects, in the order of `sort`.
    ///
    /// # Errors
    /// `InvalidCursor` for a token of another list.
    async fn list(
        &self,
        scope: &Scope,
        filter: &Filter<ElementField>,
        sort: &Sort<ElementField>,
        page: &PageRequest,
    ) -> Result<Page<Element>, RepositoryError>;

    /// How many there are, counted no further than `up_to`.
    async fn count(
        &self,
        scope: &Scope,
        filter: &Filter<ElementField>,
        up_to: u64,
    ) -> Result<Count, RepositoryError>;
}
