//! Creating a user with its secret and direct grants.

use rusqlite::{Connection, OptionalExtension as _};
use tenantry_domain::{Change, Entity, OrganizationId, User, UserDraft, UserId};

use crate::{
    error::Failure,
    record,
    repositories::role::grant_all,
    rows::{
        secret::{self, Owner},
        user,
    },
};

pub(super) fn create(
    connection: &Connection,
    organization: OrganizationId,
    draft: &UserDraft,
    change: &Change,
) -> Result<User, Failure> {
    // The account cannot change before the commit: there is no other writer.
    let account_active: Option<bool> = connection
        .prepare_cached("SELECT active FROM accounts WHERE organization_id = ? AND id = ?")?
        .query_row([organization.get(), draft.account_id.get()], |row| {
            row.get(0)
        })
        .optional()?;
    match account_active {
        None => return Err(Failure::conflict(Entity::Account, "id")),
        Some(false) => return Err(Failure::conflict(Entity::Account, "active")),
        Some(true) => {}
    }
    let mut user = draft.user(organization, UserId::new(0), change.at);
    user.id = user::insert(connection, &user, draft.password.as_ref(), None)?;
    secret::insert(
        connection,
        organization.get(),
        Owner::User(user.id.get()),
        &draft.secret,
        change.at,
    )?;
    grant_all(connection, organization, user.id, &draft.roles)?;
    record::created(connection, &user, &user.creation(&draft.roles), change)?;
    Ok(user)
}
