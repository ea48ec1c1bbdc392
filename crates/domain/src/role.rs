//! Roles: named sets of privileges. Every organization has its own four (contract, section 8).

use crate::{Category, Name, OrganizationId, Privilege, PrivilegeSet, RoleId, Snapshot, Text};

/// Which role. The keys are fixed; what a role allows is the organization's to change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RoleKey {
    /// Administrator of the organization; grantable only to users of the default account.
    OrgAdmin,
    /// Administrator of the own account.
    Admin,
    /// What every user of the default account has.
    Org,
    /// What every user of another account has.
    DefaultUser,
    /// The platform's operator; exists in the system organization alone.
    SysAdmin,
}

/// How far up a role stands. Nobody acts on users, or grants roles, above the own rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rank {
    /// `org` and `default-user`.
    User,
    /// `admin`.
    AccountAdministrator,
    /// `org-admin`.
    OrganizationAdministrator,
    /// `sys-admin`.
    Operator,
}

impl RoleKey {
    /// The four roles of an organization, in the order in which they are created and listed.
    pub const OF_AN_ORGANIZATION: &'static [Self] =
        &[Self::OrgAdmin, Self::Admin, Self::Org, Self::DefaultUser];

    /// The key as requests and stores write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OrgAdmin => "org-admin",
            Self::Admin => "admin",
            Self::Org => "org",
            Self::DefaultUser => "default-user",
            Self::SysAdmin => "sys-admin",
        }
    }

    /// The role with this key.
    pub fn parse(key: &str) -> Option<Self> {
        [
            Self::OrgAdmin,
            Self::Admin,
            Self::Org,
            Self::DefaultUser,
            Self::SysAdmin,
        ]
        .into_iter()
        .find(|role| role.as_str() == key)
    }

    /// How far up it stands.
    pub const fn rank(self) -> Rank {
        match self {
            Self::Org | Self::DefaultUser => Rank::User,
            Self::Admin => Rank::AccountAdministrator,
            Self::OrgAdmin => Rank::OrganizationAdministrator,
            Self::SysAdmin => Rank::Operator,
        }
    }

    /// The role that every user of an account has without being granted it.
    pub const fn of_account(is_default: bool) -> Self {
        if is_default {
            Self::Org
        } else {
            Self::DefaultUser
        }
    }

    /// The name shown to people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OrgAdmin => "Organization Administrator",
            Self::Admin => "Account",
            Self::Org => "Organization User",
            Self::DefaultUser => "Default User",
            Self::SysAdmin => "System Administrator",
        }
    }

    /// The description shown to people.
    pub const fn description(self) -> &'static str {
        match self {
            Self::Admin => "Account Administrator",
            other => other.name(),
        }
    }

    /// What it allows in a new organization, and again after a reset.
    pub fn default_privileges(self) -> PrivilegeSet {
        Privilege::ALL
            .iter()
            .copied()
            .filter(|privilege| self.allows_by_default(*privilege))
            .collect()
    }

    fn allows_by_default(self, privilege: Privilege) -> bool {
        use Privilege as P;
        let category = privilege.category();
        match self {
            Self::SysAdmin => true,
            Self::OrgAdmin => category != Category::Internal,
            Self::Admin => {
                category == Category::Content
                    || matches!(
                        privilege,
                        P::ViewUsersAccount
                            | P::AddUsersAccount
                            | P::EditUsersAccount
                            | P::DeleteUsersAccount
                            | P::ViewLogsAccount
                    )
            }
            Self::Org | Self::DefaultUser => {
                category == Category::Content
                    && !matches!(
                        privilege,
                        P::DeleteElements
                            | P::DeleteFormulas
                            | P::DeleteCommonObjects
                            | P::ViewAccountElementInstances
                            | P::UseAccountElementInstances
                            | P::EditAccountElementInstances
                            | P::DeleteAccountElementInstances
                    )
            }
        }
    }
}

/// A role of one organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// Assigned by the store; differs per organization.
    pub id: RoleId,
    /// Whose role it is.
    pub organization_id: OrganizationId,
    /// Which role.
    pub key: RoleKey,
    /// The name shown to people.
    pub name: String,
    /// The description shown to people.
    pub description: String,
    /// What it allows.
    pub privileges: PrivilegeSet,
}

/// A change to a role. `None` leaves a field as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleChange {
    /// Which role.
    pub id: RoleId,
    /// The name shown to people.
    pub name: Option<Name>,
    /// The description shown to people.
    pub description: Option<Text>,
    /// What it allows, all of it.
    pub privileges: Option<PrivilegeSet>,
}

impl RoleChange {
    /// Makes the change to `role`: what every adapter stores.
    pub fn apply(&self, role: &mut Role) {
        if let Some(name) = &self.name {
            name.as_str().clone_into(&mut role.name);
        }
        if let Some(description) = &self.description {
            description.as_str().clone_into(&mut role.description);
        }
        if let Some(privileges) = self.privileges {
            role.privileges = privileges;
        }
    }
}

/// A role that a user has, and where it comes from. It may come from several places at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EffectiveRole {
    /// The role.
    pub role: Role,
    /// Granted to the user itself.
    pub direct: bool,
    /// Granted to the user's account.
    pub through_account: bool,
    /// Given by the system to every user of such an account.
    pub by_system: bool,
}

impl Role {
    /// The change that makes this role what it was when the organization was created.
    pub fn reset(&self) -> RoleChange {
        RoleChange {
            id: self.id,
            name: Name::parse(self.key.name()).ok(),
            description: Text::parse(self.key.description()).ok(),
            privileges: Some(self.key.default_privileges()),
        }
    }

    /// Its fields as the audit log keeps them; the privileges by their keys, in the order of the catalogue.
    pub fn snapshot(&self) -> Snapshot {
        let privileges: Vec<_> = self.privileges.iter().map(Privilege::key).collect();
        Snapshot::new()
            .field("key", self.key.as_str())
            .field("name", &self.name)
            .field("description", &self.description)
            .field("privileges", privileges.join(","))
    }
}

impl EffectiveRole {
    /// What all of these roles allow together.
    pub fn privileges(roles: &[Self]) -> PrivilegeSet {
        roles.iter().fold(PrivilegeSet::EMPTY, |set, held| {
            set.union(held.role.privileges)
        })
    }

    /// The highest rank among these roles.
    pub fn rank(roles: &[Self]) -> Rank {
        roles
            .iter()
            .map(|held| held.role.key.rank())
            .max()
            .unwrap_or(Rank::User)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_those_of_the_contract() {
        let count = |key: RoleKey| key.default_privileges().iter().count();
        assert_eq!(count(RoleKey::SysAdmin), 33);
        assert_eq!(count(RoleKey::OrgAdmin), 31);
        assert_eq!(count(RoleKey::Admin), 4 + 1 + 18);
        assert_eq!(count(RoleKey::Org), 18 - 3 - 4);
        assert_eq!(
            RoleKey::Org.default_privileges(),
            RoleKey::DefaultUser.default_privileges()
        );
        assert!(
            RoleKey::Org
                .default_privileges()
                .contains(Privilege::CreateElementInstances)
        );
    }

    #[test]
    fn keys_are_found_again() {
        for key in [
            RoleKey::OrgAdmin,
            RoleKey::Admin,
            RoleKey::Org,
            RoleKey::DefaultUser,
            RoleKey::SysAdmin,
        ] {
            assert_eq!(RoleKey::parse(key.as_str()), Some(key));
        }
        assert_eq!(RoleKey::parse("Admin"), None);
    }
}
