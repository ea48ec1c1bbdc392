//! The commands, one file each.

mod audit_verify;
mod completions;
mod config_print;
mod export;
mod import;
mod key;
mod migrate;
mod org_create;
mod platform;
mod serve;

pub(crate) use self::audit_verify::KeptHead;

use self::platform::{Platform, Start};
use anyhow::anyhow;
use tracing::{Instrument as _, info_span};

use crate::{
    cli::{Audit, Cli, Command, Configuration, Org},
    config,
    failure::Failure,
    output::Output,
    randomness::RandomRequestIds,
    telemetry,
};

/// Runs the command that `cli` names.
pub(crate) async fn run(cli: Cli, output: Output) -> Result<(), Failure> {
    use tenantry_domain::ports::RequestIds as _;

    let serves = matches!(cli.command, None | Some(Command::Serve(_)));
    if cli.listen.is_some() && !serves {
        return Err(Failure::usage(anyhow!(
            "--listen belongs to the command serve: leave it out"
        )));
    }
    if let Some(Command::Config(Configuration::Print(print))) = &cli.command
        && print.defaults
    {
        return config_print::defaults(output);
    }
    if let Some(Command::Completions(completions)) = &cli.command {
        return completions::run(completions);
    }
    // What a command writes is in the audit log under this id, as what a request writes is under the request's.
    let request_id = RandomRequestIds.next();
    let span = info_span!("command", %request_id);
    let flags = cli.flags();
    let command = match platform(cli.command) {
        Ok(command) => {
            let start = Start {
                flags,
                output,
                request_id,
            };
            return platform::run(command, &start).instrument(span).await;
        }
        Err(command) => *command,
    };
    let (config, effective) = config::load(&flags, std::env::vars_os()).map_err(Failure::usage)?;
    if let Some(Command::Config(Configuration::Print(_))) = command {
        return config_print::effective(&effective, output);
    }
    if serves {
        telemetry::start(&config.log).map_err(Failure::usage)?;
    } else {
        telemetry::start_for_command(&flags)?;
    }
    match command {
        None | Some(Command::Serve(_)) => serve::run(&config, request_id, output).await,
        Some(Command::Org(Org::Create(create))) => {
            org_create::run(&config, create, request_id, output)
                .instrument(span)
                .await
        }
        Some(Command::Import(import)) => {
            import::run(&config, import, request_id, output)
                .instrument(span)
                .await
        }
        Some(Command::Export(export)) => {
            export::run(&config, export, output).instrument(span).await
        }
        Some(Command::Key(key)) => key::run(&config, key, output).instrument(span).await,
        Some(Command::Audit(Audit::Verify(verify))) => {
            audit_verify::run(&config, verify, output)
                .instrument(span)
                .await
        }
        Some(Command::Migrate) => migrate::run(&config, output).instrument(span).await,
        // Those were run above.
        Some(_) => Ok(()),
    }
}

/// The commands that speak the API; the others as they were.
fn platform(command: Option<Command>) -> Result<Platform, Box<Option<Command>>> {
    Ok(match command {
        Some(Command::Login(login)) => Platform::Login(login),
        Some(Command::Users(users)) => Platform::Users(users),
        Some(Command::Accounts(accounts)) => Platform::Accounts(accounts),
        Some(Command::Instances(instances)) => Platform::Instances(instances),
        Some(Command::Org(Org::Show(show))) => Platform::ShowOrganization(show),
        Some(Command::Org(Org::SecretReset(reset))) => Platform::ResetSecret(reset),
        Some(Command::Audit(Audit::List(list))) => Platform::ListAudit(list),
        Some(Command::Compare(compare)) => Platform::Compare(compare),
        other => return Err(Box::new(other)),
    })
}
