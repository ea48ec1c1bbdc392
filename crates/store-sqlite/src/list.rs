//! Lists and counts of anything selectable: scope, filter, order, page.

use rusqlite::{Connection, Row};
use tenantry_domain::{
    Scope,
    ceql::{Filter, Record},
    page::{Count, Direction, Keyset, Page, PageRequest, Sort, Start},
    ports::RepositoryError,
};

use crate::{
    engine::Engine,
    error::Failure,
    filter::condition,
    search::{self, Lead},
    selectable::{Column, Selectable},
    sql::{Sql, moment},
};

/// One page of the rows in `scope` that `filter` selects. `columns` are what `decode` reads.
pub(crate) async fn list<F, T>(
    engine: &Engine,
    columns: &'static str,
    decode: fn(&Row<'_>) -> Result<T, Failure>,
    scope: &Scope,
    filter: &Filter<F>,
    sort: &Sort<F>,
    page: &PageRequest,
) -> Result<Page<T>, RepositoryError>
where
    F: Selectable,
    T: Record<F> + Send + 'static,
{
    let wanted = Wanted::new(columns, scope, filter, sort, page)?;
    let found = engine
        .read_for(scope.organization_id(), move |connection| {
            wanted.rows(connection, |connection, sql| sql.rows(connection, decode))
        })
        .await?;
    Ok(page_of(found, scope, filter, sort, page))
}

/// The page that these rows are, of which one more was [`Wanted`] than it holds.
pub(crate) fn page_of<F: Selectable, T: Record<F>>(
    found: Listed<T>,
    scope: &Scope,
    filter: &Filter<F>,
    sort: &Sort<F>,
    page: &PageRequest,
) -> Page<T> {
    let mut page = Page::of_rows(found.rows, page, |last| {
        Keyset::of(sort, last).cursor(scope, filter, sort)
    });
    page.total = page.total.or(found.total);
    page
}

/// The rows of a page, and how many the whole list has, if that was found on the way.
#[derive(Debug)]
pub(crate) struct Listed<T> {
    pub(crate) rows: Vec<T>,
    total: Option<Count>,
}

/// How many rows in `scope` `filter` selects, counted no further than `up_to`.
pub(crate) async fn count<F: Selectable>(
    engine: &Engine,
    scope: &Scope,
    filter: &Filter<F>,
    up_to: u64,
) -> Result<Count, RepositoryError> {
    let limit = i64::try_from(up_to).unwrap_or(i64::MAX).saturating_add(1);
    let (scope, filter) = (*scope, filter.clone());
    let found: Option<i64> = engine
        .read_for(scope.organization_id(), move |connection| {
            let leads = search::leads(&scope, &filter);
            let _moment = moment(connection)?;
            let mut sql = Sql::new("SELECT count(*) FROM (");
            if let Some(exact) = leads.iter().find(|lead| lead.exact) {
                sql.append(exact.ids.clone());
            } else {
                let among = match search::look(connection, &leads)? {
                    search::Found::Few { ids, .. } => Some(search::these(&ids)),
                    search::Found::Many { .. } => None,
                };
                sql.push("SELECT 1");
                push_from::<F>("", among, &mut sql);
                push_conditions(&scope, &filter, &mut sql);
            }
            sql.push(" LIMIT ").number(limit).push(")");
            sql.row(connection, |row| Ok(row.get(0)?))
        })
        .await?;
    Ok(Count::bounded(
        found
            .and_then(|found| u64::try_from(found).ok())
            .unwrap_or(0),
        up_to,
    ))
}

fn total(ids: &[i64]) -> Count {
    Count::Exact(u64::try_from(ids.len()).unwrap_or(u64::MAX))
}

/// A page that is asked for: its rows and one more, which tells whether there is another page.
pub(crate) struct Wanted<F> {
    columns: &'static str,
    scope: Scope,
    filter: Filter<F>,
    /// What lies behind the page before.
    behind: Filter<F>,
    sort: Sort<F>,
    limit: i64,
    offset: i64,
}

impl<F: Selectable> Wanted<F> {
    pub(crate) fn new(
        columns: &'static str,
        scope: &Scope,
        filter: &Filter<F>,
        sort: &Sort<F>,
        page: &PageRequest,
    ) -> Result<Self, RepositoryError> {
        let (behind, offset) = match &page.start {
            Start::Offset(offset) => (Filter::All, *offset),
            Start::After(cursor) => {
                let keyset = Keyset::parse(cursor, scope, filter, sort)
                    .ok_or(RepositoryError::InvalidCursor)?;
                (keyset.filter(sort), 0)
            }
        };
        Ok(Self {
            columns,
            scope: *scope,
            filter: filter.clone(),
            behind,
            sort: sort.clone(),
            limit: i64::from(page.size) + 1,
            offset: i64::try_from(offset).unwrap_or(i64::MAX),
        })
    }

    /// What `read` reads with the statement that finds the page soonest.
    pub(crate) fn rows<T>(
        &self,
        connection: &Connection,
        read: impl Fn(&Connection, &Sql) -> Result<Vec<T>, Failure>,
    ) -> Result<Listed<T>, Failure> {
        let leads = search::leads(&self.scope, &self.filter);
        let Some(first) = leads.first() else {
            let rows = read(connection, &self.among(None))?;
            return Ok(Listed { rows, total: None });
        };
        let _moment = moment(connection)?;
        if self.is_by_id() && first.is_list_by_id() {
            // How many there are is counted where the page does not tell, and remembered if there are many.
            let ids = self.page_within(first, connection)?;
            let rows = read(connection, &self.of(&ids))?;
            return Ok(Listed { rows, total: None });
        }
        match search::look(connection, &leads)? {
            search::Found::Few { ids, exact } => self.few(connection, ids, exact, read),
            search::Found::Many { exact } => Ok(Listed {
                rows: self.many(connection, first, read)?,
                total: exact.then_some(Count::MoreThan(search::CANDIDATES.unsigned_abs())),
            }),
        }
    }

    /// The page of few candidates. On the way to the first page all that the filter selects are found, and so counted.
    fn few<T>(
        &self,
        connection: &Connection,
        ids: Vec<i64>,
        exact: bool,
        read: impl Fn(&Connection, &Sql) -> Result<Vec<T>, Failure>,
    ) -> Result<Listed<T>, Failure> {
        let is_first = matches!(self.behind, Filter::All);
        if !is_first || (exact && !self.is_by_id()) {
            let total = exact.then(|| total(&ids));
            let rows = read(connection, &self.among(Some(search::these(&ids))))?;
            return Ok(Listed { rows, total });
        }
        let selected = if exact {
            self.ordered_by_id(ids)
        } else {
            self.selected(&ids, connection)?
        };
        let rows = read(connection, &self.of(self.page_of(&selected)))?;
        let total = Some(total(&selected));
        Ok(Listed { rows, total })
    }

    fn is_by_id(&self) -> bool {
        self.sort.keys().len() == 1
    }

    fn ordered_by_id(&self, mut ids: Vec<i64>) -> Vec<i64> {
        ids.sort_unstable();
        if matches!(self.sort.keys(), [(_, Direction::Descending)]) {
            ids.reverse();
        }
        ids
    }

    /// Those of these rows that the filter selects, in order.
    fn selected(&self, ids: &[i64], connection: &Connection) -> Result<Vec<i64>, Failure> {
        let mut sql = Sql::new("SELECT ");
        sql.push(F::ID_COLUMN);
        push_from::<F>("", Some(search::these(ids)), &mut sql);
        push_conditions(&self.scope, &self.filter, &mut sql);
        order_by(&self.sort, &mut sql);
        sql.rows(connection, |row| Ok(row.get(0)?))
    }

    /// The page where every condition finds many.
    fn many<T>(
        &self,
        connection: &Connection,
        first: &Lead,
        read: impl Fn(&Connection, &Sql) -> Result<Vec<T>, Failure>,
    ) -> Result<Vec<T>, Failure> {
        let rows = read(connection, &self.walked())?;
        if i64::try_from(rows.len()).is_ok_and(|found| found == self.limit) {
            return Ok(rows);
        }
        let among = self.is_by_id().then(|| first.ids.clone());
        read(connection, &self.among(among))
    }

    /// The ids of the page, of those that the lead finds in order.
    fn page_within(&self, lead: &Lead, connection: &Connection) -> Result<Vec<i64>, Failure> {
        let mut sql = lead.ids.clone();
        sql.push(" AND ");
        condition(&self.behind, &mut sql);
        order_by(&self.sort, &mut sql);
        self.push_bounds(&mut sql);
        sql.rows(connection, |row| Ok(row.get(0)?))
    }

    /// The ids of the page, of all ids in order.
    fn page_of<'a>(&self, ids: &'a [i64]) -> &'a [i64] {
        let place = |number: i64| usize::try_from(number).unwrap_or(usize::MAX);
        let from = place(self.offset).min(ids.len());
        let to = from.saturating_add(place(self.limit)).min(ids.len());
        ids.get(from..to).unwrap_or_default()
    }

    /// The page of the rows with the ids that `among` asks for; without it, as SQLite thinks best.
    pub(crate) fn among(&self, among: Option<Sql>) -> Sql {
        let mut sql = Sql::new("SELECT ");
        sql.push(self.columns);
        push_from::<F>(F::JOINS, among, &mut sql);
        let filter = self.filter.clone().and(self.behind.clone());
        push_conditions(&self.scope, &filter, &mut sql);
        order_by(&self.sort, &mut sql);
        self.push_bounds(&mut sql);
        sql
    }

    /// These rows, in order. They are known to be wanted.
    fn of(&self, ids: &[i64]) -> Sql {
        let mut sql = Sql::new("SELECT ");
        sql.push(self.columns);
        push_from::<F>(F::JOINS, Some(search::these(ids)), &mut sql);
        F::within(&self.scope, &mut sql);
        order_by(&self.sort, &mut sql);
        sql
    }

    /// The page if it lies within the next [`WALKED`](search::WALKED) rows of the list; fewer rows than asked for otherwise.
    fn walked(&self) -> Sql {
        let mut sql = Sql::new("SELECT ");
        sql.push(self.columns).push(" FROM (SELECT ");
        sql.push(F::ID_COLUMN).push(" AS walked FROM ");
        sql.push(F::TABLE).push(F::BESIDE).push(" WHERE ");
        push_conditions(&self.scope, &self.behind, &mut sql);
        order_by(&self.sort, &mut sql);
        sql.push(" LIMIT ").number(search::WALKED);
        // The rows come in the order of the walk, as this join keeps its place.
        sql.push(") AS way CROSS JOIN ").push(F::TABLE);
        sql.push(" NOT INDEXED").push(F::BESIDE).push(F::JOINS);
        sql.push(" WHERE ")
            .push(F::ID_COLUMN)
            .push(" = way.walked AND ");
        condition(&self.filter, &mut sql);
        self.push_bounds(&mut sql);
        sql
    }

    fn push_bounds(&self, sql: &mut Sql) {
        sql.push(" LIMIT ").number(self.limit);
        if self.offset > 0 {
            // A sum, which is not looked at when the statement is planned: there are too many offsets to plan for each.
            sql.push(" OFFSET 0 + ").bind(self.offset);
        }
    }
}

/// From where rows come, up to the first condition. Where ids are asked for, SQLite has no other choice than to look them up.
fn push_from<F: Selectable>(joins: &'static str, among: Option<Sql>, sql: &mut Sql) {
    sql.push(" FROM ").push(F::TABLE);
    if let Some(ids) = among {
        sql.push(" NOT INDEXED").push(F::BESIDE).push(joins);
        sql.push(" WHERE ").push(F::ID_COLUMN).push(" IN (");
        sql.append(ids).push(") AND ");
    } else {
        sql.push(F::BESIDE).push(joins).push(" WHERE ");
    }
}

/// The condition that a row is in `scope` and `filter` selects it.
fn push_conditions<F: Selectable>(scope: &Scope, filter: &Filter<F>, sql: &mut Sql) {
    F::within(scope, sql);
    sql.push(" AND ");
    condition(filter, sql);
}

/// SQLite puts NULL before everything ascending and after everything descending, as it must be.
fn order_by<F: Selectable>(sort: &Sort<F>, sql: &mut Sql) {
    let mut separator = " ORDER BY ";
    for (field, direction) in sort.keys() {
        // A field with many values has no place in an order; `Sort::parse` refuses it.
        if let Column::One { exact, .. } = field.column() {
            sql.push(separator).push(exact);
            sql.push(if *direction == Direction::Descending {
                " DESC"
            } else {
                ""
            });
            separator = ", ";
        }
    }
}

#[cfg(test)]
mod tests {
    use tenantry_domain::{
        AccountId, OrganizationId, UserField,
        ceql::{ValueRef, Values},
    };

    use super::*;
    use crate::{migrate, rows::user::COLUMNS, sql::set_up};

    const EVERYTHING: Scope = Scope::organization(OrganizationId::new(7));

    /// How SQLite finds 20 users.
    fn plan(
        scope: &Scope,
        filter: &str,
        sort: &str,
        start: fn(&Filter<UserField>, &Sort<UserField>) -> Start,
    ) -> Vec<String> {
        let connection = Connection::open_in_memory().unwrap();
        set_up(&connection).unwrap();
        migrate::apply(&connection).unwrap();
        let (filter, sort) = (
            Filter::<UserField>::parse(filter).unwrap(),
            Sort::parse(sort).unwrap(),
        );
        let page = PageRequest {
            size: 20,
            start: start(&filter, &sort),
        };
        let wanted = Wanted::new(COLUMNS, scope, &filter, &sort, &page).unwrap();
        let sql = wanted.among(None);
        sql.explained()
            .rows(&connection, |row| Ok(row.get(3)?))
            .unwrap()
    }

    #[test]
    fn a_list_that_is_asked_for_again_is_not_planned_again() {
        let connection = Connection::open_in_memory().unwrap();
        set_up(&connection).unwrap();
        migrate::apply(&connection).unwrap();
        let filter = Filter::<UserField>::parse("active = true").unwrap();
        let page = PageRequest::first(20);
        let sql = |organization| {
            let scope = Scope::organization(OrganizationId::new(organization));
            let wanted = Wanted::new(COLUMNS, &scope, &filter, &Sort::by_id(), &page).unwrap();
            wanted.among(None)
        };
        for organization in [7, 8] {
            sql(organization).rows(&connection, |_| Ok(())).unwrap();
        }
        assert_eq!(sql(9).planned_again(&connection), 0);
    }

    fn first(_: &Filter<UserField>, _: &Sort<UserField>) -> Start {
        Start::Offset(0)
    }

    /// Behind a record that has nothing but its id.
    fn after(filter: &Filter<UserField>, sort: &Sort<UserField>) -> Start {
        struct Nine;
        impl Record<UserField> for Nine {
            fn values(&self, field: UserField) -> Values<'_> {
                if field == UserField::Id {
                    Values::One(ValueRef::Integer(9))
                } else {
                    Values::None
                }
            }
        }
        Start::After(Keyset::of(sort, &Nine).cursor(&EVERYTHING, filter, sort))
    }

    #[test]
    fn the_page_behind_a_token_starts_where_the_last_one_ended() {
        assert_eq!(
            plan(&EVERYTHING, "active = true", "id", after),
            ["SEARCH users USING INDEX sqlite_autoindex_users_1 (organization_id=? AND id>?)"]
        );
        assert_eq!(
            plan(&EVERYTHING, "active = true", "id desc", after),
            ["SEARCH users USING INDEX sqlite_autoindex_users_1 (organization_id=? AND id<?)"]
        );
    }

    #[test]
    fn lists_by_id_walk_an_index_and_sort_nothing() {
        assert_eq!(
            plan(&EVERYTHING, "active = true", "id", first),
            ["SEARCH users USING INDEX sqlite_autoindex_users_1 (organization_id=?)"]
        );
        assert_eq!(
            plan(
                &Scope::account(EVERYTHING.organization_id(), AccountId::new(8)),
                "active = true AND lastName LIKE 'gre%'",
                "id",
                first
            ),
            ["SEARCH users USING INDEX users_account_idx (organization_id=? AND account_id=?)"]
        );
    }

    #[test]
    fn an_e_mail_is_found_by_its_index() {
        assert_eq!(
            plan(
                &EVERYTHING,
                "email = 'Frodo@shire.example'",
                "lastName",
                first
            ),
            ["SEARCH users USING INDEX sqlite_autoindex_users_2 (email_folded=?)"]
        );
    }
}
