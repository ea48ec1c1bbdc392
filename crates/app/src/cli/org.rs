//! `org`: what there is to say.

use clap::{Args, Subcommand};
use tenantry_domain::{Email, Name, Password};

use super::target::{Sure, Target};

/// What can be done with organizations.
#[derive(Debug, Subcommand)]
pub(crate) enum Org {
    /// Create an organization with its first user, an administrator. Works while the server runs
    #[command(
        after_help = "Example:\n  tenantry org create --json --name Acme --admin-email ada@acme.example \\\n    \
        --admin-password 'Correct-horse-1' \\\n    \
        --admin-first-name Ada --admin-last-name Lovelace\n\n\
        Other users of the machine can see a password on the command line: --admin-password-stdin avoids it."
    )]
    Create(CreateOrganization),
    /// Show the organization, with its secret where that may be seen
    #[command(after_help = "Example:\n  tenantry org show --profile shire")]
    Show(ShowOrganization),
    /// Replace the organization's secret. The old one stops at once, or works on for --overlap-hours
    #[command(after_help = "Example:\n  tenantry org secret-reset --overlap-hours 24 --yes")]
    SecretReset(ResetSecret),
}

/// Options of `org show`.
#[derive(Args, Debug)]
pub(crate) struct ShowOrganization {
    #[command(flatten)]
    pub(crate) target: Target,
}

/// Options of `org secret-reset`.
#[derive(Args, Debug)]
pub(crate) struct ResetSecret {
    /// For so many hours the old secret works on
    #[arg(long, value_name = "HOURS")]
    pub(crate) overlap_hours: Option<u32>,
    #[command(flatten)]
    pub(crate) sure: Sure,
    #[command(flatten)]
    pub(crate) target: Target,
}

/// Options of `org create`.
#[derive(Args, Debug)]
pub(crate) struct CreateOrganization {
    /// Name of the organization
    #[arg(long, value_parser = |text: &str| Name::parse(text))]
    pub(crate) name: Name,
    /// E-mail of the administrator, who logs in with it; no other user of the deployment may have it
    #[arg(long, value_name = "E-MAIL", value_parser = |text: &str| Email::parse(text))]
    pub(crate) admin_email: Email,
    /// First name of the administrator
    #[arg(long, value_name = "NAME", value_parser = |text: &str| Name::parse(text))]
    pub(crate) admin_first_name: Name,
    /// Last name of the administrator
    #[arg(long, value_name = "NAME", value_parser = |text: &str| Name::parse(text))]
    pub(crate) admin_last_name: Name,
    /// Password of the administrator; without one the administrator can call with the secrets, but not log in
    #[arg(long, value_name = "PASSWORD", value_parser = |text: &str| Ok::<_, std::convert::Infallible>(Password::new(text)))]
    pub(crate) admin_password: Option<Password>,
    /// Read the password from standard input: the first line
    #[arg(long, conflicts_with = "admin_password")]
    pub(crate) admin_password_stdin: bool,
}
