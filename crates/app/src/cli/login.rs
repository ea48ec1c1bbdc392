//! `login` and `completions`: what there is to say.

use clap::{Args, builder::NonEmptyStringValueParser};
use clap_complete::Shell;

/// Options of `login`.
#[derive(Args, Debug)]
pub(crate) struct Login {
    #[arg(long, value_name = "URL", help = "The server [env: TENANTRY_SERVER]")]
    pub(crate) server: Option<String>,
    /// E-mail; asked for at the terminal if it is left out
    #[arg(long, value_name = "E-MAIL")]
    pub(crate) email: Option<String>,
    /// Under which name the secrets are stored
    #[arg(long, value_name = "NAME", default_value = "default", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) profile: String,
    /// Read the password from standard input: the first line
    #[arg(long)]
    pub(crate) password_stdin: bool,
}

/// Options of `completions`.
#[derive(Args, Debug)]
pub(crate) struct Completions {
    /// For which shell
    #[arg(value_enum)]
    pub(crate) shell: Shell,
}
