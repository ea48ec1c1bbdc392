//! `export`: what there is to say.

use std::path::PathBuf;

use clap::Args;

/// Options of `export`.
#[derive(Args, Debug)]
pub(crate) struct Export {
    /// Which organization
    #[arg(long, value_name = "ID")]
    pub(crate) organization: i64,
    /// Where to, or `-` for standard output [default: organization-ID.ndjson]
    #[arg(long, value_name = "FILE", hide_default_value = true)]
    pub(crate) out: Option<PathBuf>,
    /// Include secrets, tokens, credentials and password hashes, sealed with a passphrase
    #[arg(long)]
    pub(crate) include_secrets: bool,
    #[arg(
        long,
        value_name = "FILE",
        requires = "include_secrets",
        help = "File with the passphrase in its first line [env: TENANTRY_PASSPHRASE] [default: you are asked]"
    )]
    pub(crate) passphrase_file: Option<PathBuf>,
    /// Replace the file if it is there
    #[arg(long)]
    pub(crate) force: bool,
}
