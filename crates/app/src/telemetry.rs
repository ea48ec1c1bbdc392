//! Logs: structured, to standard error; text on a terminal, one JSON object per line otherwise.

use std::io::{self, IsTerminal as _};

use crate::{config::Flags, failure::Failure};
use tracing::{Level, Metadata, level_filters::LevelFilter};
use tracing_subscriber::{
    EnvFilter, Layer as _, filter::ParseError, filter::filter_fn, layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

/// Starts logging what `directives` ask for.
pub(crate) fn start(directives: &str) -> Result<(), ParseError> {
    let filter = EnvFilter::builder()
        .with_default_directive(LevelFilter::ERROR.into())
        .parse(directives)?;
    let registry = tracing_subscriber::registry().with(filter);
    let format = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    // A second start, which only tests could try, changes nothing.
    let _ = if io::stderr().is_terminal() {
        registry
            .with(format.with_filter(filter_fn(is_harmless)))
            .try_init()
    } else {
        let format = format
            .json()
            .flatten_event(true)
            .with_current_span(true)
            .with_span_list(false);
        registry
            .with(format.with_filter(filter_fn(is_harmless)))
            .try_init()
    };
    Ok(())
}

/// Starts logging what a command may say beside its result: warnings alone, unless something else was asked for on the
/// command line or in the environment. What a server logs of itself is no news to who gave a command.
pub(crate) fn start_for_command(flags: &Flags) -> Result<(), Failure> {
    let set = std::env::var("TENANTRY_LOG");
    let asked = flags.log.clone().or(set.ok()).filter(|it| !it.is_empty());
    start(asked.as_deref().unwrap_or("warn")).map_err(Failure::usage)
}

/// The finest events of other people's libraries may show what goes over the wire, which nobody here has checked.
fn is_harmless(metadata: &Metadata<'_>) -> bool {
    *metadata.level() != Level::TRACE || metadata.target().starts_with("tenantry")
}
