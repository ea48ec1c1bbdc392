//! The catalog of elements.

use std::sync::Arc;

use async_trait::async_trait;
use sqlx::postgres::PgRow;
use tenantry_domain::{
    Element, ElementField, ElementId, Entity, OrganizationId, Scope, Text,
    ceql::Filter,
    page::{Count, Page, PageRequest, Sort},
    ports::{ElementRepository, RepositoryError},
};

use crate::{
    database::Database,
    list,
    row::Fields,
    sql::{Sql, Statement},
    table::{Column, Table},
};

/// What [`element_of`] reads. An element without a name is named like its key.
macro_rules! element_selection {
    () => {
        "SELECT elements.organization_id, elements.id, elements.key, coalesce(elements.name, elements.key) AS name, \
         elements.hub FROM elements"
    };
}
pub(crate) use element_selection;

/// The catalogs in this database.
pub(crate) struct PostgresElements(pub(crate) Arc<Database>);

#[async_trait]
impl ElementRepository for PostgresElements {
    async fn find(&self, scope: &Scope, id: ElementId) -> Result<Option<Element>, RepositoryError> {
        let rows = self
            .0
            .read(
                Statement::new(concat!(
                    element_selection!(),
                    " WHERE organization_id = $1 AND id = $2"
                ))
                .bind(scope.organization_id().get())
                .bind(id.get()),
            )
            .await?;
        rows.first().map(element_of).transpose()
    }

    async fn find_by_key(
        &self,
        scope: &Scope,
        key: &Text,
    ) -> Result<Option<Element>, RepositoryError> {
        let rows = self
            .0
            .read(
                Statement::new(concat!(
                    element_selection!(),
                    " WHERE organization_id = $1 AND key = $2"
                ))
                .bind(scope.organization_id().get())
                .bind(key.as_str()),
            )
            .await?;
        rows.first().map(element_of).transpose()
    }

    async fn list(
        &self,
        scope: &Scope,
        filter: &Filter<ElementField>,
        sort: &Sort<ElementField>,
        page: &PageRequest,
    ) -> Result<Page<Element>, RepositoryError> {
        list::page(&self.0, scope, filter, sort, page).await
    }

    async fn count(
        &self,
        scope: &Scope,
        filter: &Filter<ElementField>,
        up_to: u64,
    ) -> Result<Count, RepositoryError> {
        list::count(&self.0, scope, filter, up_to).await
    }
}

impl Table for ElementField {
    type Item = Element;

    const SELECT: &'static str = element_selection!();
    const FROM: &'static str = " FROM elements";

    fn column(self) -> Column {
        match self {
            Self::Id => Column::required("elements.id"),
            Self::Key => Column::text("elements.key", "elements.key_folded"),
            Self::Name => Column::text(
                "coalesce(elements.name, elements.key)",
                "coalesce(elements.name_folded, elements.key_folded)",
            ),
            Self::Hub => Column::text("elements.hub", "elements.hub_folded"),
        }
    }

    fn within(sql: &mut Sql, scope: &Scope) {
        sql.push("elements.organization_id = ")
            .bind(scope.organization_id().get());
    }

    fn item(row: &PgRow) -> Result<Element, RepositoryError> {
        element_of(row)
    }
}

/// Reads a row of [`element_selection`].
pub(crate) fn element_of(row: &PgRow) -> Result<Element, RepositoryError> {
    // Errors have no word for an element; there are elements for instances only.
    let fields = Fields::of(Entity::Instance, row)?;
    Ok(Element {
        id: ElementId::new(fields.id()),
        organization_id: OrganizationId::new(fields.get("organization_id")?),
        key: fields.text("key")?,
        name: fields.text("name")?,
        hub: fields.text("hub")?,
    })
}
