//! A resource with every kind of field.

use tenantry_domain::ceql::{Field, Kind, Record, Values};
use time::OffsetDateTime;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum ItemField {
    Id,
    Name,
    Note,
    Email,
    Active,
    CreatedDate,
    LastSeen,
    Tag,
    InstanceId,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Item {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) note: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) active: Option<bool>,
    pub(crate) created: Option<OffsetDateTime>,
    pub(crate) last_seen: Option<OffsetDateTime>,
    pub(crate) tags: Vec<String>,
    pub(crate) instances: Vec<i64>,
}

impl Field for ItemField {
    const ALL: &'static [Self] = &[
        Self::Id,
        Self::Name,
        Self::Note,
        Self::Email,
        Self::Active,
        Self::CreatedDate,
        Self::LastSeen,
        Self::Tag,
        Self::InstanceId,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Name => "firstName",
            Self::Note => "note.text",
            Self::Email => "email",
            Self::Active => "active",
            Self::CreatedDate => "createdDate",
            Self::LastSeen => "last seen",
            Self::Tag => "tag",
            Self::InstanceId => "instanceId",
        }
    }

    fn aliases(self) -> &'static [&'static str] {
        match self {
            Self::Name => &["name"],
            _ => &[],
        }
    }

    fn kind(self) -> Kind {
        match self {
            Self::Id | Self::InstanceId => Kind::Integer,
            Self::Name | Self::Note | Self::Tag => Kind::Text,
            Self::Email => Kind::FoldedText,
            Self::Active => Kind::Boolean,
            Self::CreatedDate | Self::LastSeen => Kind::Instant,
        }
    }

    fn is_many(self) -> bool {
        matches!(self, Self::Tag | Self::InstanceId)
    }
}

impl Record<ItemField> for Item {
    fn values(&self, field: ItemField) -> Values<'_> {
        match field {
            ItemField::Id => self.id.into(),
            ItemField::Name => self.name.as_str().into(),
            ItemField::Note => self.note.as_deref().into(),
            ItemField::Email => self.email.as_deref().into(),
            ItemField::Active => self.active.into(),
            ItemField::CreatedDate => self.created.into(),
            ItemField::LastSeen => self.last_seen.into(),
            ItemField::Tag => self.tags.iter().map(String::as_str).collect(),
            ItemField::InstanceId => self.instances.iter().copied().collect(),
        }
    }
}
