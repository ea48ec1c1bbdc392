//! Middle and extremes of what was measured.

use std::time::Duration;

/// The middle one.
pub(super) fn median(times: &mut [Duration]) -> Duration {
    percentile(times, 50)
}

/// The smallest one that so many of a hundred do not exceed; zero of none.
pub(super) fn percentile(times: &mut [Duration], percent: usize) -> Duration {
    times.sort_unstable();
    let rank = (times.len() * percent).div_ceil(100);
    times
        .get(rank.saturating_sub(1))
        .copied()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_those_of_the_nearest_rank() {
        let mut times: Vec<_> = (1..=200).rev().map(Duration::from_millis).collect();
        for (percent, expected) in [(1, 2), (50, 100), (99, 198), (100, 200)] {
            assert_eq!(
                percentile(&mut times, percent),
                Duration::from_millis(expected)
            );
        }
        assert_eq!(
            median(&mut [Duration::from_secs(7)]),
            Duration::from_secs(7)
        );
        assert_eq!(median(&mut []), Duration::ZERO);
    }
}
