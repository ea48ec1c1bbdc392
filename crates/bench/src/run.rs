//! The run: seeds, starts both programs, and lets them take turns.

use std::{path::PathBuf, time::Duration};

use anyhow::{Context as _, Result};
use tempfile::TempDir;

use crate::{
    load::{self, Load},
    report::{Footprint, Report, Row},
    scenario::{self, Scenario, World},
    seed, stats,
    subject::{self, Place, Subject},
};

/// What is measured, and how long.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) program: PathBuf,
    /// An empty database on a PostgreSQL of its own.
    pub(crate) postgres: Option<String>,
    pub(crate) users: u64,
    pub(crate) rounds: u32,
    pub(crate) stretch: Duration,
    /// Only scenarios whose names hold this.
    pub(crate) only: Option<String>,
}

/// Measures everything that the options name.
pub(crate) async fn run(options: &Options) -> Result<Report> {
    let mut report = Report::new(options);
    report.binary = subject::megabytes(&options.program)?;
    store(options, "sqlite", None, &mut report).await?;
    if let Some(url) = &options.postgres {
        store(options, "postgres", Some(url.clone()), &mut report).await?;
    }
    report.finish();
    Ok(report)
}

async fn store(
    options: &Options,
    name: &'static str,
    url: Option<String>,
    report: &mut Report,
) -> Result<()> {
    let data = TempDir::new()?;
    let file = data.path().join("tenantry.db");
    let place = Place {
        program: options.program.clone(),
        data: data.path().to_owned(),
        database_url: url.clone(),
    };
    eprintln!("{name}: {} users", options.users);
    let credentials = place.create().await?;
    let arguments = match &url {
        Some(url) => {
            seed::postgres::users(url, options.users).await?;
            vec!["--postgres".to_owned(), url.clone()]
        }
        None => {
            seed::sqlite::users(&file, options.users)?;
            vec!["--sqlite".to_owned(), file.display().to_string()]
        }
    };
    let (first, _) = place.serve().await?;
    first.stop().await?;
    let (server, ready) = place.serve().await?;
    let anchor = subject::anchor(&arguments).await?;
    let idle = server.memory()?.0;
    let world = World {
        users: options.users,
        credentials,
    };
    let mut from = 0;
    for scenario in scenario::all(&world) {
        let wanted = options.only.as_deref();
        if wanted.is_some_and(|part| !scenario.name.contains(part)) {
            continue;
        }
        for connections in scenario.connections {
            let row = turns(
                options,
                name,
                &scenario,
                *connections,
                &server,
                &anchor,
                &mut from,
            )
            .await
            .with_context(|| format!("{name}, {}, {connections} connections", scenario.name))?;
            eprintln!("  {row}");
            report.rows.push(row);
        }
    }
    let (_, most) = server.memory()?;
    report.footprints.push(Footprint {
        store: name,
        ready_milliseconds: ready.as_secs_f64() * 1000.0,
        idle_megabytes: idle,
        most_megabytes: most,
    });
    anchor.stop().await?;
    server.stop().await
}

/// A B A B …: whatever changes on the machine changes both.
async fn turns(
    options: &Options,
    store: &'static str,
    scenario: &Scenario,
    connections: u64,
    server: &Subject,
    anchor: &Subject,
    from: &mut u64,
) -> Result<Row> {
    let mut row = Row::new(store, scenario.name, connections);
    row.goal = (scenario.goal)(store, connections);
    let (mut ours, mut theirs, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    let (mut middle, mut tail) = (Vec::new(), Vec::new());
    for round in 0..=options.rounds {
        let mut load = Load {
            address: server.address.clone(),
            requests: scenario.subject.clone(),
            status: scenario.status,
            connections,
            from: *from,
        };
        let sample = load::run(&load, options.stretch).await?;
        let anchored = match &scenario.anchor {
            None => None,
            Some(requests) => {
                load.address.clone_from(&anchor.address);
                load.requests = requests.clone();
                load.status = 200;
                Some(load::run(&load, options.stretch).await?)
            }
        };
        *from += 10_000_000;
        // The first round warms both up.
        if round == 0 {
            continue;
        }
        row.failures += sample.failures;
        ours.push(sample.rate());
        middle.push(sample.percentile(0.5));
        tail.push(sample.percentile(0.99));
        if let Some(anchored) = anchored {
            row.anchor_failures += anchored.failures;
            theirs.push(anchored.rate());
            ratios.push(sample.rate() / anchored.rate());
        }
    }
    row.rate = stats::median_and_spread(&ours).0;
    row.median = stats::median_and_spread(&middle).0;
    row.p99 = stats::median_and_spread(&tail).0;
    if !ratios.is_empty() {
        row.anchor_rate = Some(stats::median_and_spread(&theirs).0);
        let (ratio, spread) = stats::median_and_spread(&ratios);
        row.ratio = Some(ratio);
        row.spread = Some(spread);
    }
    Ok(row)
}
