//! The reference store passes the suite that every other store has to pass.

use tenantry_testkit::{Fresh, memory::MemoryStore};

tenantry_testkit::repository_suite!(fresh);

async fn fresh() -> Fresh {
    Fresh::new(MemoryStore::new().repositories(), ())
}
