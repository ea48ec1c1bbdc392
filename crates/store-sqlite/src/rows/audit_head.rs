//! Heads of the chains of the audit log as rows.

use rusqlite::{Connection, Row};
use tenantry_domain::{
    ChainHead, ChainLink, ChainSignature, KeyId, OrganizationId, ports::BoxError,
};
use uuid::Uuid;

use super::{Cells, secret};
use crate::error::Failure;

/// The head of one organization, for [`read`].
pub(crate) const SELECT: &str = "SELECT start_position, start_hash, end_position, end_hash, key_id, code \
    FROM audit_heads WHERE organization_id = ?";

pub(crate) fn read(row: &Row<'_>) -> Result<ChainHead, BoxError> {
    let mut cells = Cells::of(row);
    Ok(ChainHead {
        start: link(&mut cells)?,
        end: link(&mut cells)?,
        signature: ChainSignature {
            key_id: KeyId(Uuid::parse_str(&cells.take::<String>()?)?),
            code: cells.take()?,
        },
    })
}

/// The link whose cells are next.
pub(super) fn link(cells: &mut Cells<'_>) -> Result<ChainLink, BoxError> {
    Ok(ChainLink {
        position: cells.take()?,
        hash: cells.take()?,
    })
}

/// Makes `head` the head of the organization.
pub(crate) fn store(
    connection: &Connection,
    organization: OrganizationId,
    head: &ChainHead,
) -> Result<(), Failure> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO audit_heads \
             (organization_id, start_position, start_hash, end_position, end_hash, key_id, code) \
             VALUES (?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute((
            organization.get(),
            head.start.position,
            head.start.hash,
            head.end.position,
            head.end.hash,
            secret::key_name(head.signature.key_id),
            head.signature.code,
        ))?;
    Ok(())
}
