//! Audit records as the API writes them, and the query for them (contract, section 7).

use std::collections::BTreeMap;

use serde::Serialize;
use tenantry_domain::{AccountId, AuditQuery, AuditRecord, Author, Problem, UserId, ceql::Moment};

use crate::{
    instant,
    path::{PathId, id},
    query::Query,
};

/// A change of one thing, as the audit log keeps it. Absent values are left out.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = AuditRecord))]
#[serde(rename_all = "camelCase")]
pub struct AuditRecordBody {
    /// Grows with time within the organization.
    pub id: i64,
    /// When.
    pub created_date: String,
    /// Whose organization.
    pub organization_id: i64,
    /// Whose account; left out if the organization itself is the target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_id: Option<i64>,
    /// `user`, `operator` (on the command line of the server) or `platform` (by itself).
    pub actor: &'static str,
    /// The user, if one made the change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<i64>,
    /// What was done, for example `updated`.
    pub action: &'static str,
    /// To what kind of thing, for example `user`.
    pub target: &'static str,
    /// To which one.
    pub target_id: i64,
    /// In which request: the header `Elements-Request-Id` of its reply.
    pub request_id: String,
    /// The changed fields before; empty if it was created. Secrets and passwords never stand here.
    pub old_values: BTreeMap<String, String>,
    /// The changed fields after; empty if it was deleted.
    pub new_values: BTreeMap<String, String>,
}

impl From<&AuditRecord> for AuditRecordBody {
    fn from(record: &AuditRecord) -> Self {
        let (actor, user_id) = match record.change.author {
            Author::User(id) => ("user", Some(id.get())),
            Author::Operator => ("operator", None),
            Author::Platform => ("platform", None),
        };
        Self {
            id: record.id.get(),
            created_date: instant(record.change.at),
            organization_id: record.organization_id.get(),
            account_id: record.account_id.map(AccountId::get),
            actor,
            user_id,
            action: record.action.as_str(),
            target: record.target.as_str(),
            target_id: record.target_id,
            request_id: record.change.request_id.to_string(),
            old_values: record.old.0.clone(),
            new_values: record.new.0.clone(),
        }
    }
}

/// Reads `from`, `to`, `userId` and `accountId`. A day given as `to` is meant as a whole.
///
/// # Errors
/// Everything that is wrong with them.
pub fn query(query: &Query) -> Result<AuditQuery, Vec<Problem>> {
    let mut problems = Vec::new();
    let moment = |name| {
        let text = query.one(name)?;
        let read = |text| {
            Moment::parse(text).map_err(|advice| {
                Problem::new(name, format!("must be a day or an instant: {advice}"))
            })
        };
        text.map(read).transpose()
    };
    let number = |name| {
        let read = |text| match id(text) {
            Some(PathId::Id(number)) => Ok(number),
            // An integer that no id is: nothing is found.
            Some(PathId::OutOfRange) => Ok(-1),
            None => Err(Problem::new(
                name,
                format!("must be an integer, not '{text}'"),
            )),
        };
        query.one(name)?.map(read).transpose()
    };
    let mut keep = |problem| problems.push(problem);
    let from = moment("from").map_err(&mut keep).ok().flatten();
    let to = moment("to").map_err(&mut keep).ok().flatten();
    let user = number("userId").map_err(&mut keep).ok().flatten();
    let account = number("accountId").map_err(&mut keep).ok().flatten();
    if !problems.is_empty() {
        return Err(problems);
    }
    Ok(AuditQuery {
        from: from.map(Moment::start),
        to: to.map(Moment::end),
        user_id: user.map(UserId::new),
        account_id: account.map(AccountId::new),
    })
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn queries_name_spans_users_and_accounts() {
        let read = |text: &str| query(&Query::parse(text));
        assert_eq!(read(""), Ok(AuditQuery::default()));
        assert_eq!(
            read("from=2026-01-02&to=2026-01-03&userId=4&accountId=5"),
            Ok(AuditQuery {
                from: Some(datetime!(2026-01-02 0:00 UTC)),
                to: Some(datetime!(2026-01-04 0:00 UTC)),
                user_id: Some(UserId::new(4)),
                account_id: Some(AccountId::new(5)),
            })
        );
        assert_eq!(
            read("to=2026-01-03T12:00:00Z").map(|query| query.to),
            Ok(Some(datetime!(2026-01-03 12:00 UTC)))
        );
        let problems = read("from=x&to=2026-02-30&userId=a&accountId=b").unwrap_err();
        let fields: Vec<_> = problems.iter().map(|it| it.field.as_str()).collect();
        assert_eq!(fields, ["from", "to", "userId", "accountId"]);
    }
}
