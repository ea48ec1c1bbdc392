//! `accounts`: what there is to say.

use clap::{Args, Subcommand};

use super::target::{Body, Listing, Selection, Sure, Target};

/// What can be done with accounts.
#[derive(Debug, Subcommand)]
pub(crate) enum Accounts {
    /// List accounts
    #[command(
        after_help = "Example:\n  tenantry accounts list --order-by name --fields name,externalId"
    )]
    List(ListAccounts),
    /// Show one account
    #[command(after_help = "Example:\n  tenantry accounts get 3")]
    Get(GetAccount),
    /// Create an account
    #[command(
        after_help = "Example:\n  tenantry accounts create --external-id buckland --name Buckland"
    )]
    Create(CreateAccount),
    /// Change an account
    #[command(
        after_help = "Example:\n  tenantry accounts update 3 --name 'Buckland and the Marish'"
    )]
    Update(UpdateAccount),
    /// Erase an account's users for good. The account itself stays, inactive
    #[command(after_help = "Example:\n  tenantry accounts delete 3 --yes")]
    Delete(DeleteAccount),
}

/// Options of `accounts list`.
#[derive(Args, Debug)]
pub(crate) struct ListAccounts {
    #[command(flatten)]
    pub(crate) selection: Selection,
    #[command(flatten)]
    pub(crate) listing: Listing,
    #[command(flatten)]
    pub(crate) target: Target,
}

/// Options of `accounts get`.
#[derive(Args, Debug)]
pub(crate) struct GetAccount {
    /// The account's id
    #[arg(value_name = "ID")]
    pub(crate) id: i64,
    #[command(flatten)]
    pub(crate) target: Target,
}

/// What can be said of an account.
#[derive(Args, Debug)]
pub(crate) struct AccountFields {
    /// Your own key for it
    #[arg(long, value_name = "TEXT")]
    pub(crate) external_id: Option<String>,
    /// Name
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// Description
    #[arg(long, value_name = "TEXT")]
    pub(crate) description: Option<String>,
    #[command(flatten)]
    pub(crate) body: Body,
}

/// Options of `accounts create`.
#[derive(Args, Debug)]
pub(crate) struct CreateAccount {
    #[command(flatten)]
    pub(crate) fields: AccountFields,
    #[command(flatten)]
    pub(crate) target: Target,
}

/// Options of `accounts update`.
#[derive(Args, Debug)]
pub(crate) struct UpdateAccount {
    /// The account's id
    #[arg(value_name = "ID")]
    pub(crate) id: i64,
    #[command(flatten)]
    pub(crate) fields: AccountFields,
    /// Whether its users can authenticate
    #[arg(long, value_name = "true|false")]
    pub(crate) active: Option<bool>,
    /// With --active false: erase its users as well
    #[arg(long, requires = "active")]
    pub(crate) permanent: bool,
    #[command(flatten)]
    pub(crate) sure: Sure,
    #[command(flatten)]
    pub(crate) target: Target,
}

/// Options of `accounts delete`.
#[derive(Args, Debug)]
pub(crate) struct DeleteAccount {
    /// The account's id
    #[arg(value_name = "ID")]
    pub(crate) id: i64,
    #[command(flatten)]
    pub(crate) sure: Sure,
    #[command(flatten)]
    pub(crate) target: Target,
}
