//! `tenantry migrate`: brings the schema up to date, and nothing else: no key is needed.

use serde_json::json;
use tracing::info;

use crate::{bootstrap, config::Config, failure::Failure, output::Output, wire_up::Store};

/// Migrates the store.
pub(super) async fn run(config: &Config, output: Output) -> Result<(), Failure> {
    bootstrap::prepare_data_dir(config)?;
    let store = Store::open(config).await?;
    let migrated = store.migrate().await;
    store.close().await;
    let migrated = migrated?;
    info!(database = %config.database_url, migrated, "the schema is up to date");
    let report = json!({"database": config.database_url.to_string(), "migrated": migrated});
    let text = || {
        let done = if migrated {
            "migrated"
        } else {
            "nothing to do"
        };
        format!(
            "{done}: the schema of {} is up to date",
            config.database_url
        )
    };
    Ok(output.result(&report, text)?)
}
