//! The order of a list: `orderBy=lastName desc, firstName`.

use std::fmt;

use super::Listed;

/// Up or down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Smallest first; absent values before all others.
    Ascending,
    /// Largest first; absent values after all others.
    Descending,
}

/// The order of a list. Ties are broken by the id, so every order is total.
///
/// Text is ordered by code point (e-mail: by its folded form), absent values count as smaller than any other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sort<F> {
    keys: Vec<(F, Direction)>,
}

impl<F: Listed> Sort<F> {
    /// Most fields that one order may name.
    pub const MAX_KEYS: usize = 8;

    /// By id, the default.
    pub fn by_id() -> Self {
        Self {
            keys: vec![(F::ID, Direction::Ascending)],
        }
    }

    /// By one field.
    pub fn by(field: F, direction: Direction) -> Self {
        Self {
            keys: vec![(field, direction)],
        }
        .completed()
    }

    /// Reads `field [asc|desc], …`.
    ///
    /// # Errors
    /// Names the field that is unknown, repeated, or cannot be ordered by.
    pub fn parse(text: &str) -> Result<Self, SortError> {
        let mut keys: Vec<(F, Direction)> = Vec::new();
        for part in text.split(',') {
            let mut words = part.split_whitespace();
            let name = words.next().ok_or(SortError::Empty)?;
            let direction = match words.next() {
                None => Direction::Ascending,
                Some(word) if word.eq_ignore_ascii_case("asc") => Direction::Ascending,
                Some(word) if word.eq_ignore_ascii_case("desc") => Direction::Descending,
                Some(word) => {
                    return Err(SortError::Direction {
                        field: name.to_owned(),
                        word: word.to_owned(),
                    });
                }
            };
            if let Some(word) = words.next() {
                return Err(SortError::Direction {
                    field: name.to_owned(),
                    word: word.to_owned(),
                });
            }
            let field = F::ALL
                .iter()
                .copied()
                .find(|field| field.name() == name || field.aliases().contains(&name))
                .ok_or_else(|| SortError::Unknown {
                    field: name.to_owned(),
                })?;
            if field.is_many() {
                return Err(SortError::Many {
                    field: name.to_owned(),
                });
            }
            if keys.iter().any(|(earlier, _)| *earlier == field) {
                return Err(SortError::Repeated {
                    field: name.to_owned(),
                });
            }
            keys.push((field, direction));
            if keys.len() > Self::MAX_KEYS {
                return Err(SortError::TooMany);
            }
        }
        Ok(Self { keys }.completed())
    }

    /// The fields to order by; the last is always the id.
    pub fn keys(&self) -> &[(F, Direction)] {
        &self.keys
    }

    /// What stands behind the id cannot matter; without the id the order would not be total.
    fn completed(mut self) -> Self {
        match self.keys.iter().position(|(field, _)| *field == F::ID) {
            Some(place) => self.keys.truncate(place + 1),
            None => self.keys.push((F::ID, Direction::Ascending)),
        }
        self
    }
}

/// The text of `orderBy`, without the tie-breaking id if nobody asked for it.
impl<F: Listed> fmt::Display for Sort<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (field, direction)) in self.keys.iter().enumerate() {
            let separator = if place == 0 { "" } else { ", " };
            let suffix = if *direction == Direction::Descending {
                " desc"
            } else {
                ""
            };
            write!(f, "{separator}{}{suffix}", field.name())?;
        }
        Ok(())
    }
}

/// Why an `orderBy` is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SortError {
    /// Nothing between two commas, or nothing at all.
    #[error("names no field; write for example 'lastName desc'")]
    Empty,
    /// No such field.
    #[error("names the unknown field '{field}'")]
    Unknown {
        /// The name given.
        field: String,
    },
    /// One record can have several values of it.
    #[error("cannot order by '{field}', of which one record can have several")]
    Many {
        /// The name given.
        field: String,
    },
    /// Named twice.
    #[error("names '{field}' twice")]
    Repeated {
        /// The name given.
        field: String,
    },
    /// Neither `asc` nor `desc`.
    #[error("has '{word}' after '{field}' where only 'asc' or 'desc' may stand")]
    Direction {
        /// The field before it.
        field: String,
        /// The word found.
        word: String,
    },
    /// More than [`Sort::MAX_KEYS`].
    #[error("names more than 8 fields")]
    TooMany,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::UserField;

    #[test]
    fn orders_are_read_or_refused_with_the_reason() {
        for (text, expected) in [
            ("id", Ok("id")),
            ("lastName", Ok("lastName, id")),
            (
                "lastName DESC , firstName asc",
                Ok("lastName desc, firstName, id"),
            ),
            ("name", Ok("fullName, id")),
            ("id desc, lastName", Ok("id desc")),
            ("", Err("names no field; write for example 'lastName desc'")),
            (
                "lastName,",
                Err("names no field; write for example 'lastName desc'"),
            ),
            ("lastname", Err("names the unknown field 'lastname'")),
            (
                "lastName up",
                Err("has 'up' after 'lastName' where only 'asc' or 'desc' may stand"),
            ),
            (
                "lastName asc x",
                Err("has 'x' after 'lastName' where only 'asc' or 'desc' may stand"),
            ),
            ("city, city desc", Err("names 'city' twice")),
            (
                "elementKey",
                Err("cannot order by 'elementKey', of which one record can have several"),
            ),
        ] {
            let read = Sort::<UserField>::parse(text)
                .map(|sort| sort.to_string())
                .map_err(|error| error.to_string());
            assert_eq!(
                read,
                expected.map(str::to_owned).map_err(str::to_owned),
                "{text:?}"
            );
        }
    }
}
