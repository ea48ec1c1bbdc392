//! What belongs to somebody, and text with such values in it.

/// What stands in a call for something of somebody's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    User,
    Email,
    Account,
    Organization,
    Role,
    Instance,
    Configuration,
    /// Its key.
    Element,
    ElementId,
    /// A name, or a part of one.
    Word,
    PageToken,
    ETag,
    IdempotencyKey,
    /// A whole `Authorization`.
    Credentials,
}

/// How many kinds there are.
const KINDS: usize = Of::Credentials as usize + 1;

/// Values of each kind.
#[derive(Clone, Default)]
pub(super) struct Values([Vec<String>; KINDS]);

impl Values {
    pub(super) fn add(&mut self, kind: Of, value: impl Into<String>) {
        self.0[kind as usize].push(value.into());
    }

    pub(super) fn of(&self, kind: Of) -> &[String] {
        &self.0[kind as usize]
    }

    pub(super) fn get(&self, kind: Of, place: usize) -> &str {
        self.of(kind).get(place).map_or("", String::as_str)
    }
}

/// Everybody's values.
#[derive(Default)]
pub(super) struct Cast {
    /// Of those who call, and of what they may see.
    pub(super) own: Values,
    /// Of another organization.
    pub(super) foreign: Values,
    /// Of nobody, as many of each kind.
    pub(super) nobody: Values,
}

/// Text with values in it.
#[derive(Clone, Debug, Default)]
pub(super) struct Text(Vec<Piece>);

#[derive(Clone, Debug)]
enum Piece {
    Fixed(String),
    Value(Of, usize),
}

impl Text {
    pub(super) fn fixed(text: impl Into<String>) -> Self {
        Self(vec![Piece::Fixed(text.into())])
    }

    /// The value at this place, of whomever the text is rendered for.
    pub(super) fn value(kind: Of, place: usize) -> Self {
        Self(vec![Piece::Value(kind, place)])
    }

    pub(super) fn append(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    pub(super) fn push(&mut self, text: &str) -> &mut Self {
        self.0.push(Piece::Fixed(text.to_owned()));
        self
    }

    pub(super) fn render(&self, values: &Values) -> String {
        let mut text = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Fixed(fixed) => text.push_str(fixed),
                Piece::Value(kind, place) => text.push_str(values.get(*kind, *place)),
            }
        }
        text
    }

    pub(super) fn values(&self) -> impl Iterator<Item = (Of, usize)> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Value(kind, place) => Some((*kind, *place)),
            Piece::Fixed(_) => None,
        })
    }
}
