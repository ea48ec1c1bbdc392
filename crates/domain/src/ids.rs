//! Typed ids. An id of one kind cannot be passed where another is meant.

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        ///
        /// Assigned by the store and positive there; other integers are well formed and never exist (contract, section 1).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(i64);

        impl $name {
            /// The id with this number.
            pub const fn new(number: i64) -> Self {
                Self(number)
            }

            /// Its number, as the wire and the stores write it.
            pub const fn get(self) -> i64 {
                self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

ids! {
    /// Id of an [`Organization`](crate::Organization).
    OrganizationId;
    /// Id of an [`Account`](crate::Account).
    AccountId;
    /// Id of a [`User`](crate::User).
    UserId;
    /// Id of an [`Instance`](crate::Instance).
    InstanceId;
    /// Id of an element of the catalog that instances are made of.
    ElementId;
    /// Id of a [`Role`](crate::Role); every organization has its own.
    RoleId;
    /// Id of an [`AuditRecord`](crate::AuditRecord).
    AuditId;
    /// Id of a [`ConfigurationEntry`](crate::ConfigurationEntry) of an instance.
    ConfigurationId;
}
