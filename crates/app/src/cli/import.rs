//! `import`: what there is to say.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use tenantry_domain::services::ImportService;

/// Options of `import`.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of the command line"
)]
#[derive(Args, Debug)]
#[command(group = clap::ArgGroup::new("source").required(true))]
pub(crate) struct Import {
    #[arg(
        long,
        value_name = "URL",
        group = "source",
        help = "A server that speaks the API: Cloud Elements, Open Connectors, another Tenantry. TENANTRY_USER_SECRET and \
                TENANTRY_ORGANIZATION_SECRET are the secrets of an administrator of the organization there; what is missing \
                is asked for at the terminal"
    )]
    pub(crate) from: Option<String>,
    /// The same, as `tenantry login` stored server and secrets under this name
    #[arg(long, value_name = "NAME", group = "source")]
    pub(crate) profile: Option<String>,
    /// An archive that `tenantry export` wrote, or users from elsewhere: NDJSON or CSV
    #[arg(long, value_name = "FILE", group = "source")]
    pub(crate) file: Option<PathBuf>,
    /// Move into this organization, instead of creating one
    #[arg(long, value_name = "ID")]
    pub(crate) organization: Option<i64>,
    /// Give everything a new number
    #[arg(long, conflicts_with = "keep_ids")]
    pub(crate) new_ids: bool,
    /// Keep every number (the default, unless the organization has something already)
    #[arg(long)]
    pub(crate) keep_ids: bool,
    /// How many records are written at once
    #[arg(long, value_name = "NUMBER", default_value_t = ImportService::AT_ONCE, hide = true)]
    pub(crate) at_once: usize,
    /// Only say what would be done
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Append what became of every single thing to this file, one JSON object on each line
    #[arg(long, value_name = "FILE.ndjson")]
    pub(crate) report: Option<PathBuf>,
    #[arg(
        long,
        value_name = "FILE",
        requires = "file",
        help = "File with the passphrase of the archive in its first line [env: TENANTRY_PASSPHRASE] [default: you are asked]"
    )]
    pub(crate) passphrase_file: Option<PathBuf>,
    /// The account of users whose line names none, by its id or name [default: the default account]
    #[arg(long, value_name = "ID|NAME", requires = "file")]
    pub(crate) account: Option<String>,
    /// Pass over columns of a file of users that are unknown
    #[arg(long, requires = "file")]
    pub(crate) ignore_unknown: bool,
    /// Write nothing if a single line of a file of users is wrong, or its user refused
    #[arg(long, requires = "file")]
    pub(crate) strict: bool,
    /// Secrets of users, which no server lists, so that programs can go on: CSV or NDJSON, on each line an e-mail or id, and
    /// the secret
    #[arg(long, value_name = "FILE", conflicts_with = "file")]
    pub(crate) user_secrets: Option<PathBuf>,
    /// What becomes of passwords, which no server reveals; and of those in an archive whose users have not logged in yet since
    /// they moved from a server
    #[arg(long, value_enum, value_name = "WHICH", default_value = "must-change")]
    pub(crate) passwords: PasswordsThere,
}

/// What becomes of passwords.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PasswordsThere {
    /// Users have none until somebody sets one
    MustChange,
    /// At the first login the server that they come from is asked; `serve` has to know it
    LegacyLogin,
}
