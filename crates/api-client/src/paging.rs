//! Page tokens of this adapter: the server's own where it gives one, bound to the list that they come from.
//!
//! What servers check of their tokens differs, so the mark in front says whether a token is whole and of this list.

use tenantry_domain::{
    Scope,
    ceql::Filter,
    page::{Cursor, Listed, PageRequest, Sort, Start},
    ports::RepositoryError,
};

/// Where a page starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Where the server's own token says.
    Token(String),
    /// After so many records.
    Offset(u64),
    /// Behind the record of that id, in a list by id.
    Behind(i64),
}

/// A page that is asked for, of one list.
#[derive(Clone, Debug)]
pub(crate) struct Paging {
    pub(crate) size: u32,
    pub(crate) place: Place,
    /// Of which list; what its tokens are bound to.
    list: String,
}

impl Paging {
    /// Reads the token, if there is one.
    pub(crate) fn of<F: Listed>(
        scope: &Scope,
        filter: &Filter<F>,
        sort: &Sort<F>,
        request: &PageRequest,
    ) -> Result<Self, RepositoryError> {
        let mut paging = Self {
            size: request.size,
            place: Place::Offset(0),
            list: format!("{scope:?}\n{filter}\n{sort}"),
        };
        paging.place = match &request.start {
            Start::Offset(offset) => Place::Offset(*offset),
            Start::After(cursor) => {
                let place = place(cursor.as_str()).ok_or(RepositoryError::InvalidCursor)?;
                // Whatever it was made of, the same place has the same token.
                if paging.cursor(&place) != *cursor {
                    return Err(RepositoryError::InvalidCursor);
                }
                place
            }
        };
        Ok(paging)
    }

    /// The first so many of the same list.
    pub(crate) fn first(&self, size: u32) -> Self {
        Self {
            size,
            place: Place::Offset(0),
            list: self.list.clone(),
        }
    }

    /// The token for this place in the list.
    pub(crate) fn cursor(&self, place: &Place) -> Cursor {
        let text = match place {
            Place::Token(token) => format!("t.{token}"),
            Place::Offset(offset) => format!("o.{offset}"),
            Place::Behind(id) => format!("b.{id}"),
        };
        let mark = fnv1a(&self.list, &text);
        Cursor::new(format!("{mark:016x}.{text}"))
    }
}

/// The place that a token means, if it is one of this adapter's, of whatever list.
fn place(token: &str) -> Option<Place> {
    let (_, text) = token.split_once('.')?;
    let (kind, value) = text.split_once('.')?;
    match kind {
        "t" => Some(Place::Token(value.to_owned())),
        "o" => value.parse().ok().map(Place::Offset),
        "b" => value.parse().ok().map(Place::Behind),
        _ => None,
    }
}

/// FNV-1a, 64 bits: the standard library's hashers may change between releases, and tokens outlive a restart.
fn fnv1a(list: &str, text: &str) -> u64 {
    let bytes = list.bytes().chain([0]).chain(text.bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use tenantry_domain::{OrganizationId, UserField};

    use super::*;

    #[test]
    fn tokens_are_read_again_in_their_own_list_alone() {
        let sort = Sort::<UserField>::by_id();
        let scope = Scope::organization(OrganizationId::new(2));
        let first = PageRequest::first(20);
        let paging = Paging::of(&scope, &Filter::All, &sort, &first).unwrap();
        for place in [
            Place::Token("a.b=".to_owned()),
            Place::Offset(40),
            Place::Behind(-7),
        ] {
            let cursor = paging.cursor(&place);
            let request = PageRequest::after(cursor.clone(), 20);
            let read = Paging::of(&scope, &Filter::All, &sort, &request).unwrap();
            assert_eq!(read.place, place);
            let other = Scope::organization(OrganizationId::new(3));
            assert!(Paging::of(&other, &Filter::All, &sort, &request).is_err());
            for end in 0..cursor.as_str().len() {
                let damaged = Cursor::new(&cursor.as_str()[..end]);
                let request = PageRequest::after(damaged, 20);
                assert!(Paging::of(&scope, &Filter::All, &sort, &request).is_err());
            }
        }
    }
}
