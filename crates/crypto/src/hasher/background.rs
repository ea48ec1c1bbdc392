//! Threads that let all others go first. It must not know what they do.

use std::{io, thread};

/// Runs `work` on a thread of its own, beside which every other thread of the process is preferred.
///
/// Not one that tokio lends: it would come back with its niceness, which only the privileged may lower again, and do other
/// work with it. Starting a thread costs a thousandth of a hash.
pub(super) fn start(work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let give_way_and_work = || {
        give_way();
        work();
    };
    thread::Builder::new()
        .name("password-hash".to_owned())
        .spawn(give_way_and_work)
        .map(drop)
}

/// On Linux niceness belongs to the thread, elsewhere to the process, which nobody wants slowed down.
#[cfg(target_os = "linux")]
fn give_way() {
    // Where a sandbox forbids it, hashes take as much of the cores as everything else, and are right all the same.
    let _ = rustix::process::nice(NICENESS);
}

#[cfg(not(target_os = "linux"))]
fn give_way() {}

/// Added to that of the process. On a full machine a hash then gets a tenth of what any other thread gets. With 19 it would be a
/// seventieth, and whoever reads without a pause could keep others from logging in.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 10;

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use std::sync::mpsc;

    use super::*;

    fn niceness() -> i32 {
        rustix::process::getpriority_process(None).unwrap()
    }

    #[test]
    fn it_gives_way_and_nobody_else_does() {
        let before = niceness();
        let (tell, told) = mpsc::channel();
        start(move || tell.send(niceness()).unwrap()).unwrap();
        assert_eq!(told.recv().unwrap(), (before + NICENESS).min(19));
        assert_eq!(niceness(), before);
    }
}
