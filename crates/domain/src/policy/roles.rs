//! Who may grant which role, and act on whom: nobody reaches above oneself.

use super::Forbidden;
use crate::{EffectiveRole, Identity, PrivilegeSet, Rank, Role, RoleKey};

/// Why a role may not be granted or taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RoleRefusal {
    /// Never through an organization.
    Operator,
    /// Above the caller.
    Above,
    /// Not to users of that kind of account.
    NotThere,
}

impl RoleRefusal {
    fn of(self, key: RoleKey) -> Forbidden {
        let key = key.as_str();
        Forbidden::rule(match self {
            Self::Operator => {
                format!("The role '{key}' cannot be granted through an organization.")
            }
            Self::Above => format!("The role '{key}' stands above the caller's own roles."),
            Self::NotThere if key == RoleKey::DefaultUser.as_str() => {
                format!("The role '{key}' belongs to users of other accounts than the default one.")
            }
            Self::NotThere => {
                format!("The role '{key}' can only be granted to users of the default account.")
            }
        })
    }
}

/// Whether `caller` may grant `role` to a user of an account, or take it away: not `sys-admin`, not above the own rank or
/// privileges, and `org-admin` and `org` only in the default account, `default-user` only elsewhere (contract, section 8).
///
/// # Errors
/// The rule that forbids it.
pub fn may_grant(
    caller: &Identity,
    role: &Role,
    in_default_account: bool,
) -> Result<(), Forbidden> {
    let key = role.key;
    if key.rank() == Rank::Operator {
        return Err(RoleRefusal::Operator.of(key));
    }
    let there = match key {
        RoleKey::OrgAdmin | RoleKey::Org => in_default_account,
        RoleKey::DefaultUser => !in_default_account,
        RoleKey::Admin | RoleKey::SysAdmin => true,
    };
    if !there {
        return Err(RoleRefusal::NotThere.of(key));
    }
    if key.rank() > caller.rank || !outweighs(caller, role.privileges) {
        return Err(RoleRefusal::Above.of(key));
    }
    Ok(())
}

/// Whether `caller` may change or erase a user who has these effective roles. Whoever may change a user may take the
/// user's place (by a new password, say), so nobody may change a user of higher rank.
///
/// # Errors
/// The rule that forbids it.
pub fn may_act_on(caller: &Identity, target: &[EffectiveRole]) -> Result<(), Forbidden> {
    if EffectiveRole::rank(target) > caller.rank
        || !outweighs(caller, EffectiveRole::privileges(target))
    {
        return Err(Forbidden::rule(
            "The user's roles stand above the caller's own roles.",
        ));
    }
    Ok(())
}

/// Whether no account can make its users mightier than `caller`, whatever roles it has: what [`may_grant`] lets anybody
/// grant stands at most as high as an organization's administrator, whose privileges nobody compares.
pub fn above_accounts(caller: &Identity) -> bool {
    caller.rank >= Rank::OrganizationAdministrator
}

/// Nobody hands out, or takes over, privileges that he lacks. An organization's administrator is the exception: the
/// organization may have taken a privilege from that role, and must still be able to manage those who have it.
pub(super) fn outweighs(caller: &Identity, privileges: PrivilegeSet) -> bool {
    caller.rank >= Rank::OrganizationAdministrator || caller.privileges.allows_all(privileges)
}
