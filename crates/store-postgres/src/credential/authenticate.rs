//! Who is calling: one statement for each way to say it, every look-up by a key.

use sqlx::postgres::PgRow;
use tenantry_domain::{
    AccountId, CalledInstance, Entity, Identity, InstanceId, OrganizationId, PrivilegeSet, Rank,
    RoleKey, SecretDigest, UserId,
    ports::{Authenticated, Caller, RepositoryError},
};
use time::OffsetDateTime;

use crate::{
    database::Database, role::privileges_of, row::Fields, sql::Statement,
    user::columns::password_state,
};

/// One row per effective role of the user whom `$credential` names, of an organization and an account that are active.
/// $1 is the instant, $2 and $3 are the keys of the roles of default and other accounts, $4 is the digest of an instance's
/// token, or NULL.
macro_rules! callers {
    ($credential:literal, $good_until:literal, $conditions:literal) => {
        concat!(
            "SELECT users.organization_id, users.id, users.account_id, organizations.default_account_id, \
             users.password_changed_at, users.password_must_change, \
             coalesce(password_policies.expiration_days, 0) AS expiration_days, \
             instances.id AS instance_id, instances.account_id AS instance_account_id, \
             instances.user_id AS instance_user_id, instances.disabled, roles.id AS role_id, roles.key, roles.privileges, ",
            $good_until,
            " AS good_until FROM ",
            $credential,
            " JOIN organizations ON organizations.id = credential.organization_id AND organizations.active \
             JOIN users ON users.organization_id = credential.organization_id AND users.id = credential.user_id \
             AND users.active \
             JOIN accounts ON accounts.organization_id = users.organization_id AND accounts.id = users.account_id \
             AND accounts.active \
             LEFT JOIN password_policies ON password_policies.organization_id = users.organization_id \
             AND password_policies.is_set \
             LEFT JOIN instance_secrets ON instance_secrets.digest = $4 \
             AND instance_secrets.organization_id = users.organization_id \
             LEFT JOIN instances ON instances.organization_id = instance_secrets.organization_id \
             AND instances.id = instance_secrets.instance_id \
             LEFT JOIN roles ON roles.organization_id = users.organization_id AND ( \
             roles.key = CASE WHEN accounts.is_default THEN $2 ELSE $3 END \
             OR EXISTS (SELECT 1 FROM user_roles WHERE user_roles.organization_id = users.organization_id \
             AND user_roles.user_id = users.id AND user_roles.role_id = roles.id) \
             OR EXISTS (SELECT 1 FROM account_roles WHERE account_roles.organization_id = users.organization_id \
             AND account_roles.account_id = users.account_id AND account_roles.role_id = roles.id)) \
             WHERE (credential.expires_at IS NULL OR credential.expires_at > $1) \
             AND ($4::bytea IS NULL OR instances.id IS NOT NULL) AND ",
            $conditions
        )
    };
}

const BY_SECRETS: &str = callers!(
    "user_secrets AS credential JOIN organization_secrets ON organization_secrets.digest = $6 \
     AND organization_secrets.organization_id = credential.organization_id \
     AND (organization_secrets.expires_at IS NULL OR organization_secrets.expires_at > $1)",
    "LEAST(credential.expires_at, organization_secrets.expires_at)",
    "credential.digest = $5"
);
const BY_INSTANCE: &str = callers!(
    "user_secrets AS credential",
    "credential.expires_at",
    "credential.digest = $5"
);
const BY_TOKEN: &str = callers!(
    "login_tokens AS credential",
    "credential.expires_at",
    "credential.digest = $5"
);

pub(super) async fn authenticate(
    database: &Database,
    caller: &Caller,
    now: OffsetDateTime,
) -> Result<Option<Authenticated>, RepositoryError> {
    let statement = match caller {
        Caller::Secrets {
            user,
            organization,
            instance,
        } => {
            bound(BY_SECRETS, now, user, instance.as_ref()).bind(organization.as_bytes().as_slice())
        }
        Caller::Instance { user, instance } => bound(BY_INSTANCE, now, user, Some(instance)),
        Caller::Token { token, instance } => bound(BY_TOKEN, now, token, instance.as_ref()),
    };
    authenticated_of(&database.read(statement).await?)
}

fn bound(
    text: &'static str,
    now: OffsetDateTime,
    credential: &SecretDigest,
    instance: Option<&SecretDigest>,
) -> Statement {
    Statement::new(text)
        .bind(now)
        .bind(RoleKey::of_account(true).as_str())
        .bind(RoleKey::of_account(false).as_str())
        .bind(instance.map(|digest| digest.as_bytes().as_slice()))
        .bind(credential.as_bytes().as_slice())
}

fn authenticated_of(rows: &[PgRow]) -> Result<Option<Authenticated>, RepositoryError> {
    let Some(first) = rows.first() else {
        return Ok(None);
    };
    let fields = Fields::of(Entity::User, first)?;
    let (mut privileges, mut rank) = (PrivilegeSet::EMPTY, Rank::User);
    for row in rows {
        if Fields::of(Entity::User, row)?
            .get::<Option<i64>>("role_id")?
            .is_none()
        {
            continue;
        }
        let role = Fields::named(Entity::Role, row, "role_id")?;
        privileges = privileges.union(privileges_of(&role)?);
        rank = rank.max(role.role_key("key")?.rank());
    }
    let identity = Identity {
        user_id: UserId::new(fields.id()),
        account_id: AccountId::new(fields.get("account_id")?),
        organization_id: OrganizationId::new(fields.get("organization_id")?),
        default_account_id: AccountId::new(fields.get("default_account_id")?),
        privileges,
        rank,
        password_expiration_days: fields.count("expiration_days")?,
    };
    let password = password_state(&fields, "password_changed_at", "password_must_change")?;
    let instance = match fields.get::<Option<i64>>("instance_id")? {
        None => None,
        Some(id) => Some(CalledInstance {
            id: InstanceId::new(id),
            account_id: AccountId::new(fields.get("instance_account_id")?),
            user_id: UserId::new(fields.get("instance_user_id")?),
            disabled: fields.get("disabled")?,
        }),
    };
    Ok(Some(Authenticated {
        identity,
        password,
        instance,
        good_until: fields.get("good_until")?,
    }))
}
