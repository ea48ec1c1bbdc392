//! Lists and counts of anything selectable: scope, filter, order, page.

use rusqlite::Row;
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
    let sql = select(columns, scope, filter, sort, page)?;
    let rows = engine
        .read_for(scope.organization_id(), move |connection| {
            sql.rows(connection, decode)
        })
        .await?;
    Ok(page_of(rows, scope, filter, sort, page))
}

/// The page that these rows are, of which [`select`] asked for one more than it holds.
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
    let mut sql = Sql::new("SELECT count(*) FROM (SELECT 1");
    from_where("", scope, filter, &mut sql);
    sql.push(" LIMIT ")
        .bind(i64::try_from(up_to).unwrap_or(i64::MAX).saturating_add(1))
        .push(")");
    let found: Option<i64> = engine
        .read_for(scope.organization_id(), move |connection| {
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

/// The rows of one page and one more, which tells whether there is another page.
pub(crate) fn select<F: Selectable>(
    columns: &'static str,
    scope: &Scope,
    filter: &Filter<F>,
    sort: &Sort<F>,
    page: &PageRequest,
) -> Result<Sql, RepositoryError> {
    let (behind, offset) = match &page.start {
        Start::Offset(offset) => (Filter::All, *offset),
        Start::After(cursor) => {
            let keyset =
                Keyset::parse(cursor, scope, filter, sort).ok_or(RepositoryError::InvalidCursor)?;
            (keyset.filter(sort), 0)
        }
    };
    let mut sql = Sql::new("SELECT ");
    sql.push(columns);
    from_where(F::JOINS, scope, &filter.clone().and(behind), &mut sql);
    order_by(sort, &mut sql);
    sql.push(" LIMIT ").bind(i64::from(page.size) + 1);
    sql.push(" OFFSET ")
        .bind(i64::try_from(offset).unwrap_or(i64::MAX));
    Ok(sql)
}

fn from_where<F: Selectable>(
    joins: &'static str,
    scope: &Scope,
    filter: &Filter<F>,
    sql: &mut Sql,
) {
    sql.push(" FROM ")
        .push(F::TABLE)
        .push(joins)
        .push(" WHERE ");
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
    use rusqlite::Connection;
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
        let sql = select(COLUMNS, scope, &filter, &sort, &page).unwrap();
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
