//! What requests about users look like, for the API's document. `input.rs` reads them.

use utoipa::ToSchema;

use crate::role::KeyBody;

/// A struct with the fields given and those of the profile, which all three bodies have.
macro_rules! with_profile {
    ($(#[$attribute:meta])* $name:ident { $($fields:tt)* }) => {
        #[derive(Debug, ToSchema)]
        #[schema(rename_all = "camelCase")]
        $(#[$attribute])*
        #[expect(missing_docs, reason = "the names are those of the contract")]
        pub struct $name {
            $($fields)*
            pub external_id: Option<String>,
            pub phone: Option<String>,
            pub street1: Option<String>,
            pub street2: Option<String>,
            pub city: Option<String>,
            /// Also read in its old spelling, `stateprovince`.
            pub state_province: Option<String>,
            pub postal_code: Option<String>,
            pub country: Option<String>,
        }
    };
}

with_profile! {
    /// A new user. Fields that are not listed are ignored.
    #[schema(as = NewUser, example = json!({
        "firstName": "Frodo", "lastName": "Baggins", "email": "frodo@shire.example"
    }))]
    NewUserBody {
        pub first_name: String,
        pub last_name: String,
        /// Unique among all users of the deployment, whatever the case.
        pub email: String,
        /// Without one the user cannot log in.
        pub password: Option<String>,
        /// `true` if left out.
        pub active: Option<bool>,
        /// Granted beside the role that every user of the account has.
        pub roles: Option<Vec<KeyBody>>,
    }
}

with_profile! {
    /// What changes of a user: what is left out stays, `null` empties what may be empty.
    #[schema(as = UserPatch, example = json!({"phone": "+44 1632 960001"}))]
    UserPatchBody {
        #[schema(required = false)]
        pub first_name: String,
        #[schema(required = false)]
        pub last_name: String,
        #[schema(required = false)]
        pub email: String,
        /// `secured`, as replies write it, changes nothing.
        #[schema(required = false)]
        pub password: String,
        #[schema(required = false)]
        pub active: bool,
        /// `false` ends a lock.
        #[schema(required = false)]
        pub account_locked: bool,
        /// Replaces the roles that are granted; those that the system gives stay.
        #[schema(required = false)]
        pub roles: Vec<KeyBody>,
    }
}

with_profile! {
    /// What a user becomes: names, e-mail, phone and address that are left out are emptied; `password`, `roles`, `active` and
    /// `accountLocked` stay.
    #[schema(as = UserReplacement, example = json!({
        "firstName": "Peregrin", "lastName": "Took", "email": "pippin@buckland.example"
    }))]
    UserReplacementBody {
        pub first_name: String,
        pub last_name: String,
        pub email: String,
        /// `secured`, as replies write it, changes nothing.
        #[schema(required = false)]
        pub password: String,
        #[schema(required = false)]
        pub active: bool,
        /// `false` ends a lock.
        #[schema(required = false)]
        pub account_locked: bool,
        /// Replaces the roles that are granted; those that the system gives stay.
        #[schema(required = false)]
        pub roles: Vec<KeyBody>,
    }
}
