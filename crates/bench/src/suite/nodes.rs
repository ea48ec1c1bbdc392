//! Two nodes on one PostgreSQL: how much they serve together beside one alone, and how long a caller who is erased on one of them is
//! still let in on the other.

use anyhow::{Context as _, Result, ensure};

use crate::{
    load::{Connection, now},
    machine::Steal,
    options::{Options, tell},
    request::{self, BASE, get, new_user, send},
    results::{Nodes, Row},
    seed::scatter,
    stats,
    subject::Subject,
    suite::{
        scenario::ROOM,
        turns::{Player, Turns},
        world::World,
    },
};

const CONNECTIONS: u64 = 64;

/// Reads, and creations, spread over both nodes, beside one node alone.
pub(crate) async fn rows(
    options: &Options,
    world: &World,
    one: &Subject,
    other: &Subject,
    from: &mut u64,
) -> Result<Vec<Row>> {
    let (users, first) = (world.users, world.plan.first);
    let reads = get(&world.callers, move |number| {
        format!("{BASE}/users/{}", first + scatter(number, users))
    });
    let create = |mark: &'static str| {
        send(&world.callers, "POST", move |number| {
            let path = format!("{BASE}/organizations/users");
            (path, Some(new_user(mark, number)))
        })
    };
    let mut rows = Vec::new();
    for (name, both, alone) in [
        ("two nodes, get user by id", reads.clone(), reads),
        ("two nodes, create user", create("both"), create("alone")),
    ] {
        let player = |addresses: Vec<String>, requests| Player {
            addresses,
            requests,
            statuses: &[200],
        };
        let turns = Turns {
            players: vec![
                player(vec![one.address.clone(), other.address.clone()], both),
                player(vec![one.address.clone()], alone),
            ],
            connections: CONNECTIONS,
            supply: None,
            from: *from,
        };
        *from += ROOM;
        let steal = Steal::begin();
        let rounds = turns.play(options).await?;
        let mut row = Row {
            store: world.kind.name().to_owned(),
            scenario: name.to_owned(),
            connections: CONNECTIONS,
            anchor: Some("one node".to_owned()),
            goal: Some(1.0),
            stolen_percent: steal.percent(),
            ..Row::default()
        };
        rounds.fill(&mut row);
        tell(format!("  {row}"));
        rows.push(row);
    }
    Ok(rows)
}

/// Erases callers on one node who have just called on both.
pub(crate) async fn visibility(
    options: &Options,
    world: &World,
    one: &Subject,
    other: &Subject,
) -> Result<Nodes> {
    let tries: u32 = if options.short { 10 } else { 50 };
    let (mut here, mut there) = (
        Connection::open(&one.address).await?,
        Connection::open(&other.address).await?,
    );
    let administrator = world.callers.first().context("nobody calls")?;
    let (mut late_here, mut elsewhere) = (0, Vec::new());
    for number in 0..tries {
        let user = new_user("gone", number.into());
        let path = format!("{BASE}/organizations/users");
        let status = call(&mut here, "POST", &path, administrator, Some(&user)).await?;
        ensure!(status == 200, "a user was not created: {status}");
        let id = here.id().context("a created user has no id")?;
        let created: serde_json::Value = serde_json::from_slice(here.body())?;
        let secret = created["secret"].as_str().context("no secret")?;
        let caller = format!("User {secret}, Organization {}", world.organization_secret);
        let own = format!("{BASE}/users/{id}");
        for connection in [&mut here, &mut there] {
            let status = call(connection, "GET", &own, &caller, None).await?;
            ensure!(status == 200, "a new user was answered {status}");
        }
        let status = call(&mut here, "DELETE", &own, administrator, None).await?;
        ensure!(status == 200, "a user was not deleted: {status}");
        let began = now();
        late_here += u64::from(call(&mut here, "GET", &own, &caller, None).await? != 401);
        while call(&mut there, "GET", &own, &caller, None).await? != 401 {
            let waited = now().duration_since(began).as_secs();
            ensure!(waited < 30, "an erased user is let in for half a minute");
        }
        elsewhere.push(now().duration_since(began).as_secs_f64() * 1000.0);
    }
    let nodes = Nodes {
        late_here,
        tries: tries.into(),
        median_elsewhere: stats::median(&elsewhere),
        most_elsewhere: elsewhere.iter().copied().fold(0.0, f64::max),
    };
    tell(format!(
        "  erased callers: {} of {} let in here; elsewhere {:.1} ms, at most {:.1} ms",
        nodes.late_here, nodes.tries, nodes.median_elsewhere, nodes.most_elsewhere
    ));
    Ok(nodes)
}

async fn call(
    connection: &mut Connection,
    method: &str,
    path: &str,
    caller: &str,
    body: Option<&str>,
) -> Result<u16> {
    let mut bytes = Vec::with_capacity(512);
    request::write(&mut bytes, (method, path), caller, "", body);
    connection.call(&bytes).await
}
