//! Organizations as rows.

use rusqlite::{Connection, Row};
use tenantry_domain::{
    AccountId, Entity, Organization, OrganizationId, OrganizationKind, Revision, Text,
};

use super::{Assignments, Cells};
use crate::error::Failure;

/// What [`read`] reads.
pub(crate) const COLUMNS: &str =
    "id, name, active, kind, default_account_id, external_id, created_at, updated_at, revision";

pub(crate) fn read(row: &Row<'_>) -> Result<Organization, Failure> {
    Cells::entity(row, Entity::Organization, |cells| {
        Ok(Organization {
            id: OrganizationId::new(cells.take()?),
            name: cells.name()?,
            active: cells.take()?,
            kind: kind(&cells.take::<String>()?)?,
            default_account_id: AccountId::new(cells.take()?),
            external_id: cells.text()?,
            created_at: cells.instant()?,
            updated_at: cells.instant()?,
            revision: Revision::new(cells.take()?),
        })
    })
}

/// Stores a new organization, under `id` if one is given; answers the id that it has.
pub(crate) fn insert(
    connection: &Connection,
    organization: &Organization,
    id: Option<i64>,
) -> Result<OrganizationId, Failure> {
    let id = Assignments::new()
        .set("id", id)
        .set("name", organization.name.as_str().to_owned())
        .set("kind", kind_name(organization.kind).to_owned())
        .set("active", organization.active)
        .set("default_account_id", organization.default_account_id.get())
        .set(
            "external_id",
            organization
                .external_id
                .as_ref()
                .map(|id| Text::as_str(id).to_owned()),
        )
        .instant("created_at", organization.created_at)
        .instant("updated_at", organization.updated_at)
        .set("revision", organization.revision.get())
        .insert(connection, "organizations")?;
    Ok(OrganizationId::new(id))
}

fn kind_name(kind: OrganizationKind) -> &'static str {
    match kind {
        OrganizationKind::System => "system",
        OrganizationKind::Customer => "customer",
    }
}

fn kind(name: &str) -> Result<OrganizationKind, &'static str> {
    match name {
        "system" => Ok(OrganizationKind::System),
        "customer" => Ok(OrganizationKind::Customer),
        _ => Err("unknown kind"),
    }
}
