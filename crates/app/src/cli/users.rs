//! `users`: what there is to say.

use clap::{Args, Subcommand, builder::NonEmptyStringValueParser};

use super::target::{Body, Listing, Selection, Sure, Target};

/// What can be done with users.
#[derive(Debug, Subcommand)]
pub(crate) enum Users {
    /// List users
    #[command(
        after_help = "Examples:\n  tenantry users list --where \"lastName LIKE 'bag%'\" --order-by lastName\n  \
        tenantry users list --profile shire --output ndjson --limit 5000"
    )]
    List(ListUsers),
    /// Show one user
    #[command(after_help = "Example:\n  tenantry users get frodo@shire.example")]
    Get(GetUser),
    /// Create a user. Prints the new user's secret, once
    #[command(
        after_help = "Example:\n  tenantry users create --email frodo@shire.example \\\n    \
        --first-name Frodo --last-name Baggins --role admin --set city=Hobbiton"
    )]
    Create(CreateUser),
    /// Change a user
    #[command(
        after_help = "Examples:\n  tenantry users update frodo@shire.example --set phone=\n  \
        tenantry users update 7 --active false"
    )]
    Update(UpdateUser),
    /// Erase a user for good, with the user's instances
    #[command(after_help = "Example:\n  tenantry users delete frodo@shire.example --yes")]
    Delete(DeleteUser),
    /// See and change what a user may
    #[command(subcommand, arg_required_else_help = true)]
    Roles(UserRoles),
}

/// Options of `users list`.
#[derive(Args, Debug)]
pub(crate) struct ListUsers {
    /// Only those of this account
    #[arg(long, value_name = "ID")]
    pub(crate) account: Option<i64>,
    #[command(flatten)]
    pub(crate) selection: Selection,
    #[command(flatten)]
    pub(crate) listing: Listing,
    #[command(flatten)]
    pub(crate) target: Target,
}

/// Options of `users get`.
#[derive(Args, Debug)]
pub(crate) struct GetUser {
    /// The user's id or e-mail
    #[arg(value_name = "USER", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) user: String,
    #[command(flatten)]
    pub(crate) target: Target,
}

/// What can be said of a user.
#[derive(Args, Debug)]
pub(crate) struct UserFields {
    /// E-mail, with which the user logs in
    #[arg(long, value_name = "E-MAIL")]
    pub(crate) email: Option<String>,
    /// First name
    #[arg(long, value_name = "NAME")]
    pub(crate) first_name: Option<String>,
    /// Last name
    #[arg(long, value_name = "NAME")]
    pub(crate) last_name: Option<String>,
    /// Whether the user can authenticate
    #[arg(long, value_name = "true|false")]
    pub(crate) active: Option<bool>,
    /// Read the user's password from standard input: the first line
    #[arg(long, conflicts_with = "body_stdin")]
    pub(crate) password_stdin: bool,
    #[command(flatten)]
    pub(crate) body: Body,
}

/// Options of `users create`.
#[derive(Args, Debug)]
pub(crate) struct CreateUser {
    #[command(flatten)]
    pub(crate) fields: UserFields,
    /// A role to grant: org-admin, org, admin, default-user
    #[arg(long = "role", value_name = "ROLE")]
    pub(crate) roles: Vec<String>,
    /// In this account [default: the organization's own]
    #[arg(long, value_name = "ID")]
    pub(crate) account: Option<i64>,
    #[command(flatten)]
    pub(crate) target: Target,
}

/// Options of `users update`.
#[derive(Args, Debug)]
pub(crate) struct UpdateUser {
    /// The user's id or e-mail
    #[arg(value_name = "USER", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) user: String,
    #[command(flatten)]
    pub(crate) fields: UserFields,
    /// Let the user log in again after wrong passwords
    #[arg(long)]
    pub(crate) unlock: bool,
    /// With --active false: erase the user's instances as well
    #[arg(long, requires = "active")]
    pub(crate) permanent: bool,
    #[command(flatten)]
    pub(crate) sure: Sure,
    #[command(flatten)]
    pub(crate) target: Target,
}

/// Options of `users delete`.
#[derive(Args, Debug)]
pub(crate) struct DeleteUser {
    /// The user's id or e-mail
    #[arg(value_name = "USER", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) user: String,
    #[command(flatten)]
    pub(crate) sure: Sure,
    #[command(flatten)]
    pub(crate) target: Target,
}

/// What can be done with a user's roles.
#[derive(Debug, Subcommand)]
pub(crate) enum UserRoles {
    /// List what a user may, also by the account and by the system
    #[command(after_help = "Example:\n  tenantry users roles list frodo@shire.example")]
    List(GetUser),
    /// Grant a role to a user
    #[command(after_help = "Example:\n  tenantry users roles grant frodo@shire.example admin")]
    Grant(ChangeRole),
    /// Take a role from a user
    #[command(after_help = "Example:\n  tenantry users roles revoke frodo@shire.example admin")]
    Revoke(ChangeRole),
}

/// Options of `users roles grant` and `revoke`.
#[derive(Args, Debug)]
pub(crate) struct ChangeRole {
    /// The user's id or e-mail
    #[arg(value_name = "USER", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) user: String,
    /// The role: org-admin, org, admin, default-user
    #[arg(value_name = "ROLE", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) role: String,
    #[command(flatten)]
    pub(crate) target: Target,
}
