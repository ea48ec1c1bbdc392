//! The command line: what there is to say, with an example for each command.

mod accounts;
mod audit;
mod compare;
mod configuration;
mod export;
mod import;
mod instances;
mod key;
mod login;
mod org;
mod serve;
mod target;
mod users;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub(crate) use self::{
    accounts::{
        AccountFields, Accounts, CreateAccount, DeleteAccount, GetAccount, ListAccounts,
        UpdateAccount,
    },
    audit::{Audit, ListAudit, VerifyAudit},
    compare::Compare,
    configuration::Configuration,
    export::Export,
    import::{Import, PasswordsThere},
    instances::{
        CreateInstance, DeleteInstance, GetInstance, InstanceFields, Instances, ListInstances,
        UpdateInstance,
    },
    key::{ForgetKeys, Key},
    login::{Completions, Login},
    org::{CreateOrganization, Org, ResetSecret, ShowOrganization},
    serve::Serve,
    target::{Body, Form, Listing, Selection, Target},
    users::{
        ChangeRole, CreateUser, DeleteUser, ListUsers, UpdateUser, UserFields, UserRoles, Users,
    },
};
use crate::config::Flags;

const EXAMPLES: &str = "\
Examples:
  tenantry              start on 127.0.0.1:8080 with data in ./tenantry-data
  tenantry serve --listen 0.0.0.0:8080 --data-dir /var/lib/tenantry
  tenantry --database-url postgres://tenantry@db.example.org/tenantry migrate

Exit codes: 0 done, 1 it failed, 2 put the command line, the configuration, the secrets or the master key right.";

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
    /// Log in to a server, and store its secrets in a profile for the commands below
    #[command(
        after_help = "Examples:\n  tenantry login --server https://tenantry.example --profile shire\n  \
        tenantry login --server https://tenantry.example \\\n    --email frodo@shire.example --password-stdin < password.txt\n\n\
        Profiles are in $XDG_CONFIG_HOME/tenantry/profiles.toml, or ~/.config/tenantry/profiles.toml, which nobody else may read."
    )]
    Login(Login),
    /// Manage users, in the local store or on a server
    #[command(subcommand, arg_required_else_help = true)]
    Users(Users),
    /// Manage accounts, in the local store or on a server
    #[command(subcommand, arg_required_else_help = true)]
    Accounts(Accounts),
    /// Manage instances, in the local store or on a server
    #[command(subcommand, arg_required_else_help = true)]
    Instances(Instances),
    /// Manage organizations
    #[command(subcommand, arg_required_else_help = true)]
    Org(Org),
    /// Move an organization in, with its accounts, users, roles, policy and instances. Works while the server runs
    #[command(
        after_help = "Examples:\n  export TENANTRY_USER_SECRET=… TENANTRY_ORGANIZATION_SECRET=…\n  \
        tenantry import --from https://api.example.com --dry-run\n  \
        tenantry import --from https://api.example.com --report moved.ndjson \\\n    \
        --user-secrets secrets.csv\n  \
        tenantry import --file organization-2.ndjson\n  \
        tenantry import --file users.csv --organization 2 --strict\n\n\
        Killed or cut off, run the same command again: it goes on. Run again after its end, it moves what is new there and \
        reports what differs; what is here is never changed.\n\
        Secrets, tokens and numbers stay as they are there, as far as the server shows them, so that programs need a new \
        address and nothing else. The summary says what could not come along.\n\
        Exit code 1 also if something could not be moved: the report says what, and why."
    )]
    Import(Import),
    /// Move an organization out into an archive, which `import --file` takes in without loss. Works while the server runs
    #[command(
        after_help = "Examples:\n  tenantry export --organization 2 --out acme.ndjson\n  \
        tenantry export --organization 2 --include-secrets \\\n    --passphrase-file /run/secrets/passphrase\n\n\
        Without --include-secrets whoever takes the archive in gets new secrets, tokens and passwords.\n\
        The same organization under the same passphrase gives the same bytes: export what was taken in, and compare."
    )]
    Export(Export),
    /// Look after the master keys, with which secrets are sealed
    #[command(subcommand, arg_required_else_help = true)]
    Key(Key),
    /// Look after the audit log
    #[command(subcommand, arg_required_else_help = true)]
    Audit(Audit),
    /// Ask two servers the same, and say where their replies differ: the proof before programs are switched over
    #[command(after_help = compare::EXAMPLES)]
    Compare(Compare),
    /// Bring the schema of the store up to date, and nothing else. `serve` does it as well
    #[command(
        after_help = "Example:\n  tenantry migrate --database-url postgres://tenantry@db.example.org/tenantry"
    )]
    Migrate,
    /// Look at the configuration
    #[command(subcommand, arg_required_else_help = true)]
    Config(Configuration),
    /// Print what makes a shell complete commands and options
    #[command(after_help = "Example:\n  source <(tenantry completions bash)")]
    Completions(Completions),
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
