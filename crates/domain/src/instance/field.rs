//! The fields of instances that CEQL and `orderBy` know.

use std::borrow::Cow;

use super::Instance;
use crate::{
    ceql::{Field, Kind, Record, ValueRef, Values},
    page::Listed,
};

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
            InstanceField::ElementKey => text(self.element.key.as_str()),
            InstanceField::ElementId => ValueRef::Integer(self.element.id.get()),
            InstanceField::CreatedDate => ValueRef::Instant(self.created_at),
            InstanceField::Valid => ValueRef::Boolean(self.valid),
            InstanceField::Disabled => ValueRef::Boolean(self.disabled),
            InstanceField::UserId => ValueRef::Integer(self.user.id.get()),
            InstanceField::AccountId => ValueRef::Integer(self.account_id.get()),
            InstanceField::Tag if self.tags.is_empty() => return Values::None,
            InstanceField::Tag => {
                return Values::Many(self.tags.iter().map(|tag| text(tag.as_str())).collect());
            }
        })
    }
}
