//! Seeds PostgreSQL with one COPY.

use std::fmt::Write as _;

use anyhow::Result;
use sqlx::{Connection as _, Executor as _, PgConnection};

use super::{CITIES, FIRST, email};

/// Rows written at once.
const CHUNK: u64 = 5000;

/// Writes `count` users, and a table like theirs for the anchor's own inserts.
pub(crate) async fn users(url: &str, count: u64) -> Result<()> {
    let mut connection = PgConnection::connect(url).await?;
    let mut copy = connection
        .copy_in_raw(
            "COPY users (id, organization_id, account_id, email, email_folded, first_name, first_name_folded, last_name, \
             last_name_folded, full_name, full_name_folded, active, external_id, external_id_folded, phone, phone_folded, city, \
             city_folded, country, country_folded, password_must_change, created_at, updated_at, revision) FROM STDIN",
        )
        .await?;
    let mut id = FIRST;
    while id < FIRST + count {
        let mut rows = String::new();
        for id in id..(id + CHUNK).min(FIRST + count) {
            let (email, city, country) = (email(id), id % CITIES, id % 50);
            writeln!(
                rows,
                "{id}\t2\t2\t{email}\t{email}\tFirst{id}\tfirst{id}\tLast{id}\tlast{id}\tFirst{id} Last{id}\tfirst{id} last{id}\ttrue\t\
                 ext-{id}\text-{id}\t+1 555 {id}\t+1 555 {id}\tCity {city}\tcity {city}\tCountry {country}\tcountry {country}\tfalse\t\
                 2026-01-15 12:00:00+00\t2026-01-15 12:00:00+00\t1"
            )?;
        }
        copy.send(rows.as_bytes()).await?;
        id += CHUNK;
    }
    copy.finish().await?;
    connection
        .execute(
            "SELECT setval(pg_get_serial_sequence('users', 'id'), (SELECT max(id) FROM users));
             DROP TABLE IF EXISTS bench_users;
             CREATE TABLE bench_users (LIKE users INCLUDING ALL);
             ANALYZE users;
             CHECKPOINT;",
        )
        .await?;
    connection.close().await?;
    Ok(())
}
