//! `tenantry compare`: asks two servers the same, and says where their replies differ: the proof before the switch.

mod crawl;
mod diff;
mod recorded;
mod report;
mod sides;

use std::{
    fs::File,
    io::{BufReader, BufWriter, Write},
    path::Path,
    sync::Arc,
};

use anyhow::{Context as _, anyhow};
use serde_json::{Value, json};

use self::{
    diff::Ignored,
    report::{Outcome, Sink},
    sides::{Asker, Sides, Unfinished},
};
use super::{
    Start,
    backend::Session,
    place::{self, Place},
};
use crate::{
    cli::Compare, failure::Failure, new_file::private, output::counted, progress::Progress,
};

/// Compares.
pub(super) async fn run(compare: Compare, start: &Start) -> Result<(), Failure> {
    let first = place::find(&compare.target, &start.flags)?;
    let (server, credentials) = place::against(&compare, &first)?;
    let left_is = match first {
        Place::Local { .. } => "the local store",
        Place::Remote { .. } => "--server",
    };
    let second = Place::Remote {
        server,
        credentials,
    };
    let left = Arc::new(Session::at(first, start).await?);
    let right = Arc::new(Session::at(second, start).await?);
    let sides = Sides {
        left: Arc::clone(&left) as _,
        right: Arc::clone(&right) as _,
    };
    let outcome = between(&sides, left_is, compare, start).await;
    left.close().await;
    right.close().await;
    outcome
}

/// `left_is`: what people call the first of both.
async fn between(
    sides: &Sides,
    left_is: &str,
    compare: Compare,
    start: &Start,
) -> Result<(), Failure> {
    let output = start.output;
    let file = compare.report.as_deref().map(create).transpose()?;
    let ignored = Ignored::new(compare.ignore);
    let progress = Progress::new("compared", None, output);
    let sink = Arc::new(Sink::new(ignored, progress, file));
    let left_out = if let Some(path) = &compare.requests {
        replay(sides, &sink, path).await?
    } else {
        let walked = crawl::crawl(sides, &sink).await;
        walked.map_err(|error| unfinished(&error))?;
        0
    };
    let sink = Arc::into_inner(sink).ok_or_else(|| anyhow!("the comparison is still running"))?;
    let outcome = sink
        .finish()
        .context("the report cannot be written to its end")?;
    if outcome.compared.is_empty() {
        return Err(Failure::usage(anyhow!(
            "nothing was compared, so it proves nothing: --requests FILE has no read requests"
        )));
    }
    output.result(&outcome.to_json(left_out), || {
        outcome.to_text(left_is, left_out)
    })?;
    outcome.verdict()
}

/// Makes the requests of a file again, one after the other; answers how many lines were left out.
async fn replay(sides: &Sides, sink: &Sink, path: &Path) -> Result<u64, Failure> {
    let file = File::open(path)
        .with_context(|| format!("{} cannot be read", path.display()))
        .map_err(Failure::usage)?;
    let mut lines = recorded::lines(BufReader::new(file));
    let mut left_out = 0;
    let wrong = |error: anyhow::Error| Failure::usage(anyhow!("--requests: {error:#}"));
    while let Some(request) = recorded::next(&mut lines, &mut left_out).map_err(wrong)? {
        let asked = sides.ask(&request.call, Asker::Program).await;
        let (left, right) = asked.map_err(|error| unfinished(&error))?;
        let id = format!(
            "line {}: GET {}",
            request.line,
            request.call.path_and_query()
        );
        sink.compare("request", &id, Some(left.value()), Some(right.value()));
    }
    Ok(left_out)
}

fn unfinished(Unfinished { side, error }: &Unfinished) -> Failure {
    let said = "the comparison did not come to its end, so it proves nothing";
    match error.status() {
        Some(401) => Failure::usage(anyhow!(
            "{said}: {side} does not accept the secrets: put those of an administrator of the organization there right"
        )),
        Some(403) => Failure::usage(anyhow!(
            "{said}: {side} refuses ({error}): give the secrets of an administrator of the organization there"
        )),
        _ => Failure::Failed(anyhow!(
            "{said}: {side}: {error}. Run it again when both servers answer"
        )),
    }
}

fn create(path: &Path) -> Result<Box<dyn Write + Send>, Failure> {
    // It holds what users are called.
    let file = private()
        .write(true)
        .create(true)
        .truncate(true)
        .open(path)
        .with_context(|| format!("the report {} cannot be written", path.display()))
        .map_err(Failure::usage)?;
    Ok(Box::new(BufWriter::new(file)))
}

impl Outcome {
    fn to_json(&self, left_out: u64) -> Value {
        json!({
            "same": self.differing == 0,
            "compared": self.compared,
            "differing": self.differing,
            "differences": self.differences,
            "linesLeftOut": left_out,
            "first": self.first,
        })
    }

    fn to_text(&self, left_is: &str, left_out: u64) -> String {
        let mut lines: Vec<String> = self
            .compared
            .iter()
            .map(|(kind, count)| format!("{count:>9}  {kind}"))
            .collect();
        lines.insert(0, "compared".to_owned());
        if left_out > 0 {
            lines.push(format!(
                "{left_out:>9}  left out: no read requests, or with page tokens"
            ));
        }
        lines.push(String::new());
        if self.differing == 0 {
            lines.push("No differences.".to_owned());
            return lines.join("\n");
        }
        lines.push(format!(
            "{} in {}:",
            counted(self.differences, "difference"),
            counted(self.differing, "thing")
        ));
        lines.extend(self.first.iter().map(|line| shown(line, left_is)));
        let more = self.differences.saturating_sub(self.first.len() as u64);
        if more > 0 {
            lines.push(format!(
                "  … and {more} more: --report FILE writes them all"
            ));
        }
        lines.join("\n")
    }

    fn verdict(&self) -> Result<(), Failure> {
        if self.differing == 0 {
            return Ok(());
        }
        Err(Failure::Failed(anyhow!(
            "they differ in {}",
            counted(self.differing, "thing")
        )))
    }
}

/// `  user 17  city: "Bree" here, none there`
fn shown(line: &Value, left_is: &str) -> String {
    let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
    let value = |name: &str| match &line[name] {
        Value::Null => "nothing".to_owned(),
        other => other.to_string(),
    };
    let (kind, id, field) = (text("kind"), text("id"), text("field"));
    let what = if field.is_empty() {
        String::new()
    } else {
        format!("  {field}")
    };
    format!(
        "  {kind} {id}{what}: {left_is} has {}, --against has {}",
        value("server"),
        value("against")
    )
}
