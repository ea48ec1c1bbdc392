//! `serve`: what there is to say.

use clap::Args;

/// Options of `serve`.
#[derive(Args, Debug, Default)]
pub(crate) struct Serve {
    #[arg(
        long,
        value_name = "ADDRESS:PORT",
        help = "Address and port to answer on [env: TENANTRY_LISTEN] [default: 127.0.0.1:8080]"
    )]
    pub(crate) listen: Option<String>,
}
