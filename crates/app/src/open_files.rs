//! How many files the system lets this process have open. Every connection is one.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tracing::{debug, warn};

/// Files, timers and connections to the store: so many are left to them.
const RESERVED: usize = 256;

/// How many connections there can be: as many as `wanted`, or as the system lets there be beside `others`. Takes all that the system
/// grants: what a process gets unless it asks for more, often 1,024, is made for programs that number files by three digits.
pub(crate) fn connections(wanted: usize, others: usize) -> usize {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let granted = Rlimit {
        current: maximum,
        maximum,
    };
    let files = match setrlimit(Resource::Nofile, granted) {
        Ok(()) => maximum,
        Err(error) => {
            debug!(%error, "the limit on open files stays as it is");
            current
        }
    };
    let Some(files) = files.and_then(|files| usize::try_from(files).ok()) else {
        return wanted;
    };
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

/// So many of these files can be connections. Where there are very few, half of them.
fn beside(files: usize, others: usize) -> usize {
    files.saturating_sub(RESERVED + others).max(files / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_files_are_left_to_the_store() {
        assert_eq!(beside(1024, 0), 768);
        assert_eq!(beside(1024, 10), 758);
        assert_eq!(beside(300, 10), 150);
    }
}
