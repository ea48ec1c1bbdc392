//! `key`: what there is to say.

use clap::{Args, Subcommand};

/// What can be done with master keys.
#[derive(Debug, Subcommand)]
pub(crate) enum Key {
    /// Print the ids of the keys, and how many things each still seals. Never a key
    #[command(after_help = "Example:\n  tenantry key list --data-dir /var/lib/tenantry")]
    List,
    /// Make a new current key, and seal everything anew with it. Servers go on, and read the key file again
    #[command(
        after_help = "Example:\n  tenantry key rotate --data-dir /var/lib/tenantry\n\n\
        Interrupted, run it again: it goes on with the key that it had made. The former keys stay in the file until `tenantry \
        key forget` takes them out.\n\
        Exit code 1 also if the rotation is not finished, because something cannot be opened or a server goes on with a \
        former key: the report says which."
    )]
    Rotate,
    /// Take the keys behind the current one out of the key file, if nothing in the store names them
    #[command(
        after_help = "Examples:\n  tenantry key forget          say which keys, and what to check first\n  \
        tenantry key forget --yes    take them out"
    )]
    Forget(ForgetKeys),
    /// Print a new key that belongs to no store yet, to be put into the environment variable of the master key
    #[command(
        after_help = "Example:\n  tenantry key generate\n\nThe variable is TENANTRY_MASTER_KEY. Whoever sees the key can read what it seals."
    )]
    Generate,
}

/// Options of `key forget`.
#[derive(Args, Debug)]
pub(crate) struct ForgetKeys {
    /// Do it
    #[arg(long)]
    pub(crate) yes: bool,
}
