//! Changing an instance. Writes come one after the other, so what is read here is what is changed.

use rusqlite::Connection;
use tenantry_domain::{Change, Instance, InstanceId, InstancePatch, Revision, Scope};

use super::check_revision;
use crate::{
    error::Failure,
    record,
    rows::{
        configuration,
        instance::{assignments, find, replace_tags},
    },
};

pub(super) fn update(
    connection: &Connection,
    scope: &Scope,
    id: InstanceId,
    patch: &InstancePatch,
    expected: Option<Revision>,
    change: &Change,
) -> Result<Option<Instance>, Failure> {
    let Some(old) = find(connection, scope, id)? else {
        return Ok(None);
    };
    check_revision(&old, expected)?;
    let mut new = patch.apply(&old, change.at);
    assignments(&new).update(
        connection,
        "instances",
        old.organization_id.get(),
        old.id.get(),
    )?;
    if new.tags != old.tags {
        replace_tags(connection, &new)?;
    }
    configuration::change(connection, &mut new, &patch.configuration)?;
    record::updated(connection, &new, &old.snapshot(), &new.snapshot(), change)?;
    Ok(Some(new))
}
