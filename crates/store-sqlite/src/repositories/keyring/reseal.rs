//! Replacing what was sealed anew, wherever it still is as it was.

use rusqlite::{Connection, params};
use tenantry_domain::{SealedPlace, ports::Resealed};

use crate::{error::Failure, rows::secret};

/// Answers how many still were as they had been.
pub(super) fn reseal(connection: &Connection, items: &[Resealed]) -> Result<u64, Failure> {
    let mut replaced = 0;
    for item in items {
        replaced += u64::try_from(replace(connection, item)?).unwrap_or_default();
    }
    Ok(replaced)
}

fn replace(connection: &Connection, item: &Resealed) -> Result<usize, Failure> {
    let (new_key, new) = (secret::key_name(item.new.key_id), &item.new.bytes);
    let (old_key, old) = (secret::key_name(item.old.key_id), &item.old.bytes);
    let of_secret = |sql: &'static str, digest: &[u8; 32]| {
        connection
            .prepare_cached(sql)?
            .execute(params![new_key, new, old_key, old, digest])
    };
    let replaced = match &item.place {
        SealedPlace::OrganizationSecret(digest) => of_secret(
            "UPDATE organization_secrets SET key_id = ?, sealed = ? WHERE key_id = ? AND sealed = ? AND digest = ?",
            digest.as_bytes(),
        ),
        SealedPlace::UserSecret(digest) => of_secret(
            "UPDATE user_secrets SET key_id = ?, sealed = ? WHERE key_id = ? AND sealed = ? AND digest = ?",
            digest.as_bytes(),
        ),
        SealedPlace::InstanceToken(digest) => of_secret(
            "UPDATE instance_secrets SET key_id = ?, sealed = ? WHERE key_id = ? AND sealed = ? AND digest = ?",
            digest.as_bytes(),
        ),
        SealedPlace::Configuration { instance, key } => connection
            .prepare_cached(
                "UPDATE instance_configurations SET key_id = ?, sealed = ? WHERE key_id = ? AND sealed = ? \
                 AND (organization_id, instance_id) = \
                 (SELECT organization_id, instance_id FROM instance_secrets WHERE digest = ?) AND key = ?",
            )?
            .execute(params![
                new_key,
                new,
                old_key,
                old,
                instance.as_bytes(),
                key
            ]),
        SealedPlace::Reply(reply) => connection
            .prepare_cached(
                "UPDATE replies SET key_id = ?, sealed = ? WHERE key_id = ? AND sealed = ? \
                 AND organization_id = ? AND user_id = ? AND key = ?",
            )?
            .execute(params![
                new_key,
                new,
                old_key,
                old,
                reply.organization_id.get(),
                reply.user_id.get(),
                reply.key
            ]),
    };
    Ok(replaced?)
}
