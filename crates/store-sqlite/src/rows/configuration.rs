//! The configuration of instances as rows.

use std::collections::HashMap;

use rusqlite::Connection;
use tenantry_domain::{
    ConfigurationEntry, ConfigurationId, ConfigurationPatch, ConfigurationText, ConfigurationValue,
    Entity, Instance, InstanceId, OrganizationId, Sealed, Text, ports::BoxError,
};

use super::{Assignments, Cells, secret};
use crate::{error::Failure, sql::Sql};

/// The entries of all of these instances, each instance's by id.
pub(super) fn of_all(
    connection: &Connection,
    organization: OrganizationId,
    ids: &str,
) -> Result<HashMap<InstanceId, Vec<ConfigurationEntry>>, Failure> {
    let mut entries: HashMap<_, Vec<_>> = HashMap::new();
    select(organization, ids).rows(connection, |row| {
        let (instance, entry) = Cells::entity(row, Entity::Instance, |cells| {
            Ok((InstanceId::new(cells.take()?), entry(cells)?))
        })?;
        entries.entry(instance).or_default().push(entry);
        Ok(())
    })?;
    Ok(entries)
}

/// `ids` is a JSON array.
fn select(organization: OrganizationId, ids: &str) -> Sql {
    let mut sql = Sql::new(
        "SELECT instance_id, id, key, value, key_id, sealed FROM instance_configurations WHERE organization_id = ",
    );
    sql.bind(organization.get())
        .push(" AND instance_id IN (SELECT value FROM json_each(");
    sql.bind(ids.to_owned()).push(")) ORDER BY id");
    sql
}

fn entry(cells: &mut Cells<'_>) -> Result<ConfigurationEntry, BoxError> {
    Ok(ConfigurationEntry {
        id: ConfigurationId::new(cells.take()?),
        key: Text::parse(cells.take::<String>()?)?,
        value: match cells.take::<Option<String>>()? {
            Some(text) => ConfigurationValue::Clear(ConfigurationText::parse(text)?),
            None => ConfigurationValue::Sealed(secret::read_sealed(cells)?),
        },
    })
}

/// Adds an entry to `instance`, under `id` if one is given.
pub(crate) fn insert(
    connection: &Connection,
    instance: &Instance,
    id: Option<i64>,
    key: Text,
    value: ConfigurationValue,
) -> Result<ConfigurationEntry, Failure> {
    let id = assignments(&value)
        .set("id", id)
        .set("organization_id", instance.organization_id.get())
        .set("instance_id", instance.id.get())
        .set("key", key.as_str().to_owned())
        .insert(connection, "instance_configurations")?;
    Ok(ConfigurationEntry {
        id: ConfigurationId::new(id),
        key,
        value,
    })
}

/// Makes of the configuration of `instance` what `patch` says, in the store and in `instance`. Entries that stay keep
/// their ids, and so their places; new ones come last.
pub(crate) fn change(
    connection: &Connection,
    instance: &mut Instance,
    patch: &ConfigurationPatch,
) -> Result<(), Failure> {
    let organization = instance.organization_id.get();
    let mut set: HashMap<_, _> = patch.set.iter().map(|(key, value)| (key, value)).collect();
    let mut entries = Vec::with_capacity(instance.configuration.len());
    for entry in std::mem::take(&mut instance.configuration) {
        if let Some(value) = set.remove(&entry.key) {
            if *value != entry.value {
                let id = entry.id.get();
                assignments(value).update(
                    connection,
                    "instance_configurations",
                    organization,
                    id,
                )?;
            }
            entries.push(ConfigurationEntry {
                value: value.clone(),
                ..entry
            });
        } else if patch.keeps(&entry.key) {
            entries.push(entry);
        } else {
            connection
                .prepare_cached(
                    "DELETE FROM instance_configurations WHERE organization_id = ? AND id = ?",
                )?
                .execute([organization, entry.id.get()])?;
        }
    }
    for (key, value) in &patch.set {
        if set.contains_key(key) {
            entries.push(insert(
                connection,
                instance,
                None,
                key.clone(),
                value.clone(),
            )?);
        }
    }
    instance.configuration = entries;
    Ok(())
}

fn assignments(value: &ConfigurationValue) -> Assignments {
    let (clear, sealed) = match value {
        ConfigurationValue::Clear(text) => (Some(text.as_str().to_owned()), None),
        ConfigurationValue::Sealed(Sealed { key_id, bytes }) => {
            (None, Some((secret::key_name(*key_id), bytes.clone())))
        }
    };
    let (key_id, bytes) = sealed.unzip();
    Assignments::new()
        .set("value", clear)
        .set("key_id", key_id)
        .set("sealed", bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::plan;

    #[test]
    fn those_of_a_page_are_found_by_the_ids_of_its_instances() {
        assert_eq!(
            plan(select(OrganizationId::new(7), "[8, 9]"))[0],
            "SEARCH instance_configurations USING INDEX sqlite_autoindex_instance_configurations_1 \
             (organization_id=? AND instance_id=?)"
        );
    }
}
