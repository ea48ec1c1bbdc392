//! What the server takes of the machine: time to start, memory, room on disk, libraries.

use std::{path::Path, process::Command, time::Duration};

use anyhow::Result;

use crate::{
    load,
    options::{Options, tell},
    results::{Footprint, Program},
    stats,
    subject::megabytes,
    suite::{scenario, world::World},
};

/// Starts the server several times on the store as it is, and loads the last one with reads, lists and creations.
pub(crate) async fn of(options: &Options, world: &World) -> Result<Footprint> {
    let mut starts = Vec::new();
    for _ in 0..options.rounds {
        let (server, took) = world.serve().await?;
        starts.push(took.as_secs_f64() * 1000.0);
        server.stop().await?;
    }
    let (server, _) = world.serve().await?;
    // Long enough that what runs once after the start is over.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let (idle, _) = server.memory()?;
    for requests in scenario::mixed(world) {
        let load = load::Load {
            addresses: vec![server.address.clone()],
            requests,
            statuses: &[200],
            connections: 64,
            next: std::sync::Arc::default(),
            end: u64::MAX,
            pace: None,
        };
        load::run(&load, options.turn() * 2).await?;
    }
    let (_, most) = server.memory()?;
    server.stop().await?;
    let footprint = Footprint {
        store: world.kind.name().to_owned(),
        ready_milliseconds: stats::median(&starts),
        idle_megabytes: idle,
        loaded_megabytes: most,
    };
    tell(format!(
        "  ready after {:.0} ms; {:.1} MB idle, {:.1} MB at the most",
        footprint.ready_milliseconds, footprint.idle_megabytes, footprint.loaded_megabytes
    ));
    Ok(footprint)
}

/// Size and shared libraries of the binary.
pub(crate) fn of_program(path: &Path) -> Result<Program> {
    let output = Command::new("ldd").arg(path).output()?;
    let program = Program {
        megabytes: megabytes(path)?,
        links: libraries(&String::from_utf8_lossy(&output.stdout)),
    };
    tell(format!(
        "binary: {:.1} MB, linked with {}",
        program.megabytes,
        program.links.join(", ")
    ));
    Ok(program)
}

/// Names without directories and addresses.
fn libraries(ldd: &str) -> Vec<String> {
    let names = ldd
        .lines()
        .filter_map(|line| line.split_whitespace().next());
    names
        .map(|name| name.rsplit('/').next().unwrap_or(name).to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_are_named_without_their_places() {
        let text = "\tlinux-vdso.so.1 (0x00007ffd)\n\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f)\n\
                    \t/lib64/ld-linux-x86-64.so.2 (0x00007f)\n";
        assert_eq!(
            libraries(text),
            ["linux-vdso.so.1", "libc.so.6", "ld-linux-x86-64.so.2"]
        );
    }
}
