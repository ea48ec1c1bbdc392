//! Turns that nobody has to wait for, or that nobody gets.

use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use tenantry_domain::{
    Email,
    ports::{HashError, PasswordTurns, Turn},
};

/// Gives everybody a turn at once, or nobody any, and counts who asked.
#[derive(Debug, Default)]
pub struct PlainTurns {
    busy: bool,
    asked: AtomicUsize,
}

impl PlainTurns {
    /// It is everybody's turn.
    pub const fn new() -> Self {
        Self {
            busy: false,
            asked: AtomicUsize::new(0),
        }
    }

    /// Too many are waiting already.
    pub const fn busy() -> Self {
        Self {
            busy: true,
            asked: AtomicUsize::new(0),
        }
    }

    /// How many asked for a turn.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl PasswordTurns for PlainTurns {
    async fn wait(&self, _email: &Email) -> Result<Turn, HashError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        if self.busy {
            Err(HashError::Busy)
        } else {
            Ok(Turn::new(()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::email;

    #[test]
    fn everybody_gets_a_turn_or_nobody() {
        crate::run(async {
            let (free, busy) = (PlainTurns::new(), PlainTurns::busy());
            let frodo = email("frodo@shire.example");
            let first = free.wait(&frodo).await.unwrap();
            assert!(free.wait(&frodo).await.is_ok());
            drop(first);
            assert!(matches!(busy.wait(&frodo).await, Err(HashError::Busy)));
            assert_eq!((free.asked(), busy.asked()), (2, 1));
        });
    }
}
