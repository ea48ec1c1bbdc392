//! Rows as entities and entities as rows, one file per table. A row that no entity can be is `Corrupt`.

pub(crate) mod account;
pub(crate) mod audit;
mod cells;
pub(crate) mod instance;
pub(crate) mod organization;
pub(crate) mod role;
pub(crate) mod secret;
pub(crate) mod user;
mod write;

pub(crate) use self::{cells::Cells, write::Assignments};
