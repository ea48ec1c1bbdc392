//! How many files the system lets this process have open. Every connection is one.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tracing::{debug, warn};

/// Files, timers and connections to the store: so many are left to them.
const RESERVED: usize = 256;

/// Asks the system for as many files as `wanted` connections take beside `others`, and answers how many connections there can be. What a
/// process gets unless it asks, often 1,024, is made for programs that number files by three digits.
pub(crate) fn ask_for(wanted: usize, others: usize) -> usize {
    let needed = u64::try_from(wanted + others + RESERVED).unwrap_or(u64::MAX);
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let Some(mut files) = current.filter(|current| *current < needed) else {
        return wanted;
    };
    let granted = Rlimit {
        current: Some(maximum.map_or(needed, |maximum| maximum.min(needed))),
        maximum,
    };
    match setrlimit(Resource::Nofile, granted) {
        Ok(()) => files = granted.current.unwrap_or(files),
        Err(error) => debug!(%error, "the limit on open files stays as it is"),
    }
    let files = usize::try_from(files).unwrap_or(usize::MAX);
    let connections = wanted.min(beside(files, others));
    if connections < wanted {
        warn!(
            files,
            connections,
            "the system lets this process open fewer files than limits.connections needs: raise its limit (ulimit -n, LimitNOFILE= of \
             systemd), or lower limits.connections"
        );
    }
    connections
}

/// So many of these files can be connections. Where there are very few, half of what is left.
fn beside(files: usize, others: usize) -> usize {
    let left = files.saturating_sub(others);
    left.saturating_sub(RESERVED).max(left / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_files_are_left_to_the_store() {
        assert_eq!(beside(1024, 0), 768);
        assert_eq!(beside(1024, 10), 758);
        assert_eq!(beside(300, 10), 145);
        assert_eq!(beside(1024, 600), 212);
    }
}
