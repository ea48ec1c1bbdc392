//! Lists and counts, for every table alike: scope, filter, place, order, one row more than the page holds.

use sqlx::{Row as _, postgres::PgRow};
use tenantry_domain::{
    Scope,
    ceql::{Comparison, Filter, Kind, Leaf, Normal, Test},
    page::{Count, Direction, Keyset, Page, PageRequest, Sort, Start},
    ports::RepositoryError,
};

use tokio::time::{Instant, timeout_at};

use crate::{
    database::Database,
    error::{self, Failure},
    filter,
    row::number,
    search::{self, Wanted},
    sql::Sql,
    table::Table,
};

/// Filters of more conditions come in too many shapes to be kept.
const COMMON: usize = 3;

/// One page of the rows in `scope` that `filter` selects.
pub(crate) async fn page<F: Table>(
    database: &Database,
    scope: &Scope,
    filter: &Filter<F>,
    sort: &Sort<F>,
    request: &PageRequest,
) -> Result<Page<F::Item>, RepositoryError> {
    let (behind, offset) = match &request.start {
        Start::Offset(offset) => (Filter::All, i64::try_from(*offset).unwrap_or(i64::MAX)),
        Start::After(cursor) => {
            let place =
                Keyset::parse(cursor, scope, filter, sort).ok_or(RepositoryError::InvalidCursor)?;
            (place.filter(sort), 0)
        }
    };
    let wanted = Wanted {
        scope,
        filter,
        behind: &behind,
        sort,
        limit: i64::from(request.size) + 1,
        offset,
    };
    let found = rows(database, &wanted).await?;
    let items = found.rows.iter().map(F::item);
    let items = items.collect::<Result<Vec<_>, _>>()?;
    let mut page = Page::of_rows(items, request, |last| {
        Keyset::of(sort, last).cursor(scope, filter, sort)
    });
    page.total = page.total.or(found.total);
    Ok(page)
}

/// How many rows in `scope` the filter selects, counted no further than one beyond `up_to`.
pub(crate) async fn count<F: Table>(
    database: &Database,
    scope: &Scope,
    filter: &Filter<F>,
    up_to: u64,
) -> Result<Count, RepositoryError> {
    let mut sql = Sql::new("SELECT count(*) FROM (SELECT 1");
    sql.push(F::FROM).push(" WHERE ");
    push_conditions(&mut sql, scope, filter);
    let limit = i64::try_from(up_to).unwrap_or(i64::MAX).saturating_add(1);
    sql.push(" LIMIT ").bind(limit).push(") AS found");
    let _share = database.share_of(scope.organization_id()).await?;
    let rows = fetch(database, sql, is_common(filter)).await?;
    Ok(Count::bounded(number(rows.first())?, up_to))
}

/// The rows of a page, and how many the whole list has, if that was found on the way.
struct Found {
    rows: Vec<PgRow>,
    total: Option<Count>,
}

async fn rows<F: Table>(
    database: &Database,
    wanted: &Wanted<'_, F>,
) -> Result<Found, RepositoryError> {
    let _share = database.share_of(wanted.scope.organization_id()).await?;
    let deadline = Instant::now() + database.operation_timeout();
    if wanted.is_direct() {
        let prepared = is_common(wanted.filter) && wanted.is_by_id();
        let rows = fetch(database, wanted.directly(), prepared).await?;
        return Ok(Found { rows, total: None });
    }
    let mut rows = fetch(database, wanted.of_candidates(), false).await?;
    let candidates = counted(&rows, "candidates")?;
    // Behind a page, those before it are not among the candidates.
    let total = matches!(wanted.behind, Filter::All)
        .then(|| Count::bounded(candidates.unsigned_abs(), search::CANDIDATES.unsigned_abs()));
    if candidates <= search::CANDIDATES {
        // Where no row is left, there is one that only tells how many candidates there are.
        if placeless(&rows)? {
            rows.clear();
        }
        return Ok(Found { rows, total });
    }
    let rows = beyond_candidates(database, wanted, deadline).await?;
    Ok(Found { rows, total })
}

/// The page of more rows than are taken from indexes and sorted.
async fn beyond_candidates<F: Table>(
    database: &Database,
    wanted: &Wanted<'_, F>,
    deadline: Instant,
) -> Result<Vec<PgRow>, RepositoryError> {
    if !wanted.is_by_id() {
        return next(database, wanted.directly(), deadline).await;
    }
    let rows = next(database, wanted.walked(), deadline).await?;
    if i64::try_from(rows.len()).is_ok_and(|found| found == wanted.limit) {
        return Ok(rows);
    }
    next(database, wanted.gathered(), deadline).await
}

/// A further step: all of them together take no longer than one call may.
async fn next(
    database: &Database,
    sql: Sql,
    deadline: Instant,
) -> Result<Vec<PgRow>, RepositoryError> {
    timeout_at(deadline, fetch(database, sql, false))
        .await
        .unwrap_or_else(|_| Err(error::too_slow()))
}

fn counted(rows: &[PgRow], column: &str) -> Result<i64, RepositoryError> {
    let row = rows.first().ok_or(Failure::Sql(sqlx::Error::RowNotFound))?;
    Ok(row.try_get(column).map_err(Failure::from)?)
}

fn placeless(rows: &[PgRow]) -> Result<bool, RepositoryError> {
    let row = rows.first().ok_or(Failure::Sql(sqlx::Error::RowNotFound))?;
    let place: Option<i64> = row.try_get("place").map_err(Failure::from)?;
    Ok(place.is_none())
}

async fn fetch(
    database: &Database,
    sql: Sql,
    prepared: bool,
) -> Result<Vec<PgRow>, RepositoryError> {
    let rows = if prepared {
        database.read(sql.statement()).await
    } else {
        database.read_once(sql.statement()).await
    };
    rows.map_err(error::of_long_read)
}

/// The condition that a row is in `scope` and `filter` selects it.
pub(crate) fn push_conditions<F: Table>(sql: &mut Sql, scope: &Scope, filter: &Filter<F>) {
    F::within(sql, scope);
    if !matches!(filter, Filter::All) {
        sql.push(" AND ");
        filter::push(sql, filter);
    }
}

/// Absent values count as the smallest. PostgreSQL thinks otherwise, and has to be told only where there can be any: it
/// would not use an index that it does not know to fit.
pub(crate) fn push_order<F: Table>(sql: &mut Sql, sort: &Sort<F>) {
    for (place, (field, direction)) in sort.keys().iter().enumerate() {
        let column = field.column();
        sql.push(if place == 0 { " ORDER BY " } else { ", " })
            .push(column.expression);
        sql.push(match (direction, column.nullable) {
            (Direction::Ascending, false) => "",
            (Direction::Ascending, true) => " NULLS FIRST",
            (Direction::Descending, false) => " DESC",
            (Direction::Descending, true) => " DESC NULLS LAST",
        });
    }
}

/// Whether the filter is one of those that are asked all the time, equalities of a few fields, and so worth preparing: with so
/// many indexes, to plan a page takes as long as to read it. One plan suits all their values: the index by the field has them in
/// the order of the list.
fn is_common<F: Table>(filter: &Filter<F>) -> bool {
    match filter.normalized() {
        Normal::All => true,
        Normal::Leaf(leaf) => is_equality(&leaf),
        Normal::And(parts) => {
            parts.len() <= COMMON
                && parts
                    .iter()
                    .all(|part| matches!(part, Normal::Leaf(leaf) if is_equality(leaf)))
        }
        _ => false,
    }
}

fn is_equality<F: Table>(leaf: &Leaf<F>) -> bool {
    let equal = matches!(
        leaf.test,
        Test::Compare {
            op: Comparison::Equal,
            ..
        }
    );
    let truth = leaf.field.kind() == Kind::Boolean && matches!(leaf.test, Test::Compare { .. });
    (equal || truth) && !leaf.denied && leaf.field.column().values.is_none()
}
