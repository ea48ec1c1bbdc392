//! `instances`: what there is to say.

use clap::{Args, Subcommand};

use super::target::{Body, Listing, Selection, Sure, Target};

/// What can be done with instances.
#[derive(Debug, Subcommand)]
pub(crate) enum Instances {
    /// List instances: of the local store all, of a server those that its user sees
    #[command(
        after_help = "Example:\n  tenantry instances list --where \"name LIKE 'pony%'\" --tag inn"
    )]
    List(ListInstances),
    /// Show one instance, with its token where that may be seen
    #[command(after_help = "Example:\n  tenantry instances get 5 --json")]
    Get(GetInstance),
    /// Create an instance. Prints its token
    #[command(
        after_help = "Examples:\n  tenantry instances create --name Pony --element inn --user frodo@shire.example\n  \
        tenantry instances create --profile shire --body-stdin < instance.json\n\n\
        In the local store --user says whose it is to be. On a server it is always the user's whose secret is used: there --user \
        is refused. Passwords and keys of the configuration are best given by --body-stdin."
    )]
    Create(CreateInstance),
    /// Change an instance
    #[command(after_help = "Example:\n  tenantry instances update 5 --disabled true")]
    Update(UpdateInstance),
    /// Erase an instance for good
    #[command(after_help = "Example:\n  tenantry instances delete 5 --yes")]
    Delete(DeleteInstance),
}

/// Options of `instances list`.
#[derive(Args, Debug)]
pub(crate) struct ListInstances {
    /// All those of this account
    #[arg(long, value_name = "ID")]
    pub(crate) account: Option<i64>,
    /// Only those with this tag; of several, all are needed
    #[arg(long = "tag", value_name = "TAG")]
    pub(crate) tags: Vec<String>,
    /// Only those whose name or element has this in it
    #[arg(long, value_name = "TEXT")]
    pub(crate) search: Option<String>,
    #[command(flatten)]
    pub(crate) selection: Selection,
    #[command(flatten)]
    pub(crate) listing: Listing,
    #[command(flatten)]
    pub(crate) target: Target,
}

/// Options of `instances get`.
#[derive(Args, Debug)]
pub(crate) struct GetInstance {
    /// The instance's id
    #[arg(value_name = "ID")]
    pub(crate) id: i64,
    #[command(flatten)]
    pub(crate) target: Target,
}

/// What can be said of an instance.
#[derive(Args, Debug)]
pub(crate) struct InstanceFields {
    /// Name
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// A label to find it by
    #[arg(long = "tag", value_name = "TAG")]
    pub(crate) tags: Vec<String>,
    /// An entry of its configuration
    #[arg(long = "configuration", value_name = "KEY=VALUE")]
    pub(crate) configuration: Vec<String>,
    #[command(flatten)]
    pub(crate) body: Body,
}

/// Options of `instances create`.
#[derive(Args, Debug)]
pub(crate) struct CreateInstance {
    #[command(flatten)]
    pub(crate) fields: InstanceFields,
    /// The key of the element that it connects to
    #[arg(long, value_name = "KEY")]
    pub(crate) element: Option<String>,
    /// In the local store: whose it is to be, by id or e-mail
    #[arg(long, value_name = "USER", conflicts_with_all = ["server", "profile"])]
    pub(crate) user: Option<String>,
    #[command(flatten)]
    pub(crate) target: Target,
}

/// Options of `instances update`.
#[derive(Args, Debug)]
pub(crate) struct UpdateInstance {
    /// The instance's id
    #[arg(value_name = "ID")]
    pub(crate) id: i64,
    #[command(flatten)]
    pub(crate) fields: InstanceFields,
    /// Whether calls through it are refused
    #[arg(long, value_name = "true|false")]
    pub(crate) disabled: Option<bool>,
    #[command(flatten)]
    pub(crate) target: Target,
}

/// Options of `instances delete`.
#[derive(Args, Debug)]
pub(crate) struct DeleteInstance {
    /// The instance's id
    #[arg(value_name = "ID")]
    pub(crate) id: i64,
    #[command(flatten)]
    pub(crate) sure: Sure,
    #[command(flatten)]
    pub(crate) target: Target,
}
