//! What was measured, for people: a table, `docs/performance.md`, and plots.

mod figures;
mod goals;
mod plot;
mod text;

use std::{fs, path::Path};

use anyhow::{Context as _, Result};

use crate::results::Results;

pub(crate) use text::table;

/// Writes the report, and the plots beside it.
pub(crate) fn write(results: &Results, json: &Path, markdown: &Path) -> Result<()> {
    let stem = markdown.file_stem().context("the report has no name")?;
    let mut plots = Vec::new();
    for (store, svg) in plot::all(results) {
        let name = format!("{}-{store}.svg", stem.to_string_lossy());
        fs::write(markdown.with_file_name(&name), svg)?;
        plots.push((store, name));
    }
    fs::write(markdown, text::report(results, &plots))?;
    let kept = markdown.with_extension("json");
    if json != kept {
        fs::copy(json, kept)?;
    }
    Ok(())
}
