//! The machine that is measured on: cores, processor, and what other machines take of it.

use std::fs;

/// Since when.
pub(crate) struct Steal(u64, u64);

impl Steal {
    pub(crate) fn begin() -> Self {
        let (all, stolen) = ticks(&fs::read_to_string("/proc/stat").unwrap_or_default());
        Self(all, stolen)
    }

    /// How much of the time since then other machines took, in percent.
    pub(crate) fn percent(&self) -> f64 {
        let now = Self::begin();
        #[expect(clippy::cast_precision_loss, reason = "shown to one decimal")]
        let part = now.1.saturating_sub(self.1) as f64 / now.0.saturating_sub(self.0).max(1) as f64;
        part * 100.0
    }
}

/// Ticks of all processors since the machine started, and those that other machines took.
fn ticks(stat: &str) -> (u64, u64) {
    let numbers: Vec<u64> = stat
        .lines()
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect();
    (
        numbers.iter().take(8).sum(),
        numbers.get(7).copied().unwrap_or_default(),
    )
}

/// How many cores this program may use.
pub(crate) fn cores() -> u32 {
    std::thread::available_parallelism().map_or(1, |cores| u32::try_from(cores.get()).unwrap_or(1))
}

/// What the processor calls itself.
pub(crate) fn processor() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with("model name"));
    let name = line.and_then(|line| line.split_once(':'));
    name.map_or("unknown", |(_, name)| name.trim()).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stolen_ticks_are_the_eighth_number() {
        assert_eq!(ticks("cpu  1 2 3 4 5 6 7 8 9 10\ncpu0 1\n"), (36, 8));
        assert_eq!(ticks(""), (0, 0));
    }
}
