//! A PostgreSQL database of a test's own, dropped at the end.

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

const URL: &str = "TENANTRY_TEST_POSTGRES_URL";
const POOLED_URL: &str = "TENANTRY_TEST_POOLED_URL";

/// A database of a test's own.
pub(crate) struct Database {
    server: String,
    name: String,
}

impl Database {
    /// A new one, `unique` in its name.
    pub(crate) async fn create(unique: &str) -> Self {
        let server = given(URL);
        let letters: String = unique.chars().filter(char::is_ascii_alphanumeric).collect();
        let database = Self {
            server,
            name: format!("tenantry_app_{}_{letters}", std::process::id()),
        };
        let create = format!(
            "CREATE DATABASE \"{}\" TEMPLATE template0 ENCODING 'UTF8'",
            database.name
        );
        execute(&database.server, &create).await.unwrap();
        database
    }

    /// Its URL.
    pub(crate) fn url(&self) -> String {
        url_of(&self.server, &self.name)
    }

    /// Its URL behind a pooler of transactions.
    pub(crate) fn pooled_url(&self) -> String {
        url_of(&given(POOLED_URL), &self.name)
    }

    /// Changes something behind the program's back.
    pub(crate) async fn execute(&self, sql: &str) {
        execute(&self.url(), sql).await.unwrap();
    }

    /// Lets nobody open a connection any more. Those that are open stay.
    pub(crate) async fn admit_nobody(&self) {
        let refuse = format!("ALTER DATABASE \"{}\" ALLOW_CONNECTIONS false", self.name);
        execute(&self.server, &refuse).await.unwrap();
    }

    /// Ends the connections on which servers look for what others change.
    pub(crate) async fn end_looks(&self) {
        let end = format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}' AND query LIKE '%caller_changes WHERE%'",
            self.name
        );
        execute(&self.server, &end).await.unwrap();
    }

    /// Everything that is stored, as text.
    pub(crate) async fn dump(&self) -> Vec<u8> {
        let mut connection = PgConnection::connect(&self.url()).await.unwrap();
        let tables: Vec<String> = sqlx::query_scalar(
            "SELECT table_name::text FROM information_schema.tables WHERE table_schema = current_schema() ORDER BY 1",
        )
        .fetch_all(&mut connection)
        .await
        .unwrap();
        assert!(tables.iter().any(|table| table == "users"), "{tables:?}");
        let mut dump = Vec::new();
        for table in tables {
            let select = format!("SELECT t::text FROM \"{table}\" t ORDER BY 1");
            let rows: Vec<String> = sqlx::query_scalar(AssertSqlSafe(select))
                .fetch_all(&mut connection)
                .await
                .unwrap();
            for row in rows {
                dump.extend(format!("{table}: {row}\n").into_bytes());
            }
        }
        dump
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        // A thread of its own, because a runtime may be running on this one.
        let dropper = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            let drop = format!("DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)");
            runtime.block_on(async { execute(&server, &drop).await.is_ok() })
        });
        // A database that is left over disturbs nobody.
        let _ = dropper.join();
    }
}

fn given(variable: &str) -> String {
    std::env::var(variable)
        .unwrap_or_else(|_| panic!("{variable} is not set: run cargo xtask test"))
}

/// The URL of the server with another name in the path.
fn url_of(server: &str, name: &str) -> String {
    let (place, parameters) = server.split_once('?').unwrap_or((server, ""));
    let (scheme, rest) = place.split_once("://").unwrap();
    let authority = rest
        .split_once('/')
        .map_or(rest, |(authority, _)| authority);
    let separator = if parameters.is_empty() { "" } else { "?" };
    format!("{scheme}://{authority}/{name}{separator}{parameters}")
}

async fn execute(url: &str, sql: &str) -> Result<(), sqlx::Error> {
    let mut connection = PgConnection::connect(url).await?;
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(&mut connection)
        .await?;
    connection.close().await
}
