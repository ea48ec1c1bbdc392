//! Instances: a user's connections to elements of the catalog.

use std::borrow::Cow;

use time::OffsetDateTime;

use crate::{
    AccountId, ElementId, InstanceId, Name, OrganizationId, Revision, SealedSecret, Snapshot, Text,
    UserId,
    ceql::{Field, Kind, Record, ValueRef, Values},
    page::Listed,
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
    pub user_id: UserId,
    /// Shown to people.
    pub name: Name,
    /// The element's id.
    pub element_id: ElementId,
    /// The element's key, for example `hubspotcrm`.
    pub element_key: Text,
    /// Labels to find it by.
    pub tags: Vec<Text>,
    /// Whether the credentials it holds were accepted by the element.
    pub valid: bool,
    /// Calls through a disabled instance are refused.
    pub disabled: bool,
    /// When it was created, to the microsecond.
    pub created_at: OffsetDateTime,
    /// When it was last changed, to the microsecond.
    pub updated_at: OffsetDateTime,
    /// How often it was written.
    pub revision: Revision,
}

/// What is needed to create an instance. The catalog is open: a new element key is registered by the first one that names it.
#[derive(Clone, Debug)]
pub struct InstanceDraft {
    /// Whose it is.
    pub user_id: UserId,
    /// Shown to people.
    pub name: Name,
    /// The element's key.
    pub element_key: Text,
    /// Labels to find it by.
    pub tags: Vec<Text>,
    /// The instance's token as the store keeps it.
    pub token: SealedSecret,
}

impl Instance {
    /// Its fields as the audit log keeps them.
    pub fn snapshot(&self) -> Snapshot {
        let tags: Vec<_> = self.tags.iter().map(Text::as_str).collect();
        Snapshot::new()
            .field("name", &self.name)
            .field("elementKey", &self.element_key)
            .field("userId", self.user_id)
            .field("tags", tags.join(", "))
            .field("valid", self.valid)
            .field("disabled", self.disabled)
    }
}

/// The fields of instances that CEQL and `orderBy` know (contract, section 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are those of the contract")]
pub enum InstanceField {
    Id,
    Name,
    ElementKey,
    ElementId,
    CreatedDate,
    Valid,
    Disabled,
    UserId,
    AccountId,
    Tag,
}

impl Field for InstanceField {
    const ALL: &'static [Self] = &[
        Self::Id,
        Self::Name,
        Self::ElementKey,
        Self::ElementId,
        Self::CreatedDate,
        Self::Valid,
        Self::Disabled,
        Self::UserId,
        Self::AccountId,
        Self::Tag,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Name => "name",
            Self::ElementKey => "elementKey",
            Self::ElementId => "elementId",
            Self::CreatedDate => "createdDate",
            Self::Valid => "valid",
            Self::Disabled => "disabled",
            Self::UserId => "userId",
            Self::AccountId => "accountId",
            Self::Tag => "tag",
        }
    }

    fn kind(self) -> Kind {
        match self {
            Self::Id | Self::ElementId | Self::UserId | Self::AccountId => Kind::Integer,
            Self::Name | Self::ElementKey | Self::Tag => Kind::Text,
            Self::Valid | Self::Disabled => Kind::Boolean,
            Self::CreatedDate => Kind::Instant,
        }
    }

    fn is_many(self) -> bool {
        self == Self::Tag
    }
}

impl Listed for InstanceField {
    const ID: Self = Self::Id;
}

impl Record<InstanceField> for Instance {
    fn values(&self, field: InstanceField) -> Values<'_> {
        fn text(text: &str) -> ValueRef<'_> {
            ValueRef::Text(Cow::Borrowed(text))
        }
        Values::One(match field {
            InstanceField::Id => ValueRef::Integer(self.id.get()),
            InstanceField::Name => text(self.name.as_str()),
            InstanceField::ElementKey => text(self.element_key.as_str()),
            InstanceField::ElementId => ValueRef::Integer(self.element_id.get()),
            InstanceField::CreatedDate => ValueRef::Instant(self.created_at),
            InstanceField::Valid => ValueRef::Boolean(self.valid),
            InstanceField::Disabled => ValueRef::Boolean(self.disabled),
            InstanceField::UserId => ValueRef::Integer(self.user_id.get()),
            InstanceField::AccountId => ValueRef::Integer(self.account_id.get()),
            InstanceField::Tag if self.tags.is_empty() => return Values::None,
            InstanceField::Tag => {
                return Values::Many(self.tags.iter().map(|tag| text(tag.as_str())).collect());
            }
        })
    }
}
