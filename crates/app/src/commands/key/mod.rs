//! `tenantry key …`: looking after the master keys (decision 003).

mod forget;
mod generate;
mod list;
mod rotate;

use crate::{cli::Key, config::Config, failure::Failure, output::Output};

/// Runs the command.
pub(super) async fn run(config: &Config, key: Key, output: Output) -> Result<(), Failure> {
    match key {
        Key::List => list::run(config, output).await,
        Key::Rotate => rotate::run(config, output).await,
        Key::Forget(forget) => forget::run(config, forget, output).await,
        Key::Generate => Ok(generate::run(output)?),
    }
}
