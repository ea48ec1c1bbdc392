//! Elements: what instances connect to. Each organization has a catalog of its own, and it is open: an element is in it
//! from the first instance that names it.

use std::borrow::Cow;

use crate::{
    ElementId, OrganizationId, Text,
    ceql::{Field, Kind, Record, ValueRef, Values},
    page::Listed,
};

/// Something that instances connect to, for example a CRM system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    /// Assigned by the store.
    pub id: ElementId,
    /// In whose catalog.
    pub organization_id: OrganizationId,
    /// By what requests name it, for example `hubspotcrm`; unique in the catalog.
    pub key: Text,
    /// Shown to people.
    pub name: Text,
    /// The kind of system that it is, for example `crm`.
    pub hub: Text,
}

/// An element as the instance that is being created names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ElementDraft {
    /// By what requests name it.
    pub key: Text,
    /// Shown to people, if the element is new.
    pub name: Text,
    /// The kind of system that it is, if the element is new.
    pub hub: Text,
}

impl ElementDraft {
    /// The hub of an element of which nobody said it.
    pub const DEFAULT_HUB: &'static str = "general";

    /// The element of that key, of which nothing else is known: named like its key.
    ///
    /// # Panics
    /// Never: the default hub is a text.
    pub fn of_key(key: Text) -> Self {
        let Ok(hub) = Text::parse(Self::DEFAULT_HUB) else {
            unreachable!("the default hub is a text");
        };
        Self {
            name: key.clone(),
            key,
            hub,
        }
    }
}

/// The fields of elements that CEQL and `orderBy` know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are those of the contract")]
pub enum ElementField {
    Id,
    Key,
    Name,
    Hub,
}

impl Field for ElementField {
    const ALL: &'static [Self] = &[Self::Id, Self::Key, Self::Name, Self::Hub];

    fn name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Key => "key",
            Self::Name => "name",
            Self::Hub => "hub",
        }
    }

    fn kind(self) -> Kind {
        match self {
            Self::Id => Kind::Integer,
            Self::Key | Self::Name | Self::Hub => Kind::Text,
        }
    }
}

impl Listed for ElementField {
    const ID: Self = Self::Id;
}

impl Record<ElementField> for Element {
    fn values(&self, field: ElementField) -> Values<'_> {
        fn text(text: &Text) -> ValueRef<'_> {
            ValueRef::Text(Cow::Borrowed(text.as_str()))
        }
        Values::One(match field {
            ElementField::Id => ValueRef::Integer(self.id.get()),
            ElementField::Key => text(&self.key),
            ElementField::Name => text(&self.name),
            ElementField::Hub => text(&self.hub),
        })
    }
}
