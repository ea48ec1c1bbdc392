//! What a sample of latencies says, and what several rounds of them say together.

use std::time::Duration;

/// The replies of one stretch of load.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sample {
    /// Microseconds from the first byte sent to the last one received; sorted once the stretch is over.
    latencies: Vec<u32>,
    /// How long the stretch was, in seconds.
    seconds: f64,
    /// Replies with another status than expected.
    pub(crate) failures: u64,
    /// The status of one of them; 0 if there was no reply.
    pub(crate) failed_with: Option<u16>,
}

impl Sample {
    pub(crate) fn with_capacity(replies: usize) -> Self {
        Self {
            latencies: Vec::with_capacity(replies),
            ..Self::default()
        }
    }

    /// Counts a reply.
    pub(crate) fn add(&mut self, took: Duration) {
        self.latencies
            .push(u32::try_from(took.as_micros()).unwrap_or(u32::MAX));
    }

    /// Counts a reply as a failure as well.
    pub(crate) fn fail(&mut self, status: u16) {
        self.failures += 1;
        self.failed_with.get_or_insert(status);
    }

    /// Takes in what another connection saw.
    pub(crate) fn absorb(&mut self, other: Self) {
        self.latencies.extend(other.latencies);
        self.failures += other.failures;
        self.failed_with = self.failed_with.or(other.failed_with);
    }

    /// The stretch is over.
    pub(crate) fn finish(&mut self, seconds: f64) {
        self.latencies.sort_unstable();
        self.seconds = seconds;
    }

    /// How many replies there were.
    pub(crate) fn count(&self) -> usize {
        self.latencies.len()
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
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a place among some millions"
        )]
        let rank = (self.latencies.len() as f64 * part).ceil() as usize;
        let latency = self.latencies.get(rank.saturating_sub(1));
        f64::from(latency.copied().unwrap_or_default()) / 1000.0
    }
}

/// The middle one; of an even number the lower of the two.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    let middle = values.len().saturating_sub(1) / 2;
    values.get(middle).copied().unwrap_or_default()
}

/// The distance between the smallest and the largest, in parts of the middle one.
pub(crate) fn spread(values: &[f64]) -> f64 {
    let smallest = values.iter().copied().fold(f64::INFINITY, f64::min);
    let largest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let median = median(values);
    if median > 0.0 {
        (largest - smallest) / median
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(one: f64, other: f64) {
        assert!((one - other).abs() < 1e-9, "{one} is not {other}");
    }

    #[test]
    fn percentiles_are_those_of_the_nearest_rank() {
        let mut sample = Sample::default();
        for milliseconds in (1..=200).rev() {
            sample.add(Duration::from_millis(milliseconds));
        }
        sample.finish(4.0);
        close(sample.percentile(0.5), 100.0);
        close(sample.percentile(0.99), 198.0);
        close(sample.percentile(1.0), 200.0);
        close(sample.rate(), 50.0);
        close(Sample::default().percentile(0.99), 0.0);
    }

    #[test]
    fn samples_of_connections_add_up() {
        let (mut one, mut other) = (Sample::default(), Sample::default());
        one.add(Duration::from_millis(3));
        other.add(Duration::from_millis(1));
        other.fail(503);
        one.absorb(other);
        one.finish(1.0);
        assert_eq!(
            (one.count(), one.failures, one.failed_with),
            (2, 1, Some(503))
        );
        close(one.percentile(0.5), 1.0);
    }

    #[test]
    fn rounds_have_a_middle_and_a_spread() {
        close(median(&[2.0, 1.0, 4.0]), 2.0);
        close(median(&[2.0, 1.0, 4.0, 3.0]), 2.0);
        close(spread(&[2.0, 1.0, 4.0]), 1.5);
        close(median(&[]), 0.0);
        close(spread(&[]), 0.0);
    }
}
