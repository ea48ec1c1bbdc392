//! Whether there is room for what is to be seeded.

use std::{path::Path, process::Command};

use anyhow::{Context as _, Result, ensure};

use crate::options::tell;

/// Of a user, with all indexes and the log of their making. Measured with trigram indexes, and rounded up.
const BYTES_PER_USER: u64 = 2500;
/// For the log of PostgreSQL, and what nobody foresees.
const REST: u64 = 5_000_000_000;

/// An error, if there is not.
pub(crate) fn ensure_room(directory: &Path, users: u64) -> Result<()> {
    // PostgreSQL has its data under /tmp.
    for place in [directory, Path::new("/tmp")] {
        let free = free(place)?;
        let needed = users * BYTES_PER_USER + REST;
        tell(format!(
            "  disk: {} GB free in {}, {} GB needed",
            free / 1_000_000_000,
            place.display(),
            needed / 1_000_000_000
        ));
        ensure!(
            free >= needed,
            "too little room for {users} users in {}",
            place.display()
        );
    }
    Ok(())
}

fn free(place: &Path) -> Result<u64> {
    let output = Command::new("df").args(["-P", "-k"]).arg(place).output()?;
    parse(&String::from_utf8_lossy(&output.stdout)).context("df says nothing of free room")
}

/// The fourth column of the second line, in KiB.
fn parse(text: &str) -> Option<u64> {
    let kibibytes: u64 = text
        .lines()
        .nth(1)?
        .split_whitespace()
        .nth(3)?
        .parse()
        .ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn df_says_what_is_free() {
        let text = "Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/vda 263112772 1 47 50% /\n";
        assert_eq!(parse(text), Some(47 * 1024));
        assert_eq!(parse(""), None);
    }
}
