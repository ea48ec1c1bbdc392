//! `config`: what there is to say.

use clap::{Args, Subcommand};

/// What can be done with the configuration.
#[derive(Debug, Subcommand)]
pub(crate) enum Configuration {
    /// Print every option, its value, and where it was given. Never a password
    #[command(after_help = "Examples:\n  tenantry config print\n  \
        tenantry config print --defaults > tenantry-data/tenantry.toml")]
    Print(PrintConfiguration),
}

/// Options of `config print`.
#[derive(Args, Debug)]
pub(crate) struct PrintConfiguration {
    /// Print a commented file with the defaults instead
    #[arg(long, conflicts_with = "json")]
    pub(crate) defaults: bool,
}
