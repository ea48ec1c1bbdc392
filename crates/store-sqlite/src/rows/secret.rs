//! Secrets as rows: a digest to find them by, sealed bytes to reveal them from. Clear text never comes here.

use rusqlite::{Connection, Row, types::Value};
use tenantry_domain::{
    Entity, KeyId, OrganizationId, Scope, Sealed, SealedSecret, SecretDigest, UserField, UserId,
    ports::BoxError,
};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Assignments, Cells};
use crate::{error::Failure, selectable::Selectable as _, sql::Sql};

/// What [`read`] reads.
const COLUMNS: &str = "digest, key_id, sealed";

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

/// The organization's present secret.
pub(crate) fn of_organization(
    connection: &Connection,
    organization: OrganizationId,
) -> Result<Option<SealedSecret>, Failure> {
    let mut sql = Sql::new("SELECT ");
    sql.push(COLUMNS)
        .push(" FROM organization_secrets WHERE expires_at IS NULL AND organization_id = ")
        .bind(organization.get());
    sql.row(connection, |row| {
        read(row)
            .map_err(|source| Failure::corrupt(Entity::Organization, organization.get(), source))
    })
}

/// The present secret of a user in `scope`.
pub(crate) fn of_user(
    connection: &Connection,
    scope: &Scope,
    user: UserId,
) -> Result<Option<SealedSecret>, Failure> {
    let mut sql = Sql::new("SELECT ");
    sql.push(COLUMNS).push(
        " FROM user_secrets JOIN users ON users.organization_id = user_secrets.organization_id \
         AND users.id = user_secrets.user_id WHERE user_secrets.expires_at IS NULL AND ",
    );
    UserField::within(scope, &mut sql);
    sql.push(" AND users.id = ").bind(user.get());
    sql.row(connection, |row| {
        read(row).map_err(|source| Failure::corrupt(Entity::User, user.get(), source))
    })
}

fn read(row: &Row<'_>) -> Result<SealedSecret, BoxError> {
    read_cells(&mut Cells::of(row))
}

/// The digest, then what is sealed.
pub(crate) fn read_cells(cells: &mut Cells<'_>) -> Result<SealedSecret, BoxError> {
    Ok(SealedSecret {
        digest: SecretDigest::new(cells.take()?),
        sealed: read_sealed(cells)?,
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
