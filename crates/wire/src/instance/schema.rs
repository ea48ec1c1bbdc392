//! What requests about instances look like, for the API's document. `input.rs` reads them.

use std::collections::BTreeMap;

use utoipa::ToSchema;

/// A struct with the fields given and the one that is read and not kept.
macro_rules! with_provider_data {
    ($(#[$attribute:meta])* $name:ident { $($fields:tt)* }) => {
        #[derive(Debug, ToSchema)]
        #[schema(rename_all = "camelCase")]
        $(#[$attribute])*
        #[expect(missing_docs, reason = "the names are those of the contract")]
        pub struct $name {
            $($fields)*
            /// What the element answered to an authentication. Accepted and not kept.
            #[schema(value_type = Option<Object>)]
            pub provider_data: Option<()>,
        }
    };
}

with_provider_data! {
    /// A new instance, which is the caller's own. HTML tags are taken out of `name` and `tags`. Fields that are not listed are
    /// ignored.
    #[schema(as = NewInstance, example = json!({
        "name": "Sales", "element": {"key": "hubspotcrm"}, "tags": ["emea"],
        "configuration": {"site.address": "shire.example", "password": "My-Precious-1"}
    }))]
    NewInstanceBody {
        /// Also the first tag.
        pub name: String,
        pub element: ElementNameBody,
        pub tags: Option<Vec<String>>,
        /// Numbers and booleans are read as their text. What a key calls a password, a secret, a token or a key to an API is a
        /// credential: kept encrypted, and shown as `********`.
        pub configuration: Option<BTreeMap<String, String>>,
        /// `none` (if left out) or `initial`.
        pub external_authentication: Option<String>,
    }
}

with_provider_data! {
    /// A new instance of the element in the path. HTML tags are taken out of `name` and `tags`. Fields that are not listed are
    /// ignored.
    #[schema(as = NewInstanceOfElement, example = json!({"name": "Sales"}))]
    NewInstanceOfElementBody {
        /// Also the first tag.
        pub name: String,
        /// The path says which element it is; this may say how a new one is called.
        pub element: Option<ElementNameBody>,
        pub tags: Option<Vec<String>>,
        /// Numbers and booleans are read as their text. What a key calls a password, a secret, a token or a key to an API is a
        /// credential: kept encrypted, and shown as `********`.
        pub configuration: Option<BTreeMap<String, String>>,
        /// `none` (if left out) or `initial`.
        pub external_authentication: Option<String>,
    }
}

with_provider_data! {
    /// What changes of an instance: what is left out stays. Whether it is disabled is changed by `…/enabled` alone, so a
    /// reply that is sent back does not undo that.
    #[schema(as = InstancePatch, example = json!({"tags": ["emea", "2026"]}))]
    InstancePatchBody {
        #[schema(required = false)]
        pub name: String,
        /// Replaces all tags; `[]` empties them.
        #[schema(required = false)]
        pub tags: Vec<String>,
        /// Entries that are not named stay. `********` leaves a credential as it is.
        #[schema(required = false)]
        pub configuration: BTreeMap<String, String>,
        /// `none` or `initial`.
        #[schema(required = false)]
        pub external_authentication: String,
    }
}

with_provider_data! {
    /// What an instance becomes. `tags`, `configuration` and `externalAuthentication` that are left out stay. Whether it is
    /// disabled is changed by `…/enabled` alone, so a reply that is sent back does not undo that.
    #[schema(as = InstanceReplacement, example = json!({"name": "Sales"}))]
    InstanceReplacementBody {
        pub name: String,
        /// Replaces all tags; `[]` empties them.
        #[schema(required = false)]
        pub tags: Vec<String>,
        /// Entries that are not named go. `********` leaves a credential as it is.
        #[schema(required = false)]
        pub configuration: BTreeMap<String, String>,
        /// `none` or `initial`.
        #[schema(required = false)]
        pub external_authentication: String,
    }
}

/// An element, by `id` or by `key`; the id counts if both are given. A key that is new is registered, with `name` and `hub`.
#[derive(Debug, ToSchema)]
#[schema(as = ElementName)]
#[expect(missing_docs, reason = "the names are those of the contract")]
pub struct ElementNameBody {
    pub id: Option<i64>,
    pub key: Option<String>,
    /// The key if left out.
    pub name: Option<String>,
    /// `general` if left out.
    pub hub: Option<String>,
}

/// Another value for an entry of a configuration.
#[derive(Debug, ToSchema)]
#[schema(as = ConfigurationChange, rename_all = "camelCase", example = json!({"propertyValue": "bree.example"}))]
pub struct ConfigurationChangeBody {
    /// A number or a boolean is read as its text. `********` leaves a credential as it is.
    pub property_value: String,
}
