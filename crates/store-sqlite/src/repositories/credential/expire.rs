//! Erasing what is no longer good, a bounded stretch at a time.

use rusqlite::Connection;
use time::OffsetDateTime;

use crate::{error::Failure, instant::to_micros};

/// Each finds its rows by an index on `expires_at`.
const STATEMENTS: [&str; 3] = [
    "DELETE FROM login_tokens WHERE digest IN (SELECT digest FROM login_tokens WHERE expires_at <= ? LIMIT ?)",
    "DELETE FROM user_secrets WHERE digest IN (SELECT digest FROM user_secrets WHERE expires_at <= ? LIMIT ?)",
    "DELETE FROM organization_secrets WHERE digest IN \
     (SELECT digest FROM organization_secrets WHERE expires_at <= ? LIMIT ?)",
];

/// Erases up to `limit` login tokens and replaced secrets; answers how many.
pub(super) fn forget(
    connection: &Connection,
    now: OffsetDateTime,
    limit: u32,
) -> Result<u64, Failure> {
    let (now, limit) = (to_micros(now), u64::from(limit));
    let mut erased = 0;
    for statement in STATEMENTS {
        let rest = i64::try_from(limit - erased).unwrap_or(i64::MAX);
        let count = connection.prepare_cached(statement)?.execute([now, rest])?;
        erased += u64::try_from(count).unwrap_or_default();
    }
    Ok(erased)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::plan_of;

    #[test]
    fn what_has_expired_is_found_by_its_index() {
        for (statement, table) in
            STATEMENTS
                .into_iter()
                .zip(["login_tokens", "user_secrets", "organization_secrets"])
        {
            let found =
                format!("SEARCH {table} USING COVERING INDEX {table}_expires_idx (expires_at<?)");
            assert!(plan_of(statement).contains(&found), "{table}");
        }
    }
}
