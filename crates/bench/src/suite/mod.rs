//! The suite: each store is seeded once, and everything is asked of it in one order.

mod curve;
mod disk;
mod footprint;
mod half_load;
mod import;
mod lifecycle;
mod login;
mod nodes;
mod prepare;
mod scenario;
mod sizes;
mod trials;
mod turns;
mod world;

use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::{
    load::now,
    machine::{self, Steal},
    options::{Options, Stores},
    request::BASE,
    results::{Results, Row, Run},
    subject::Subject,
};
use world::{Kind, World};

/// Measures everything that the options name. Each part hands its figures to `keep`, so that a later failure loses none.
pub(crate) async fn run(
    options: &Options,
    mut keep: impl FnMut(&Results) -> Result<()>,
) -> Result<Results> {
    let (began, steal) = (now(), Steal::begin());
    let mut results = Results {
        run: Run {
            commit: options.commit.clone(),
            date: options.date.clone(),
            short: options.short,
            users: options.users,
            rounds: options.rounds,
            turn_milliseconds: options.turn,
            cores: machine::cores(),
            processor: machine::processor(),
            ..Run::default()
        },
        program: Some(footprint::of_program(&options.program)?),
        storm: options.storm.clone(),
        ..Results::default()
    };
    let mut keep = |results: &mut Results| {
        results.run.stolen_percent = steal.percent();
        results.run.seconds = now().duration_since(began).as_secs_f64();
        keep(results)
    };
    let kinds = kinds(options);
    for kind in &kinds {
        store(options, *kind, &mut results).await?;
        keep(&mut results)?;
    }
    for kind in &kinds {
        trials(options, *kind, &mut results).await?;
        keep(&mut results)?;
    }
    // The larger part of the time, and the last, as it may fill the disk.
    for kind in &kinds {
        if options.wants("curve") {
            curve::measure(options, *kind, &mut results, &mut keep)
                .await
                .with_context(|| format!("{}, the curve", kind.name()))?;
        }
    }
    keep(&mut results)?;
    Ok(results)
}

/// The stores that are asked for and there.
fn kinds(options: &Options) -> Vec<Kind> {
    let mut kinds = vec![Kind::Sqlite, Kind::Postgres];
    kinds.retain(|kind| match kind {
        Kind::Sqlite => options.store != Stores::Postgres,
        Kind::Postgres => options.store != Stores::Sqlite && options.postgres.is_some(),
    });
    kinds
}

/// Users that may be deleted.
fn spare(options: &Options) -> u64 {
    if options.short { 20_000 } else { 60_000 }
}

async fn store(options: &Options, kind: Kind, results: &mut Results) -> Result<()> {
    if let Some(only) = options.only.as_deref()
        && (only == "curve" || only == "storm" || only.starts_with("trial"))
    {
        return Ok(());
    }
    let world = World::seed(options, kind, options.users, spare(options), 1).await?;
    world.copy_for_anchor()?;
    if kind == Kind::Postgres {
        results.run.postgres = version(&world).await?;
    }
    let mut sizes = sizes::of(&world).await?;
    if options.wants("footprint") {
        let footprint = footprint::of(options, &world).await?;
        results.footprints.push(footprint);
    }
    let (server, _) = world.serve().await?;
    let anchor = world.anchor().await?;
    let mut from = scenario::ROOM;
    let rows = pairs(options, &world, &server, &anchor, &mut from).await?;
    results.rows.extend(rows);
    if options.wants("lifecycle") {
        let row = lifecycle::row(options, &world, &server).await?;
        results.rows.push(row);
    }
    if options.soak > 0 && kind == Kind::Postgres {
        results.soak = lifecycle::soak(options, &world, &server).await?;
    }
    if options.wants("bytes written") {
        let lasts = options.turn() * 2;
        let path = format!("{BASE}/organizations/users");
        let ours = sizes::bytes_per_create(&world, &server, path, "wide", lasts).await?;
        let path = "/users".to_owned();
        let theirs = sizes::bytes_per_create(&world, &anchor, path, "bare", lasts).await?;
        sizes.bytes_per_create = Some(ours);
        sizes.anchor_bytes_per_create = Some(theirs);
    }
    results.sizes.push(sizes);
    if options.wants("login") {
        let row = login::row(options, &world, &server).await?;
        results.rows.push(row);
    }
    anchor.stop().await?;
    if kind == Kind::Postgres && options.wants("two nodes") {
        let (second, _) = world.serve().await?;
        let rows = nodes::rows(options, &world, &server, &second, &mut from).await?;
        results.rows.extend(rows);
        let nodes = nodes::visibility(options, &world, &server, &second).await?;
        results.nodes = Some(nodes);
        second.stop().await?;
    }
    server.stop().await?;
    if options.wants("import") {
        let import = import::measure(options, &world).await?;
        results.imports.push(import);
    }
    world.remove().await
}

/// What must not happen, however the server is treated.
async fn trials(options: &Options, kind: Kind, results: &mut Results) -> Result<()> {
    if options.wants("trial kills") {
        let kills = trials::kills::measure(options, kind).await;
        results.kills.push(kills.context("kills")?);
    }
    if options.wants("trial strangers") {
        let strangers = trials::strangers::measure(options, kind).await;
        results.strangers.push(strangers.context("strangers")?);
    }
    if options.wants("trial crowd") {
        let crowd = trials::crowd::measure(options, kind).await;
        results.crowds.push(crowd.context("crowd")?);
    }
    if kind == Kind::Postgres && options.wants("trial restarts") {
        let restarts = trials::restarts::measure(options).await;
        results.restarts = Some(restarts.context("restarts")?);
    }
    Ok(())
}

async fn pairs(
    options: &Options,
    world: &World,
    server: &Subject,
    anchor: &Subject,
    from: &mut u64,
) -> Result<Vec<Row>> {
    let prepared = prepare::prepare(world, server, anchor)
        .await
        .context("a server that was just started")?;
    let mut rows: Vec<Row> = Vec::new();
    for scenario in scenario::all(world, &prepared) {
        if !options.wants(scenario.name) {
            continue;
        }
        rows.extend(turns::rows(options, world, &scenario, server, anchor, from).await?);
        let full = rows.last().map_or(0.0, |row| row.rate);
        if scenario.name == "get user by id" {
            rows.push(half_load::row(options, world, server, full).await?);
        }
        // Connections that were closed at the end of a turn are gone before the next begins.
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(rows)
}

async fn version(world: &World) -> Result<String> {
    use sqlx::{Connection as _, PgConnection, Row as _};

    let url = world.place.database_url.as_ref().context("no PostgreSQL")?;
    let mut connection = PgConnection::connect(url).await?;
    let row = sqlx::query(
        "SELECT current_setting('server_version') || ', fsync ' || current_setting('fsync') || ', synchronous_commit ' || \
         current_setting('synchronous_commit') || ', shared_buffers ' || current_setting('shared_buffers')",
    )
    .fetch_one(&mut connection)
    .await?;
    connection.close().await?;
    Ok(row.try_get(0)?)
}
