//! What a sample of latencies says.

/// The replies of one stretch of load.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sample {
    /// Microseconds from the first byte sent to the last one received, sorted.
    latencies: Vec<u32>,
    /// How long the stretch was, in seconds.
    seconds: f64,
    /// Replies with another status than expected.
    pub(crate) failures: u64,
}

impl Sample {
    pub(crate) fn new(mut latencies: Vec<u32>, seconds: f64, failures: u64) -> Self {
        latencies.sort_unstable();
        Self {
            latencies,
            seconds,
            failures,
        }
    }

    /// Replies a second.
    #[expect(
        clippy::cast_precision_loss,
        reason = "some millions are exact in an f64"
    )]
    pub(crate) fn rate(&self) -> f64 {
        self.latencies.len() as f64 / self.seconds.max(f64::EPSILON)
    }

    /// The latency that `part` of the replies did not exceed, in milliseconds.
    pub(crate) fn percentile(&self, part: f64) -> f64 {
        let last = self.latencies.len().saturating_sub(1);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a place among some millions"
        )]
        let place = (last as f64 * part).round() as usize;
        f64::from(self.latencies.get(place).copied().unwrap_or_default()) / 1000.0
    }
}

/// The middle one, and the distance between the smallest and the largest in parts of it.
pub(crate) fn median_and_spread(values: &[f64]) -> (f64, f64) {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    let (Some(first), Some(last)) = (values.first(), values.last()) else {
        return (0.0, 0.0);
    };
    let median = values[values.len() / 2];
    (median, (last - first) / median.max(f64::EPSILON))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_the_sorted_sample() {
        let sample = Sample::new(vec![4000, 1000, 3000, 2000, 5000], 2.0, 0);
        assert!((sample.percentile(0.5) - 3.0).abs() < f64::EPSILON);
        assert!((sample.percentile(1.0) - 5.0).abs() < f64::EPSILON);
        assert!((sample.rate() - 2.5).abs() < f64::EPSILON);
        let (median, spread) = median_and_spread(&[2.0, 1.0, 3.0]);
        assert!((median - 2.0).abs() < f64::EPSILON && (spread - 1.0).abs() < f64::EPSILON);
    }
}
