//! Rows as records that travel: the same for those that move out and for those that are looked up.

use sqlx::postgres::PgRow;
use tenantry_domain::{
    Entity, PasswordHash, RoleKey, SealedSecret,
    ports::RepositoryError,
    transfer::{AccountRecord, UserRecord},
};

use crate::{account::account_of, row::Fields, user::columns::user_of};

/// What [`account_record_of`] reads.
macro_rules! account_record_selection {
    () => {
        "SELECT accounts.organization_id, accounts.id, accounts.name, accounts.description, accounts.external_id, \
         accounts.active, accounts.is_default, accounts.created_at, accounts.updated_at, accounts.revision, \
         ARRAY(SELECT roles.key FROM account_roles \
         JOIN roles ON roles.organization_id = account_roles.organization_id AND roles.id = account_roles.role_id \
         WHERE account_roles.organization_id = accounts.organization_id AND account_roles.account_id = accounts.id) \
         AS roles FROM accounts"
    };
}

/// What [`known_user_of`] reads, without the table.
macro_rules! known_user_selection {
    () => {
        concat!(
            "SELECT ",
            $crate::user::columns::user_selection!(),
            ", ARRAY(SELECT roles.key FROM user_roles \
             JOIN roles ON roles.organization_id = user_roles.organization_id AND roles.id = user_roles.role_id \
             WHERE user_roles.organization_id = users.organization_id AND user_roles.user_id = users.id) AS roles"
        )
    };
}

/// What [`user_record_of`] reads.
macro_rules! user_record_selection {
    () => {
        concat!(
            $crate::transfer::rows::known_user_selection!(),
            ", users.password_hash, ARRAY(SELECT former.hash FROM password_history AS former \
             WHERE former.organization_id = users.organization_id AND former.user_id = users.id \
             ORDER BY former.id DESC) AS former_passwords, present.digest, present.key_id, present.sealed FROM users \
             JOIN user_secrets AS present ON present.organization_id = users.organization_id \
             AND present.user_id = users.id AND present.expires_at IS NULL"
        )
    };
}
pub(super) use {account_record_selection, known_user_selection, user_record_selection};

/// Reads a row of [`account_record_selection`].
pub(super) fn account_record_of(row: &PgRow) -> Result<AccountRecord, RepositoryError> {
    Ok(AccountRecord {
        account: account_of(row)?,
        roles: roles_of(&Fields::of(Entity::Account, row)?)?,
    })
}

/// Reads a row of [`known_user_selection`].
pub(super) fn known_user_of(row: &PgRow) -> Result<UserRecord<()>, RepositoryError> {
    Ok(UserRecord {
        user: user_of(row)?,
        password: None,
        former_passwords: Vec::new(),
        secret: (),
        roles: Some(roles_of(&Fields::of(Entity::User, row)?)?),
    })
}

/// Reads a row of [`user_record_selection`].
pub(super) fn user_record_of(row: &PgRow) -> Result<UserRecord<SealedSecret>, RepositoryError> {
    let known = known_user_of(row)?;
    let fields = Fields::of(Entity::User, row)?;
    let password: Option<String> = fields.get("password_hash")?;
    let former: Vec<String> = fields.get("former_passwords")?;
    Ok(UserRecord {
        user: known.user,
        password: password.map(PasswordHash::new),
        former_passwords: former.into_iter().map(PasswordHash::new).collect(),
        secret: fields.secret()?,
        roles: known.roles,
    })
}

/// The column `roles`, in the order of [`RoleKey`].
fn roles_of(fields: &Fields<'_>) -> Result<Vec<RoleKey>, RepositoryError> {
    let keys: Vec<String> = fields.get("roles")?;
    let mut roles = keys
        .iter()
        .map(|key| {
            RoleKey::parse(key).ok_or_else(|| fields.corrupt("there is no role with this key"))
        })
        .collect::<Result<Vec<_>, _>>()?;
    roles.sort_unstable();
    Ok(roles)
}
