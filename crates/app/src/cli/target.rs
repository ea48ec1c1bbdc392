//! Whom the platform commands talk to, and what lists are asked for: options that many commands share.

use clap::{Args, ValueEnum, builder::NonEmptyStringValueParser};

/// Whom to talk to.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Where")]
pub(crate) struct Target {
    #[arg(
        long,
        value_name = "URL",
        conflicts_with_all = ["profile", "organization", "local"],
        help = "A server instead of the local store [env: TENANTRY_SERVER]; its secrets come from TENANTRY_USER_SECRET and \
                TENANTRY_ORGANIZATION_SECRET, or are asked for at the terminal"
    )]
    pub(crate) server: Option<String>,
    #[arg(
        long,
        value_name = "NAME",
        conflicts_with_all = ["organization", "local"],
        help = "The server and the secrets that `tenantry login` stored under this name [env: TENANTRY_PROFILE]"
    )]
    pub(crate) profile: Option<String>,
    #[arg(
        long,
        value_name = "ID",
        help = "In the local store: which organization [default: the only one that is a customer's]"
    )]
    pub(crate) organization: Option<i64>,
    /// The local store, although the environment names a server
    #[arg(long)]
    pub(crate) local: bool,
}

/// How much of a list is shown, and how.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Listing {
    /// At most so many
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) limit: Option<u64>,
    /// A table for people, one JSON document (as --json), or one JSON object on each line
    #[arg(long, value_enum, value_name = "FORM", conflicts_with = "json")]
    pub(crate) output: Option<Form>,
}

/// Which of a list, in which order, and what of each.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Selection {
    /// Only those for which this holds: docs/ceql.md
    #[arg(long = "where", value_name = "CEQL")]
    pub(crate) filter: Option<String>,
    /// In this order, for example 'createdDate desc, id'
    #[arg(long, value_name = "FIELDS")]
    pub(crate) order_by: Option<String>,
    /// Only these fields, separated by commas; the id comes always
    #[arg(long, value_name = "FIELDS", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) fields: Option<String>,
    /// Inactive ones as well
    #[arg(long)]
    pub(crate) include_inactive: bool,
}

/// How a list is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    Table,
    Json,
    Ndjson,
}

/// Skips the question before what cannot be undone.
#[derive(Args, Clone, Copy, Debug, Default)]
pub(crate) struct Sure {
    /// Do it without asking
    #[arg(long)]
    pub(crate) yes: bool,
}

/// A body beyond what there are options for.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Body {
    /// Any other field of the API; an empty value takes it away
    #[arg(long = "set", value_name = "FIELD=VALUE")]
    pub(crate) fields: Vec<String>,
    /// Read a JSON object from standard input; the options count more than what it says
    #[arg(long)]
    pub(crate) body_stdin: bool,
}
