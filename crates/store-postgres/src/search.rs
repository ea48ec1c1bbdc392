//! Lists that have to be looked for. PostgreSQL cannot know how many rows a filter selects, and so whether to take them from an
//! index and sort them, or to walk the list until the page is full. The wrong way reads a whole organization, so both are tried,
//! each up to a bound (docs/decisions/016-search.md).

use tenantry_domain::{
    Scope,
    ceql::{Comparison, Filter, Kind, Leaf, Normal, Test},
    page::{Direction, Sort},
};

use crate::{
    filter::is_selective,
    list::{push_conditions, push_order},
    sql::Sql,
    table::Table,
};

/// So many rows are taken from indexes and sorted. A page of 200 is found by walking in as long a time where about one row in
/// a hundred is selected, of a million.
pub(crate) const CANDIDATES: i64 = 10_000;
/// So many rows are walked before the walk is given up.
const WALKED: i64 = 50_000;

/// A page that is asked for.
pub(crate) struct Wanted<'a, F> {
    pub(crate) scope: &'a Scope,
    pub(crate) filter: &'a Filter<F>,
    /// What lies behind the page before.
    pub(crate) behind: &'a Filter<F>,
    pub(crate) sort: &'a Sort<F>,
    pub(crate) limit: i64,
    pub(crate) offset: i64,
}

impl<F: Table> Wanted<'_, F> {
    /// Whether one statement finds the page: each condition has an index in the order of the list, or is true or false, of
    /// which PostgreSQL knows how many there are; or no index finds what the filter selects, and nothing is gained by looking for it first.
    pub(crate) fn is_direct(&self) -> bool {
        let direct = |leaf: &Leaf<F>| {
            leaf.field.kind() == Kind::Boolean || (self.is_by_id() && is_ordered(leaf))
        };
        let filter = self.filter.normalized();
        let by_itself = match &filter {
            Normal::All | Normal::Nothing => true,
            Normal::Leaf(leaf) => direct(leaf),
            Normal::And(parts) => parts
                .iter()
                .all(|part| matches!(part, Normal::Leaf(leaf) if direct(leaf))),
            Normal::Or(_) => false,
        };
        by_itself || !leads(&filter)
    }

    pub(crate) fn is_by_id(&self) -> bool {
        self.sort.keys().len() == 1
    }

    /// The page as PostgreSQL thinks best.
    pub(crate) fn directly(&self) -> Sql {
        let mut sql = Sql::new(F::SELECT);
        sql.push(" WHERE ");
        self.push_selected(&mut sql);
        push_order(&mut sql, self.sort);
        self.push_bounds(&mut sql);
        sql
    }

    /// The page of at most [`CANDIDATES`] rows that the filter selects. Each row has its `place`; where there is none, the
    /// only row has `candidates` alone, how many there are, counted no further than one beyond the bound.
    pub(crate) fn of_candidates(&self) -> Sql {
        let mut sql = Sql::new("WITH found AS MATERIALIZED (SELECT ");
        for (place, (field, _)) in self.sort.keys().iter().enumerate() {
            sql.push(if place == 0 { "" } else { ", " })
                .push(field.column().expression)
                .push(" AS key")
                .number(place);
        }
        sql.push(F::FROM).push(" WHERE ");
        self.push_selected(&mut sql);
        sql.push(" LIMIT ").bind(CANDIDATES + 1);
        sql.push(
            ") SELECT page.*, total.candidates FROM (SELECT count(*) AS candidates FROM found) AS total \
             LEFT JOIN (SELECT row_number() OVER () AS place, ordered.* FROM (",
        );
        sql.push(F::SELECT).push(" WHERE ");
        F::within(&mut sql, self.scope);
        sql.push(" AND ")
            .push(F::ID.column().expression)
            .push(" = ANY(ARRAY(SELECT key")
            .number(self.sort.keys().len() - 1)
            .push(" FROM found WHERE (SELECT count(*) FROM found) <= ")
            .bind(CANDIDATES);
        self.push_order_of_keys(&mut sql);
        self.push_bounds(&mut sql);
        sql.push("))");
        push_order(&mut sql, self.sort);
        sql.push(") AS ordered) AS page ON TRUE ORDER BY page.place");
        sql
    }

    /// The page if it lies within the next [`WALKED`] rows of a list by id; fewer rows than asked for otherwise.
    pub(crate) fn walked(&self) -> Sql {
        let id = F::ID.column().expression;
        let mut sql = Sql::new(F::SELECT);
        sql.push(" WHERE ");
        self.push_selected(&mut sql);
        let last = if self.is_descending() {
            sql.push(" AND ").push(id).push(" >= coalesce((SELECT ");
            i64::MIN
        } else {
            sql.push(" AND ").push(id).push(" <= coalesce((SELECT ");
            i64::MAX
        };
        sql.push(id).push(F::FROM).push(" WHERE ");
        push_conditions(&mut sql, self.scope, self.behind);
        push_order(&mut sql, self.sort);
        sql.push(" LIMIT 1 OFFSET ").bind(WALKED);
        sql.push("), ").bind(last).push(")");
        push_order(&mut sql, self.sort);
        self.push_bounds(&mut sql);
        sql
    }

    /// The page of a list by id, from everything that the filter selects.
    pub(crate) fn gathered(&self) -> Sql {
        let id = F::ID.column().expression;
        let mut sql = Sql::new(F::SELECT);
        sql.push(" WHERE ");
        F::within(&mut sql, self.scope);
        sql.push(" AND ")
            .push(id)
            .push(" = ANY(ARRAY(SELECT key0 FROM (SELECT ")
            .push(id)
            .push(" AS key0")
            .push(F::FROM)
            .push(" WHERE ");
        self.push_selected(&mut sql);
        // Keeps PostgreSQL from walking the list in its order, for all that stands outside.
        sql.push(" OFFSET 0) AS found");
        self.push_order_of_keys(&mut sql);
        self.push_bounds(&mut sql);
        sql.push("))");
        push_order(&mut sql, self.sort);
        sql
    }

    fn is_descending(&self) -> bool {
        matches!(self.sort.keys(), [(_, Direction::Descending), ..])
    }

    fn push_selected(&self, sql: &mut Sql) {
        push_conditions(sql, self.scope, self.filter);
        if !matches!(self.behind, Filter::All) {
            sql.push(" AND ");
            crate::filter::push(sql, self.behind);
        }
    }

    /// The order of [`push_order`], of the keys that were selected.
    fn push_order_of_keys(&self, sql: &mut Sql) {
        for (place, (_, direction)) in self.sort.keys().iter().enumerate() {
            sql.push(if place == 0 { " ORDER BY key" } else { ", key" })
                .number(place)
                .push(match direction {
                    Direction::Ascending => " NULLS FIRST",
                    Direction::Descending => " DESC NULLS LAST",
                });
        }
    }

    fn push_bounds(&self, sql: &mut Sql) {
        sql.push(" LIMIT ").bind(self.limit);
        if self.offset > 0 {
            sql.push(" OFFSET ").bind(self.offset);
        }
    }
}

/// Whether an index finds what the filter selects, or more, and leaves out the others.
fn leads<F: Table>(filter: &Normal<F>) -> bool {
    match filter {
        Normal::All => false,
        Normal::Nothing => true,
        Normal::Leaf(leaf) => has_index(leaf),
        Normal::And(parts) => parts.iter().any(leads),
        Normal::Or(parts) => parts.iter().all(leads),
    }
}

/// Whether an index finds what the condition selects.
fn has_index<F: Table>(leaf: &Leaf<F>) -> bool {
    let column = leaf.field.column();
    let indexed = match &leaf.test {
        Test::Compare { op, .. } => *op != Comparison::NotEqual,
        Test::In { .. } | Test::IsNull => true,
        Test::Like { pattern } => {
            let by_letters = column.trigrams || column.within.is_some();
            (by_letters && is_selective(pattern))
                || (column.beginnings.is_some() && pattern.prefix().is_some())
        }
        Test::NotLike { .. } | Test::NotIn { .. } | Test::IsNotNull => false,
    };
    indexed && !leaf.denied && leaf.field.kind() != Kind::Boolean
}

/// Whether an index finds what the condition selects in the order of the ids.
fn is_ordered<F: Table>(leaf: &Leaf<F>) -> bool {
    let equal = matches!(
        leaf.test,
        Test::Compare {
            op: Comparison::Equal,
            ..
        }
    );
    let by_id = leaf.field == F::ID && matches!(leaf.test, Test::Compare { .. });
    (equal || by_id) && !leaf.denied && leaf.field.column().values.is_none()
}
