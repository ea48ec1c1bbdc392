//! Users, through three doors: `/users`, `/organizations/users`, `/accounts/{account}/users` (contract, section 7).

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod roles;
pub(crate) mod update;

use tenantry_domain::{Actor, policy::Door, services::UserWithRoles};
use tenantry_wire::user::{Shown, UserBody};

use super::NO_ACCOUNT;
use crate::{extract::PathParameters, router::AppState};

/// The door of the account in the path. Whether that is an id at all is looked at later, after privileges.
fn account_door(path: &PathParameters) -> Door {
    Door::Account(path.account().or(NO_ACCOUNT))
}

/// How users are shown to a caller, who sees those of the own organization alone.
fn shown(state: &AppState, actor: &Actor) -> Shown {
    Shown {
        expiration_days: actor.identity().password_expiration_days,
        now: state.platform.clock.now(),
    }
}

/// A user as the replies of POST, PATCH and PUT show it.
fn with_roles<'u>(state: &AppState, actor: &Actor, changed: &'u UserWithRoles) -> UserBody<'u> {
    UserBody::new(&changed.user, shown(state, actor)).with_roles(&changed.roles)
}
