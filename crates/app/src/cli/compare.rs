//! `compare`: what there is to say.

use std::path::PathBuf;

use clap::{Args, builder::NonEmptyStringValueParser};

use super::Target;

pub(crate) const EXAMPLES: &str = "\
Examples:
  tenantry compare --server https://old.example --against https://new.example
  tenantry compare --profile old --against-profile new --report out.ndjson
  tenantry compare --profile old --against https://new.example \\
    --requests requests.txt --ignore lastLoginDate

Without --requests it reads everything that lists show: the organization, its policy, roles and elements, every account, and of \
each account its users, their roles, and instances.
The secrets for --against are those of --server, as after a move, unless TENANTRY_AGAINST_USER_SECRET and \
TENANTRY_AGAINST_ORGANIZATION_SECRET are set, or --against-profile is given.
Things are told apart by their ids: after a move with --new-ids nothing is the same. Elements that only one of both has are \
passed over: instances name those that they use.
Exit codes: 0 no differences, 1 differences, or it did not come to its end, 2 secrets that are not accepted.";

/// Options of `compare`.
#[derive(Args, Debug)]
pub(crate) struct Compare {
    #[command(flatten)]
    pub(crate) target: Target,
    /// The other server
    #[arg(
        long,
        value_name = "URL",
        required_unless_present = "against_profile",
        conflicts_with = "against_profile"
    )]
    pub(crate) against: Option<String>,
    /// The other server and its secrets, as `tenantry login` stored them under this name
    #[arg(long, value_name = "NAME")]
    pub(crate) against_profile: Option<String>,
    /// Read requests to make of both, one on each line: GET /users?pageSize=20, or {"method": "GET", "path": "/users"}
    #[arg(long, value_name = "FILE")]
    pub(crate) requests: Option<PathBuf>,
    /// A field that is not compared, by its name (lastLoginDate) or its place (user.emailAddress); may be given several times
    #[arg(long, value_name = "FIELD", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) ignore: Vec<String>,
    /// Write every difference to this file, as one JSON object on each line
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
}
