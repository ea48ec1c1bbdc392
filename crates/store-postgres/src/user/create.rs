//! Creating users: one statement, so one round trip and one transaction. Those in one account that wait at the same moment share it.

use tenantry_domain::{
    AccountId, AuditAction, Change, EffectiveRole, Entity, OrganizationId, PasswordHash, RoleKey,
    User, UserDraft, UserId,
    ports::{RepositoryError, UserAndRoles},
};

use super::columns::{bind_all_fields, user_arrays, user_columns, user_fields};
use crate::{
    audit,
    database::Database,
    error::EMAIL_IN_USE,
    role::held::{held_of, held_roles},
    row::Fields,
    sql::Statement,
    together::Shared,
    unnested::Columns,
};

/// A user that is to be.
pub(super) struct Creation {
    /// Without its number.
    user: User,
    draft: UserDraft,
    change: Change,
}

impl Creation {
    pub(super) fn new(organization: OrganizationId, draft: &UserDraft, change: &Change) -> Self {
        let user = draft.user(organization, UserId::new(0), change.at);
        Self {
            user,
            draft: draft.clone(),
            change: *change,
        }
    }

    /// Those of the same can share a statement.
    pub(super) fn account(&self) -> (OrganizationId, AccountId) {
        (self.user.organization_id, self.user.account_id)
    }

    /// The user with its number, and the roles it has in an account with these, if they count.
    fn created(&self, id: UserId, in_account: Option<&[EffectiveRole]>) -> UserAndRoles {
        let has = |role: &EffectiveRole| EffectiveRole {
            direct: self.draft.roles.contains(&role.role.key),
            ..role.clone()
        };
        let is_held = |role: &EffectiveRole| role.direct || role.through_account || role.by_system;
        UserAndRoles {
            user: User {
                id,
                ..self.user.clone()
            },
            roles: in_account.map(|roles| roles.iter().map(has).filter(is_held).collect()),
        }
    }
}

type Outcome = Result<UserAndRoles, RepositoryError>;

/// The account, locked, so that it and its roles stay as they are until the commit. It is checked again after a wait for whoever
/// changes it; the roles are those before the wait, so they do not count if it is another revision then.
///
/// E-mails are taken in their order, so that of two statements that want the same ones, neither has what the other waits for; of two
/// users with the same one, who came first has it.
const CREATE: &str = concat!(
    "WITH account AS (SELECT active, is_default, revision FROM accounts \
     WHERE organization_id = $1 AND id = $42 FOR SHARE), \
     before AS (SELECT revision FROM accounts WHERE organization_id = $1 AND id = $42), \
     wanted AS MATERIALIZED (SELECT nextval('users_id_seq') AS id, entry.* FROM unnest(",
    user_arrays!(),
    ", $35::bytea[], $36::bytea[], $37::uuid[], $38::text[], $39::bigint[], $40::text[], $41::jsonb[]) \
     WITH ORDINALITY AS entry (",
    user_fields!(),
    ", digest, sealed, key_id, author, author_user_id, request_id, snapshot, place)), \
     created AS (INSERT INTO users (",
    user_columns!(),
    ", id) SELECT $1, ",
    user_fields!(),
    ", id FROM wanted WHERE (SELECT account.active FROM account) ORDER BY email_folded, place \
     ON CONFLICT (email_folded) DO NOTHING RETURNING id), \
     secret AS (INSERT INTO user_secrets (digest, organization_id, user_id, sealed, key_id, created_at) \
     SELECT wanted.digest, $1, id, wanted.sealed, wanted.key_id, wanted.created_at FROM created JOIN wanted USING (id)), \
     granted AS (INSERT INTO user_roles (organization_id, user_id, role_id) \
     SELECT DISTINCT $1::bigint, created.id, roles.id FROM created JOIN wanted USING (id) \
     JOIN unnest($43::bigint[], $44::text[]) AS direct (place, key) USING (place) \
     JOIN roles ON roles.organization_id = $1 AND roles.key = direct.key), \
     recorded AS (INSERT INTO audit_records \
     (organization_id, account_id, at, author, author_user_id, request_id, action, target, target_id, old, new) \
     SELECT $1, $42, wanted.created_at, wanted.author, wanted.author_user_id, wanted.request_id, $45, $46, id, '{}', \
     wanted.snapshot FROM created JOIN wanted USING (id) ORDER BY wanted.place) \
     SELECT $42::bigint AS id, account.active, account.revision = before.revision AS roles_count, ",
    held_roles!("$1", "$42", "account.is_default", "TRUE"),
    ", ARRAY(SELECT created.id FROM wanted LEFT JOIN created USING (id) ORDER BY wanted.place) AS created \
     FROM account LEFT JOIN before ON TRUE",
);

impl Shared for Creation {
    type Answer = UserAndRoles;

    async fn several(
        database: &Database,
        creations: &[&Self],
    ) -> Result<Vec<Outcome>, RepositoryError> {
        let Some((organization, account)) = creations.first().map(|one| one.account()) else {
            return Ok(Vec::new());
        };
        let rows = database
            .write(statement(organization, account, creations))
            .await?;
        let refuse = |field| {
            let each = creations.iter().map(|_| {
                Err(RepositoryError::Conflict {
                    entity: Entity::Account,
                    field,
                })
            });
            Ok(each.collect())
        };
        let Some(row) = rows.first() else {
            return refuse("id");
        };
        let fields = Fields::of(Entity::Account, row)?;
        if !fields.get::<bool>("active")? {
            return refuse("active");
        }
        let roles = match fields.get("roles_count")? {
            Some(true) => held_of(row, organization)?,
            Some(false) | None => None,
        };
        let ids: Vec<Option<i64>> = fields.get("created")?;
        let outcomes = creations.iter().zip(ids).map(|(one, id)| {
            let id = id.map(UserId::new).ok_or(EMAIL_IN_USE)?;
            Ok(one.created(id, roles.as_deref()))
        });
        Ok(outcomes.collect())
    }
}

fn statement(
    organization: OrganizationId,
    account: AccountId,
    creations: &[&Creation],
) -> Statement {
    let direct: Vec<_> = (1_i64..)
        .zip(creations)
        .flat_map(|(place, one)| one.draft.roles.iter().map(move |role| (place, *role)))
        .collect();
    let columns = Columns::new(Statement::new(CREATE).bind(organization.get()), creations);
    let columns = bind_all_fields(columns, |one| &one.user)
        .of(|one| one.draft.password.as_ref().map(PasswordHash::expose))
        .of(|one| one.draft.secret.digest.as_bytes().as_slice())
        .of(|one| one.draft.secret.sealed.bytes.as_slice())
        .of(|one| one.draft.secret.sealed.key_id.0)
        .of(|one| audit::author(&one.change).0)
        .of(|one| audit::author(&one.change).1)
        .of(|one| one.change.request_id.to_string())
        .of(|one| audit::owned_json(one.user.creation(&one.draft.roles)));
    let statement = columns.statement().bind(account.get());
    Columns::new(statement, &direct)
        .of(|(place, _)| *place)
        .of(|(_, role)| RoleKey::as_str(*role))
        .statement()
        .bind(AuditAction::Created.as_str())
        .bind(Entity::User.as_str())
}
