//! Instances: a user's connections to elements of the catalog.

mod configuration;
mod field;

use std::fmt::Write as _;

use time::OffsetDateTime;

pub use self::{
    configuration::{
        ConfigurationEntry, ConfigurationPatch, ConfigurationText, ConfigurationTextError,
        ConfigurationValue, MASK, MAX_CONFIGURATION_BYTES, MAX_ENTRIES, names_a_credential,
    },
    field::InstanceField,
};
use crate::{
    AccountId, Element, ElementDraft, Email, InstanceId, Name, OrganizationId, Revision,
    SealedSecret, Snapshot, Text, UserId,
};

/// A user's connection to an element, for example to a CRM system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// Assigned by the store.
    pub id: InstanceId,
    /// Whose organization.
    pub organization_id: OrganizationId,
    /// Whose account: that of the user.
    pub account_id: AccountId,
    /// Whose it is.
    pub user: InstanceOwner,
    /// Shown to people.
    pub name: Name,
    /// What it connects to.
    pub element: Element,
    /// Labels to find it by, in the order given.
    pub tags: Vec<Text>,
    /// What it is configured with, by id.
    pub configuration: Vec<ConfigurationEntry>,
    /// Who authenticates at the element.
    pub external_authentication: ExternalAuthentication,
    /// Whether the credentials it holds were accepted by the element.
    pub valid: bool,
    /// Calls through a disabled instance are refused.
    pub disabled: bool,
    /// Its token as the store keeps it.
    pub token: SealedSecret,
    /// When it was created, to the microsecond.
    pub created_at: OffsetDateTime,
    /// When it was last changed, to the microsecond.
    pub updated_at: OffsetDateTime,
    /// How often it was written.
    pub revision: Revision,
}

/// The user whose an instance is, as far as the instance shows it: as the user was when the instance was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceOwner {
    /// The user.
    pub id: UserId,
    /// Its e-mail.
    pub email: Email,
    /// Its first name.
    pub first_name: Name,
    /// Its last name.
    pub last_name: Name,
}

/// Who authenticates at the element (contract, section 6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ExternalAuthentication {
    /// The platform.
    #[default]
    None,
    /// The caller did, and brought the result along.
    Initial,
}

impl ExternalAuthentication {
    /// The word for it, on the wire and in stores.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Initial => "initial",
        }
    }

    /// The one with this word.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::None, Self::Initial]
            .into_iter()
            .find(|one| one.as_str() == text)
    }
}

/// What is needed to create an instance. The catalog is open: a new element key is registered by the first one that names it.
#[derive(Clone, Debug)]
pub struct InstanceDraft {
    /// Whose it is.
    pub user_id: UserId,
    /// Shown to people.
    pub name: Name,
    /// What it connects to.
    pub element: ElementDraft,
    /// Labels to find it by.
    pub tags: Vec<Text>,
    /// What it is configured with. No key twice.
    pub configuration: Vec<(Text, ConfigurationValue)>,
    /// Who authenticates at the element.
    pub external_authentication: ExternalAuthentication,
    /// The instance's token as the store keeps it.
    pub token: SealedSecret,
}

/// Changes to an instance as a store takes them. `None` leaves a field as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InstancePatch {
    /// Shown to people.
    pub name: Option<Name>,
    /// Labels to find it by, all of them.
    pub tags: Option<Vec<Text>>,
    /// What changes in the configuration.
    pub configuration: ConfigurationPatch,
    /// Who authenticates at the element.
    pub external_authentication: Option<ExternalAuthentication>,
    /// Whether calls through it are refused.
    pub disabled: Option<bool>,
}

impl InstancePatch {
    /// `instance` with the changes made at `at`, but for the configuration, whose new entries get their ids from the
    /// store.
    #[must_use]
    pub fn apply(&self, instance: &Instance, at: OffsetDateTime) -> Instance {
        Instance {
            name: self.name.as_ref().unwrap_or(&instance.name).clone(),
            tags: self.tags.as_ref().unwrap_or(&instance.tags).clone(),
            external_authentication: self
                .external_authentication
                .unwrap_or(instance.external_authentication),
            disabled: self.disabled.unwrap_or(instance.disabled),
            updated_at: at,
            revision: instance.revision.next(),
            ..instance.clone()
        }
    }
}

impl Instance {
    /// How many tags an instance may have.
    pub const MAX_TAGS: usize = 100;

    /// Its fields as the audit log keeps them. Of a credential it shows that it is there, and by a few bytes of what it is
    /// sealed as whether it is another one than before.
    pub fn snapshot(&self) -> Snapshot {
        let tags: Vec<_> = self.tags.iter().map(Text::as_str).collect();
        let snapshot = Snapshot::new()
            .field("name", &self.name)
            .field("elementKey", &self.element.key)
            .field("userId", self.user.id)
            .field("tags", tags.join(", "))
            .field(
                "externalAuthentication",
                self.external_authentication.as_str(),
            )
            .field("valid", self.valid)
            .field("disabled", self.disabled);
        self.configuration.iter().fold(snapshot, |snapshot, entry| {
            let name = format!("configuration.{}", entry.key);
            match &entry.value {
                ConfigurationValue::Clear(text) => snapshot.field(&name, text.as_str()),
                ConfigurationValue::Sealed(sealed) => {
                    let mut shown = String::from(MASK);
                    for byte in sealed.bytes.iter().take(4) {
                        // Writing to a text cannot fail.
                        let _ = write!(shown, "{byte:02x}");
                    }
                    snapshot.field(&name, shown)
                }
            }
        })
    }
}
