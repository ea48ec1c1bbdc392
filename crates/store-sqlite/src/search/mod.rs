//! Where rows are looked for. SQLite does not count what a condition selects before it chooses an index, so that is done here: the
//! first condition of which an index finds few rows leads, and if none does, the list is walked until the page is full
//! (docs/decisions/016-search.md). Where the index finds just what the filter selects, nothing else has to be counted.

use rusqlite::Connection;
use tenantry_domain::{
    OrganizationId, Reach, Scope,
    ceql::{Comparison, Filter, Kind, Leaf, Normal, Pattern, Test, Value},
};

use crate::{
    error::Failure,
    filter,
    selectable::{Column, Selectable},
    sql::Sql,
};

/// So many rows are taken from an index and sorted.
pub(crate) const CANDIDATES: i64 = 10_000;
/// So many rows are walked before the walk is given up.
pub(crate) const WALKED: i64 = 50_000;
/// So many conditions are tried.
const TRIED: usize = 8;
/// So many alternatives are looked for one by one.
const ALTERNATIVES: usize = 16;

/// What finds at least the rows that some condition of a filter selects.
#[derive(Clone, Debug)]
pub(crate) struct Lead {
    rank: Rank,
    /// A query for their ids.
    pub(crate) ids: Sql,
    alternatives: usize,
    /// How many conditions it answers, each row once; none if it finds more than they select.
    answers: usize,
    /// Whether it finds just what the filter selects in its scope.
    pub(crate) exact: bool,
    /// Whether its index has them in the order of their ids: those of one value.
    by_id: bool,
}

impl Lead {
    fn new(rank: Rank, ids: Sql, answers: usize) -> Self {
        Self {
            rank,
            ids,
            alternatives: 1,
            answers,
            exact: false,
            by_id: false,
        }
    }

    /// Whether a list by id is what it finds, from the first on.
    pub(crate) fn is_list_by_id(&self) -> bool {
        self.exact && self.by_id
    }
}

/// What the conditions of a filter find.
pub(crate) enum Found {
    /// Few rows, and whether they are just those that the filter selects.
    Few { ids: Vec<i64>, exact: bool },
    /// Every condition finds many. `exact`: so does the filter.
    Many { exact: bool },
}

/// How few rows are to be expected. The first that find few are taken, so that little is counted in vain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Equal,
    Fitting,
    Between,
}

/// All conditions that can lead to the rows in `scope` that `filter` selects, the best first.
pub(crate) fn leads<F: Selectable>(scope: &Scope, filter: &Filter<F>) -> Vec<Lead> {
    let normal = filter.normalized();
    let parts = match &normal {
        Normal::And(parts) => parts.as_slice(),
        only => std::slice::from_ref(only),
    };
    let mut leads = of_all(scope.organization_id(), parts);
    let covered: Vec<_> = parts.iter().filter_map(covered).collect();
    for lead in &mut leads {
        lead.exact = scope.reach() == Reach::Organization
            && lead.answers > 0
            && lead.answers + covered.len() == parts.len();
        if lead.exact {
            for leaf in &covered {
                filter::test_of(leaf, lead.ids.push(" AND "));
            }
        }
    }
    leads.sort_by_key(|lead| lead.rank);
    leads
}

/// The condition, if every index by field can answer it besides.
fn covered<F: Selectable>(part: &Normal<F>) -> Option<&Leaf<F>> {
    let Normal::Leaf(leaf) = part else {
        return None;
    };
    (Some(leaf.field) == F::COVERED && !leaf.denied).then_some(leaf)
}

/// The leads of conditions that all have to hold. Those that bound one field, from below and from above, are one.
fn of_all<F: Selectable>(organization: OrganizationId, parts: &[Normal<F>]) -> Vec<Lead> {
    let mut leads = Vec::new();
    let mut bounds: Vec<(F, Lead)> = Vec::new();
    for part in parts {
        let Some(one) = lead(organization, part) else {
            continue;
        };
        let Normal::Leaf(leaf) = part else {
            leads.push(one);
            continue;
        };
        if one.rank != Rank::Between || matches!(leaf.field.column(), Column::Many { .. }) {
            leads.push(one);
        } else if let Some((_, bound)) = bounds.iter_mut().find(|(field, _)| *field == leaf.field) {
            filter::test_of(leaf, bound.ids.push(" AND "));
            bound.answers += 1;
        } else {
            bounds.push((leaf.field, one));
        }
    }
    leads.extend(bounds.into_iter().map(|(_, lead)| lead));
    leads
}

fn lead<F: Selectable>(organization: OrganizationId, normal: &Normal<F>) -> Option<Lead> {
    match normal {
        Normal::All | Normal::Nothing => None,
        Normal::Leaf(leaf) => of_leaf(organization, leaf),
        Normal::And(parts) => of_all(organization, parts)
            .into_iter()
            .min_by_key(|lead| lead.rank),
        Normal::Or(parts) => parts
            .iter()
            .map(|part| lead(organization, part))
            .reduce(|all, next| either(all?, next?))?,
    }
}

fn either(mut one: Lead, other: Lead) -> Option<Lead> {
    one.ids.push(" UNION ALL ").append(other.ids);
    one.rank = one.rank.max(other.rank);
    one.alternatives += other.alternatives;
    // What both find would be there twice.
    one.answers = 0;
    one.by_id = false;
    (one.alternatives <= ALTERNATIVES).then_some(one)
}

fn of_leaf<F: Selectable>(organization: OrganizationId, leaf: &Leaf<F>) -> Option<Lead> {
    if leaf.denied {
        return None;
    }
    if let Test::Like { pattern } = &leaf.test {
        return of_like(organization, leaf.field, pattern);
    }
    if leaf.field.kind() == Kind::Boolean {
        let mut ids = Sql::new(leaf.field.ids());
        ids.bind(organization.get()).push(" AND ").push(rare(leaf)?);
        return Some(Lead::new(Rank::Equal, ids, 0));
    }
    let rank = match &leaf.test {
        Test::Compare {
            op: Comparison::Equal,
            ..
        }
        | Test::In { .. } => Rank::Equal,
        Test::IsNull if matches!(leaf.field.column(), Column::One { .. }) => Rank::Equal,
        Test::Compare {
            op:
                Comparison::Less
                | Comparison::LessOrEqual
                | Comparison::Greater
                | Comparison::GreaterOrEqual,
            ..
        } => Rank::Between,
        _ => return None,
    };
    // A list by id starts there by itself.
    if leaf.field == F::ID && rank == Rank::Between {
        return None;
    }
    let mut ids = Sql::new(leaf.field.ids());
    ids.bind(organization.get()).push(" AND ");
    filter::test_of(leaf, &mut ids);
    let answers = usize::from(matches!(leaf.field.column(), Column::One { .. }));
    Some(Lead {
        by_id: matches!(
            leaf.test,
            Test::Compare {
                op: Comparison::Equal,
                ..
            }
        ),
        ..Lead::new(rank, ids, answers)
    })
}

/// By the beginning, where that is all that is asked for, or by all letters that stand in a row.
fn of_like<F: Selectable>(
    organization: OrganizationId,
    field: F,
    pattern: &Pattern,
) -> Option<Lead> {
    let beginning = field.beginnings().zip(pattern.prefix());
    let is_all = beginning.as_ref().is_some_and(|(_, prefix)| prefix.is_all);
    if !is_all && let Some(ids) = by_letters(organization, field, pattern) {
        return Some(Lead::new(Rank::Fitting, ids, 0));
    }
    let (beginnings, prefix) = beginning?;
    let mut ids = Sql::new(field.ids());
    ids.bind(organization.get());
    ids.push(" AND ").push(beginnings.column).push(" >= ");
    ids.bind(prefix.from.to_owned());
    if let Some(below) = prefix.below {
        ids.push(" AND ").push(beginnings.column).push(" < ");
        ids.bind(below);
    }
    let answers = usize::from(beginnings.exact && prefix.is_all);
    Some(Lead::new(Rank::Fitting, ids, answers))
}

fn by_letters<F: Selectable>(
    organization: OrganizationId,
    field: F,
    pattern: &Pattern,
) -> Option<Sql> {
    let trigrams = field.trigrams()?;
    let mut ids = Sql::new(trigrams.rows);
    ids.bind(trigrams.question(organization, pattern)?);
    Some(ids)
}

/// The condition for the rows with the rare truth, if the leaf asks for these. The others are found by walking.
fn rare<F: Selectable>(leaf: &Leaf<F>) -> Option<&'static str> {
    let (truth, condition) = leaf.field.rare()?;
    let equal = Test::Compare {
        op: Comparison::Equal,
        value: Value::Boolean(truth),
    };
    (leaf.test == equal).then_some(condition)
}

/// What the first lead finds that finds few rows.
pub(crate) fn look(connection: &Connection, leads: &[Lead]) -> Result<Found, Failure> {
    for lead in leads.iter().take(TRIED) {
        let mut sql = lead.ids.clone();
        sql.push(" LIMIT ").number(CANDIDATES + 1);
        let ids: Vec<i64> = sql.rows(connection, |row| Ok(row.get(0)?))?;
        if i64::try_from(ids.len()).is_ok_and(|found| found <= CANDIDATES) {
            let exact = lead.exact;
            return Ok(Found::Few { ids, exact });
        }
        if lead.exact {
            return Ok(Found::Many { exact: true });
        }
    }
    Ok(Found::Many { exact: false })
}

/// A query for these ids.
pub(crate) fn these(ids: &[i64]) -> Sql {
    let list: Vec<_> = ids.iter().map(i64::to_string).collect();
    let mut sql = Sql::new("SELECT value FROM json_each(");
    sql.bind(format!("[{}]", list.join(","))).push(")");
    sql
}

#[cfg(test)]
mod tests;
