//! What a resource has to say about itself to be listed: its table, its columns, its scopes.

use tenantry_domain::{Scope, page::Listed};

use crate::sql::Sql;

/// The fields of something that is listed, as columns.
pub(crate) trait Selectable: Listed {
    /// The table.
    const TABLE: &'static str;

    /// What is joined to it when whole rows are read, because their columns are there.
    const JOINS: &'static str = "";

    /// The column of this field.
    fn column(self) -> Column;

    /// The condition that a row lies in `scope`.
    fn within(scope: &Scope, sql: &mut Sql);
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
