//! Password policies. An organization that never set one has no row.

use async_trait::async_trait;
use rusqlite::{Connection, Row};
use tenantry_domain::{
    Change, Entity, OrganizationId, PasswordPolicy, Revision,
    ports::{PasswordPolicyRepository, PolicyInForce, RepositoryError},
    transfer::PolicyRecord,
};

use super::organization;
use crate::{
    engine::Engine,
    error::Failure,
    record,
    rows::{Assignments, Cells},
    sql::Sql,
};

pub(crate) struct Policies(pub(crate) Engine);

#[async_trait]
impl PasswordPolicyRepository for Policies {
    async fn find(
        &self,
        organization: OrganizationId,
    ) -> Result<Option<PolicyInForce>, RepositoryError> {
        self.0
            .look_up(move |connection| find(connection, organization))
            .await
    }

    async fn set<'a>(
        &self,
        organization: OrganizationId,
        policy: Option<&'a PasswordPolicy>,
        expected: Option<Revision>,
        change: &Change,
    ) -> Result<Option<PolicyInForce>, RepositoryError> {
        let (policy, change) = (policy.cloned(), *change);
        self.0
            .write(move |connection| set(connection, organization, policy, expected, &change))
            .await
    }
}

pub(super) fn find(
    connection: &Connection,
    organization: OrganizationId,
) -> Result<Option<PolicyInForce>, Failure> {
    let mut sql = Sql::new(
        "SELECT organizations.id, organizations.revision, organizations.created_at, password_policies.is_set, \
           password_policies.created_at, password_policies.updated_at, password_policies.min_length, \
           password_policies.min_uppercase, password_policies.min_lowercase, password_policies.min_numbers, \
           password_policies.min_symbols, password_policies.symbol_character_set, \
           password_policies.previous_password_count, password_policies.expiration_days \
         FROM organizations \
         LEFT JOIN password_policies ON password_policies.organization_id = organizations.id \
         WHERE organizations.id = ",
    );
    sql.bind(organization.get());
    sql.row(connection, read)
}

fn read(row: &Row<'_>) -> Result<PolicyInForce, Failure> {
    Cells::entity(row, Entity::Organization, |cells| {
        let _id: i64 = cells.take()?;
        let (revision, founded) = (Revision::new(cells.take()?), cells.instant()?);
        let Some(is_set) = cells.take()? else {
            return Ok(PolicyInForce {
                policy: PasswordPolicy::default(),
                is_set: false,
                created_at: founded,
                updated_at: founded,
                revision,
            });
        };
        Ok(PolicyInForce {
            is_set,
            created_at: cells.instant()?,
            updated_at: cells.instant()?,
            policy: PasswordPolicy {
                min_length: cells.take()?,
                min_uppercase: cells.take()?,
                min_lowercase: cells.take()?,
                min_numbers: cells.take()?,
                min_symbols: cells.take()?,
                symbol_character_set: cells.take()?,
                previous_password_count: cells.take()?,
                expiration_days: cells.take()?,
            },
            revision,
        })
    })
}

fn set(
    connection: &Connection,
    id: OrganizationId,
    policy: Option<PasswordPolicy>,
    expected: Option<Revision>,
    change: &Change,
) -> Result<Option<PolicyInForce>, Failure> {
    let Some(organization) = organization::find(connection, id)? else {
        return Ok(None);
    };
    organization::check_revision(&organization, expected)?;
    let Some(old) = find(connection, id)? else {
        return Ok(None);
    };
    let is_set = policy.is_some();
    let new = PolicyInForce {
        policy: policy.unwrap_or_default(),
        is_set,
        created_at: if is_set && old.is_set {
            old.created_at
        } else {
            change.at
        },
        updated_at: change.at,
        revision: organization::count_as_write(connection, &organization, change)?,
    };
    connection
        .prepare_cached("DELETE FROM password_policies WHERE organization_id = ?")?
        .execute([id.get()])?;
    assignments(&new)
        .set("organization_id", id.get())
        .insert(connection, "password_policies")?;
    let (before, after) = (old.policy.snapshot(), new.policy.snapshot());
    record::updated(connection, &organization, &before, &after, change)?;
    Ok(Some(new))
}

/// Stores the policy that an organization comes with.
pub(super) fn insert(
    connection: &Connection,
    id: OrganizationId,
    record: &PolicyRecord,
) -> Result<(), Failure> {
    let in_force = PolicyInForce {
        policy: record.policy.clone(),
        is_set: true,
        created_at: record.created_at,
        updated_at: record.updated_at,
        revision: Revision::FIRST,
    };
    assignments(&in_force)
        .set("organization_id", id.get())
        .insert(connection, "password_policies")?;
    Ok(())
}

fn assignments(in_force: &PolicyInForce) -> Assignments {
    let policy = &in_force.policy;
    Assignments::new()
        .set("is_set", in_force.is_set)
        .set("min_length", policy.min_length)
        .set("min_uppercase", policy.min_uppercase)
        .set("min_lowercase", policy.min_lowercase)
        .set("min_numbers", policy.min_numbers)
        .set("min_symbols", policy.min_symbols)
        .set("symbol_character_set", policy.symbol_character_set.clone())
        .set("previous_password_count", policy.previous_password_count)
        .set("expiration_days", policy.expiration_days)
        .instant("created_at", in_force.created_at)
        .instant("updated_at", in_force.updated_at)
}
