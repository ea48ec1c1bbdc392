//! Creating a user: one statement, so one round trip and one transaction.

use tenantry_domain::{
    AuditAction, Change, Entity, OrganizationId, PasswordHash, PasswordState, Revision, RoleKey,
    User, UserDraft, UserId,
    ports::{RepositoryError, UserAndRoles},
};

use super::columns::{bind_fields, user_columns, user_values};
use crate::{
    audit,
    database::Database,
    error::{EMAIL_IN_USE, Failure},
    role::held::{held_of, held_roles},
    row::Fields,
    sql::Statement,
};

pub(super) async fn create(
    database: &Database,
    organization: OrganizationId,
    draft: &UserDraft,
    change: &Change,
) -> Result<UserAndRoles, RepositoryError> {
    let mut user = User {
        id: UserId::new(0),
        organization_id: organization,
        account_id: draft.account_id,
        email: draft.email.clone(),
        first_name: draft.first_name.clone(),
        last_name: draft.last_name.clone(),
        active: draft.active,
        profile: draft.profile.clone(),
        password: match draft.password {
            None => PasswordState::Absent,
            Some(_) => PasswordState::Set {
                changed_at: change.at,
                must_change: false,
            },
        },
        locked_until: None,
        last_login_at: None,
        created_at: change.at,
        updated_at: change.at,
        revision: Revision::FIRST,
    };
    let snapshot = user.creation(&draft.roles);
    // The lock keeps the account and its roles as they are until the commit. The account is checked again after a wait for
    // whoever changes it; the roles are those before the wait, so they do not count if it is another revision then.
    let statement = Statement::new(concat!(
        "WITH account AS (SELECT active, is_default, revision FROM accounts \
         WHERE organization_id = $1 AND id = $2 FOR SHARE), \
         before AS (SELECT revision FROM accounts WHERE organization_id = $1 AND id = $2), \
         created AS (INSERT INTO users (",
        user_columns!(),
        ") SELECT ",
        user_values!(),
        " FROM account WHERE account.active ON CONFLICT (email_folded) DO NOTHING RETURNING id), \
         secret AS (INSERT INTO user_secrets (digest, organization_id, user_id, sealed, key_id, created_at) \
         SELECT $34, $1, created.id, $35, $36, $31 FROM created), \
         granted AS (INSERT INTO user_roles (organization_id, user_id, role_id) \
         SELECT $1, created.id, roles.id FROM created \
         JOIN roles ON roles.organization_id = $1 AND roles.key = ANY($37)), \
         recorded AS (INSERT INTO audit_records \
         (organization_id, account_id, at, author, author_user_id, request_id, action, target, target_id, old, new) \
         SELECT $1, $2, $41, $42, $43, $44, $38, $39, created.id, '{}', $40 FROM created) \
         SELECT account.active, created.id, account.revision = before.revision AS roles_count, ",
        held_roles!("$1", "$2", "account.is_default", "roles.key = ANY($37)"),
        " FROM account LEFT JOIN before ON TRUE LEFT JOIN created ON TRUE",
    ));
    let statement = bind_fields(
        statement
            .bind(organization.get())
            .bind(draft.account_id.get()),
        &user,
    )
    .bind(Revision::FIRST.get())
    .bind(draft.password.as_ref().map(PasswordHash::expose))
    .bind(draft.secret.digest.as_bytes().as_slice())
    .bind(draft.secret.sealed.bytes.as_slice())
    .bind(draft.secret.sealed.key_id.0)
    .bind(
        draft
            .roles
            .iter()
            .map(|role| RoleKey::as_str(*role))
            .collect::<Vec<_>>(),
    )
    .bind(AuditAction::Created.as_str())
    .bind(Entity::User.as_str())
    .bind(audit::json(&snapshot));
    let rows = database
        .write(audit::bind_change(statement, change))
        .await?;
    let Some(row) = rows.first() else {
        return Err(RepositoryError::Conflict {
            entity: Entity::Account,
            field: "id",
        });
    };
    if !sqlx::Row::try_get::<bool, _>(row, "active").map_err(Failure::from)? {
        return Err(RepositoryError::Conflict {
            entity: Entity::Account,
            field: "active",
        });
    }
    let id: Option<i64> = sqlx::Row::try_get(row, "id").map_err(Failure::from)?;
    user.id = UserId::new(id.ok_or(EMAIL_IN_USE)?);
    let fields = Fields::of(Entity::User, row)?;
    let roles = match fields.get("roles_count")? {
        Some(true) => held_of(row, organization)?,
        Some(false) | None => None,
    };
    Ok(UserAndRoles { user, roles })
}
