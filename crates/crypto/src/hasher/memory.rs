//! The memory that one hash works in, used again by the next. It must not know who works in it.

use argon2::Block;
use tenantry_domain::ports::HashError;

/// Room for one hash at a time; empty until it is asked for.
#[derive(Default)]
pub(super) struct Memory(Vec<Block>);

impl Memory {
    /// `count` blocks of 1 KiB. They hold whatever the last user left: Argon2 writes every block before it reads it.
    pub(super) fn blocks(&mut self, count: usize) -> Result<&mut [Block], HashError> {
        if self.0.len() < count {
            // Free the old ones first.
            self.0 = Vec::new();
            self.0
                .try_reserve_exact(count.max(RESERVED))
                .map_err(|_| HashError::Failed(format!("no memory for {count} KiB")))?;
            self.0.resize(count, Block::new());
        }
        Ok(&mut self.0[..count])
    }

    /// Whether it is no larger than our own hashes need. A rare larger one is not worth keeping.
    pub(super) fn is_usual(&self) -> bool {
        self.0.len() <= USUAL
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

const USUAL: usize = argon2::Params::DEFAULT_M_COST as usize;

/// In blocks. An allocation of more than 32 MiB glibc takes from the system and gives back when it is freed. A smaller one it
/// comes to serve from its heaps, which keep it, one heap per thread: measured, 370 MiB stayed resident after a hundred
/// hashes, with this 3. What is reserved and never touched takes address space only.
const RESERVED: usize = 33 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_grows_and_stays() {
        let mut memory = Memory::default();
        assert_eq!(memory.blocks(8).unwrap().len(), 8);
        assert_eq!(memory.blocks(USUAL).unwrap().len(), USUAL);
        assert!(memory.is_usual());
        assert_eq!(memory.blocks(8).unwrap().len(), 8);
        assert_eq!(memory.len(), USUAL);
        memory.blocks(USUAL + 1).unwrap();
        assert!(!memory.is_usual());
    }

    #[test]
    fn too_much_is_an_error() {
        let error = Memory::default()
            .blocks(usize::MAX)
            .map(|_| ())
            .unwrap_err();
        assert!(matches!(error, HashError::Failed(_)));
    }
}
