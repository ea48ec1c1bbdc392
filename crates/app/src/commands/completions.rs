//! `tenantry completions`: what makes a shell complete commands and options.

use clap::CommandFactory as _;

use crate::{
    cli::{Cli, Completions},
    failure::Failure,
    output::Output,
};

pub(super) fn run(completions: &Completions) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(
        completions.shell,
        &mut Cli::command(),
        "tenantry",
        &mut script,
    );
    Output::write(&String::from_utf8(script)?).map_err(Failure::of_list)
}
