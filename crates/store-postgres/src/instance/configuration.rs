//! The configuration of an instance, as it is written.

use std::collections::BTreeMap;

use tenantry_domain::{
    ConfigurationEntry, ConfigurationId, ConfigurationPatch, ConfigurationValue, InstanceId,
    OrganizationId, Text,
};
use uuid::Uuid;

use crate::{error::Failure, row::assigned, session::Session, sql::Statement};

/// Writes entries, those that are new in the order given; who has the key already keeps its id. Answers all by id.
pub(super) async fn insert(
    session: &mut Session<'_>,
    organization: OrganizationId,
    instance: InstanceId,
    entries: &[(Text, ConfigurationValue)],
) -> Result<Vec<ConfigurationEntry>, Failure> {
    if entries.is_empty() {
        return Ok(Vec::new());
    }
    let mut keys = Vec::with_capacity(entries.len());
    let mut values: Vec<Option<&str>> = Vec::with_capacity(entries.len());
    let mut sealed: Vec<Option<&[u8]>> = Vec::with_capacity(entries.len());
    let mut key_ids: Vec<Option<Uuid>> = Vec::with_capacity(entries.len());
    for (key, value) in entries {
        keys.push(key.as_str());
        match value {
            ConfigurationValue::Clear(text) => {
                values.push(Some(text.as_str()));
                sealed.push(None);
                key_ids.push(None);
            }
            ConfigurationValue::Sealed(secret) => {
                values.push(None);
                sealed.push(Some(&secret.bytes));
                key_ids.push(Some(secret.key_id.0));
            }
        }
    }
    let statement = Statement::new(
        "INSERT INTO instance_configurations (organization_id, instance_id, key, value, sealed, key_id) \
         SELECT $1, $2, entry.key, entry.value, entry.sealed, entry.key_id \
         FROM unnest($3::text[], $4::text[], $5::bytea[], $6::uuid[]) WITH ORDINALITY \
         AS entry (key, value, sealed, key_id, place) ORDER BY entry.place \
         ON CONFLICT (organization_id, instance_id, key) DO UPDATE \
         SET value = excluded.value, sealed = excluded.sealed, key_id = excluded.key_id RETURNING id, key",
    )
    .bind(organization.get())
    .bind(instance.get())
    .bind(keys)
    .bind(values)
    .bind(sealed)
    .bind(key_ids);
    let mut ids = BTreeMap::new();
    for row in session.rows(statement).await? {
        let key: String = sqlx::Row::try_get(&row, "key")?;
        ids.insert(key, ConfigurationId::new(assigned(&row, "id")?));
    }
    let mut written = Vec::with_capacity(entries.len());
    for (key, value) in entries {
        written.push(ConfigurationEntry {
            id: *ids.get(key.as_str()).ok_or(sqlx::Error::RowNotFound)?,
            key: key.clone(),
            value: value.clone(),
        });
    }
    written.sort_unstable_by_key(|entry| entry.id);
    Ok(written)
}

/// Does what `patch` says to the configuration of an instance that is locked.
pub(super) async fn change(
    session: &mut Session<'_>,
    organization: OrganizationId,
    instance: InstanceId,
    patch: &ConfigurationPatch,
) -> Result<(), Failure> {
    if let Some(keep) = &patch.keep {
        let stay: Vec<_> = keep
            .iter()
            .chain(patch.set.iter().map(|(key, _)| key))
            .map(Text::as_str)
            .collect();
        let statement = Statement::new(
            "DELETE FROM instance_configurations WHERE organization_id = $1 AND instance_id = $2 AND key <> ALL($3)",
        )
        .bind(organization.get())
        .bind(instance.get())
        .bind(stay);
        session.execute(statement).await?;
    }
    insert(session, organization, instance, &patch.set).await?;
    Ok(())
}
