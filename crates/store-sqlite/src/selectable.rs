//! What a resource has to say about itself to be listed: its table, its columns, its scopes.

use tenantry_domain::{Scope, page::Listed};

use crate::{sql::Sql, trigrams::Trigrams};

/// The fields of something that is listed, as columns.
pub(crate) trait Selectable: Listed {
    /// The table.
    const TABLE: &'static str;

    /// What is joined to it because conditions name it.
    const BESIDE: &'static str = "";

    /// The column of the ids, which are the numbers of its rows.
    const ID_COLUMN: &'static str;

    /// `SELECT … WHERE … = `, for the ids of the rows of an organization, which a condition can be added to with ` AND `.
    const IDS: &'static str;

    /// The same for conditions on this field, where they are looked for in another table.
    fn ids(self) -> &'static str {
        Self::IDS
    }

    /// The field that stands in the indexes of all others.
    const COVERED: Option<Self> = None;

    /// The truth that few rows have, and the condition of the index of those.
    fn rare(self) -> Option<(bool, &'static str)> {
        None
    }

    /// The index for `LIKE` on this field.
    fn trigrams(self) -> Option<Trigrams> {
        None
    }

    /// The index that finds how this field begins.
    fn beginnings(self) -> Option<Beginnings> {
        None
    }

    /// What is joined to it when whole rows are read, because their columns are there.
    const JOINS: &'static str = "";

    /// The column of this field.
    fn column(self) -> Column;

    /// The condition that a row lies in `scope`.
    fn within(scope: &Scope, sql: &mut Sql);
}

/// Folded texts with an index in their order, which begin at least with what a field begins with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Beginnings {
    /// Their column.
    pub(crate) column: &'static str,
    /// Whether they are the field itself.
    pub(crate) exact: bool,
}

/// Where the values of a field are. `exact` is compared and sorted by, `folded` is what `LIKE` looks at.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Column {
    /// In the row itself.
    One {
        exact: &'static str,
        folded: &'static str,
    },
    /// In rows beside it: `rows` is their ` FROM … WHERE …`, which a condition can be added to with ` AND `. Fields with
    /// the same `rows` are looked for together.
    Many {
        rows: &'static str,
        exact: &'static str,
        folded: &'static str,
    },
}

impl Column {
    /// A column that is no text, or is stored in folded form.
    pub(crate) const fn plain(exact: &'static str) -> Self {
        Self::One {
            exact,
            folded: exact,
        }
    }

    /// A text with its folded form.
    pub(crate) const fn text(exact: &'static str, folded: &'static str) -> Self {
        Self::One { exact, folded }
    }
}
