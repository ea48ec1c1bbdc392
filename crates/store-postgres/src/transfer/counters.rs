//! The counters that numbers come from. Numbers that are kept push them beyond, and nothing ever takes them back.

use std::collections::HashMap;

use sqlx::postgres::PgRow;
use tenantry_domain::{Entity, transfer::plan::Last};

use crate::{error::Failure, row::assigned, session::Session, sql::Statement};

/// What a counter counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Counter {
    /// Things of a kind.
    Of(Entity),
    /// Entries of configurations.
    Configurations,
}

impl Counter {
    /// The table whose counter it is.
    fn table(self) -> &'static str {
        match self {
            Self::Of(Entity::Organization) => "organizations",
            Self::Of(Entity::Account) => "accounts",
            Self::Of(Entity::User) => "users",
            Self::Of(Entity::Instance) => "instances",
            Self::Of(Entity::Role) => "roles",
            Self::Of(Entity::Element) => "elements",
            Self::Configurations => "instance_configurations",
        }
    }
}

/// How often a stretch of numbers is asked for until nobody else took one in between.
const TRIES: u32 = 10;

/// Takes so many numbers of each counter, one after the other without a gap; answers the first of each.
pub(super) async fn reserve(
    session: &mut Session<'_>,
    wanted: &HashMap<Counter, i64>,
) -> Result<HashMap<Counter, i64>, Failure> {
    let mut left: Vec<_> = wanted.iter().filter(|(_, count)| **count > 0).collect();
    let mut reserved = HashMap::new();
    for _ in 0..TRIES {
        if left.is_empty() {
            return Ok(reserved);
        }
        let statement = Statement::new(
            "SELECT wanted.place - 1 AS place, min(taken.id) AS first, max(taken.id) AS last \
             FROM unnest($1::text[], $2::bigint[]) WITH ORDINALITY AS wanted (counter, count, place) \
             CROSS JOIN LATERAL (SELECT pg_get_serial_sequence(wanted.counter, 'id')::regclass AS of OFFSET 0) AS counter \
             CROSS JOIN LATERAL (SELECT nextval(counter.of) AS id FROM generate_series(1, wanted.count)) AS taken \
             GROUP BY wanted.place",
        )
        .bind(left.iter().map(|(of, _)| of.table()).collect::<Vec<_>>())
        .bind(left.iter().map(|(_, count)| **count).collect::<Vec<_>>());
        for row in session.rows(statement).await? {
            let place = usize::try_from(assigned(&row, "place")?).unwrap_or(usize::MAX);
            let (counter, count) = left.get(place).ok_or(sqlx::Error::RowNotFound)?;
            let (first, last) = (assigned(&row, "first")?, assigned(&row, "last")?);
            if last - first + 1 == **count {
                reserved.insert(**counter, first);
            }
        }
        left.retain(|(counter, _)| !reserved.contains_key(counter));
    }
    Err(Failure::Overtaken)
}

/// The last numbers that were given out.
pub(super) async fn last(session: &mut Session<'_>) -> Result<Last, Failure> {
    let row = positions(session).await?;
    let of = |counter: Counter| assigned(&row, counter.table());
    Ok(Last {
        account: of(Counter::Of(Entity::Account))?,
        user: of(Counter::Of(Entity::User))?,
        instance: of(Counter::Of(Entity::Instance))?,
        element: of(Counter::Of(Entity::Element))?,
        entry: of(Counter::Configurations)?,
    })
}

/// A counter that is this close is led there number by number, which is exact whoever else takes some meanwhile. A counter
/// that is further away is set, which could lead back only if others took more than these between the look at it and
/// that.
const STEPS: i64 = 10_000;

/// Leads each counter to the greatest number that will be kept, before it is: from now on nobody is given any of those.
///
/// The lock makes this transaction the only one that does so, until its end. It must have written nothing yet that others
/// could wait for.
pub(super) async fn lead(
    session: &mut Session<'_>,
    kept: &HashMap<Counter, i64>,
) -> Result<(), Failure> {
    if behind(session, kept).await?.is_empty() {
        return Ok(());
    }
    let lock = Statement::new("LOCK TABLE transfers IN SHARE ROW EXCLUSIVE MODE");
    session.execute(lock).await?;
    for (counter, last, kept) in behind(session, kept).await? {
        let statement = if kept - last > STEPS {
            Statement::new("SELECT setval(pg_get_serial_sequence($1, 'id'), $2)")
                .bind(counter.table())
                .bind(kept)
        } else {
            Statement::new(
                "SELECT count(nextval(counter.of)) \
                 FROM (SELECT pg_get_serial_sequence($1, 'id')::regclass AS of OFFSET 0) AS counter, \
                 generate_series(1, $2)",
            )
            .bind(counter.table())
            .bind(kept - last)
        };
        session.execute(statement).await?;
    }
    Ok(())
}

/// The counters that have not come as far: the number that each gave out last, and the one to be kept.
async fn behind(
    session: &mut Session<'_>,
    kept: &HashMap<Counter, i64>,
) -> Result<Vec<(Counter, i64, i64)>, Failure> {
    if kept.is_empty() {
        return Ok(Vec::new());
    }
    let row = positions(session).await?;
    let mut behind = Vec::new();
    for (counter, kept) in kept {
        let last = assigned(&row, counter.table())?;
        if last < *kept {
            behind.push((*counter, last, *kept));
        }
    }
    Ok(behind)
}

/// How far each counter has come, by its table.
async fn positions(session: &mut Session<'_>) -> Result<PgRow, Failure> {
    // A counter that nobody has asked yet names its first number all the same.
    let statement = Statement::new(
        "SELECT (SELECT last_value - CASE WHEN is_called THEN 0 ELSE 1 END FROM organizations_id_seq) AS organizations, \
         (SELECT last_value - CASE WHEN is_called THEN 0 ELSE 1 END FROM accounts_id_seq) AS accounts, \
         (SELECT last_value - CASE WHEN is_called THEN 0 ELSE 1 END FROM users_id_seq) AS users, \
         (SELECT last_value - CASE WHEN is_called THEN 0 ELSE 1 END FROM instances_id_seq) AS instances, \
         (SELECT last_value - CASE WHEN is_called THEN 0 ELSE 1 END FROM roles_id_seq) AS roles, \
         (SELECT last_value - CASE WHEN is_called THEN 0 ELSE 1 END FROM elements_id_seq) AS elements, \
         (SELECT last_value - CASE WHEN is_called THEN 0 ELSE 1 END FROM instance_configurations_id_seq) \
         AS instance_configurations",
    );
    let row = session.row(statement).await?;
    Ok(row.ok_or(sqlx::Error::RowNotFound)?)
}
