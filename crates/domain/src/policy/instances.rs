//! Who may see, use and change which instances.

use super::Forbidden;
use crate::{AccountId, Identity, Privilege, Rank, Reach, Scope, UserId};

/// What is done with instances that exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InstanceAction {
    /// List them, or look one up.
    View,
    /// Change one.
    Edit,
    /// Erase one.
    Delete,
}

impl InstanceAction {
    /// Every action.
    pub const ALL: &'static [Self] = &[Self::View, Self::Edit, Self::Delete];

    /// The privilege over the instances of the whole account.
    const fn over_account(self) -> Privilege {
        match self {
            Self::View => Privilege::ViewAccountElementInstances,
            Self::Edit => Privilege::EditAccountElementInstances,
            Self::Delete => Privilege::DeleteAccountElementInstances,
        }
    }

    /// The privilege over the own instances. Everybody may look at those.
    const fn over_own(self) -> Option<Privilege> {
        match self {
            Self::View => None,
            Self::Edit | Self::Delete => Some(Privilege::CreateElementInstances),
        }
    }
}

/// The instances on which `caller` may do `action`: those of the account with the privilege, else the own ones (contract,
/// sections 7 and 11). The operator, who is of no account, reaches those of the organization.
///
/// # Errors
/// If the privilege is missing even for the own ones.
pub fn instances(caller: &Identity, action: InstanceAction) -> Result<Scope, Forbidden> {
    if caller.is_operator() {
        return Ok(caller.scope(Reach::Organization));
    }
    if caller.privileges.allows(action.over_account()) {
        return Ok(caller.scope(Reach::Account(caller.account_id)));
    }
    match action.over_own() {
        Some(privilege) if !caller.privileges.allows(privilege) => {
            Err(Forbidden::missing(privilege))
        }
        _ => Ok(caller.scope(Reach::User(caller.user_id))),
    }
}

/// Whether `caller` may create instances, which are the caller's own then.
///
/// # Errors
/// If the privilege is missing; if the operator does not say whose the instance is to be.
pub fn create_instances(caller: &Identity) -> Result<Scope, Forbidden> {
    if caller.is_operator() {
        return Err(Forbidden::rule(
            "An instance belongs to a user: say whose it is to be.",
        ));
    }
    let privilege = Privilege::CreateElementInstances;
    if caller.privileges.allows(privilege) {
        return Ok(caller.scope(Reach::User(caller.user_id)));
    }
    Err(Forbidden::missing(privilege))
}

/// The instances of one account, as far as `caller` may see all of them: the own account's with the privilege, another
/// one's only as an administrator of the organization besides.
///
/// # Errors
/// If the caller may not.
pub fn account_instances(caller: &Identity, account: AccountId) -> Result<Scope, Forbidden> {
    let privilege = InstanceAction::View.over_account();
    if !caller.privileges.allows(privilege) {
        return Err(Forbidden::missing(privilege));
    }
    if account != caller.account_id && caller.rank < Rank::OrganizationAdministrator {
        return Err(Forbidden::rule("The role 'org-admin' is missing."));
    }
    Ok(caller.scope(Reach::Account(account)))
}

/// Whether `caller` is shown the token of an instance of `owner` that it sees: its owner is, others of the account only with the
/// privilege to use it (contract, section 4).
pub fn may_see_token(caller: &Identity, owner: UserId) -> bool {
    owner == caller.user_id
        || caller
            .privileges
            .allows(Privilege::UseAccountElementInstances)
}
