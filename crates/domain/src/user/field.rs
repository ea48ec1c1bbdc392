//! The fields of users that CEQL and `orderBy` know.

use std::borrow::Cow;

use time::OffsetDateTime;

use crate::{
    Text, User,
    ceql::{Field, Kind, Record, ValueRef, Values},
    page::Listed,
};

/// The fields of users that CEQL and `orderBy` know (contract, section 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are those of the contract")]
pub enum UserField {
    Id,
    Email,
    FirstName,
    LastName,
    FullName,
    Active,
    CreatedDate,
    LastLoginDate,
    ExternalId,
    Phone,
    Street1,
    Street2,
    City,
    StateProvince,
    PostalCode,
    Country,
    AccountId,
    InstanceId,
    ElementKey,
}

impl Field for UserField {
    const ALL: &'static [Self] = &[
        Self::Id,
        Self::Email,
        Self::FirstName,
        Self::LastName,
        Self::FullName,
        Self::Active,
        Self::CreatedDate,
        Self::LastLoginDate,
        Self::ExternalId,
        Self::Phone,
        Self::Street1,
        Self::Street2,
        Self::City,
        Self::StateProvince,
        Self::PostalCode,
        Self::Country,
        Self::AccountId,
        Self::InstanceId,
        Self::ElementKey,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Email => "email",
            Self::FirstName => "firstName",
            Self::LastName => "lastName",
            Self::FullName => "fullName",
            Self::Active => "active",
            Self::CreatedDate => "createdDate",
            Self::LastLoginDate => "lastLoginDate",
            Self::ExternalId => "externalId",
            Self::Phone => "phone",
            Self::Street1 => "street1",
            Self::Street2 => "street2",
            Self::City => "city",
            Self::StateProvince => "stateProvince",
            Self::PostalCode => "postalCode",
            Self::Country => "country",
            Self::AccountId => "accountId",
            Self::InstanceId => "instanceId",
            Self::ElementKey => "elementKey",
        }
    }

    fn aliases(self) -> &'static [&'static str] {
        match self {
            Self::Email => &["username"],
            Self::FullName => &["name"],
            _ => &[],
        }
    }

    fn kind(self) -> Kind {
        match self {
            Self::Id | Self::AccountId | Self::InstanceId => Kind::Integer,
            Self::Email => Kind::FoldedText,
            Self::Active => Kind::Boolean,
            Self::CreatedDate | Self::LastLoginDate => Kind::Instant,
            _ => Kind::Text,
        }
    }

    fn is_many(self) -> bool {
        matches!(self, Self::InstanceId | Self::ElementKey)
    }
}

impl Listed for UserField {
    const ID: Self = Self::Id;
}

/// A user by itself has no instances; a store that knows them answers those two fields too.
impl Record<UserField> for User {
    fn values(&self, field: UserField) -> Values<'_> {
        let profile = &self.profile;
        let value = match field {
            UserField::Id => ValueRef::Integer(self.id.get()),
            UserField::Email => ValueRef::Text(Cow::Borrowed(self.email.folded())),
            UserField::FirstName => ValueRef::Text(Cow::Borrowed(self.first_name.as_str())),
            UserField::LastName => ValueRef::Text(Cow::Borrowed(self.last_name.as_str())),
            UserField::FullName => ValueRef::Text(Cow::Owned(self.full_name())),
            UserField::Active => ValueRef::Boolean(self.active),
            UserField::CreatedDate => ValueRef::Instant(self.created_at),
            UserField::LastLoginDate => {
                ValueRef::Instant(self.last_login_at.unwrap_or(OffsetDateTime::UNIX_EPOCH))
            }
            UserField::AccountId => ValueRef::Integer(self.account_id.get()),
            UserField::ExternalId => return optional(profile.external_id.as_ref()),
            UserField::Phone => return optional(profile.phone.as_ref()),
            UserField::Street1 => return optional(profile.street1.as_ref()),
            UserField::Street2 => return optional(profile.street2.as_ref()),
            UserField::City => return optional(profile.city.as_ref()),
            UserField::StateProvince => return optional(profile.state_province.as_ref()),
            UserField::PostalCode => return optional(profile.postal_code.as_ref()),
            UserField::Country => return optional(profile.country.as_ref()),
            UserField::InstanceId | UserField::ElementKey => return Values::None,
        };
        Values::One(value)
    }
}

fn optional(text: Option<&Text>) -> Values<'_> {
    text.map_or(Values::None, |text| {
        Values::One(ValueRef::Text(Cow::Borrowed(text.as_str())))
    })
}
