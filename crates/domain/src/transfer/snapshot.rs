//! The fields by which a thing that is here is compared with what comes along: those that every source knows. When a password
//! was set, until when a user is locked, and what is sealed differ for reasons of their own, and are no difference. And what the
//! audit log keeps of an organization.

use super::{AccountRecord, OrganizationRecord, SealedInstance, UserRecord};
use crate::{ConfigurationValue, MASK, Privilege, RoleKey, Snapshot, Text};

/// What the audit log keeps of the creation of an organization that moves in: with the policy that it brings along, and what its
/// roles allow as `roles.` and their keys. No other record says so.
pub fn organization_creation<S>(record: &OrganizationRecord<S>) -> Snapshot {
    let organization = &record.organization;
    let policy = record.policy.as_ref();
    let snapshot = policy
        .map_or_else(Snapshot::new, |it| it.policy.snapshot())
        .field("name", &organization.name)
        .field("active", organization.active);
    let roles = record.roles.iter();
    roles
        .filter(|role| RoleKey::OF_AN_ORGANIZATION.contains(&role.key))
        .fold(snapshot, |snapshot, role| {
            let privileges: Vec<_> = role.privileges.iter().map(Privilege::key).collect();
            let name = format!("roles.{}", role.key.as_str());
            snapshot.field(&name, privileges.join(","))
        })
}

/// Of an account. `accountId`s are compared by the caller, who knows what numbers became.
pub fn account_snapshot(record: &AccountRecord) -> Snapshot {
    record
        .account
        .snapshot()
        .field("roles", joined(&record.roles))
}

/// Of a user. Roles count only if the source was asked for them.
pub fn user_snapshot<S>(record: &UserRecord<S>) -> Snapshot {
    let mut snapshot = record.user.snapshot();
    for unknown in ["passwordChangedAt", "lockedUntil"] {
        snapshot.0.remove(unknown);
    }
    match &record.roles {
        Some(roles) => snapshot.field("roles", joined(roles)),
        None => snapshot,
    }
}

/// Of an instance. Of a credential it counts that it is there.
pub fn instance_snapshot(instance: &SealedInstance) -> Snapshot {
    let tags: Vec<_> = instance.tags.iter().map(Text::as_str).collect();
    let snapshot = Snapshot::new()
        .field("name", &instance.name)
        .field("elementKey", &instance.element.key)
        .field("userId", instance.user_id)
        .field("tags", tags.join(", "))
        .field(
            "externalAuthentication",
            instance.external_authentication.as_str(),
        )
        .field("valid", instance.valid)
        .field("disabled", instance.disabled);
    instance
        .configuration
        .iter()
        .fold(snapshot, |snapshot, entry| {
            let shown = match &entry.value {
                ConfigurationValue::Clear(text) => text.as_str(),
                ConfigurationValue::Sealed(_) => MASK,
            };
            snapshot.field(&configuration_field(entry.key.as_str()), shown)
        })
}

/// The field of the configuration entry of this key.
pub fn configuration_field(key: &str) -> String {
    format!("configuration.{key}")
}

fn joined(roles: &[RoleKey]) -> String {
    let keys: Vec<_> = roles.iter().map(|role| role.as_str()).collect();
    keys.join(",")
}
