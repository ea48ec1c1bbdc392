//! Secrets as rows: a digest to find them by, sealed bytes to reveal them from. Clear text never comes here.

use rusqlite::{Connection, Row, types::Value};
use tenantry_domain::{KeyId, Sealed, SealedSecret, SecretDigest, ports::BoxError};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Assignments, Cells};
use crate::error::Failure;

/// What [`read`] reads.
pub(crate) const COLUMNS: &str = "digest, key_id, sealed";

/// Whose secret it is, which is the table that it stands in.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Owner {
    Organization,
    User(i64),
    Instance(i64),
}

/// Stores a secret of `owner`.
pub(crate) fn insert(
    connection: &Connection,
    organization: i64,
    owner: Owner,
    secret: &SealedSecret,
    at: OffsetDateTime,
) -> Result<(), Failure> {
    let row = Assignments::new()
        .set("digest", secret.digest.as_bytes().to_vec())
        .set("organization_id", organization)
        .set("sealed", secret.sealed.bytes.clone())
        .set("key_id", key_name(secret.sealed.key_id))
        .instant("created_at", at);
    match owner {
        Owner::Organization => row.insert(connection, "organization_secrets")?,
        Owner::User(id) => row.set("user_id", id).insert(connection, "user_secrets")?,
        Owner::Instance(id) => row
            .set("instance_id", id)
            .insert(connection, "instance_secrets")?,
    };
    Ok(())
}

pub(crate) fn read(row: &Row<'_>) -> Result<SealedSecret, BoxError> {
    let mut cells = Cells::of(row);
    let digest = SecretDigest::new(cells.take()?);
    Ok(SealedSecret {
        digest,
        sealed: read_sealed(&mut cells)?,
    })
}

/// The name of the key, then the bytes.
pub(crate) fn read_sealed(cells: &mut Cells<'_>) -> Result<Sealed, BoxError> {
    let key_id = KeyId(Uuid::parse_str(&cells.take::<String>()?)?);
    Ok(Sealed {
        key_id,
        bytes: cells.take()?,
    })
}

pub(crate) fn key_name(key_id: KeyId) -> Value {
    Value::Text(key_id.0.hyphenated().to_string())
}
