//! The audit log: who changed what, when, from what to what. Secrets never stand in it.

use std::{collections::BTreeMap, fmt};

use time::OffsetDateTime;

use crate::{
    AccountId, AuditId, OrganizationId, RequestId, UserId,
    ceql::{Comparison, Field, Filter, Kind, Record, Value, ValueRef, Values},
    page::Listed,
};

/// Who writes, in which request, when. Every write takes one, and its audit record is committed with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// Who.
    pub author: Author,
    /// In which request.
    pub request_id: RequestId,
    /// When, to the microsecond; also what the store writes as `created_at` and `updated_at`.
    pub at: OffsetDateTime,
}

/// Who made a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Author {
    /// A user, through the API.
    User(UserId),
    /// The operator, on the command line of the server.
    Operator,
    /// The platform itself, for example when it locks a user after wrong passwords.
    Platform,
}

/// A kind of thing, in errors and in the audit log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Entity {
    /// An [`Organization`](crate::Organization).
    Organization,
    /// An [`Account`](crate::Account).
    Account,
    /// A [`User`](crate::User).
    User,
    /// An [`Instance`](crate::Instance).
    Instance,
    /// A [`Role`](crate::Role).
    Role,
    /// An [`Element`](crate::Element).
    Element,
}

impl Entity {
    /// Every kind.
    pub const ALL: &'static [Self] = &[
        Self::Organization,
        Self::Account,
        Self::User,
        Self::Instance,
        Self::Role,
        Self::Element,
    ];

    /// The word for it, in messages and stores.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Organization => "organization",
            Self::Account => "account",
            Self::User => "user",
            Self::Instance => "instance",
            Self::Role => "role",
            Self::Element => "element",
        }
    }

    /// The kind with this word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|entity| entity.as_str() == text)
    }
}

impl fmt::Display for Entity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What was done to the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AuditAction {
    /// It was created.
    Created,
    /// Some of its fields were changed.
    Updated,
    /// It was erased.
    Deleted,
    /// A role was granted to it.
    RoleGranted,
    /// A granted role was taken from it.
    RoleRevoked,
    /// Too many wrong passwords locked it.
    Locked,
    /// It was given another secret.
    SecretReset,
}

impl AuditAction {
    /// Every action.
    pub const ALL: &'static [Self] = &[
        Self::Created,
        Self::Updated,
        Self::Deleted,
        Self::RoleGranted,
        Self::RoleRevoked,
        Self::Locked,
        Self::SecretReset,
    ];

    /// The word for it, in stores and replies.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Deleted => "deleted",
            Self::RoleGranted => "roleGranted",
            Self::RoleRevoked => "roleRevoked",
            Self::Locked => "locked",
            Self::SecretReset => "secretReset",
        }
    }

    /// The action with this word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|action| action.as_str() == text)
    }
}

/// Fields of an entity and their values as text, by the names the API gives them. Absent values are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot(pub BTreeMap<String, String>);

impl Snapshot {
    /// No field yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// With this field.
    #[must_use]
    pub fn field(mut self, name: &str, value: impl fmt::Display) -> Self {
        self.0.insert(name.to_owned(), value.to_string());
        self
    }

    /// With this field, if there is a value.
    #[must_use]
    pub fn optional(self, name: &str, value: Option<impl fmt::Display>) -> Self {
        match value {
            Some(value) => self.field(name, value),
            None => self,
        }
    }

    /// What differs between `old` and `new`: the old values and the new ones, of the changed fields alone.
    pub fn difference(old: &Self, new: &Self) -> (Self, Self) {
        let only = |of: &Self, other: &Self| {
            Self(
                of.0.iter()
                    .filter(|(k, v)| other.0.get(*k) != Some(v))
                    .map(|(k, v)| (k.clone(), v.clone()))
                    .collect(),
            )
        };
        (only(old, new), only(new, old))
    }

    /// Whether there is no field.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// One change of one target, as the log keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRecord {
    /// Assigned by the store; grows with time within an organization.
    pub id: AuditId,
    /// In whose organization.
    pub organization_id: OrganizationId,
    /// In whose account; absent when the organization itself is the target.
    pub account_id: Option<AccountId>,
    /// Who, in which request, when.
    pub change: Change,
    /// What was done.
    pub action: AuditAction,
    /// To what kind of thing.
    pub target: Entity,
    /// To which one.
    pub target_id: i64,
    /// The changed fields before; empty when it was created.
    pub old: Snapshot,
    /// The changed fields after; empty when it was deleted.
    pub new: Snapshot,
}

/// Which records to list. Absent means any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditQuery {
    /// Not before this instant.
    pub from: Option<OffsetDateTime>,
    /// Before this instant.
    pub to: Option<OffsetDateTime>,
    /// Changes made by this user or to it.
    pub user_id: Option<UserId>,
    /// Changes in this account.
    pub account_id: Option<AccountId>,
}

impl AuditQuery {
    /// The query as the filter that the log takes.
    pub fn filter(&self) -> Filter<AuditField> {
        let instant = |op, at: Option<OffsetDateTime>| {
            at.map_or(Filter::All, |at| {
                Filter::compare(AuditField::CreatedDate, op, Value::Instant(at))
            })
        };
        let equals = |field, id: i64| Filter::compare(field, Comparison::Equal, Value::Integer(id));
        let user = self.user_id.map_or(Filter::All, |id| {
            Filter::Or(vec![
                equals(AuditField::AuthorId, id.get()),
                equals(AuditField::TargetUserId, id.get()),
            ])
        });
        instant(Comparison::GreaterOrEqual, self.from)
            .and(instant(Comparison::Less, self.to))
            .and(user)
            .and(
                self.account_id
                    .map_or(Filter::All, |id| equals(AuditField::AccountId, id.get())),
            )
    }
}

/// The fields of audit records that the log can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AuditField {
    /// Id of the record.
    Id,
    /// When.
    CreatedDate,
    /// The user who made the change; absent if the operator or the platform did.
    AuthorId,
    /// The user to whom it was made; absent if the target is no user.
    TargetUserId,
    /// In which account.
    AccountId,
}

impl Field for AuditField {
    const ALL: &'static [Self] = &[
        Self::Id,
        Self::CreatedDate,
        Self::AuthorId,
        Self::TargetUserId,
        Self::AccountId,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::CreatedDate => "createdDate",
            Self::AuthorId => "authorId",
            Self::TargetUserId => "targetUserId",
            Self::AccountId => "accountId",
        }
    }

    fn kind(self) -> Kind {
        match self {
            Self::CreatedDate => Kind::Instant,
            Self::Id | Self::AuthorId | Self::TargetUserId | Self::AccountId => Kind::Integer,
        }
    }
}

impl Listed for AuditField {
    const ID: Self = Self::Id;
}

impl Record<AuditField> for AuditRecord {
    fn values(&self, field: AuditField) -> Values<'_> {
        let integer =
            |id: Option<i64>| id.map_or(Values::None, |id| Values::One(ValueRef::Integer(id)));
        match field {
            AuditField::Id => integer(Some(self.id.get())),
            AuditField::CreatedDate => Values::One(ValueRef::Instant(self.change.at)),
            AuditField::AuthorId => match self.change.author {
                Author::User(id) => integer(Some(id.get())),
                Author::Operator | Author::Platform => Values::None,
            },
            AuditField::TargetUserId => {
                integer((self.target == Entity::User).then_some(self.target_id))
            }
            AuditField::AccountId => integer(self.account_id.map(AccountId::get)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn difference_keeps_changed_fields_alone() {
        let old = Snapshot::new()
            .field("firstName", "Frodo")
            .field("city", "Hobbiton")
            .field("phone", "1");
        let new = Snapshot::new()
            .field("firstName", "Bilbo")
            .field("city", "Hobbiton")
            .optional("phone", None::<&str>);
        let (before, after) = Snapshot::difference(&old, &new);
        assert_eq!(
            before,
            Snapshot::new()
                .field("firstName", "Frodo")
                .field("phone", "1")
        );
        assert_eq!(after, Snapshot::new().field("firstName", "Bilbo"));
    }
}
