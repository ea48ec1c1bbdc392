//! What may be said of a user.

use tenantry_domain::ceql::nearest;

use crate::archive::shown;

macro_rules! columns {
    ($($variant:ident $name:literal;)*) => {
        /// One thing that may be said of a user.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(super) enum Column {
            $($variant,)*
        }

        impl Column {
            pub(super) const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// As the first line of a CSV and the fields of an object name it.
            pub(super) const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

columns! {
    Email "email";
    FirstName "firstName";
    LastName "lastName";
    PasswordHash "passwordHash";
    MustChange "mustChange";
    Active "active";
    ExternalId "externalId";
    Phone "phone";
    Street1 "street1";
    Street2 "street2";
    City "city";
    StateProvince "stateProvince";
    PostalCode "postalCode";
    Country "country";
    AccountId "accountId";
    AccountExternalId "accountExternalId";
    Roles "roles";
    CreatedDate "createdDate";
    Secret "secret";
}

impl Column {
    /// Nobody comes without these.
    pub(super) const REQUIRED: &'static [Self] = &[Self::Email, Self::FirstName, Self::LastName];

    /// The column of this name; `None` if it is unknown and that is all right.
    pub(super) fn parse(name: &str, ignore_unknown: bool) -> Result<Option<Self>, String> {
        let found = Self::ALL.iter().copied().find(|one| one.name() == name);
        // Not even passed over: whoever has passwords in clear in a file should hear of it.
        if name.eq_ignore_ascii_case("password") {
            return Err(
                "a password in clear is not taken: bring its hash along as passwordHash, or leave it out"
                    .to_owned(),
            );
        }
        if found.is_some() || ignore_unknown {
            return Ok(found);
        }
        let meant = match nearest(name, Self::ALL.iter().map(|one| one.name())) {
            Some(meant) => format!("did you mean {meant}?"),
            None => "pass over such columns with --ignore-unknown".to_owned(),
        };
        Err(format!("unknown column '{}': {meant}", shown(name)))
    }
}
