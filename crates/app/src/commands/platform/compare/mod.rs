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
use tenantry_api_client::ApiError;

use self::{
    diff::Ignored,
    report::{Outcome, Sink},
    sides::Sides,
};
use super::{
    Start,
    backend::Session,
    place::{self, Place},
};
use crate::{cli::Compare, failure::Failure, output::counted, progress::Progress};

/// Compares.
pub(super) async fn run(compare: Compare, start: &Start) -> Result<(), Failure> {
    let first = place::find(&compare.target, &start.flags)?;
    let (server, credentials) = place::against(&compare, &first)?;
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
    let outcome = between(&sides, compare, start).await;
    left.close().await;
    right.close().await;
    outcome
}

async fn between(sides: &Sides, compare: Compare, start: &Start) -> Result<(), Failure> {
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
    output.result(&outcome.to_json(left_out), || outcome.to_text(left_out))?;
    outcome.verdict()
}

/// Makes the requests of a file again, one after the other; answers how many lines were left out.
async fn replay(sides: &Sides, sink: &Sink, path: &Path) -> Result<u64, Failure> {
    let file = File::open(path)
        .with_context(|| format!("{} cannot be read", path.display()))
        .map_err(Failure::usage)?;
    let mut lines = recorded::lines(BufReader::new(file));
    let mut left_out = 0;
    while let Some(request) = recorded::next(&mut lines, &mut left_out).map_err(Failure::usage)? {
        let asked = sides.ask(&request.call).await;
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

fn unfinished(error: &ApiError) -> Failure {
    Failure::Failed(anyhow!(
        "the comparison did not come to its end, so it proves nothing: {error}. Run it again when both servers answer"
    ))
}

fn create(path: &Path) -> Result<Box<dyn Write + Send>, Failure> {
    let file = File::create(path)
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

    fn to_text(&self, left_out: u64) -> String {
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
        lines.extend(self.first.iter().map(shown));
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
            "the servers differ in {}",
            counted(self.differing, "thing")
        )))
    }
}

/// `  user 17  city: "Bree" here, none there`
fn shown(line: &Value) -> String {
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
        "  {kind} {id}{what}: --server has {}, --against has {}",
        value("server"),
        value("against")
    )
}
