//! What an organization's roles allow.

use rusqlite::Connection;
use tenantry_domain::{Change, OrganizationId, Role, RoleChange};

use super::all;
use crate::{
    error::Failure,
    record,
    rows::{Assignments, role::privileges_column},
};

/// All changes or none: an id that is not there is found before anything is written.
pub(super) fn update(
    connection: &Connection,
    organization: OrganizationId,
    changes: &[RoleChange],
    change: &Change,
) -> Result<Option<Vec<Role>>, Failure> {
    let mut roles = all(connection, organization)?;
    let known = |wanted: &RoleChange| roles.iter().any(|role| role.id == wanted.id);
    if !changes.iter().all(known) {
        return Ok(None);
    }
    for role in &mut roles {
        let old = role.clone();
        changes
            .iter()
            .filter(|wanted| wanted.id == old.id)
            .for_each(|wanted| wanted.apply(role));
        if *role == old {
            continue;
        }
        Assignments::new()
            .set("name", role.name.clone())
            .set("description", role.description.clone())
            .set("privileges", privileges_column(role.privileges)?)
            .update(connection, "roles", organization.get(), role.id.get())?;
        record::updated(
            connection,
            &*role,
            &old.snapshot(),
            &role.snapshot(),
            change,
        )?;
    }
    Ok(Some(roles))
}
