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
    sql::Sql,
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
    let rows = engine
        .read_for(scope.organization_id(), move |connection| {
            wanted.rows(connection, |connection, sql| sql.rows(connection, decode))
        })
        .await?;
    Ok(page_of(rows, scope, filter, sort, page))
}

/// The page that these rows are, of which one more was [`Wanted`] than it holds.
pub(crate) fn page_of<F: Selectable, T: Record<F>>(
    rows: Vec<T>,
    scope: &Scope,
    filter: &Filter<F>,
    sort: &Sort<F>,
    page: &PageRequest,
) -> Page<T> {
    Page::of_rows(rows, page.size, |last| {
        Keyset::of(sort, last).cursor(scope, filter, sort)
    })
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
    let organization = scope.organization_id();
    let found: Option<i64> = engine
        .read_for(organization, move |connection| {
            let lead = search::best(connection, search::leads(organization, &filter))?;
            let mut sql = Sql::new("SELECT count(*) FROM (SELECT 1");
            push_from::<F>("", lead, &mut sql);
            push_conditions(&scope, &filter, &mut sql);
            sql.push(" LIMIT ").bind(limit).push(")");
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
    ) -> Result<Vec<T>, Failure> {
        let leads = || search::leads(self.scope.organization_id(), &self.filter);
        let lead = search::best(connection, leads())?;
        let first = leads().into_iter().next();
        if lead.is_some() || first.is_none() {
            return read(connection, &self.led_by(lead));
        }
        let rows = read(connection, &self.walked())?;
        if i64::try_from(rows.len()).is_ok_and(|found| found == self.limit) {
            return Ok(rows);
        }
        let by_id = self.sort.keys().len() == 1;
        read(connection, &self.led_by(first.filter(|_| by_id)))
    }

    /// The page of what `lead` finds; without one, as SQLite thinks best.
    pub(crate) fn led_by(&self, lead: Option<Lead>) -> Sql {
        let mut sql = Sql::new("SELECT ");
        sql.push(self.columns);
        push_from::<F>(F::JOINS, lead, &mut sql);
        let filter = self.filter.clone().and(self.behind.clone());
        push_conditions(&self.scope, &filter, &mut sql);
        order_by(&self.sort, &mut sql);
        self.push_bounds(&mut sql);
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
        sql.push(" LIMIT ").bind(search::WALKED);
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
        sql.push(" LIMIT ").bind(self.limit);
        sql.push(" OFFSET ").bind(self.offset);
    }
}

/// From where rows come, up to the first condition. With a lead, SQLite has no other choice than to look up what it finds.
fn push_from<F: Selectable>(joins: &'static str, lead: Option<Lead>, sql: &mut Sql) {
    sql.push(" FROM ").push(F::TABLE);
    if let Some(lead) = lead {
        sql.push(" NOT INDEXED").push(F::BESIDE).push(joins);
        sql.push(" WHERE ").push(F::ID_COLUMN).push(" IN (");
        sql.append(lead.ids).push(") AND ");
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
    use crate::{filter::define_functions, migrate, rows::user::COLUMNS};

    const EVERYTHING: Scope = Scope::organization(OrganizationId::new(7));

    /// How SQLite finds 20 users.
    fn plan(
        scope: &Scope,
        filter: &str,
        sort: &str,
        start: fn(&Filter<UserField>, &Sort<UserField>) -> Start,
    ) -> Vec<String> {
        let connection = Connection::open_in_memory().unwrap();
        define_functions(&connection).unwrap();
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
        let sql = wanted.led_by(None);
        sql.explained()
            .rows(&connection, |row| Ok(row.get(3)?))
            .unwrap()
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
