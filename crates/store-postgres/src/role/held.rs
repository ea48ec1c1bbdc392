//! The effective roles of a user as one column, beside whatever else a statement reads of it.

use sqlx::{postgres::PgRow, types::Json};
use tenantry_domain::{
    EffectiveRole, Entity, OrganizationId, Role, RoleId, RoleKey, ports::RepositoryError,
};

use super::privileges;
use crate::{error::corrupt, row::Fields};

/// The column `held`, which [`held_of`] reads: the roles of the organization `$organization` that a user of the account
/// `$account` has, who is granted directly those for which `$direct` is true.
macro_rules! held_roles {
    ($organization:literal, $account:literal, $is_default:literal, $direct:literal) => {
        concat!(
            "(SELECT json_agg(json_build_array(held.id, held.key, held.name, held.description, held.privileges, held.direct, \
             held.through_account, held.by_system) ORDER BY held.id) FROM (SELECT roles.id, roles.key, roles.name, \
             roles.description, roles.privileges, ",
            $direct,
            " AS direct, EXISTS (SELECT FROM account_roles WHERE account_roles.organization_id = roles.organization_id \
             AND account_roles.account_id = ",
            $account,
            " AND account_roles.role_id = roles.id) AS through_account, roles.key = CASE WHEN ",
            $is_default,
            " THEN 'org' ELSE 'default-user' END AS by_system FROM roles WHERE roles.organization_id = ",
            $organization,
            ") AS held WHERE held.direct OR held.through_account OR held.by_system) AS held"
        )
    };
}
pub(crate) use held_roles;

/// A role as the column has it.
type Held = (i64, String, String, String, Vec<String>, bool, bool, bool);

/// What the column of [`held_roles`] says; `None` if it is NULL.
pub(crate) fn held_of(
    row: &PgRow,
    organization: OrganizationId,
) -> Result<Option<Vec<EffectiveRole>>, RepositoryError> {
    let held: Option<Json<Vec<Held>>> = Fields::of(Entity::User, row)?.get("held")?;
    held.map(|Json(held)| {
        let roles = held.into_iter().map(|role| effective(organization, role));
        roles.collect()
    })
    .transpose()
}

fn effective(
    organization_id: OrganizationId,
    held: Held,
) -> Result<EffectiveRole, RepositoryError> {
    let (id, key, name, description, keys, direct, through_account, by_system) = held;
    let of_role = |source: &'static str| corrupt(Entity::Role, id, source);
    Ok(EffectiveRole {
        role: Role {
            id: RoleId::new(id),
            organization_id,
            key: RoleKey::parse(&key).ok_or_else(|| of_role("there is no role with this key"))?,
            name,
            description,
            privileges: privileges(&keys).map_err(of_role)?,
        },
        direct,
        through_account,
        by_system,
    })
}
