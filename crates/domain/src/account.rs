//! Accounts: the parts of an organization that users belong to.

use std::borrow::Cow;

use time::OffsetDateTime;

use crate::{
    AccountId, Name, OrganizationId, Revision, Snapshot, Text,
    ceql::{Field, Kind, Record, ValueRef, Values},
    page::Listed,
};

/// A part of an organization. Every organization has exactly one default account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Assigned by the store.
    pub id: AccountId,
    /// Whose account it is; `companyId` on the wire.
    pub organization_id: OrganizationId,
    /// Shown to people.
    pub name: Name,
    /// Shown to people.
    pub description: Option<Text>,
    /// The caller's own key for it, unique among the organization's active accounts.
    pub external_id: Option<Text>,
    /// Users of an inactive account cannot authenticate.
    pub active: bool,
    /// The organization's own account, which can be neither deleted nor deactivated.
    pub is_default: bool,
    /// When it was created, to the microsecond.
    pub created_at: OffsetDateTime,
    /// When it was last changed, to the microsecond.
    pub updated_at: OffsetDateTime,
    /// How often it was written.
    pub revision: Revision,
}

/// What is needed to create an account beside the default one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountDraft {
    /// Shown to people.
    pub name: Name,
    /// Shown to people.
    pub description: Option<Text>,
    /// The caller's own key for it.
    pub external_id: Option<Text>,
}

/// Changes to an account. `None` leaves a field as it is, `Some(None)` empties it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountPatch {
    /// Shown to people.
    pub name: Option<Name>,
    /// Shown to people.
    pub description: Option<Option<Text>>,
    /// The caller's own key for it.
    pub external_id: Option<Option<Text>>,
    /// Whether its users can authenticate.
    pub active: Option<bool>,
    /// Erase its users with all that is theirs. Only together with `active: Some(false)`.
    pub erase_users: bool,
}

impl AccountPatch {
    /// `account` with the changes made at `at`: what every adapter stores.
    #[must_use]
    pub fn apply(&self, account: &Account, at: OffsetDateTime) -> Account {
        let pick = |given: &Option<Option<Text>>, current: &Option<Text>| {
            given.as_ref().unwrap_or(current).clone()
        };
        Account {
            name: self.name.as_ref().unwrap_or(&account.name).clone(),
            description: pick(&self.description, &account.description),
            external_id: pick(&self.external_id, &account.external_id),
            active: self.active.unwrap_or(account.active),
            updated_at: at,
            revision: account.revision.next(),
            ..account.clone()
        }
    }
}

impl Account {
    /// `Default` for the organization's own account, else `CompanyAccount` (contract, section 6).
    pub fn type_name(&self) -> &'static str {
        if self.is_default {
            "Default"
        } else {
            "CompanyAccount"
        }
    }

    /// Its fields as the audit log keeps them.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::new()
            .field("name", &self.name)
            .optional("description", self.description.as_ref())
            .optional("externalId", self.external_id.as_ref())
            .field("active", self.active)
            .field("defaultAccount", self.is_default)
    }
}

/// The fields of accounts that CEQL and `orderBy` know (contract, section 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are those of the contract")]
pub enum AccountField {
    Id,
    Name,
    Description,
    ExternalId,
    Active,
    CreatedDate,
    UpdatedDate,
    DefaultAccount,
    Type,
    CompanyId,
}

impl Field for AccountField {
    const ALL: &'static [Self] = &[
        Self::Id,
        Self::Name,
        Self::Description,
        Self::ExternalId,
        Self::Active,
        Self::CreatedDate,
        Self::UpdatedDate,
        Self::DefaultAccount,
        Self::Type,
        Self::CompanyId,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Name => "name",
            Self::Description => "description",
            Self::ExternalId => "externalId",
            Self::Active => "active",
            Self::CreatedDate => "createdDate",
            Self::UpdatedDate => "updatedDate",
            Self::DefaultAccount => "defaultAccount",
            Self::Type => "type",
            Self::CompanyId => "companyId",
        }
    }

    fn kind(self) -> Kind {
        match self {
            Self::Id | Self::CompanyId => Kind::Integer,
            Self::Name | Self::Description | Self::ExternalId | Self::Type => Kind::Text,
            Self::Active | Self::DefaultAccount => Kind::Boolean,
            Self::CreatedDate | Self::UpdatedDate => Kind::Instant,
        }
    }
}

impl Listed for AccountField {
    const ID: Self = Self::Id;
}

impl Record<AccountField> for Account {
    fn values(&self, field: AccountField) -> Values<'_> {
        fn text(text: &str) -> ValueRef<'_> {
            ValueRef::Text(Cow::Borrowed(text))
        }
        Values::One(match field {
            AccountField::Id => ValueRef::Integer(self.id.get()),
            AccountField::CompanyId => ValueRef::Integer(self.organization_id.get()),
            AccountField::Name => text(self.name.as_str()),
            AccountField::Type => text(self.type_name()),
            AccountField::Active => ValueRef::Boolean(self.active),
            AccountField::DefaultAccount => ValueRef::Boolean(self.is_default),
            AccountField::CreatedDate => ValueRef::Instant(self.created_at),
            AccountField::UpdatedDate => ValueRef::Instant(self.updated_at),
            AccountField::Description => match &self.description {
                Some(description) => text(description.as_str()),
                None => return Values::None,
            },
            AccountField::ExternalId => match &self.external_id {
                Some(external_id) => text(external_id.as_str()),
                None => return Values::None,
            },
        })
    }
}
