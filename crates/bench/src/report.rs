//! What was measured, as a table for people, as JSON, and as Markdown for `docs/performance.md`.

use std::{fmt, fs};

use serde_json::{Value, json};

use crate::run::Options;

/// One scenario on one store with so many connections.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) store: &'static str,
    pub(crate) scenario: &'static str,
    pub(crate) connections: u64,
    /// Requests a second.
    pub(crate) rate: f64,
    pub(crate) anchor_rate: Option<f64>,
    pub(crate) ratio: Option<f64>,
    /// Between the smallest and the largest ratio of the rounds, in parts of the middle one.
    pub(crate) spread: Option<f64>,
    pub(crate) goal: Option<f64>,
    /// Milliseconds.
    pub(crate) median: f64,
    pub(crate) p99: f64,
    pub(crate) failures: u64,
    pub(crate) anchor_failures: u64,
}

/// What the server takes of the machine.
#[derive(Clone, Debug)]
pub(crate) struct Footprint {
    pub(crate) store: &'static str,
    pub(crate) ready_milliseconds: f64,
    pub(crate) idle_megabytes: f64,
    pub(crate) most_megabytes: f64,
}

/// Everything of one run.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    users: u64,
    rounds: u32,
    stretch_milliseconds: u128,
    cores: usize,
    /// How much of the run's time other machines took away, in percent.
    stolen: f64,
    ticks: (u64, u64),
    /// Megabytes.
    pub(crate) binary: f64,
    pub(crate) rows: Vec<Row>,
    pub(crate) footprints: Vec<Footprint>,
}

impl Row {
    pub(crate) fn new(store: &'static str, scenario: &'static str, connections: u64) -> Self {
        Self {
            store,
            scenario,
            connections,
            rate: 0.0,
            anchor_rate: None,
            ratio: None,
            spread: None,
            goal: None,
            median: 0.0,
            p99: 0.0,
            failures: 0,
            anchor_failures: 0,
        }
    }

    fn verdict(&self) -> &'static str {
        match (self.ratio, self.goal) {
            (Some(ratio), Some(goal)) if ratio >= goal => "met",
            (Some(_), Some(_)) => "missed",
            _ => "",
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:<8} {:<26} {:>3}  {:>8.0}/s  p50 {:>7.2} ms  p99 {:>7.2} ms",
            self.store, self.scenario, self.connections, self.rate, self.median, self.p99
        )?;
        if let (Some(anchor), Some(ratio)) = (self.anchor_rate, self.ratio) {
            write!(
                f,
                "  anchor {anchor:>8.0}/s  ratio {ratio:>5.2} ±{:.0} %",
                self.spread.unwrap_or_default() * 50.0
            )?;
        }
        if let Some(goal) = self.goal {
            write!(f, "  goal {goal:.2} {}", self.verdict())?;
        }
        if self.failures + self.anchor_failures > 0 {
            write!(f, "  FAILURES {} / {}", self.failures, self.anchor_failures)?;
        }
        Ok(())
    }
}

impl Report {
    pub(crate) fn new(options: &Options) -> Self {
        Self {
            users: options.users,
            rounds: options.rounds,
            stretch_milliseconds: options.stretch.as_millis(),
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            stolen: 0.0,
            ticks: ticks(),
            binary: 0.0,
            rows: Vec::new(),
            footprints: Vec::new(),
        }
    }

    /// Notes what other machines took.
    pub(crate) fn finish(&mut self) {
        let (all, stolen) = ticks();
        #[expect(clippy::cast_precision_loss, reason = "shown to one decimal")]
        let part = stolen.saturating_sub(self.ticks.1) as f64
            / all.saturating_sub(self.ticks.0).max(1) as f64;
        self.stolen = part * 100.0;
    }

    pub(crate) fn to_json(&self) -> Value {
        let rows: Vec<_> = self
            .rows
            .iter()
            .map(|row| {
                json!({
                    "store": row.store, "scenario": row.scenario, "connections": row.connections,
                    "requestsPerSecond": row.rate, "anchorRequestsPerSecond": row.anchor_rate,
                    "ratio": row.ratio, "spread": row.spread, "goal": row.goal, "verdict": row.verdict(),
                    "medianMilliseconds": row.median, "p99Milliseconds": row.p99,
                    "failures": row.failures, "anchorFailures": row.anchor_failures,
                })
            })
            .collect();
        let footprints: Vec<_> = self
            .footprints
            .iter()
            .map(|one| {
                json!({
                    "store": one.store, "readyMilliseconds": one.ready_milliseconds,
                    "idleMegabytes": one.idle_megabytes, "mostMegabytes": one.most_megabytes,
                })
            })
            .collect();
        json!({
            "users": self.users, "rounds": self.rounds, "stretchMilliseconds": self.stretch_milliseconds,
            "cores": self.cores, "stolenPercent": self.stolen, "binaryMegabytes": self.binary,
            "rows": rows, "footprints": footprints,
        })
    }

    /// A table for `docs/performance.md`.
    pub(crate) fn to_markdown(&self) -> String {
        let mut text = format!(
            "{} users in one organization; {} rounds of {} ms for each program in turns; {} cores shared by server, database and \
             load; other machines took {:.1} % of the time.\n\n\
             | store | scenario | connections | requests/s | anchor | ratio | spread | goal | | p50 ms | p99 ms |\n\
             |---|---|---:|---:|---:|---:|---:|---:|---|---:|---:|\n",
            self.users, self.rounds, self.stretch_milliseconds, self.cores, self.stolen
        );
        let number = |value: Option<f64>, digits: usize| {
            value.map_or(String::new(), |value| format!("{value:.digits$}"))
        };
        for row in &self.rows {
            let spread = row.spread.map(|spread| spread * 50.0);
            text.push_str(&format!(
                "| {} | {} | {} | {:.0} | {} | {} | {} | {} | {} | {:.2} | {:.2} |\n",
                row.store,
                row.scenario,
                row.connections,
                row.rate,
                number(row.anchor_rate, 0),
                number(row.ratio, 2),
                spread.map_or(String::new(), |percent| format!("±{percent:.0} %")),
                number(row.goal, 2),
                row.verdict(),
                row.median,
                row.p99
            ));
        }
        text.push_str(
            "\n| store | start to ready | idle memory | most memory | binary |\n|---|---:|---:|---:|---:|\n",
        );
        for one in &self.footprints {
            text.push_str(&format!(
                "| {} | {:.0} ms | {:.1} MB | {:.1} MB | {:.1} MB |\n",
                one.store,
                one.ready_milliseconds,
                one.idle_megabytes,
                one.most_megabytes,
                self.binary
            ));
        }
        text
    }
}

/// Ticks of all processors since the machine started, and those that other machines took.
fn ticks() -> (u64, u64) {
    let text = fs::read_to_string("/proc/stat").unwrap_or_default();
    let numbers: Vec<u64> = text
        .lines()
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect();
    (
        numbers.iter().take(8).sum(),
        numbers.get(7).copied().unwrap_or_default(),
    )
}
