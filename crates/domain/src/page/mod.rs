//! Pages of lists: keyset paging that costs the same on page 10,000 as on page 1.

mod cursor;
mod sort;

use crate::ceql::Field;

pub use self::{
    cursor::{Cursor, Keyset},
    sort::{Direction, Sort, SortError},
};

/// A field enumeration of something that is listed.
pub trait Listed: Field {
    /// The field that breaks ties: unique, and never absent.
    const ID: Self;
}

/// Which page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRequest {
    /// At most so many items; the caller has checked the limits.
    pub size: u32,
    /// Where the page starts.
    pub start: Start,
}

/// Where a page starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// After so many records.
    Offset(u64),
    /// After the record that this cursor, from an earlier [`Page`], points at.
    After(Cursor),
}

impl PageRequest {
    /// The first `size` items.
    pub const fn first(size: u32) -> Self {
        Self {
            size,
            start: Start::Offset(0),
        }
    }

    /// The `size` items after `cursor`.
    pub const fn after(cursor: Cursor, size: u32) -> Self {
        Self {
            size,
            start: Start::After(cursor),
        }
    }
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The items, in order.
    pub items: Vec<T>,
    /// Where the next page starts; `None` if this is the last.
    pub next: Option<Cursor>,
    /// How many the whole list has, where that was found on the way. `None` does not mean that they are many: they have to be
    /// counted.
    pub total: Option<Count>,
}

impl<T> Page<T> {
    /// Makes a page of `rows`, of which the adapter fetched one more than `request` asks for if there were so many. The
    /// cursor of the last item kept comes from `cursor`.
    pub fn of_rows(
        mut rows: Vec<T>,
        request: &PageRequest,
        cursor: impl FnOnce(&T) -> Cursor,
    ) -> Self {
        let size = usize::try_from(request.size).unwrap_or(usize::MAX);
        if rows.len() <= size {
            return Self {
                total: Self::total_at_end(&rows, request),
                items: rows,
                next: None,
            };
        }
        rows.truncate(size);
        let next = rows.last().map(cursor);
        Self {
            items: rows,
            next,
            total: None,
        }
    }

    /// The last page tells how many there are, if it is known how many stand before it.
    fn total_at_end(rows: &[T], request: &PageRequest) -> Option<Count> {
        let (Start::Offset(skipped), Ok(found)) = (&request.start, u64::try_from(rows.len()))
        else {
            return None;
        };
        // Behind the end, nothing tells how far behind.
        (found > 0 || *skipped == 0).then(|| Count::Exact(skipped.saturating_add(found)))
    }
}

/// How many there are, as far as anybody counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// Exactly so many.
    Exact(u64),
    /// More than so many.
    MoreThan(u64),
}

impl Count {
    /// What it means that `found` were counted when counting stopped beyond `up_to`.
    pub const fn bounded(found: u64, up_to: u64) -> Self {
        if found > up_to {
            Self::MoreThan(up_to)
        } else {
            Self::Exact(found)
        }
    }

    /// The same, counted no further than `up_to`; `None` if it does not tell so much.
    #[must_use]
    pub const fn up_to(self, up_to: u64) -> Option<Self> {
        match self {
            Self::Exact(found) => Some(Self::bounded(found, up_to)),
            Self::MoreThan(found) if found >= up_to => Some(Self::MoreThan(up_to)),
            Self::MoreThan(_) => None,
        }
    }
}
