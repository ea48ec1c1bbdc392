//! `tenantry config print`: what is in force, and where it was given. Never a secret.

use crate::{
    config::{self, Effective},
    failure::Failure,
    output::Output,
};

/// Prints every option with its value and origin.
pub(super) fn effective(effective: &Effective, output: Output) -> Result<(), Failure> {
    Ok(output.result(&effective.to_json(), || effective.to_toml())?)
}

/// Prints a commented file with the defaults.
pub(super) fn defaults(output: Output) -> Result<(), Failure> {
    Ok(output.result(&serde_json::Value::Null, config::defaults)?)
}
