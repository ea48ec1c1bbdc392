//! The cells of one row, taken in the order in which the statement selects them.

use rusqlite::{Row, types::FromSql};
use tenantry_domain::{Entity, Name, Text, ports::BoxError};
use time::OffsetDateTime;

use crate::{error::Failure, instant::from_micros};

pub(crate) struct Cells<'a> {
    row: &'a Row<'a>,
    next: usize,
}

impl<'a> Cells<'a> {
    pub(crate) fn of(row: &'a Row<'a>) -> Self {
        Self { row, next: 0 }
    }

    /// Reads an entity whose id is the first cell. Whatever is wrong with the others is told with that id.
    pub(crate) fn entity<T>(
        row: &'a Row<'a>,
        entity: Entity,
        read: impl FnOnce(&mut Self) -> Result<T, BoxError>,
    ) -> Result<T, Failure> {
        Self::entity_from(row, 0, entity, read)
    }

    /// The same for an entity whose cells begin at `place`.
    pub(crate) fn entity_from<T>(
        row: &'a Row<'a>,
        place: usize,
        entity: Entity,
        read: impl FnOnce(&mut Self) -> Result<T, BoxError>,
    ) -> Result<T, Failure> {
        let id = row.get(place)?;
        let mut cells = Self { row, next: place };
        read(&mut cells).map_err(|source| Failure::corrupt(entity, id, source))
    }

    pub(crate) fn take<T: FromSql>(&mut self) -> Result<T, BoxError> {
        let place = self.next;
        self.next += 1;
        Ok(self.row.get(place)?)
    }

    pub(crate) fn name(&mut self) -> Result<Name, BoxError> {
        Ok(Name::parse(self.take::<String>()?)?)
    }

    pub(crate) fn text(&mut self) -> Result<Option<Text>, BoxError> {
        Ok(self
            .take::<Option<String>>()?
            .map(Text::parse)
            .transpose()?)
    }

    pub(crate) fn instant(&mut self) -> Result<OffsetDateTime, BoxError> {
        Ok(from_micros(self.take()?)?)
    }

    pub(crate) fn optional_instant(&mut self) -> Result<Option<OffsetDateTime>, BoxError> {
        Ok(self.take::<Option<i64>>()?.map(from_micros).transpose()?)
    }
}
