//! Roles as rows.

use rusqlite::{Connection, Row};
use tenantry_domain::{
    EffectiveRole, Entity, OrganizationId, Privilege, PrivilegeSet, Role, RoleId, RoleKey,
    ports::BoxError,
};

use super::{Assignments, Cells};
use crate::error::Failure;

/// What [`read`] reads.
pub(crate) const COLUMNS: &str =
    "roles.id, roles.organization_id, roles.key, roles.name, roles.description, roles.privileges";

pub(crate) fn read(row: &Row<'_>) -> Result<Role, Failure> {
    Cells::entity(row, Entity::Role, role)
}

/// A role followed by three truths: granted directly, through the account, given by the system.
pub(crate) fn read_effective(row: &Row<'_>) -> Result<EffectiveRole, Failure> {
    Cells::entity(row, Entity::Role, |cells| {
        Ok(EffectiveRole {
            role: role(cells)?,
            direct: cells.take()?,
            through_account: cells.take()?,
            by_system: cells.take()?,
        })
    })
}

/// Stores the role of that key with its default privileges.
pub(crate) fn insert(
    connection: &Connection,
    organization: OrganizationId,
    key: RoleKey,
) -> Result<(), Failure> {
    let role = Role {
        id: RoleId::new(0),
        organization_id: organization,
        key,
        name: key.name().to_owned(),
        description: key.description().to_owned(),
        privileges: key.default_privileges(),
    };
    insert_whole(connection, &role, None)
}

/// Stores a role as it is, under `id` if one is given.
pub(crate) fn insert_whole(
    connection: &Connection,
    role: &Role,
    id: Option<i64>,
) -> Result<(), Failure> {
    Assignments::new()
        .set("id", id)
        .set("organization_id", role.organization_id.get())
        .set("key", role.key.as_str().to_owned())
        .set("name", role.name.clone())
        .set("description", role.description.clone())
        .set("privileges", privileges_column(role.privileges)?)
        .insert(connection, "roles")?;
    Ok(())
}

pub(crate) fn key(text: &str) -> Result<RoleKey, BoxError> {
    RoleKey::parse(text).ok_or_else(|| "unknown role key".into())
}

/// The set as a JSON array of privilege keys.
pub(crate) fn privileges_column(privileges: PrivilegeSet) -> Result<String, Failure> {
    let keys: Vec<_> = privileges.iter().map(Privilege::key).collect();
    serde_json::to_string(&keys).map_err(Failure::backend)
}

/// The set that is stored as a JSON array of privilege keys.
pub(crate) fn privileges(json: &str) -> Result<PrivilegeSet, BoxError> {
    let keys: Vec<&str> = serde_json::from_str(json)?;
    keys.into_iter()
        .map(|key| Privilege::parse(key).ok_or_else(|| "unknown privilege".into()))
        .collect()
}

fn role(cells: &mut Cells<'_>) -> Result<Role, BoxError> {
    Ok(Role {
        id: RoleId::new(cells.take()?),
        organization_id: OrganizationId::new(cells.take()?),
        key: key(&cells.take::<String>()?)?,
        name: cells.take()?,
        description: cells.take()?,
        privileges: privileges(&cells.take::<String>()?)?,
    })
}
