//! Who fails too often is not listened to for a while: a brake for addresses that try passwords.
//!
//! Counts failures only, so whoever knows the password is not held up by it, and never credentials that are secrets: those
//! cannot be guessed. Must not know what is tried, nor by whom.

use std::{
    collections::{HashMap, VecDeque},
    net::{IpAddr, Ipv4Addr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tenantry_domain::ports::Clock;
use time::OffsetDateTime;

/// How many tries of one address may run at the same moment, where fewer failures than that are allowed: the failures of
/// tries that run are not counted yet.
const AT_ONCE: u32 = 64;

/// How much is too often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThrottleConfig {
    /// How many failures an address may have within the window.
    pub failures: u32,
    /// How long failures count, from the first one on.
    pub window: Duration,
    /// How many addresses are remembered at once; then the ones that failed first are forgotten.
    pub addresses: usize,
}

impl Default for ThrottleConfig {
    fn default() -> Self {
        Self {
            failures: 20,
            window: Duration::from_mins(5),
            addresses: 65_536,
        }
    }
}

/// After how many seconds it makes sense to try again. At least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryAfter(pub u64);

/// The failures of each address.
pub struct Throttle {
    config: ThrottleConfig,
    clock: Arc<dyn Clock>,
    failures: Mutex<Failures>,
}

impl std::fmt::Debug for Throttle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Throttle")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

/// The windows that are open, and the order in which they were opened: all are equally long, so the first ends first.
#[derive(Debug, Default)]
struct Failures {
    windows: HashMap<Origin, Window>,
    order: VecDeque<Origin>,
    /// How many tries run, of addresses of which any does.
    running: HashMap<Origin, u32>,
}

/// A try that runs. Whatever becomes of it counts as a failure, also if whoever tries hangs up, unless it
/// [`passed`](Self::passed).
#[derive(Debug)]
pub struct Attempt {
    throttle: Arc<Throttle>,
    address: IpAddr,
    passed: bool,
}

impl Attempt {
    /// It was no failure.
    pub fn passed(mut self) {
        self.passed = true;
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        self.throttle.ended(self.address);
        if !self.passed {
            self.throttle.failed(self.address);
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Window {
    began: OffsetDateTime,
    failures: u32,
}

/// What counts as one address. A subscriber has a whole /64 of IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Origin {
    V4(Ipv4Addr),
    V6([u16; 4]),
}

impl From<IpAddr> for Origin {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                Self::V6([a, b, c, d])
            }
        }
    }
}

impl Throttle {
    pub fn new(config: ThrottleConfig, clock: Arc<dyn Clock>) -> Self {
        Self {
            config,
            clock,
            failures: Mutex::default(),
        }
    }

    /// Begins a try of `address`, if it may. To be asked before anything is compared, because that is what costs.
    pub fn attempt(self: &Arc<Self>, address: IpAddr) -> Result<Attempt, RetryAfter> {
        self.check(address)?;
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let running = failures.running.entry(address.into()).or_default();
        if *running >= self.config.failures.max(AT_ONCE) {
            return Err(RetryAfter(1));
        }
        *running += 1;
        Ok(Attempt {
            throttle: Arc::clone(self),
            address,
            passed: false,
        })
    }

    fn ended(&self, address: IpAddr) {
        let origin = address.into();
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = failures.running.get_mut(&origin) {
            *running -= 1;
            if *running == 0 {
                failures.running.remove(&origin);
            }
        }
    }

    /// Whether `address` may try.
    fn check(&self, address: IpAddr) -> Result<(), RetryAfter> {
        let now = self.clock.now();
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let window = failures.windows.get(&address.into());
        let Some(window) = window.filter(|window| window.failures >= self.config.failures) else {
            return Ok(());
        };
        let left = window.began + self.config.window - now;
        if !left.is_positive() {
            return Ok(());
        }
        let begun_second = u64::from(left.subsec_nanoseconds() > 0);
        Err(RetryAfter(
            left.whole_seconds().unsigned_abs() + begun_second,
        ))
    }

    /// Notes that `address` has tried in vain.
    fn failed(&self, address: IpAddr) {
        let now = self.clock.now();
        let origin = address.into();
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        failures.forget_until(now - self.config.window);
        if let Some(window) = failures.windows.get_mut(&origin) {
            window.failures = window.failures.saturating_add(1);
            return;
        }
        if failures.windows.len() >= self.config.addresses {
            failures.forget_first();
        }
        let window = Window {
            began: now,
            failures: 1,
        };
        failures.windows.insert(origin, window);
        failures.order.push_back(origin);
    }
}

impl Failures {
    /// Forgets the windows that began at `instant` or before.
    fn forget_until(&mut self, instant: OffsetDateTime) {
        while let Some(first) = self.order.front().and_then(|first| self.windows.get(first))
            && first.began <= instant
        {
            self.forget_first();
        }
    }

    fn forget_first(&mut self) {
        if let Some(first) = self.order.pop_front() {
            self.windows.remove(&first);
        }
    }
}

#[cfg(test)]
mod tests {
    use tenantry_testkit::FixedClock;

    use super::*;

    fn throttle(addresses: usize) -> (Throttle, Arc<FixedClock>) {
        let clock = Arc::new(FixedClock::default());
        let config = ThrottleConfig {
            failures: 3,
            window: Duration::from_mins(5),
            addresses,
        };
        let given: Arc<dyn Clock> = Arc::<FixedClock>::clone(&clock);
        (Throttle::new(config, given), clock)
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn who_fails_too_often_waits_until_the_window_ends() {
        let (throttle, clock) = throttle(10);
        let (bad, good) = (ip("192.0.2.1"), ip("192.0.2.2"));
        for _ in 0..3 {
            assert_eq!(throttle.check(bad), Ok(()));
            throttle.failed(bad);
            clock.advance(time::Duration::seconds(10));
        }
        assert_eq!(throttle.check(bad), Err(RetryAfter(270)));
        assert_eq!(throttle.check(good), Ok(()));
        clock.advance(time::Duration::milliseconds(269_001));
        assert_eq!(throttle.check(bad), Err(RetryAfter(1)));
        clock.advance(time::Duration::milliseconds(999));
        assert_eq!(throttle.check(bad), Ok(()));
        throttle.failed(bad);
        assert_eq!(throttle.check(bad), Ok(()), "a new window begins");
    }

    #[test]
    fn a_try_counts_as_a_failure_unless_it_passed() {
        let (throttle, _) = throttle(10);
        let (throttle, address) = (Arc::new(throttle), ip("192.0.2.1"));
        for _ in 0..9 {
            throttle.attempt(address).unwrap().passed();
        }
        for _ in 0..3 {
            // Hung up.
            drop(throttle.attempt(address).unwrap());
        }
        assert_eq!(throttle.attempt(address).unwrap_err(), RetryAfter(300));
        assert!(throttle.failures.lock().unwrap().running.is_empty());
    }

    #[test]
    fn tries_that_run_at_the_same_moment_are_bounded() {
        let (throttle, _) = throttle(10);
        let (throttle, address) = (Arc::new(throttle), ip("192.0.2.1"));
        let mut running: Vec<_> = (0..64)
            .map(|_| throttle.attempt(address).unwrap())
            .collect();
        assert_eq!(throttle.attempt(address).unwrap_err(), RetryAfter(1));
        throttle.attempt(ip("192.0.2.2")).unwrap().passed();
        running.pop().unwrap().passed();
        throttle.attempt(address).unwrap().passed();
    }

    #[test]
    fn failures_are_forgotten_with_their_window() {
        let (throttle, clock) = throttle(10);
        let address = ip("192.0.2.1");
        throttle.failed(address);
        throttle.failed(address);
        clock.advance(time::Duration::seconds(300));
        throttle.failed(address);
        throttle.failed(address);
        assert_eq!(throttle.check(address), Ok(()));
        throttle.failed(address);
        assert_eq!(throttle.check(address), Err(RetryAfter(300)));
    }

    #[test]
    fn a_network_of_one_subscriber_is_one_address() {
        let (throttle, _) = throttle(10);
        for text in ["2001:db8::1", "2001:db8::2", "2001:db8:0:0:ffff::"] {
            throttle.failed(ip(text));
        }
        assert_eq!(throttle.check(ip("2001:db8::9")), Err(RetryAfter(300)));
        assert_eq!(throttle.check(ip("2001:db8:0:1::1")), Ok(()));
        for text in ["192.0.2.1", "::ffff:192.0.2.1", "192.0.2.1"] {
            throttle.failed(ip(text));
        }
        assert_eq!(throttle.check(ip("192.0.2.1")), Err(RetryAfter(300)));
    }

    #[test]
    fn memory_is_bounded() {
        let (throttle, clock) = throttle(2);
        for text in ["192.0.2.1", "192.0.2.2", "192.0.2.3"] {
            for _ in 0..3 {
                throttle.failed(ip(text));
            }
            clock.advance(time::Duration::seconds(1));
        }
        assert_eq!(throttle.check(ip("192.0.2.1")), Ok(()), "forgotten");
        assert_eq!(throttle.check(ip("192.0.2.2")), Err(RetryAfter(298)));
        assert_eq!(throttle.check(ip("192.0.2.3")), Err(RetryAfter(299)));
        clock.advance(time::Duration::seconds(300));
        throttle.failed(ip("192.0.2.4"));
        let failures = throttle.failures.lock().unwrap();
        assert_eq!((failures.windows.len(), failures.order.len()), (1, 1));
    }
}
