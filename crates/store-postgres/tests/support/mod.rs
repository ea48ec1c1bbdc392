//! A schema of its own for every test, in the database that the environment names.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    thread,
};

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use tenantry_store_postgres::{PostgresConfig, PostgresStore};

/// Parallel tests must stay below the server's limit together.
const MAX_CONNECTIONS: u32 = 5;

static NUMBER: AtomicU32 = AtomicU32::new(1);

/// An empty schema, dropped with everything in it at the end.
pub(crate) struct Schema {
    name: String,
    database: String,
}

impl Schema {
    pub(crate) async fn create() -> Self {
        let database = std::env::var("TENANTRY_TEST_POSTGRES_URL")
            .expect("TENANTRY_TEST_POSTGRES_URL is not set: run cargo xtask test");
        // Unique among the processes and threads that run at the same moment; leftovers of earlier ones are dropped.
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("test_{}_{number}", std::process::id());
        let mut connection = PgConnection::connect(&database).await.unwrap();
        let fresh = format!("DROP SCHEMA IF EXISTS {name} CASCADE; CREATE SCHEMA {name}");
        connection.execute(AssertSqlSafe(fresh)).await.unwrap();
        connection.close().await.unwrap();
        Self { name, database }
    }

    /// How a store, or a connection of the test itself, reaches the schema. The schema's name names the application too.
    pub(crate) fn config(&self) -> PostgresConfig {
        let joint = if self.database.contains('?') {
            '&'
        } else {
            '?'
        };
        let (database, name) = (&self.database, &self.name);
        let url = format!("{database}{joint}application_name={name}&options[search_path]={name}");
        PostgresConfig {
            max_connections: MAX_CONNECTIONS,
            ..PostgresConfig::new(url)
        }
    }

    /// A store in the schema, migrated.
    pub(crate) async fn store(&self, config: PostgresConfig) -> PostgresStore {
        let store = PostgresStore::connect(config).await.unwrap();
        store.migrate().await.unwrap();
        store
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        let (name, database) = (self.name.clone(), self.database.clone());
        // A destructor cannot wait on the runtime that it runs in.
        let dropping = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            runtime.block_on(async {
                let mut connection = PgConnection::connect(&database)
                    .await
                    .map_err(std::io::Error::other)?;
                let drop = format!("SET lock_timeout = '2s'; DROP SCHEMA IF EXISTS {name} CASCADE");
                connection
                    .execute(AssertSqlSafe(drop))
                    .await
                    .map(|_| ())
                    .map_err(std::io::Error::other)
            })
        });
        // The next process with this number drops what is left now.
        let _ = dropping.join();
    }
}
