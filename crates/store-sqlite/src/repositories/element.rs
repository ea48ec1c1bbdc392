//! The catalog of elements, to be read. What writes to it is the creation of instances.

use async_trait::async_trait;
use tenantry_domain::{
    Element, ElementField, ElementId, Scope, Text,
    ceql::Filter,
    page::{Count, Page, PageRequest, Sort},
    ports::{ElementRepository, RepositoryError},
};

use crate::{
    engine::Engine,
    list::{count, list},
    rows::element::{COLUMNS, find_by_key, read},
    selectable::Selectable as _,
    sql::Sql,
};

pub(crate) struct Elements(pub(crate) Engine);

#[async_trait]
impl ElementRepository for Elements {
    async fn find(&self, scope: &Scope, id: ElementId) -> Result<Option<Element>, RepositoryError> {
        let mut sql = Sql::new("SELECT ");
        sql.push(COLUMNS).push(" FROM elements WHERE ");
        ElementField::within(scope, &mut sql);
        sql.push(" AND elements.id = ").bind(id.get());
        self.0
            .look_up(move |connection| sql.row(connection, read))
            .await
    }

    async fn find_by_key(
        &self,
        scope: &Scope,
        key: &Text,
    ) -> Result<Option<Element>, RepositoryError> {
        let (organization, key) = (scope.organization_id(), key.clone());
        self.0
            .look_up(move |connection| find_by_key(connection, organization, &key))
            .await
    }

    async fn list(
        &self,
        scope: &Scope,
        filter: &Filter<ElementField>,
        sort: &Sort<ElementField>,
        page: &PageRequest,
    ) -> Result<Page<Element>, RepositoryError> {
        list(&self.0, COLUMNS, read, scope, filter, sort, page).await
    }

    async fn count(
        &self,
        scope: &Scope,
        filter: &Filter<ElementField>,
        up_to: u64,
    ) -> Result<Count, RepositoryError> {
        count(&self.0, scope, filter, up_to).await
    }
}
