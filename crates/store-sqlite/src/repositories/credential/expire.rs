//! Erasing what is no longer good, a bounded stretch at a time.

use rusqlite::Connection;
use time::{Duration, OffsetDateTime};

use crate::{error::Failure, instant::to_micros};

/// Each finds its rows by an index on the instant.
const STATEMENTS: [&str; 4] = [
    "DELETE FROM login_tokens WHERE digest IN (SELECT digest FROM login_tokens WHERE expires_at <= ? LIMIT ?)",
    "DELETE FROM user_secrets WHERE digest IN (SELECT digest FROM user_secrets WHERE expires_at <= ? LIMIT ?)",
    "DELETE FROM organization_secrets WHERE digest IN \
     (SELECT digest FROM organization_secrets WHERE expires_at <= ? LIMIT ?)",
    "DELETE FROM refused_logins WHERE id IN (SELECT id FROM refused_logins WHERE at < ? LIMIT ?)",
];

/// Erases up to `limit` login tokens, replaced secrets and refused logins; answers how many.
pub(super) fn forget(
    connection: &Connection,
    now: OffsetDateTime,
    limit: u32,
) -> Result<u64, Failure> {
    let (day_before, limit) = (now.saturating_sub(Duration::DAY), u64::from(limit));
    let instants = [now, now, now, day_before].map(to_micros);
    let mut erased = 0;
    for (statement, instant) in STATEMENTS.into_iter().zip(instants) {
        let rest = i64::try_from(limit - erased).unwrap_or(i64::MAX);
        let count = connection
            .prepare_cached(statement)?
            .execute([instant, rest])?;
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
        let tables = [
            ("login_tokens", "expires_idx (expires_at<?)"),
            ("user_secrets", "expires_idx (expires_at<?)"),
            ("organization_secrets", "expires_idx (expires_at<?)"),
            ("refused_logins", "at_idx (at<?)"),
        ];
        for (statement, (table, index)) in STATEMENTS.into_iter().zip(tables) {
            let found = format!("SEARCH {table} USING COVERING INDEX {table}_{index}");
            assert!(plan_of(statement).contains(&found), "{table}");
        }
    }
}
