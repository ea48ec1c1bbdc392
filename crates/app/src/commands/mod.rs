//! The commands, one file each.

mod audit_verify;
mod config_print;
mod import;
mod key;
mod migrate;
mod org_create;
mod serve;

pub(crate) use self::audit_verify::KeptHead;

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
    let (config, effective) =
        config::load(&cli.flags(), std::env::vars_os()).map_err(Failure::usage)?;
    if let Some(Command::Config(Configuration::Print(_))) = cli.command {
        return config_print::effective(&effective, output);
    }
    telemetry::start(&config.log).map_err(Failure::usage)?;
    // What a command writes is in the audit log under this id, as what a request writes is under the request's.
    let request_id = RandomRequestIds.next();
    let span = info_span!("command", %request_id);
    match cli.command {
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
        Some(Command::Key(key)) => key::run(&config, key, output).instrument(span).await,
        Some(Command::Audit(Audit::Verify(verify))) => {
            audit_verify::run(&config, verify, output)
                .instrument(span)
                .await
        }
        Some(Command::Migrate) => migrate::run(&config, output).instrument(span).await,
        Some(Command::Config(Configuration::Print(_))) => Ok(()),
    }
}
