//! A B A B …: whatever changes on the machine changes both.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use anyhow::{Context as _, Result};

use crate::{
    load::{self, Load, Requests},
    machine::Steal,
    options::{Options, tell},
    results::Row,
    stats::{self, Sample},
    subject::Subject,
    suite::{
        scenario::{ROOM, Scenario},
        world::World,
    },
};

/// One who takes turns.
#[derive(Clone)]
pub(crate) struct Player {
    pub(crate) addresses: Vec<String>,
    pub(crate) requests: Requests,
    pub(crate) statuses: &'static [u16],
}

/// Two who take turns, or one alone.
pub(crate) struct Turns {
    pub(crate) players: Vec<Player>,
    pub(crate) connections: u64,
    /// How many requests there can be, for each player; in all rounds together.
    pub(crate) supply: Option<u64>,
    /// Where the numbers of requests begin.
    pub(crate) from: u64,
}

/// The rounds of each player.
pub(crate) struct Rounds(pub(crate) Vec<Vec<Sample>>);

impl Turns {
    /// One round that warms up, then those that count.
    pub(crate) async fn play(&self, options: &Options) -> Result<Rounds> {
        let mut rounds = Rounds(vec![Vec::new(); self.players.len()]);
        let next: Vec<_> = self
            .players
            .iter()
            .map(|_| Arc::new(AtomicU64::new(self.from)))
            .collect();
        for round in 0..=options.rounds {
            for (place, player) in self.players.iter().enumerate() {
                let end = self.supply.map_or(u64::MAX, |supply| {
                    let share = supply / u64::from(options.rounds + 1);
                    self.from + share * u64::from(round + 1)
                });
                let load = Load {
                    addresses: player.addresses.clone(),
                    requests: Arc::clone(&player.requests),
                    statuses: player.statuses,
                    connections: self.connections,
                    next: Arc::clone(&next[place]),
                    end,
                    pace: None,
                };
                if let Some(supply) = self.supply {
                    // Workers that found nothing left have counted on.
                    let share = supply / u64::from(options.rounds + 1);
                    next[place].store(end - share, Ordering::Relaxed);
                }
                let sample = load::run(&load, options.turn()).await?;
                if round > 0 {
                    rounds.0[place].push(sample);
                }
            }
        }
        Ok(rounds)
    }
}

impl Rounds {
    /// Of the first player, beside the second.
    pub(crate) fn fill(&self, row: &mut Row) {
        let of = |place: usize, figure: &dyn Fn(&Sample) -> f64| -> Vec<f64> {
            self.0
                .get(place)
                .into_iter()
                .flatten()
                .map(figure)
                .collect()
        };
        let middle =
            |place: usize, figure: &dyn Fn(&Sample) -> f64| stats::median(&of(place, figure));
        row.rate = middle(0, &Sample::rate);
        row.median = middle(0, &|sample| sample.percentile(0.5));
        row.p99 = middle(0, &|sample| sample.percentile(0.99));
        let failures = |place: usize| {
            let samples = self.0.get(place).into_iter().flatten();
            samples.map(|sample| sample.failures).sum::<u64>()
        };
        row.failures = failures(0);
        row.failed_with = self
            .0
            .iter()
            .flatten()
            .find_map(|sample| sample.failed_with);
        if self.0.len() > 1 {
            row.anchor_failures = failures(1);
            row.anchor_rate = Some(middle(1, &Sample::rate));
            row.anchor_median = Some(middle(1, &|sample| sample.percentile(0.5)));
            row.anchor_p99 = Some(middle(1, &|sample| sample.percentile(0.99)));
            let ratios = self.ratios(Sample::rate);
            row.ratio = Some(stats::median(&ratios));
            row.spread = Some(stats::spread(&ratios));
        }
    }

    /// A figure of the first player in parts of the second one's, round by round. Rounds in which the second had none say nothing.
    pub(crate) fn ratios(&self, figure: impl Fn(&Sample) -> f64) -> Vec<f64> {
        let (Some(one), Some(other)) = (self.0.first(), self.0.get(1)) else {
            return Vec::new();
        };
        let figures = one
            .iter()
            .zip(other)
            .map(|(one, other)| (figure(one), figure(other)));
        figures
            .filter(|(_, other)| *other > 0.0)
            .map(|(one, other)| one / other)
            .collect()
    }
}

/// A row for each number of connections.
pub(crate) async fn rows(
    options: &Options,
    world: &World,
    scenario: &Scenario,
    server: &Subject,
    anchor: &Subject,
    from: &mut u64,
) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for connections in scenario.connections {
        if options.short && *connections == 8 {
            continue;
        }
        let mut players = vec![Player {
            addresses: vec![server.address.clone()],
            requests: Arc::clone(&scenario.subject),
            statuses: scenario.statuses,
        }];
        if let Some(other) = &scenario.anchor {
            let who = if other.itself { server } else { anchor };
            players.push(Player {
                addresses: vec![who.address.clone()],
                requests: Arc::clone(&other.requests),
                statuses: &[200],
            });
        }
        let turns = Turns {
            players,
            connections: *connections,
            supply: scenario.supply,
            from: *from,
        };
        *from += ROOM;
        let steal = Steal::begin();
        let rounds = turns.play(options).await.with_context(|| {
            let (store, name) = (world.kind.name(), scenario.name);
            format!("{store}, {name}, {connections} connections")
        })?;
        let mut row = Row {
            store: world.kind.name().to_owned(),
            scenario: scenario.name.to_owned(),
            connections: *connections,
            anchor: scenario
                .anchor
                .as_ref()
                .map(|anchor| anchor.name.to_owned()),
            goal: scenario
                .goal
                .and_then(|goal| goal(world.kind, *connections)),
            stolen_percent: steal.percent(),
            note: scenario.note.clone(),
            ..Row::default()
        };
        rounds.fill(&mut row);
        tell(format!("  {row}"));
        rows.push(row);
    }
    Ok(rows)
}
