//! `audit`: what there is to say.

use clap::{Args, Subcommand};

use super::target::{Listing, Target};
use crate::commands::KeptHead;

/// What can be done with the audit log.
#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// Prove that no record was removed or altered, while the server runs or not
    #[command(
        after_help = "Examples:\n  tenantry audit verify\n  tenantry audit verify --json > heads.json\n  \
        tenantry audit verify --organization 2 \\\n    --expect 7:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\n\n\
        Keep the heads that it prints apart from the database: only they show that an older copy was put back.\n\
        Exit codes: 0 every chain is whole, 1 one is broken (standard output says which, and where)."
    )]
    Verify(VerifyAudit),
    /// List who changed what, the latest first
    #[command(
        after_help = "Example:\n  tenantry audit list --from 2026-11-01 --user 7 --limit 100"
    )]
    List(ListAudit),
}

/// Options of `audit list`.
#[derive(Args, Debug)]
pub(crate) struct ListAudit {
    /// From this day or instant on
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Option<String>,
    /// Up to this day or instant
    #[arg(long, value_name = "TIME")]
    pub(crate) to: Option<String>,
    /// Only what this user did
    #[arg(long, value_name = "ID")]
    pub(crate) user: Option<i64>,
    /// Only what was done in this account
    #[arg(long, value_name = "ID")]
    pub(crate) account: Option<i64>,
    #[command(flatten)]
    pub(crate) listing: Listing,
    #[command(flatten)]
    pub(crate) target: Target,
}

/// Options of `audit verify`.
#[derive(Args, Debug)]
pub(crate) struct VerifyAudit {
    /// Only this organization
    #[arg(long, value_name = "ID")]
    pub(crate) organization: Option<i64>,
    /// A head that an earlier run printed for that organization: it still has to be in the chain
    #[arg(long, value_name = "POSITION:HASH", requires = "organization")]
    pub(crate) expect: Option<KeptHead>,
}
