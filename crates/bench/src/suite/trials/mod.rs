//! Trials: what a server must not do however it is treated. They measure no speed, but count what went wrong.

pub(crate) mod crowd;
pub(crate) mod kills;
pub(crate) mod restarts;
pub(crate) mod strangers;

use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::{
    load::Connection,
    request::{self, BASE},
};

/// A reply: its status, and its body.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

/// Sends one request below the base path.
pub(crate) async fn call(
    connection: &mut Connection,
    (method, path): (&str, &str),
    caller: &str,
    body: Option<&str>,
) -> Result<Reply> {
    let mut bytes = Vec::with_capacity(512);
    let path = format!("{BASE}{path}");
    request::write(&mut bytes, (method, &path), caller, "", body);
    let status = connection.call(&bytes).await?;
    let body = connection.body();
    let body = if body.is_empty() {
        Value::Null
    } else {
        serde_json::from_slice(body).with_context(|| format!("{method} {path}: no JSON"))?
    };
    Ok(Reply { status, body })
}

/// The same numbers in every run.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// `SplitMix64` (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014), below `sides`.
    pub(crate) fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % sides.max(1)
    }

    /// One of these.
    pub(crate) fn pick<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        let place = self.roll(of.len() as u64);
        of.get(usize::try_from(place).ok()?)
    }

    /// Once in so many times.
    pub(crate) fn once_in(&mut self, times: u64) -> bool {
        self.roll(times) == 0
    }
}

/// Milliseconds.
pub(crate) fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

#[cfg(test)]
mod tests {
    use super::Dice;

    #[test]
    fn dice_fall_the_same_way_in_every_run() {
        let mut dice = Dice::new(1);
        let rolls: Vec<_> = (0..6).map(|_| dice.roll(10)).collect();
        let mut again = Dice::new(1);
        assert_eq!(rolls, (0..6).map(|_| again.roll(10)).collect::<Vec<_>>());
        let mut seen = [false; 6];
        for _ in 0..200 {
            seen[usize::try_from(dice.roll(6)).unwrap()] = true;
        }
        assert_eq!(seen, [true; 6]);
        assert_eq!(dice.pick(&[] as &[u8]), None);
    }
}
