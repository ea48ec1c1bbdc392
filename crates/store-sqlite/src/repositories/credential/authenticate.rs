//! Who a caller is, in one statement: every digest is looked up by its primary key, everything else by an index.

use rusqlite::Row;
use tenantry_domain::{
    AccountId, CalledInstance, Entity, Identity, InstanceId, OrganizationId, PrivilegeSet, Rank,
    SecretDigest, UserId,
    ports::{Authenticated, BoxError, Caller},
};
use time::OffsetDateTime;

use crate::{
    error::Failure,
    instant::to_micros,
    rows::{Cells, role, user},
    sql::Sql,
};

/// One row for each role of the caller; none if the caller is nobody.
pub(super) fn select(caller: &Caller, now: OffsetDateTime) -> Sql {
    let now = to_micros(now);
    let mut sql = Sql::new(
        "SELECT roles.id, roles.key, roles.privileges, users.id, users.account_id, users.organization_id, \
           organizations.default_account_id, coalesce(password_policies.expiration_days, 0), \
           users.password_hash IS NOT NULL, users.password_changed_at, users.password_must_change, ",
    );
    let (presented, owner, digest) = match caller {
        Caller::Secrets { user, .. } | Caller::Instance { user, .. } => (
            " FROM user_secrets AS presented",
            " AND (presented.expires_at IS NULL OR presented.expires_at > ",
            user,
        ),
        Caller::Token { token, .. } => (
            " FROM login_tokens AS presented",
            " AND (presented.expires_at > ",
            token,
        ),
    };
    let instance = instance(caller);
    sql.push(if matches!(caller, Caller::Secrets { .. }) {
        "coalesce(min(presented.expires_at, organization_secrets.expires_at), presented.expires_at, \
           organization_secrets.expires_at), "
    } else {
        "presented.expires_at, "
    });
    sql.push(if instance.is_some() {
        "instances.id, instances.account_id, instances.user_id, instances.disabled"
    } else {
        "NULL, NULL, NULL, NULL"
    });
    sql.push(presented).push(
        " JOIN users ON users.organization_id = presented.organization_id AND users.id = presented.user_id \
         JOIN accounts ON accounts.organization_id = users.organization_id AND accounts.id = users.account_id \
         JOIN organizations ON organizations.id = users.organization_id \
         JOIN roles ON roles.organization_id = users.organization_id \
         LEFT JOIN password_policies ON password_policies.organization_id = users.organization_id \
           AND password_policies.is_set",
    );
    if let Caller::Secrets { organization, .. } = caller {
        sql.push(
            " JOIN organization_secrets ON organization_secrets.organization_id = users.organization_id \
             AND organization_secrets.digest = ",
        )
        .bind(bytes(organization))
        .push(" AND (organization_secrets.expires_at IS NULL OR organization_secrets.expires_at > ")
        .bind(now)
        .push(")");
    }
    if let Some(instance) = instance {
        sql.push(
            " JOIN instance_secrets ON instance_secrets.organization_id = users.organization_id \
             AND instance_secrets.digest = ",
        )
        .bind(bytes(instance))
        .push(
            " JOIN instances ON instances.organization_id = instance_secrets.organization_id \
             AND instances.id = instance_secrets.instance_id",
        );
    }
    sql.push(
        " WHERE users.active AND accounts.active AND organizations.active \
           AND (roles.key = CASE WHEN accounts.is_default THEN 'org' ELSE 'default-user' END \
             OR EXISTS (SELECT 1 FROM user_roles WHERE user_roles.organization_id = users.organization_id \
               AND user_roles.user_id = users.id AND user_roles.role_id = roles.id) \
             OR EXISTS (SELECT 1 FROM account_roles WHERE account_roles.organization_id = users.organization_id \
               AND account_roles.account_id = users.account_id AND account_roles.role_id = roles.id)) \
           AND presented.digest = ",
    )
    .bind(bytes(digest));
    sql.push(owner).bind(now).push(")");
    sql
}

/// The instance token that the caller presents.
fn instance(caller: &Caller) -> Option<&SecretDigest> {
    match caller {
        Caller::Instance { instance, .. } => Some(instance),
        Caller::Secrets { instance, .. } | Caller::Token { instance, .. } => instance.as_ref(),
    }
}

fn bytes(digest: &SecretDigest) -> Vec<u8> {
    digest.as_bytes().to_vec()
}

/// What one of the caller's roles says about the caller.
pub(super) fn read(row: &Row<'_>) -> Result<Authenticated, Failure> {
    let (privileges, rank): (PrivilegeSet, Rank) = Cells::entity(row, Entity::Role, |cells| {
        let _id: i64 = cells.take()?;
        let rank = role::key(&cells.take::<String>()?)?.rank();
        Ok((role::privileges(&cells.take::<String>()?)?, rank))
    })?;
    Cells::entity_from(row, 3, Entity::User, |cells| {
        Ok(Authenticated {
            identity: Identity {
                user_id: UserId::new(cells.take()?),
                account_id: AccountId::new(cells.take()?),
                organization_id: OrganizationId::new(cells.take()?),
                default_account_id: AccountId::new(cells.take()?),
                privileges,
                rank,
                password_expiration_days: cells.take()?,
            },
            password: user::password_state(cells)?,
            good_until: cells.optional_instant()?,
            instance: called(cells)?,
        })
    })
}

fn called(cells: &mut Cells<'_>) -> Result<Option<CalledInstance>, BoxError> {
    let Some(id) = cells.take()? else {
        return Ok(None);
    };
    Ok(Some(CalledInstance {
        id: InstanceId::new(id),
        account_id: AccountId::new(cells.take()?),
        user_id: UserId::new(cells.take()?),
        disabled: cells.take()?,
    }))
}

/// The rows of one caller as one: they differ in nothing but the role.
pub(super) fn together(rows: Vec<Authenticated>) -> Option<Authenticated> {
    rows.into_iter().reduce(|mut one, other| {
        one.identity.privileges = one.identity.privileges.union(other.identity.privileges);
        one.identity.rank = one.identity.rank.max(other.identity.rank);
        one
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::plan;

    const ONE: SecretDigest = SecretDigest::new([1; 32]);

    /// How SQLite finds out who calls, but for the roles, which come last and are the same for everybody.
    fn plan_without_roles(caller: &Caller) -> Vec<String> {
        let mut plan = plan(select(caller, OffsetDateTime::UNIX_EPOCH));
        assert_eq!(
            plan.split_off(plan.len() - 6),
            [
                "SEARCH roles USING INDEX sqlite_autoindex_roles_1 (organization_id=?)",
                "CORRELATED SCALAR SUBQUERY 1",
                "SEARCH user_roles USING PRIMARY KEY (organization_id=? AND user_id=? AND role_id=?)",
                "CORRELATED SCALAR SUBQUERY 2",
                "SEARCH account_roles USING PRIMARY KEY (organization_id=? AND account_id=? AND role_id=?)",
                "SEARCH password_policies USING INTEGER PRIMARY KEY (rowid=?) LEFT-JOIN",
            ]
        );
        plan
    }

    #[test]
    fn callers_of_every_kind_are_found_by_keys_alone() {
        let user = [
            "SEARCH presented USING PRIMARY KEY (digest=?)",
            "SEARCH users USING INTEGER PRIMARY KEY (rowid=?)",
            "SEARCH accounts USING INTEGER PRIMARY KEY (rowid=?)",
            "SEARCH organizations USING INTEGER PRIMARY KEY (rowid=?)",
        ];
        let instance = [
            "SEARCH instance_secrets USING PRIMARY KEY (digest=?)",
            "SEARCH instances USING INTEGER PRIMARY KEY (rowid=?)",
        ];
        let secrets = |instance| Caller::Secrets {
            user: ONE,
            organization: ONE,
            instance,
        };
        let token = |instance| Caller::Token {
            token: ONE,
            instance,
        };
        let organization = "SEARCH organization_secrets USING PRIMARY KEY (digest=?)";
        let organization_by_owner = "SEARCH organization_secrets USING INDEX organization_secrets_owner_idx \
            (organization_id=? AND digest=?)";
        for (caller, expected) in [
            (secrets(None), [&user[..], &[organization]].concat()),
            (
                secrets(Some(ONE)),
                [&user[..], &instance, &[organization_by_owner]].concat(),
            ),
            (
                Caller::Instance {
                    user: ONE,
                    instance: ONE,
                },
                [&user[..], &instance].concat(),
            ),
            (token(None), user.to_vec()),
            (token(Some(ONE)), [&user[..], &instance].concat()),
        ] {
            assert_eq!(plan_without_roles(&caller), expected, "{caller:?}");
        }
    }
}
