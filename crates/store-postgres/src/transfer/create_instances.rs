//! Instances, many at once, with their tags, configuration and tokens.

use tenantry_domain::{
    Change, ConfigurationEntry, ConfigurationValue, Instance, OrganizationId, Sealed, ceql::fold,
};

use crate::{error::Failure, session::Session, sql::Statement, unnested::Columns};

pub(super) async fn create(
    session: &mut Session<'_>,
    organization: OrganizationId,
    instances: &[&Instance],
    change: &Change,
) -> Result<(), Failure> {
    if instances.is_empty() {
        return Ok(());
    }
    insert(session, organization, instances).await?;
    insert_tokens(session, organization, instances, change).await?;
    insert_tags(session, organization, instances).await?;
    insert_configurations(session, organization, instances).await
}

async fn insert(
    session: &mut Session<'_>,
    organization: OrganizationId,
    instances: &[&Instance],
) -> Result<(), Failure> {
    let statement = Statement::new(
        "INSERT INTO instances (organization_id, id, account_id, user_id, name, name_folded, element_id, \
         external_authentication, valid, disabled, created_at, updated_at, revision) \
         SELECT $1, entry.* FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], \
         $7::bigint[], $8::text[], $9::boolean[], $10::boolean[], $11::timestamptz[], $12::timestamptz[], \
         $13::bigint[]) AS entry",
    )
    .bind(organization.get());
    let statement = Columns::new(statement, instances)
        .of(|instance| instance.id.get())
        .of(|instance| instance.account_id.get())
        .of(|instance| instance.user.id.get())
        .of(|instance| instance.name.as_str())
        .of(|instance| fold(instance.name.as_str()))
        .of(|instance| instance.element.id.get())
        .of(|instance| instance.external_authentication.as_str())
        .of(|instance| instance.valid)
        .of(|instance| instance.disabled)
        .of(|instance| instance.created_at)
        .of(|instance| instance.updated_at)
        .of(|instance| instance.revision.get())
        .statement();
    Ok(session.execute(statement).await?)
}

async fn insert_tokens(
    session: &mut Session<'_>,
    organization: OrganizationId,
    instances: &[&Instance],
    change: &Change,
) -> Result<(), Failure> {
    let statement = Statement::new(
        "INSERT INTO instance_secrets (organization_id, created_at, instance_id, digest, sealed, key_id) \
         SELECT $1, $2, entry.* FROM unnest($3::bigint[], $4::bytea[], $5::bytea[], $6::uuid[]) AS entry",
    )
    .bind(organization.get())
    .bind(change.at);
    let statement = Columns::new(statement, instances)
        .of(|instance| instance.id.get())
        .of(|instance| instance.token.digest.as_bytes().as_slice())
        .of(|instance| instance.token.sealed.bytes.as_slice())
        .of(|instance| instance.token.sealed.key_id.0)
        .statement();
    Ok(session.execute(statement).await?)
}

async fn insert_tags(
    session: &mut Session<'_>,
    organization: OrganizationId,
    instances: &[&Instance],
) -> Result<(), Failure> {
    let tags: Vec<_> = instances
        .iter()
        .flat_map(|instance| {
            let tags = (1..).zip(&instance.tags);
            tags.map(|(position, tag)| (instance.id.get(), position, tag.as_str()))
        })
        .collect();
    if tags.is_empty() {
        return Ok(());
    }
    let statement = Statement::new(
        "INSERT INTO instance_tags (organization_id, instance_id, position, tag, tag_folded) \
         SELECT $1, entry.* FROM unnest($2::bigint[], $3::integer[], $4::text[], $5::text[]) AS entry",
    )
    .bind(organization.get());
    let statement = Columns::new(statement, &tags)
        .of(|(instance, ..)| *instance)
        .of(|(_, position, _)| -> i32 { *position })
        .of(|(.., tag)| *tag)
        .of(|(.., tag)| fold(tag))
        .statement();
    Ok(session.execute(statement).await?)
}

async fn insert_configurations(
    session: &mut Session<'_>,
    organization: OrganizationId,
    instances: &[&Instance],
) -> Result<(), Failure> {
    let entries: Vec<_> = instances
        .iter()
        .flat_map(|instance| {
            let entries = instance.configuration.iter();
            entries.map(|entry| (instance.id.get(), entry))
        })
        .collect();
    if entries.is_empty() {
        return Ok(());
    }
    let statement = Statement::new(
        "INSERT INTO instance_configurations (organization_id, instance_id, id, key, value, sealed, key_id) \
         SELECT $1, entry.* \
         FROM unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::bytea[], $7::uuid[]) AS entry",
    )
    .bind(organization.get());
    let statement = Columns::new(statement, &entries)
        .of(|(instance, _)| *instance)
        .of(|(_, entry)| entry.id.get())
        .of(|(_, entry)| entry.key.as_str())
        .of(|(_, entry)| clear(entry))
        .of(|(_, entry)| sealed(entry).map(|sealed| sealed.bytes.as_slice()))
        .of(|(_, entry)| sealed(entry).map(|sealed| sealed.key_id.0))
        .statement();
    Ok(session.execute(statement).await?)
}

fn clear(entry: &ConfigurationEntry) -> Option<&str> {
    match &entry.value {
        ConfigurationValue::Clear(text) => Some(text.as_str()),
        ConfigurationValue::Sealed(_) => None,
    }
}

fn sealed(entry: &ConfigurationEntry) -> Option<&Sealed> {
    match &entry.value {
        ConfigurationValue::Clear(_) => None,
        ConfigurationValue::Sealed(sealed) => Some(sealed),
    }
}
