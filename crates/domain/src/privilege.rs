//! Privileges: what a role allows. The catalogue is fixed (contract, section 8).

use std::fmt;

/// What a [`Privilege`] is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Category {
    /// Seeing and changing users.
    Users,
    /// Roles, policies, logs, branding.
    Security,
    /// Elements, formulas, common objects, instances.
    Content,
    /// Never grantable through an organization.
    Internal,
}

impl Category {
    /// The category as the wire writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Security => "security",
            Self::Content => "content",
            Self::Internal => "internal",
        }
    }
}

macro_rules! privileges {
    ($($variant:ident $key:literal $name:literal $category:ident;)*) => {
        /// One thing that a role may allow.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Privilege {
            $(#[doc = $name] $variant,)*
        }

        impl Privilege {
            /// The whole catalogue, in the order of the ids.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The key by which requests name it, for example `viewUsersOrg`.
            pub const fn key(self) -> &'static str {
                match self { $(Self::$variant => $key,)* }
            }

            /// The name shown to people.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What it is about.
            pub const fn category(self) -> Category {
                match self { $(Self::$variant => Category::$category,)* }
            }
        }
    };
}

privileges! {
    ViewUsersAccount "viewUsersAccount" "View users of the account" Users;
    AddUsersAccount "addUsersAccount" "Add users to the account" Users;
    EditUsersAccount "editUsersAccount" "Edit users of the account" Users;
    DeleteUsersAccount "deleteUsersAccount" "Delete users of the account" Users;
    ViewUsersOrg "viewUsersOrg" "View users of the organization" Users;
    AddUsersOrg "addUsersOrg" "Add users to the organization" Users;
    EditUsersOrg "editUsersOrg" "Edit users of the organization" Users;
    DeleteUsersOrg "deleteUsersOrg" "Delete users of the organization" Users;
    ModifySecurity "modifySecurity" "Modify security settings" Security;
    ConfigureRoles "configureRoles" "Configure roles" Security;
    ManageUiBranding "manageUiBranding" "Manage UI branding" Security;
    ViewLogsOrg "viewLogsOrg" "View logs of the organization" Security;
    ViewLogsAccount "viewLogsAccount" "View logs of the account" Security;
    ViewElements "viewElements" "View elements" Content;
    CreateElements "createElements" "Create elements" Content;
    EditElements "editElements" "Edit elements" Content;
    DeleteElements "deleteElements" "Delete elements" Content;
    ViewFormulas "viewFormulas" "View formulas" Content;
    CreateFormulas "createFormulas" "Create formulas" Content;
    EditFormulas "editFormulas" "Edit formulas" Content;
    DeleteFormulas "deleteFormulas" "Delete formulas" Content;
    CreateFormulaInstances "createFormulaInstances" "Create formula instances" Content;
    ViewCommonObjects "viewCommonObjects" "View common objects" Content;
    CreateCommonObjects "createCommonObjects" "Create common objects" Content;
    EditCommonObjects "editCommonObjects" "Edit common objects" Content;
    DeleteCommonObjects "deleteCommonObjects" "Delete common objects" Content;
    CreateElementInstances "createElementInstances" "Create element instances" Content;
    ViewAccountElementInstances "viewAccountElementInstances" "View element instances of the account" Content;
    UseAccountElementInstances "useAccountElementInstances" "Use element instances of the account" Content;
    EditAccountElementInstances "editAccountElementInstances" "Edit element instances of the account" Content;
    DeleteAccountElementInstances "deleteAccountElementInstances" "Delete element instances of the account" Content;
    System "system" "Operate the platform" Internal;
    Intelligence "intelligence" "Platform intelligence" Internal;
}

impl Privilege {
    /// The privilege with this key.
    pub fn parse(key: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|privilege| privilege.key() == key)
    }

    /// Its id: the place in the catalogue, from 1, the same in every organization.
    pub fn id(self) -> i64 {
        self as i64 + 1
    }

    /// The privilege over the whole organization that implies this one over an account, if there is one.
    pub const fn implied_by(self) -> Option<Self> {
        match self {
            Self::ViewUsersAccount => Some(Self::ViewUsersOrg),
            Self::AddUsersAccount => Some(Self::AddUsersOrg),
            Self::EditUsersAccount => Some(Self::EditUsersOrg),
            Self::DeleteUsersAccount => Some(Self::DeleteUsersOrg),
            Self::ViewLogsAccount => Some(Self::ViewLogsOrg),
            _ => None,
        }
    }
}

/// A set of privileges. Small, copied freely, asked on every call.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct PrivilegeSet(u64);

impl PrivilegeSet {
    /// No privilege.
    pub const EMPTY: Self = Self(0);

    /// Every privilege.
    pub const ALL: Self = Self((1 << Privilege::ALL.len()) - 1);

    /// The set with `privilege` added.
    #[must_use]
    pub const fn with(self, privilege: Privilege) -> Self {
        Self(self.0 | 1 << privilege as u32)
    }

    /// What is in either.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is in this set and not in `other`.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether `privilege` itself is in the set.
    pub const fn contains(self, privilege: Privilege) -> bool {
        self.0 & (1 << privilege as u32) != 0
    }

    /// Whether the set allows what `privilege` allows: by itself, or by the one over the organization that implies it.
    pub fn allows(self, privilege: Privilege) -> bool {
        self.contains(privilege)
            || privilege
                .implied_by()
                .is_some_and(|wider| self.contains(wider))
    }

    /// Whether everything in `other` is allowed by this set.
    pub fn allows_all(self, other: Self) -> bool {
        other.iter().all(|privilege| self.allows(privilege))
    }

    /// Its members, in the order of the catalogue.
    pub fn iter(self) -> impl Iterator<Item = Privilege> {
        Privilege::ALL
            .iter()
            .copied()
            .filter(move |privilege| self.contains(*privilege))
    }

    /// The set as bits, one per place in the catalogue: how adapters may keep it beside the actor.
    pub const fn bits(self) -> u64 {
        self.0
    }
}

impl FromIterator<Privilege> for PrivilegeSet {
    fn from_iter<I: IntoIterator<Item = Privilege>>(privileges: I) -> Self {
        privileges.into_iter().fold(Self::EMPTY, Self::with)
    }
}

impl fmt::Debug for PrivilegeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set()
            .entries(self.iter().map(Privilege::key))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_found_again_and_ids_are_places() {
        for (place, privilege) in Privilege::ALL.iter().copied().enumerate() {
            assert_eq!(Privilege::parse(privilege.key()), Some(privilege));
            assert_eq!(privilege.id(), i64::try_from(place).unwrap() + 1);
        }
        assert_eq!(Privilege::ALL.len(), 33);
        assert_eq!(
            PrivilegeSet::ALL,
            Privilege::ALL.iter().copied().collect::<PrivilegeSet>()
        );
        assert_eq!(Privilege::parse("nope"), None);
    }

    #[test]
    fn organization_privileges_imply_the_account_ones() {
        let set: PrivilegeSet = [Privilege::ViewUsersOrg].into_iter().collect();
        assert!(set.allows(Privilege::ViewUsersAccount));
        assert!(!set.contains(Privilege::ViewUsersAccount));
        assert!(!set.allows(Privilege::EditUsersAccount));
        assert_eq!(format!("{set:?}"), r#"{"viewUsersOrg"}"#);
    }
}
