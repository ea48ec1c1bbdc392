//! The command line: what there is to say, with an example for each command.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use tenantry_domain::{Email, Name, Password};

use crate::{commands::KeptHead, config::Flags};

const EXAMPLES: &str = "\
Examples:
  tenantry              start on 127.0.0.1:8080 with data in ./tenantry-data
  tenantry serve --listen 0.0.0.0:8080 --data-dir /var/lib/tenantry
  tenantry --database-url postgres://tenantry@db.example.org/tenantry migrate

Exit codes: 0 done, 1 it failed, 2 put the command line, the configuration or the master key right.";

/// A self-hosted directory of organizations, accounts, users and instances that speaks the platform API of Cloud Elements
/// and SAP Open Connectors.
#[derive(Debug, Parser)]
#[command(name = "tenantry", version, after_help = EXAMPLES, args_override_self = false)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    /// Without a command: as in `serve`
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) listen: Option<String>,
    /// Without one: serve
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// What every command takes.
#[derive(Args, Debug)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct Global {
    #[arg(
        long,
        value_name = "PATH",
        global = true,
        help = "The configuration file [env: TENANTRY_CONFIG] [default: tenantry.toml in the data directory, if it is there]"
    )]
    pub(crate) config: Option<PathBuf>,
    #[arg(
        long,
        value_name = "PATH",
        global = true,
        help = "Directory of the SQLite database and the master key [env: TENANTRY_DATA_DIR] [default: ./tenantry-data]"
    )]
    data_dir: Option<String>,
    #[arg(
        long,
        value_name = "URL",
        global = true,
        help = "sqlite://path or postgres://… [env: TENANTRY_DATABASE_URL] [default: tenantry.db in the data directory]"
    )]
    database_url: Option<String>,
    #[arg(
        long,
        value_name = "FILTER",
        global = true,
        help = "What is logged: a level, or levels by part of the program [env: TENANTRY_LOG] [default: info]"
    )]
    log: Option<String>,
    /// Write the result, or the error, as one line of JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Answer the API (the default). Creates on an empty store a first organization, and prints its credentials once
    #[command(after_help = "Example:\n  tenantry serve --listen 127.0.0.1:8080\n\n\
        SIGTERM or Ctrl-C ends it: requests that run are finished first. A second signal ends it at once.")]
    Serve(Serve),
    /// Manage organizations
    #[command(subcommand, arg_required_else_help = true)]
    Org(Org),
    /// Look after the master keys, with which secrets are sealed
    #[command(subcommand, arg_required_else_help = true)]
    Key(Key),
    /// Look after the audit log
    #[command(subcommand, arg_required_else_help = true)]
    Audit(Audit),
    /// Bring the schema of the store up to date, and nothing else. `serve` does it as well
    #[command(
        after_help = "Example:\n  tenantry migrate --database-url postgres://tenantry@db.example.org/tenantry"
    )]
    Migrate,
    /// Look at the configuration
    #[command(subcommand, arg_required_else_help = true)]
    Config(Configuration),
}

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

/// What can be done with the configuration.
#[derive(Debug, Subcommand)]
pub(crate) enum Configuration {
    /// Print every option, its value, and where it was given. Never a password
    #[command(after_help = "Examples:\n  tenantry config print\n  \
        tenantry config print --defaults > tenantry-data/tenantry.toml")]
    Print(PrintConfiguration),
}

/// Options of `config print`.
#[derive(Args, Debug)]
pub(crate) struct PrintConfiguration {
    /// Print a commented file with the defaults instead
    #[arg(long, conflicts_with = "json")]
    pub(crate) defaults: bool,
}

impl Cli {
    /// What the flags say about the configuration.
    pub(crate) fn flags(&self) -> Flags {
        let of_serve = match &self.command {
            Some(Command::Serve(serve)) => serve.listen.clone(),
            _ => None,
        };
        Flags {
            config: self.global.config.clone(),
            data_dir: self.global.data_dir.clone(),
            database_url: self.global.database_url.clone(),
            listen: of_serve.or_else(|| self.listen.clone()),
            log: self.global.log.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_shows_an_example() {
        fn check(command: &clap::Command) {
            if !command.has_subcommands() {
                let help = command
                    .get_after_help()
                    .map(ToString::to_string)
                    .unwrap_or_default();
                assert!(help.starts_with("Example"), "{}", command.get_name());
            }
            command.get_subcommands().for_each(check);
        }
        check(&Cli::command());
    }

    /// Clap breaks lines that are longer than the terminal is wide. That is right for sentences, if they are one line here,
    /// and breaks an example that somebody pastes.
    #[test]
    fn examples_fit_a_terminal_and_sentences_are_left_to_clap() {
        fn check(command: &clap::Command) {
            let help = command.get_after_help().map(ToString::to_string);
            for line in help.unwrap_or_default().lines() {
                if line.starts_with(' ') {
                    assert!(line.chars().count() < 80, "too long: {line}");
                } else {
                    let is_whole = line.is_empty() || line.ends_with(['.', ':']);
                    assert!(is_whole, "a broken sentence: {line}");
                }
            }
            command.get_subcommands().for_each(check);
        }
        check(&Cli::command());
    }

    #[test]
    fn the_option_of_serve_is_shown_without_a_command_too() {
        let help = Cli::command().render_help().to_string();
        assert!(help.contains("--listen <ADDRESS:PORT>"), "{help}");
    }

    #[test]
    fn passwords_are_not_printed() {
        let words = "tenantry org create --name A --admin-email a@b.example --admin-first-name A --admin-last-name B \
                     --admin-password Correct-horse-1";
        let cli = Cli::try_parse_from(words.split_whitespace()).expect("a sound command line");
        assert!(!format!("{cli:?}").contains("horse"));
    }
}
