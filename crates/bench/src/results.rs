//! What was measured: the figures alone, as they are kept in a file of JSON.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Everything of one run.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Results {
    pub(crate) run: Run,
    pub(crate) rows: Vec<Row>,
    pub(crate) footprints: Vec<Footprint>,
    pub(crate) program: Option<Program>,
    pub(crate) sizes: Vec<Sizes>,
    pub(crate) curve: Vec<Point>,
    pub(crate) nodes: Option<Nodes>,
    pub(crate) storm: Option<Storm>,
    pub(crate) imports: Vec<Import>,
    /// Lifecycles, minute by minute.
    pub(crate) soak: Vec<Minute>,
    pub(crate) kills: Vec<Kills>,
    pub(crate) strangers: Vec<Strangers>,
    pub(crate) crowds: Vec<Crowd>,
    pub(crate) restarts: Option<Restarts>,
    /// Those that figures were kept from.
    pub(crate) earlier: Vec<Run>,
}

impl Results {
    /// These, with newer ones in the place of those that were measured again.
    pub(crate) fn with(mut self, newer: &Self) -> Self {
        if !self.run.commit.is_empty() {
            self.earlier.push(self.run);
        }
        self.run = newer.run.clone();
        let key = |row: &Row| (row.store.clone(), row.scenario.clone(), row.connections);
        replace(&mut self.rows, &newer.rows, key);
        replace(
            &mut self.footprints,
            &newer.footprints,
            |one: &Footprint| one.store.clone(),
        );
        replace(&mut self.sizes, &newer.sizes, |one: &Sizes| {
            (one.store.clone(), one.users, one.organizations)
        });
        replace(&mut self.curve, &newer.curve, |one: &Point| {
            (
                one.store.clone(),
                one.users,
                one.organizations,
                one.query.clone(),
            )
        });
        replace(&mut self.imports, &newer.imports, |one: &Import| {
            one.store.clone()
        });
        replace(&mut self.kills, &newer.kills, |one: &Kills| {
            one.store.clone()
        });
        replace(&mut self.strangers, &newer.strangers, |one: &Strangers| {
            one.store.clone()
        });
        replace(&mut self.crowds, &newer.crowds, |one: &Crowd| {
            one.store.clone()
        });
        self.restarts = newer.restarts.clone().or(self.restarts);
        self.program = newer.program.clone().or(self.program);
        self.nodes = newer.nodes.clone().or(self.nodes);
        self.storm = newer.storm.clone().or(self.storm);
        if !newer.soak.is_empty() {
            self.soak.clone_from(&newer.soak);
        }
        self
    }

    /// The row of a scenario.
    pub(crate) fn row(&self, store: &str, scenario: &str, connections: u64) -> Option<&Row> {
        self.rows.iter().find(|row| {
            row.store == store && row.scenario == scenario && row.connections == connections
        })
    }
}

fn replace<T: Clone, K: PartialEq>(all: &mut Vec<T>, newer: &[T], key: impl Fn(&T) -> K) {
    let keys: Vec<_> = newer.iter().map(&key).collect();
    all.retain(|one| !keys.contains(&key(one)));
    all.extend_from_slice(newer);
}

/// How it was measured.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Run {
    pub(crate) commit: String,
    pub(crate) date: String,
    pub(crate) short: bool,
    pub(crate) users: u64,
    pub(crate) rounds: u32,
    pub(crate) turn_milliseconds: u64,
    pub(crate) cores: u32,
    pub(crate) processor: String,
    pub(crate) postgres: String,
    /// How much of the run's time other machines took away.
    pub(crate) stolen_percent: f64,
    pub(crate) seconds: f64,
    /// What was not measured, because a part of it failed.
    pub(crate) failed: Vec<String>,
}

/// One scenario on one store with so many connections.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Row {
    pub(crate) store: String,
    pub(crate) scenario: String,
    pub(crate) connections: u64,
    /// What a second is full of, if not requests.
    pub(crate) unit: Option<String>,
    /// A second.
    pub(crate) rate: f64,
    /// What took turns with it.
    pub(crate) anchor: Option<String>,
    pub(crate) anchor_rate: Option<f64>,
    pub(crate) ratio: Option<f64>,
    /// Between the smallest and the largest ratio of the rounds, in parts of the middle one.
    pub(crate) spread: Option<f64>,
    pub(crate) goal: Option<f64>,
    /// Milliseconds.
    pub(crate) median: f64,
    pub(crate) p99: f64,
    pub(crate) anchor_median: Option<f64>,
    pub(crate) anchor_p99: Option<f64>,
    pub(crate) stolen_percent: f64,
    pub(crate) failures: u64,
    pub(crate) anchor_failures: u64,
    pub(crate) failed_with: Option<u16>,
    /// What is to be known of it.
    pub(crate) note: Option<String>,
}

impl Row {
    pub(crate) fn verdict(&self) -> &'static str {
        match (self.ratio, self.goal) {
            _ if self.failures > 0 => "failed",
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
            "{:<8} {:<28} {:>2}  {:>7.0}/s  p50 {:>7.2} ms  p99 {:>7.2} ms",
            self.store, self.scenario, self.connections, self.rate, self.median, self.p99
        )?;
        if let (Some(anchor), Some(ratio)) = (self.anchor_rate, self.ratio) {
            let spread = self.spread.unwrap_or_default() * 50.0;
            write!(
                f,
                "  anchor {anchor:>7.0}/s  ratio {ratio:>5.2} ±{spread:.0} %"
            )?;
        }
        if let Some(goal) = self.goal {
            write!(f, "  goal {goal:.2} {}", self.verdict())?;
        }
        if self.failures + self.anchor_failures > 0 {
            write!(
                f,
                "  FAILURES {} / {} (status {})",
                self.failures,
                self.anchor_failures,
                self.failed_with.unwrap_or_default()
            )?;
        }
        Ok(())
    }
}

/// What the server takes of the machine.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Footprint {
    pub(crate) store: String,
    pub(crate) ready_milliseconds: f64,
    /// Resident memory, in megabytes of 10^6 bytes.
    pub(crate) idle_megabytes: f64,
    pub(crate) loaded_megabytes: f64,
}

/// The binary.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Program {
    pub(crate) megabytes: f64,
    /// Shared libraries.
    pub(crate) links: Vec<String>,
}

/// How much a store writes and keeps.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Sizes {
    pub(crate) store: String,
    pub(crate) users: u64,
    pub(crate) organizations: u64,
    /// Of users, without indexes.
    pub(crate) table_bytes: u64,
    pub(crate) indexes: Vec<(String, u64)>,
    pub(crate) seed_seconds: f64,
    /// Written to the log (PostgreSQL) or to files (SQLite) for each created user, by the server and by the bare INSERT.
    pub(crate) bytes_per_create: Option<f64>,
    pub(crate) anchor_bytes_per_create: Option<f64>,
}

/// A query among so many users, beside the same among the fewest.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Point {
    pub(crate) store: String,
    pub(crate) users: u64,
    pub(crate) organizations: u64,
    pub(crate) query: String,
    pub(crate) connections: u64,
    pub(crate) rate: f64,
    pub(crate) median: f64,
    pub(crate) p99: f64,
    /// In parts of the same among the fewest, which took turns with it.
    pub(crate) median_ratio: f64,
    pub(crate) p99_ratio: f64,
    pub(crate) failures: u64,
}

/// Two nodes on one PostgreSQL.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Nodes {
    /// How often a caller was erased on one node and still let in there afterwards.
    pub(crate) late_here: u64,
    pub(crate) tries: u64,
    /// How long the other node let it in, in milliseconds.
    pub(crate) median_elsewhere: f64,
    pub(crate) most_elsewhere: f64,
}

/// Reads while many logins come at once, as `cargo xtask measure-login` measures them.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Storm {
    pub(crate) idle_milliseconds: f64,
    pub(crate) during_milliseconds: f64,
    pub(crate) slowdown: f64,
}

/// `tenantry import --file`, beside COPY.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Import {
    pub(crate) store: String,
    pub(crate) users: u64,
    /// Users a second.
    pub(crate) rate: f64,
    pub(crate) anchor_rate: f64,
    pub(crate) ratio: f64,
    pub(crate) spread: f64,
    pub(crate) most_megabytes: f64,
}

/// A minute of lifecycles.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Minute {
    pub(crate) rate: f64,
    pub(crate) p99: f64,
    pub(crate) failures: u64,
}

/// `kill -9` under load, again and again.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Kills {
    pub(crate) store: String,
    pub(crate) times: u64,
    /// Writes that were answered 200.
    pub(crate) answered: u64,
    /// Users with a write that was sent and never answered.
    pub(crate) unanswered: u64,
    pub(crate) lost: u64,
    pub(crate) half_made: u64,
    /// Users of whom the audit log has not exactly one record for each change.
    pub(crate) unrecorded: u64,
    /// The longest time until `/readyz` after a kill.
    pub(crate) slowest_start_milliseconds: f64,
}

/// Calls at random for what belongs to another organization.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Strangers {
    pub(crate) store: String,
    pub(crate) calls: u64,
    pub(crate) routes: u64,
    /// Those with a 2xx: with nothing but refusals, nothing would be shown.
    pub(crate) answered: u64,
    pub(crate) leaks: u64,
    /// Pairs of calls, for what a stranger has and for what nobody has, with different replies.
    pub(crate) differences: u64,
    /// Organizations that were not the same afterwards.
    pub(crate) changed: u64,
    pub(crate) server_errors: u64,
    /// How many times as long a reply about a stranger's things takes, in the median.
    pub(crate) slower: f64,
}

/// Reads beside idle connections, slow clients and huge headers.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Crowd {
    pub(crate) store: String,
    /// So many at each moment.
    pub(crate) idle_connections: u64,
    pub(crate) slow_clients: u64,
    /// Refused with 431.
    pub(crate) huge_headers: u64,
    /// Milliseconds.
    pub(crate) p99_alone: f64,
    pub(crate) p99_beside: f64,
    pub(crate) ratio: f64,
    pub(crate) spread: f64,
    pub(crate) loaded_megabytes: f64,
    pub(crate) failures: u64,
}

/// Nodes that were replaced under load.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Restarts {
    /// Whether the first ones were of the release before.
    pub(crate) previous: bool,
    pub(crate) replaced: u64,
    /// By nodes of the program that the first ones were of.
    pub(crate) replaced_back: u64,
    /// Who called at the same time.
    pub(crate) callers: u64,
    pub(crate) calls: u64,
    /// Because a connection ended without a reply.
    pub(crate) sent_again: u64,
    pub(crate) failures: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(scenario: &str, rate: f64) -> Row {
        Row {
            scenario: scenario.to_owned(),
            rate,
            ..Row::default()
        }
    }

    #[test]
    fn what_is_measured_again_takes_the_place_of_what_was() {
        let mut old = Results {
            rows: vec![row("a", 1.0), row("b", 1.0)],
            ..Results::default()
        };
        old.run.commit = "old".to_owned();
        let new = Results {
            rows: vec![row("b", 2.0)],
            ..Results::default()
        };
        let both = old.with(&new);
        let rates: Vec<_> = both
            .rows
            .iter()
            .map(|row| (row.scenario.as_str(), row.rate))
            .collect();
        assert_eq!(rates, [("a", 1.0), ("b", 2.0)]);
        assert_eq!(both.earlier.len(), 1);
    }

    #[test]
    fn a_ratio_is_judged_by_its_goal_and_failures_spoil_it() {
        let mut one = Row {
            ratio: Some(0.95),
            goal: Some(0.95),
            ..Row::default()
        };
        assert_eq!(one.verdict(), "met");
        one.goal = Some(1.0);
        assert_eq!(one.verdict(), "missed");
        one.failures = 1;
        assert_eq!(one.verdict(), "failed");
    }
}
