//! Search among more and more users: each query beside the same among the fewest, which has a server of its own and takes turns.

use anyhow::{Result, ensure};

use crate::{
    options::{Options, tell},
    request::{self, prepared, search},
    results::{Point, Results},
    seed::{people::Person, scatter},
    stats::{self, Sample},
    subject::Subject,
    suite::{
        disk, sizes,
        turns::{Player, Turns},
        world::{Kind, World},
    },
};

const CONNECTIONS: u64 = 64;
/// How many requests of a query are prepared: no two of them ask the same, if there are so many users.
const VARIANTS: u64 = 10_000;

/// A query with values that are those of users who are there.
pub(crate) struct Query {
    pub(crate) name: &'static str,
    pub(crate) requests: Vec<Vec<u8>>,
}

type Filter = fn(&Person) -> String;

/// One of a kind, by what it says of a person; and how many users a page has.
const QUERIES: &[(&str, u32, Filter)] = &[
    ("search = last name", 20, |one| {
        format!("lastName = '{}'", one.last_name)
    }),
    ("search range of one day", 20, |one| {
        let day = day(one.created_at);
        format!("createdDate >= '{day}' AND createdDate <= '{day}'")
    }),
    ("search LIKE prefix", 20, |one| {
        format!("lastName LIKE '{}%'", &one.last_name[..5])
    }),
    ("search LIKE infix of 4", 20, |one| {
        format!("lastName LIKE '%{}%'", &one.last_name[2..6])
    }),
    ("search LIKE infix in e-mail", 20, |one| {
        let name = one.email.find('.').map_or(0, |dot| dot + 3);
        format!("email LIKE '%{}%'", &one.email[name..name + 4])
    }),
    ("count up to 10,000", 1, |one| {
        format!("country = '{}'", one.country)
    }),
];

/// What is asked of a world.
pub(crate) fn queries(world: &World) -> Vec<Query> {
    let variants = world.plan.own_users().min(VARIANTS);
    QUERIES
        .iter()
        .map(|(name, page, filter)| {
            let requests = (0..variants).map(|number| {
                let place = scatter(number, world.plan.own_users());
                let path = search(*page, &filter(&world.plan.own_active(place)));
                let caller = usize::try_from(number).unwrap_or_default() % world.callers.len();
                let mut bytes = Vec::new();
                request::write(&mut bytes, ("GET", &path), &world.callers[caller], "", None);
                bytes
            });
            Query {
                name,
                requests: requests.collect(),
            }
        })
        .collect()
}

fn day(microseconds: i64) -> String {
    time::OffsetDateTime::from_unix_timestamp(microseconds.div_euclid(1_000_000))
        .map_or_else(|_| String::new(), |at| at.date().to_string())
}

/// All sizes, each in one organization, and the large ones in many as well. `keep` gets the figures of each.
pub(crate) async fn measure(
    options: &Options,
    kind: Kind,
    results: &mut Results,
    keep: &mut impl FnMut(&mut Results) -> Result<()>,
) -> Result<()> {
    let mut sizes = options.curve.iter().copied();
    let Some(smallest) = sizes.next() else {
        return Ok(());
    };
    let base = World::seed(options, kind, smallest, 0, 1).await?;
    let (base_server, _) = base.serve().await?;
    for users in sizes {
        let many = options.organizations;
        let shapes: &[u64] = if users >= 100 * many {
            &[1, many]
        } else {
            &[1]
        };
        for organizations in shapes {
            ensure!(users > smallest, "sizes of the curve have to grow");
            disk::ensure_room(&options.directory, users)?;
            let world = World::seed(options, kind, users, 0, *organizations).await?;
            results.sizes.push(sizes::of(&world).await?);
            let (server, _) = world.serve().await?;
            let points = beside(options, (&base, &base_server), (&world, &server)).await?;
            results.curve.extend(points);
            keep(results)?;
            server.stop().await?;
            world.remove().await?;
        }
    }
    base_server.stop().await?;
    base.remove().await
}

async fn beside(
    options: &Options,
    (base, base_server): (&World, &Subject),
    (world, server): (&World, &Subject),
) -> Result<Vec<Point>> {
    let mut points = Vec::new();
    for (query, small) in queries(world).into_iter().zip(queries(base)) {
        let player = |server: &Subject, requests: Vec<Vec<u8>>| Player {
            addresses: vec![server.address.clone()],
            requests: prepared(requests),
            statuses: &[200],
        };
        let turns = Turns {
            players: vec![
                player(server, query.requests),
                player(base_server, small.requests),
            ],
            connections: CONNECTIONS,
            supply: None,
            from: 0,
        };
        let rounds = turns.play(options).await?;
        let middle = |place: usize, figure: &dyn Fn(&Sample) -> f64| {
            let samples = rounds.0.get(place).into_iter().flatten();
            stats::median(&samples.map(figure).collect::<Vec<_>>())
        };
        let point = |place: usize, world: &World| Point {
            store: world.kind.name().to_owned(),
            users: world.users,
            organizations: world.plan.organizations,
            query: query.name.to_owned(),
            connections: CONNECTIONS,
            rate: middle(place, &Sample::rate),
            median: middle(place, &|sample| sample.percentile(0.5)),
            p99: middle(place, &|sample| sample.percentile(0.99)),
            median_ratio: 1.0,
            p99_ratio: 1.0,
            failures: rounds.0[place].iter().map(|sample| sample.failures).sum(),
        };
        let large = Point {
            median_ratio: stats::median(&rounds.ratios(|sample| sample.percentile(0.5))),
            p99_ratio: stats::median(&rounds.ratios(|sample| sample.percentile(0.99))),
            ..point(0, world)
        };
        tell(format!(
            "  {:<8} {:>9} users in {:>5}  {:<28} {:>6.0}/s  p50 {:>8.2} ms ({:.1} ×)  p99 {:>8.2} ms ({:.1} ×){}",
            large.store,
            large.users,
            large.organizations,
            large.query,
            large.rate,
            large.median,
            large.median_ratio,
            large.p99,
            large.p99_ratio,
            if large.failures > 0 {
                format!("  FAILURES {}", large.failures)
            } else {
                String::new()
            }
        ));
        points.push(point(1, base));
        points.push(large);
    }
    Ok(points)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::people::person;

    #[test]
    fn every_filter_names_what_a_person_has() {
        for number in 0..5000 {
            for (name, _, filter) in QUERIES {
                let text = filter(&person(number));
                assert!(text.is_ascii() && text.contains('\''), "{name}: {text}");
            }
        }
        let one = person(1);
        let infix = (QUERIES[3].2)(&one);
        assert_eq!(infix, format!("lastName LIKE '%{}%'", &one.last_name[2..6]));
    }
}
