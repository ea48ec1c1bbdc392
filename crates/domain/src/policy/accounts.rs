//! Who may see and change accounts, roles, and the organization itself.

use super::{Forbidden, roles::outweighs};
use crate::{AccountId, Identity, Privilege, PrivilegeSet, Rank, Reach, Role, RoleKey, Scope};

/// Whether `caller` is an administrator of the organization: accounts are nobody else's business.
///
/// # Errors
/// If not.
pub fn accounts(caller: &Identity) -> Result<Scope, Forbidden> {
    if caller.rank >= Rank::OrganizationAdministrator {
        return Ok(caller.scope(Reach::Organization));
    }
    Err(Forbidden::rule("The role 'org-admin' is missing."))
}

/// The accounts that `caller` may look up by id: all as an administrator of the organization, else the own one.
///
/// # Errors
/// If `target` is another one.
pub fn view_account(caller: &Identity, target: AccountId) -> Result<Scope, Forbidden> {
    if target == caller.account_id && caller.rank < Rank::OrganizationAdministrator {
        return Ok(caller.scope(Reach::Account(target)));
    }
    accounts(caller)
}

/// Whether `caller` holds `privilege` over the whole organization.
///
/// # Errors
/// If not.
pub fn holds(caller: &Identity, privilege: Privilege) -> Result<Scope, Forbidden> {
    if caller.privileges.contains(privilege) {
        return Ok(caller.scope(Reach::Organization));
    }
    Err(Forbidden::missing(privilege))
}

/// Whether `caller`, who holds `configureRoles`, may make `role` allow exactly `privileges`.
///
/// The internal privileges are never added (contract, section 8). Beyond the contract, nobody edits a role above the own
/// ones or hands out privileges that he lacks, and `org-admin` keeps `configureRoles`: an organization that took it away
/// could never give it back.
///
/// # Errors
/// The rule that forbids it.
pub fn may_configure(
    caller: &Identity,
    role: &Role,
    privileges: PrivilegeSet,
) -> Result<(), Forbidden> {
    let added = privileges.without(role.privileges);
    if added.contains(Privilege::System) {
        return Err(Forbidden::rule(
            "User can not add the 'system' privilege to any role.",
        ));
    }
    if added.contains(Privilege::Intelligence) {
        return Err(Forbidden::rule(format!(
            "User can not add the 'intelligence' privilege to the '{}' role.",
            role.key.as_str()
        )));
    }
    if role.key == RoleKey::OrgAdmin && !privileges.contains(Privilege::ConfigureRoles) {
        return Err(Forbidden::rule(
            "The privilege 'configureRoles' cannot be taken from the role 'org-admin': nobody could give it back.",
        ));
    }
    if role.key.rank() > caller.rank || !outweighs(caller, added) {
        return Err(Forbidden::rule(format!(
            "The role '{}', or a privilege given to it, stands above the caller's own roles.",
            role.key.as_str()
        )));
    }
    Ok(())
}
