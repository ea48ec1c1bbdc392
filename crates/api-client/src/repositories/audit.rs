//! The audit log. The API knows spans of time, users and accounts, and hands out the newest records first.

use std::sync::Arc;

use async_trait::async_trait;
use tenantry_domain::{
    AuditField, AuditRecord, Entity, Reach, Scope,
    ceql::{Comparison, Filter, Value},
    page::{Count, Direction, Page, PageRequest, Sort},
    ports::{AuditLog, RepositoryError},
};
use tenantry_wire::read;
use time::format_description::well_known::Rfc3339;

use crate::{
    error::About,
    list::{List, empty_page},
    paging::{Paging, Place},
    remote::{Remote, Session},
};

#[derive(Debug)]
pub(crate) struct Audit(pub(crate) Arc<Remote>);

/// Of so many records the oldest can be had first: they are turned round here.
const TURNED_ROUND: u32 = 1_000;

const OTHER_FILTER: RepositoryError = RepositoryError::Unsupported {
    what: "a filter of the audit log by anything but time, user and account",
};

/// What the log is asked for.
#[derive(Debug, Default, PartialEq, Eq)]
struct Asked {
    from: Option<String>,
    to: Option<String>,
    user: Option<i64>,
    account: Option<i64>,
    /// Nothing can be found.
    nothing: bool,
}

impl Asked {
    fn of(scope: &Scope, filter: &Filter<AuditField>) -> Result<Self, RepositoryError> {
        let mut asked = Self::default();
        match scope.reach() {
            Reach::Organization => {}
            Reach::Account(id) => asked.account = Some(id.get()),
            Reach::User(id) => asked.user = Some(id.get()),
        }
        asked.narrow(filter)?;
        Ok(asked)
    }

    fn narrow(&mut self, filter: &Filter<AuditField>) -> Result<(), RepositoryError> {
        match filter {
            Filter::All => Ok(()),
            Filter::Nothing => {
                self.nothing = true;
                Ok(())
            }
            Filter::And(parts) => parts.iter().try_for_each(|part| self.narrow(part)),
            Filter::Or(parts) => match parts.as_slice() {
                [
                    Filter::Compare {
                        field: AuditField::AuthorId,
                        op: Comparison::Equal,
                        value: Value::Integer(by),
                    },
                    Filter::Compare {
                        field: AuditField::TargetUserId,
                        op: Comparison::Equal,
                        value: Value::Integer(to),
                    },
                ] if by == to => self.user(*by),
                _ => Err(OTHER_FILTER),
            },
            Filter::Compare { field, op, value } => match (field, op, value) {
                (AuditField::AccountId, Comparison::Equal, Value::Integer(id)) => {
                    self.nothing |= self.account.is_some_and(|account| account != *id);
                    self.account = Some(*id);
                    Ok(())
                }
                (AuditField::CreatedDate, op, Value::Instant(at)) => {
                    let text = at.format(&Rfc3339).map_err(|_| OTHER_FILTER)?;
                    let bound = match op {
                        Comparison::GreaterOrEqual => &mut self.from,
                        Comparison::Less => &mut self.to,
                        _ => return Err(OTHER_FILTER),
                    };
                    match bound.replace(text) {
                        None => Ok(()),
                        Some(_) => Err(OTHER_FILTER),
                    }
                }
                _ => Err(OTHER_FILTER),
            },
            Filter::Not(_) | Filter::Like { .. } | Filter::In { .. } | Filter::IsNull { .. } => {
                Err(OTHER_FILTER)
            }
        }
    }

    /// One user can be asked for, not two that both had to do with it.
    fn user(&mut self, id: i64) -> Result<(), RepositoryError> {
        match self.user.replace(id) {
            Some(other) if other != id => Err(OTHER_FILTER),
            _ => Ok(()),
        }
    }

    fn list(self) -> List<'static, AuditRecord> {
        let number = |id: i64| id.to_string();
        let parameters = [
            ("from", self.from),
            ("to", self.to),
            ("userId", self.user.map(number)),
            ("accountId", self.account.map(number)),
        ];
        List {
            path: "/audit-logs",
            account: None,
            about: About::only(Entity::Organization),
            read: read::audit_record,
            parameters: parameters
                .into_iter()
                .filter_map(|(name, value)| Some((name, value?)))
                .collect(),
        }
    }
}

/// What is asked for is said by parameters.
const EVERYTHING: Filter<AuditField> = Filter::All;

/// The server has one order, and no name for it.
fn unsaid() -> Sort<AuditField> {
    Sort::by_id()
}

/// The oldest first, of a log that is short enough.
async fn oldest_first(
    session: &Session<'_>,
    list: &List<'_, AuditRecord>,
    paging: &Paging,
) -> Result<Page<AuditRecord>, RepositoryError> {
    let Place::Offset(offset) = paging.place else {
        return Err(RepositoryError::InvalidCursor);
    };
    let all = paging.first(TURNED_ROUND);
    let page = session.page(list, &EVERYTHING, &unsaid(), &all).await?;
    if page.next.is_some() {
        return Err(RepositoryError::Unsupported {
            what: "more than 1000 audit records with the oldest first",
        });
    }
    let (skipped, size) = (
        usize::try_from(offset).unwrap_or(usize::MAX),
        usize::try_from(paging.size).unwrap_or(usize::MAX),
    );
    let total = page.items.len();
    let oldest = page.items.into_iter().rev();
    let items: Vec<_> = oldest.skip(skipped).take(size).collect();
    let reached = skipped.saturating_add(items.len());
    let more = !items.is_empty() && reached < total;
    let next = Place::Offset(u64::try_from(reached).unwrap_or(u64::MAX));
    Ok(Page {
        items,
        next: more.then(|| paging.cursor(&next)),
        total: None,
    })
}

#[async_trait]
impl AuditLog for Audit {
    async fn list(
        &self,
        scope: &Scope,
        filter: &Filter<AuditField>,
        sort: &Sort<AuditField>,
        page: &PageRequest,
    ) -> Result<Page<AuditRecord>, RepositoryError> {
        let paging = Paging::of(scope, filter, sort, page)?;
        let asked = Asked::of(scope, filter)?;
        let session = self.0.session(scope.organization_id());
        let Some(session) = session.filter(|_| !asked.nothing) else {
            return Ok(empty_page());
        };
        let list = asked.list();
        match sort.keys() {
            [(AuditField::Id, Direction::Descending)] => {
                session.page(&list, &EVERYTHING, &unsaid(), &paging).await
            }
            [(AuditField::Id, Direction::Ascending)] => {
                oldest_first(&session, &list, &paging).await
            }
            _ => Err(RepositoryError::Unsupported {
                what: "another order of the audit log than by id",
            }),
        }
    }

    async fn count(
        &self,
        scope: &Scope,
        filter: &Filter<AuditField>,
        up_to: u64,
    ) -> Result<Count, RepositoryError> {
        let asked = Asked::of(scope, filter)?;
        match self.0.session(scope.organization_id()) {
            Some(session) if !asked.nothing => {
                session.count(&asked.list(), &EVERYTHING, up_to).await
            }
            _ => Ok(Count::Exact(0)),
        }
    }
}

#[cfg(test)]
mod tests {
    use tenantry_domain::{AccountId, AuditQuery, OrganizationId, UserId};
    use time::macros::datetime;

    use super::*;

    #[test]
    fn what_the_api_can_be_asked_for_becomes_parameters() {
        let shire = OrganizationId::new(2);
        let query = AuditQuery {
            from: Some(datetime!(2026-01-02 0:00 UTC)),
            to: Some(datetime!(2026-01-03 12:00:00.5 UTC)),
            user_id: Some(UserId::new(4)),
            account_id: Some(AccountId::new(5)),
        };
        let asked = Asked::of(&Scope::organization(shire), &query.filter()).unwrap();
        assert_eq!(
            asked.list().parameters,
            [
                ("from", "2026-01-02T00:00:00Z".to_owned()),
                ("to", "2026-01-03T12:00:00.5Z".to_owned()),
                ("userId", "4".to_owned()),
                ("accountId", "5".to_owned()),
            ]
        );
        let elsewhere = Scope::account(shire, AccountId::new(6));
        assert!(Asked::of(&elsewhere, &query.filter()).unwrap().nothing);
        let other = Scope::user(shire, UserId::new(7));
        assert!(Asked::of(&other, &query.filter()).is_err());
        for text in ["id > 3", "accountId IS NULL", "NOT (accountId = 1)"] {
            let filter = Filter::parse(text).unwrap();
            assert!(
                Asked::of(&Scope::organization(shire), &filter).is_err(),
                "{text}"
            );
        }
    }
}
