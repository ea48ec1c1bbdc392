//! The contract suite of the ports, on a real PostgreSQL.
#![expect(clippy::unwrap_used, reason = "tests")]

mod support;

use support::Schema;
use tenantry_testkit::Fresh;

async fn fresh() -> Fresh {
    let schema = Schema::create().await;
    let store = schema.store(schema.config()).await;
    // Connections close before the schema is dropped.
    Fresh::new(store.repositories(), (store, schema))
}

tenantry_testkit::repository_suite!(fresh);
