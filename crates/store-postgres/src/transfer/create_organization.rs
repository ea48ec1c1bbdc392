//! An organization that moves in, with what every organization has from its beginning.

use tenantry_domain::{
    AuditAction, Change, Entity, Organization, OrganizationId, Privilege, Role, SealedSecret,
    Snapshot, Text,
    transfer::{OrganizationRecord, PolicyRecord, organization_creation},
};

use super::create_accounts::create_accounts;
use crate::{
    account::update,
    audit::{self, Entry},
    error::Failure,
    session::Session,
    sql::Statement,
    unnested::Columns,
};

/// Creates it, a customer's, under the numbers that the record says.
pub(super) async fn create_organization(
    session: &mut Session<'_>,
    record: &OrganizationRecord<SealedSecret>,
    change: &Change,
) -> Result<(), Failure> {
    let id = record.organization.id;
    insert_organization(session, &record.organization).await?;
    insert_roles(session, id, &record.roles).await?;
    create_accounts(session, id, &[&record.default_account]).await?;
    if let Some(policy) = &record.policy {
        insert_policy(session, id, policy).await?;
    }
    insert_secret(session, id, &record.secret, change).await?;
    record_creation(session, record, change).await
}

async fn insert_organization(
    session: &mut Session<'_>,
    organization: &Organization,
) -> Result<(), Failure> {
    let statement = Statement::new(
        "INSERT INTO organizations \
         (id, name, kind, active, default_account_id, external_id, created_at, updated_at, revision) \
         VALUES ($1, $2, 'customer', $3, $4, $5, $6, $7, $8)",
    )
    .bind(organization.id.get())
    .bind(organization.name.as_str())
    .bind(organization.active)
    .bind(organization.default_account_id.get())
    .bind(organization.external_id.as_ref().map(Text::as_str))
    .bind(organization.created_at)
    .bind(organization.updated_at)
    .bind(organization.revision.get());
    Ok(session.execute(statement).await?)
}

async fn insert_roles(
    session: &mut Session<'_>,
    organization: OrganizationId,
    roles: &[Role],
) -> Result<(), Failure> {
    // An array cannot hold arrays of different lengths, and privilege keys hold no comma.
    let privileges = |role: &Role| {
        let keys: Vec<_> = role.privileges.iter().map(Privilege::key).collect();
        keys.join(",")
    };
    let statement = Statement::new(
        "INSERT INTO roles (organization_id, id, key, name, description, privileges) \
         SELECT $1, role.id, role.key, role.name, role.description, string_to_array(role.privileges, ',') \
         FROM unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[]) \
         AS role (id, key, name, description, privileges)",
    )
    .bind(organization.get());
    let statement = Columns::new(statement, roles)
        .of(|role| role.id.get())
        .of(|role| role.key.as_str())
        .of(|role| role.name.as_str())
        .of(|role| role.description.as_str())
        .of(privileges)
        .statement();
    Ok(session.execute(statement).await?)
}

async fn insert_policy(
    session: &mut Session<'_>,
    organization: OrganizationId,
    record: &PolicyRecord,
) -> Result<(), Failure> {
    let policy = &record.policy;
    let statement = Statement::new(
        "INSERT INTO password_policies (organization_id, is_set, created_at, updated_at, min_length, min_uppercase, \
         min_lowercase, min_numbers, min_symbols, symbol_character_set, previous_password_count, expiration_days) \
         VALUES ($1, TRUE, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(organization.get())
    .bind(record.created_at)
    .bind(record.updated_at)
    .bind(i64::from(policy.min_length))
    .bind(i64::from(policy.min_uppercase))
    .bind(i64::from(policy.min_lowercase))
    .bind(i64::from(policy.min_numbers))
    .bind(i64::from(policy.min_symbols))
    .bind(policy.symbol_character_set.as_str())
    .bind(i64::from(policy.previous_password_count))
    .bind(i64::from(policy.expiration_days));
    Ok(session.execute(statement).await?)
}

async fn insert_secret(
    session: &mut Session<'_>,
    organization: OrganizationId,
    secret: &SealedSecret,
    change: &Change,
) -> Result<(), Failure> {
    let statement = Statement::new(
        "INSERT INTO organization_secrets (digest, organization_id, sealed, key_id, created_at) \
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(secret.digest.as_bytes().as_slice())
    .bind(organization.get())
    .bind(secret.sealed.bytes.as_slice())
    .bind(secret.sealed.key_id.0)
    .bind(change.at);
    Ok(session.execute(statement).await?)
}

async fn record_creation(
    session: &mut Session<'_>,
    record: &OrganizationRecord<SealedSecret>,
    change: &Change,
) -> Result<(), Failure> {
    let (organization, account) = (&record.organization, &record.default_account.account);
    let created = AuditAction::Created;
    let of_organization = Entry {
        account: None,
        action: created,
        target: Entity::Organization,
        target_id: organization.id.get(),
        old: Snapshot::new(),
        new: organization_creation(record),
    };
    let of_account = update::entry(account, created, Snapshot::new(), account.snapshot());
    let entries = [of_organization, of_account];
    audit::record(session, organization.id, change, &entries).await
}
