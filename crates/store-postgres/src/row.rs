//! From columns to value types. A value that the domain refuses makes the row corrupt.

use std::collections::BTreeSet;

use sqlx::{ColumnIndex, Decode, Postgres, Row as _, Type, postgres::PgRow};
use tenantry_domain::{
    Email, Entity, KeyId, Name, Revision, RoleKey, Sealed, SealedSecret, SecretDigest, Text,
    ports::{BoxError, RepositoryError},
};
use uuid::Uuid;

use crate::error::{Failure, corrupt};

/// A row of one entity.
pub(crate) struct Fields<'r> {
    row: &'r PgRow,
    entity: Entity,
    id: i64,
}

impl<'r> Fields<'r> {
    /// The row of the entity whose id is in the column `id`.
    pub(crate) fn of(entity: Entity, row: &'r PgRow) -> Result<Self, RepositoryError> {
        Self::named(entity, row, "id")
    }

    /// The row of the entity whose id is in this column.
    pub(crate) fn named(entity: Entity, row: &'r PgRow, id: &str) -> Result<Self, RepositoryError> {
        let id = row.try_get(id).map_err(|error| corrupt(entity, 0, error))?;
        Ok(Self { row, entity, id })
    }

    /// The id.
    pub(crate) fn id(&self) -> i64 {
        self.id
    }

    /// The place of a column.
    pub(crate) fn place(&self, column: &str) -> Result<usize, RepositoryError> {
        column.index(self.row).map_err(|error| self.corrupt(error))
    }

    /// The value as PostgreSQL has it.
    pub(crate) fn get<T: Decode<'r, Postgres> + Type<Postgres>>(
        &self,
        column: impl ColumnIndex<PgRow>,
    ) -> Result<T, RepositoryError> {
        self.row
            .try_get(column)
            .map_err(|error| self.corrupt(error))
    }

    /// The value read by `parse`.
    pub(crate) fn parse<T, E: Into<BoxError>>(
        &self,
        column: impl ColumnIndex<PgRow>,
        parse: impl FnOnce(String) -> Result<T, E>,
    ) -> Result<T, RepositoryError> {
        parse(self.get(column)?).map_err(|error| self.corrupt(error))
    }

    pub(crate) fn name(&self, column: impl ColumnIndex<PgRow>) -> Result<Name, RepositoryError> {
        self.parse(column, Name::parse)
    }

    pub(crate) fn text(&self, column: impl ColumnIndex<PgRow>) -> Result<Text, RepositoryError> {
        self.parse(column, Text::parse)
    }

    pub(crate) fn optional_text(
        &self,
        column: impl ColumnIndex<PgRow>,
    ) -> Result<Option<Text>, RepositoryError> {
        let text: Option<String> = self.get(column)?;
        text.map(Text::parse)
            .transpose()
            .map_err(|error| self.corrupt(error))
    }

    pub(crate) fn email(&self, column: impl ColumnIndex<PgRow>) -> Result<Email, RepositoryError> {
        self.parse(column, Email::parse)
    }

    pub(crate) fn role_key(
        &self,
        column: impl ColumnIndex<PgRow>,
    ) -> Result<RoleKey, RepositoryError> {
        self.parse(column, |key| {
            RoleKey::parse(&key).ok_or("there is no role with this key")
        })
    }

    /// The keys of several roles.
    pub(crate) fn role_keys(
        &self,
        column: impl ColumnIndex<PgRow>,
    ) -> Result<BTreeSet<RoleKey>, RepositoryError> {
        let keys: Vec<String> = self.get(column)?;
        let keys = keys.iter().map(|key| RoleKey::parse(key));
        keys.collect::<Option<_>>()
            .ok_or_else(|| self.corrupt("there is no role with this key"))
    }

    pub(crate) fn revision(
        &self,
        column: impl ColumnIndex<PgRow>,
    ) -> Result<Revision, RepositoryError> {
        self.get(column).map(Revision::new)
    }

    /// The columns `key_id` and `sealed`.
    pub(crate) fn sealed(&self) -> Result<Sealed, RepositoryError> {
        Ok(Sealed {
            key_id: KeyId(self.get::<Uuid>("key_id")?),
            bytes: self.get("sealed")?,
        })
    }

    /// The columns `digest`, `key_id` and `sealed`.
    pub(crate) fn secret(&self) -> Result<SealedSecret, RepositoryError> {
        Ok(SealedSecret {
            digest: self.digest("digest")?,
            sealed: self.sealed()?,
        })
    }

    pub(crate) fn digest(
        &self,
        column: impl ColumnIndex<PgRow>,
    ) -> Result<SecretDigest, RepositoryError> {
        self.hash(column).map(SecretDigest::new)
    }

    /// Thirty-two bytes.
    pub(crate) fn hash(
        &self,
        column: impl ColumnIndex<PgRow>,
    ) -> Result<[u8; 32], RepositoryError> {
        <[u8; 32]>::try_from(self.get::<Vec<u8>>(column)?)
            .map_err(|_| self.corrupt("a digest has not 32 bytes"))
    }

    /// A number that is never negative.
    pub(crate) fn count(&self, column: impl ColumnIndex<PgRow>) -> Result<u32, RepositoryError> {
        u32::try_from(self.get::<i64>(column)?).map_err(|error| self.corrupt(error))
    }

    /// The error that says that something in this row cannot be.
    pub(crate) fn corrupt(&self, source: impl Into<BoxError>) -> RepositoryError {
        corrupt(self.entity, self.id, source)
    }
}

/// A number that PostgreSQL has counted, in the only column.
pub(crate) fn number(row: Option<&PgRow>) -> Result<u64, RepositoryError> {
    let counted = row
        .ok_or(sqlx::Error::RowNotFound)
        .and_then(|row| row.try_get::<i64, _>(0))
        .map_err(Failure::from)?;
    Ok(u64::try_from(counted).unwrap_or(0))
}

/// An id that PostgreSQL has assigned, in this column.
pub(crate) fn assigned(row: &PgRow, column: &str) -> Result<i64, Failure> {
    Ok(row.try_get(column)?)
}
