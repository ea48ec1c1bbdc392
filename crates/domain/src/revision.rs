//! Revisions, by which lost updates are caught.

use std::fmt;

use crate::{Entity, ports::RepositoryError};

/// How often an entity was written: 1 when created, one more with every change. The strong `ETag` is made of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(i64);

impl Revision {
    /// The revision of what was just created.
    pub const FIRST: Self = Self(1);

    /// The revision with this number.
    pub const fn new(number: i64) -> Self {
        Self(number)
    }

    /// Its number.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// The one after this.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a caller expects of the entity that is to be changed: the `If-Match` of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Expected {
    /// Nothing; whatever it is by now is changed.
    #[default]
    Anything,
    /// That it is still at one of these revisions. None of them means that it cannot be.
    OneOf(Vec<Revision>),
}

impl Expected {
    /// The revision that a store must find, if what was just read, at `current`, is as expected.
    ///
    /// # Errors
    /// `Stale` if it is not.
    pub fn check(
        &self,
        entity: Entity,
        current: Revision,
    ) -> Result<Option<Revision>, RepositoryError> {
        match self {
            Self::Anything => Ok(None),
            Self::OneOf(revisions) if revisions.contains(&current) => Ok(Some(current)),
            Self::OneOf(_) => Err(RepositoryError::Stale { entity }),
        }
    }
}
