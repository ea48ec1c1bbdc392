//! In which order records stand: accounts, elements, users, instances, each by number. Whoever keeps to it has no number twice.

use tenantry_domain::transfer::Part;

/// The last record, as far as the order goes.
#[derive(Debug, Default)]
pub(super) struct Order {
    last: Option<(usize, i64)>,
}

impl Order {
    /// The next record.
    pub(super) fn follow(&mut self, part: Part, id: i64) -> Result<(), String> {
        let rank = Part::ALL.iter().position(|one| *one == part).unwrap_or(0);
        match self.last {
            Some((last, _)) if rank < last => {
                return Err("accounts come first, then elements, users and instances".to_owned());
            }
            Some((last, before)) if rank == last && id == before => {
                return Err(format!("the id {id} stands here twice"));
            }
            Some((last, before)) if rank == last && id < before => {
                return Err(format!("the id {id} comes behind the id {before}"));
            }
            _ => {}
        }
        self.last = Some((rank, id));
        Ok(())
    }
}
