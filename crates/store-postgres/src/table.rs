//! What a list has to know of a table: its columns by field, its scope, its rows. Must not know any particular table.

use sqlx::postgres::PgRow;
use tenantry_domain::{Reach, Scope, ceql::Record, page::Listed, ports::RepositoryError};

use crate::sql::Sql;

/// A table that can be listed by the fields `Self`.
pub(crate) trait Table: Listed {
    /// What its rows are.
    type Item: Record<Self> + Send;

    /// `SELECT … FROM …`, without conditions.
    const SELECT: &'static str;
    /// ` FROM …`, with what conditions may name, and no row twice.
    const FROM: &'static str;

    /// Where the field is kept.
    fn column(self) -> Column;

    /// Appends the condition that a row is in `scope`.
    fn within(sql: &mut Sql, scope: &Scope);

    /// Reads a row of [`SELECT`](Self::SELECT).
    fn item(row: &PgRow) -> Result<Self::Item, RepositoryError>;
}

/// A text that consists of what stands before another one, that one, and what stands behind it.
#[derive(Clone, Copy)]
pub(crate) struct Within {
    /// The folded form of the longer text.
    pub(crate) folded: &'static str,
    /// A pattern that what stands before fits.
    pub(crate) before: &'static str,
    /// A pattern that what stands behind fits.
    pub(crate) behind: &'static str,
}

/// Where a field is kept.
#[derive(Clone, Copy)]
pub(crate) struct Column {
    /// What is compared and ordered by.
    pub(crate) expression: &'static str,
    /// The folded form, which `LIKE` compares; only of text.
    pub(crate) folded: Option<&'static str>,
    /// Text that holds this one, and has an index for `LIKE` where this one has none.
    pub(crate) within: Option<Within>,
    /// Whether trigrams of the folded form are in an index.
    pub(crate) trigrams: bool,
    /// Folded text with an index in its order that begins at least with what this one begins with: its own, or one that it is
    /// the beginning of.
    pub(crate) beginnings: Option<&'static str>,
    /// Whether it can be absent.
    pub(crate) nullable: bool,
    /// For a field of which one row can have several values: ` FROM … WHERE …`, the rows that hold them. Fields with the
    /// same are looked for together.
    pub(crate) values: Option<&'static str>,
}

impl Column {
    /// Always there.
    pub(crate) const fn required(expression: &'static str) -> Self {
        Self {
            expression,
            folded: None,
            within: None,
            trigrams: false,
            beginnings: None,
            nullable: false,
            values: None,
        }
    }

    /// Text that is always there.
    pub(crate) const fn text(expression: &'static str, folded: &'static str) -> Self {
        Self {
            folded: Some(folded),
            ..Self::required(expression)
        }
    }

    /// The same, possibly absent.
    pub(crate) const fn or_null(self) -> Self {
        Self {
            nullable: true,
            ..self
        }
    }

    /// The same, with an index of its trigrams.
    pub(crate) const fn with_trigrams(self) -> Self {
        Self {
            trigrams: true,
            ..self
        }
    }

    /// The same; `folded` begins with it, or is its folded form, and has an index in its order.
    pub(crate) const fn with_beginnings(self, folded: &'static str) -> Self {
        Self {
            beginnings: Some(folded),
            ..self
        }
    }

    /// The same; `within` holds it, and has an index of its trigrams.
    pub(crate) const fn part_of(self, within: Within) -> Self {
        Self {
            within: Some(within),
            ..self
        }
    }

    /// The same, in the rows that `values` finds.
    pub(crate) const fn among(self, values: &'static str) -> Self {
        Self {
            values: Some(values),
            ..self
        }
    }
}

/// The account or the user that a scope is narrowed to, to be bound to
/// `($n::bigint IS NULL OR account_id = $n) AND ($m::bigint IS NULL OR id = $m)`: one text for all scopes, so that the
/// statement is prepared once.
pub(crate) fn narrowed(scope: &Scope) -> (Option<i64>, Option<i64>) {
    match scope.reach() {
        Reach::Organization => (None, None),
        Reach::Account(account) => (Some(account.get()), None),
        Reach::User(user) => (None, Some(user.get())),
    }
}
