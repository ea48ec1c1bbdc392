//! Elements of the catalog as rows.

use rusqlite::{Connection, Row};
use tenantry_domain::{
    Element, ElementDraft, ElementField, ElementId, OrganizationId, Scope, Text, ports::BoxError,
};

use super::{Assignments, Cells};
use crate::{
    error::Failure,
    selectable::{Column, Selectable},
    sql::Sql,
};

/// What [`read`] reads.
pub(crate) const COLUMNS: &str =
    "elements.id, elements.organization_id, elements.key, elements.name, elements.hub";

/// The domain has no word for an element in errors, so a corrupt one is a failure of the store that names it.
#[derive(Debug, thiserror::Error)]
#[error("the stored element {id} is corrupt")]
struct CorruptElement {
    id: i64,
    source: BoxError,
}

pub(crate) fn read(row: &Row<'_>) -> Result<Element, Failure> {
    let id = row.get(0)?;
    read_cells(&mut Cells::of(row))
        .map_err(|source| Failure::backend(CorruptElement { id, source }))
}

/// The element whose cells are next.
pub(super) fn read_cells(cells: &mut Cells<'_>) -> Result<Element, BoxError> {
    Ok(Element {
        id: ElementId::new(cells.take()?),
        organization_id: OrganizationId::new(cells.take()?),
        key: Text::parse(cells.take::<String>()?)?,
        name: Text::parse(cells.take::<String>()?)?,
        hub: Text::parse(cells.take::<String>()?)?,
    })
}

/// Registers an element that is new in the catalog, under `id` if one is given; answers the id that it has.
pub(crate) fn insert(
    connection: &Connection,
    organization: OrganizationId,
    draft: &ElementDraft,
    id: Option<i64>,
) -> Result<ElementId, Failure> {
    let id = Assignments::new()
        .set("id", id)
        .set("organization_id", organization.get())
        .text("key", "key_folded", Some(draft.key.as_str()))
        .text("name", "name_folded", Some(draft.name.as_str()))
        .text("hub", "hub_folded", Some(draft.hub.as_str()))
        .insert(connection, "elements")?;
    Ok(ElementId::new(id))
}

/// The element of that key in the organization's catalog.
pub(crate) fn find_by_key(
    connection: &Connection,
    organization: OrganizationId,
    key: &Text,
) -> Result<Option<Element>, Failure> {
    let mut sql = Sql::new("SELECT ");
    sql.push(COLUMNS)
        .push(" FROM elements WHERE elements.organization_id = ")
        .bind(organization.get());
    sql.push(" AND elements.key = ")
        .bind(key.as_str().to_owned());
    sql.row(connection, read)
}

impl Selectable for ElementField {
    const TABLE: &'static str = "elements";
    const ID_COLUMN: &'static str = "elements.id";
    const IDS: &'static str = "SELECT elements.id FROM elements WHERE elements.organization_id = ";

    fn column(self) -> Column {
        match self {
            Self::Id => Column::plain("elements.id"),
            Self::Key => Column::text("elements.key", "elements.key_folded"),
            Self::Name => Column::text("elements.name", "elements.name_folded"),
            Self::Hub => Column::text("elements.hub", "elements.hub_folded"),
        }
    }

    /// Every scope covers the whole catalog of its organization.
    fn within(scope: &Scope, sql: &mut Sql) {
        sql.push("elements.organization_id = ")
            .bind(scope.organization_id().get());
    }
}
