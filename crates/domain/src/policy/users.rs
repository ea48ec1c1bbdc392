//! Who may see and change which users.

use super::Forbidden;
use crate::{AccountId, Identity, Privilege, Reach, Scope, UserId};

/// What is done with users.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// List them.
    List,
    /// Look one up, by id or e-mail.
    View,
    /// Create one.
    Add,
    /// Change one. Oneself: names, telephone, address and password only.
    Edit,
    /// Erase one. Never oneself.
    Delete,
    /// See a user's roles.
    ViewRoles,
    /// Grant a role to a user or take it away. Never oneself.
    ChangeRoles,
}

impl Action {
    /// Every action.
    pub const ALL: &'static [Self] = &[
        Self::List,
        Self::View,
        Self::Add,
        Self::Edit,
        Self::Delete,
        Self::ViewRoles,
        Self::ChangeRoles,
    ];

    const fn over_organization(self) -> Privilege {
        match self {
            Self::List | Self::View | Self::ViewRoles => Privilege::ViewUsersOrg,
            Self::Add => Privilege::AddUsersOrg,
            Self::Edit | Self::ChangeRoles => Privilege::EditUsersOrg,
            Self::Delete => Privilege::DeleteUsersOrg,
        }
    }

    const fn over_account(self) -> Privilege {
        match self {
            Self::List | Self::View | Self::ViewRoles => Privilege::ViewUsersAccount,
            Self::Add => Privilege::AddUsersAccount,
            Self::Edit | Self::ChangeRoles => Privilege::EditUsersAccount,
            Self::Delete => Privilege::DeleteUsersAccount,
        }
    }
}

/// Through which family of paths a call comes: the same users, other rules (contract, section 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Door {
    /// `/users`: as far as the caller's privileges reach, and oneself.
    Users,
    /// `/organizations/users`: the organization's users; lists and creates those of the default account.
    Organization,
    /// `/accounts/{id}/users`: the users of one account.
    Account(AccountId),
}

/// The users on whom `caller` may do `action` through `door`.
///
/// `target` is the user that a call by id is about, if it is: who has no privilege reaches nobody but oneself.
///
/// # Errors
/// If the caller may do it to nobody, or (without privilege) not to this target. Whether a target that the caller may
/// reach exists is not asked here: that is 404's business, and comes later.
pub fn scope(
    caller: &Identity,
    action: Action,
    door: Door,
    target: Option<UserId>,
) -> Result<Scope, Forbidden> {
    let organization = caller.privileges.contains(action.over_organization());
    let account = organization || caller.privileges.contains(action.over_account());
    match door {
        Door::Users => {
            if organization {
                return Ok(caller.scope(Reach::Organization));
            }
            if account {
                return Ok(caller.scope(Reach::Account(caller.account_id)));
            }
            let oneself = caller.scope(Reach::User(caller.user_id));
            match action {
                Action::ViewRoles if caller.privileges.contains(Privilege::ConfigureRoles) => {
                    Ok(caller.scope(Reach::Organization))
                }
                Action::View => Ok(oneself),
                Action::Edit | Action::ViewRoles if target == Some(caller.user_id) => Ok(oneself),
                _ => Err(Forbidden::missing(action.over_account())),
            }
        }
        Door::Organization => match action {
            Action::List | Action::Add if organization => {
                Ok(caller.scope(Reach::Account(caller.default_account_id)))
            }
            _ if organization => Ok(caller.scope(Reach::Organization)),
            Action::Edit if account => Ok(caller.scope(Reach::Account(caller.account_id))),
            _ => Err(Forbidden::missing(action.over_organization())),
        },
        Door::Account(id) => {
            if organization || (account && id == caller.account_id) {
                return Ok(caller.scope(Reach::Account(id)));
            }
            let missing = if id == caller.account_id {
                action.over_account()
            } else {
                action.over_organization()
            };
            Err(Forbidden::missing(missing))
        }
    }
}
