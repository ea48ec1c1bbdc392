//! Changing an account, and erasing its users when it is deleted.

use std::time::Duration;

use tenantry_domain::{
    Account, AccountId, AccountPatch, AuditAction, Change, Entity, Revision, Scope, Snapshot, Text,
    User, ceql::fold, ports::RepositoryError,
};

use super::{account_of, account_selection};
use crate::{
    audit::{self, Entry},
    error::Failure,
    instance::discard_all_of,
    session::{Session, Work},
    sql::Statement,
    table::narrowed,
    user::columns::{user_of, user_selection},
};

/// How long it may take to erase the users of an account, however many they are. Each statement of it is short.
pub(super) const ERASURE: Duration = Duration::from_mins(5);
/// So many users are erased by one round of statements.
const CHUNK: i64 = 500;

pub(super) struct UpdateAccount<'a> {
    pub(super) scope: &'a Scope,
    pub(super) id: AccountId,
    pub(super) patch: &'a AccountPatch,
    pub(super) expected: Option<Revision>,
    pub(super) change: &'a Change,
}

impl Work for UpdateAccount<'_> {
    type Output = Option<Account>;

    async fn run(&self, session: &mut Session<'_>) -> Result<Option<Account>, Failure> {
        let Some(before) = lock(session, self.scope, self.id).await? else {
            return Ok(None);
        };
        if self
            .expected
            .is_some_and(|expected| expected != before.revision)
        {
            let entity = Entity::Account;
            return Err(RepositoryError::Stale { entity }.into());
        }
        let after = self.patch.apply(&before, self.change.at);
        if after.is_default && !after.active {
            return Err(RepositoryError::DEFAULT_ACCOUNT.into());
        }
        write(session, &after).await?;
        let (old, new) = Snapshot::difference(&before.snapshot(), &after.snapshot());
        if !old.is_empty() || !new.is_empty() {
            let entry = entry(&after, AuditAction::Updated, old, new);
            audit::record(session, after.organization_id, self.change, &[entry]).await?;
        }
        if self.patch.erase_users && !after.active {
            self.erase_users(session, &after).await?;
        }
        Ok(Some(after))
    }
}

impl UpdateAccount<'_> {
    /// The account is locked, and whoever creates a user in it waits for that lock and then finds the account inactive.
    async fn erase_users(
        &self,
        session: &mut Session<'_>,
        account: &Account,
    ) -> Result<(), Failure> {
        loop {
            let users = some_users(session, account).await?;
            if users.is_empty() {
                return Ok(());
            }
            self.erase(session, account, &users).await?;
        }
    }

    async fn erase(
        &self,
        session: &mut Session<'_>,
        account: &Account,
        users: &[User],
    ) -> Result<(), Failure> {
        let organization = account.organization_id;
        let ids: Vec<_> = users.iter().map(|user| user.id.get()).collect();
        discard_all_of(session, organization, &ids, self.change).await?;
        // Secrets and grants go with the rows.
        let statement =
            Statement::new("DELETE FROM users WHERE organization_id = $1 AND id = ANY($2)")
                .bind(organization.get())
                .bind(ids);
        session.execute(statement).await?;
        let entries: Vec<_> = users
            .iter()
            .map(|user| Entry {
                account: Some(account.id),
                action: AuditAction::Deleted,
                target: Entity::User,
                target_id: user.id.get(),
                old: user.snapshot(),
                new: Snapshot::new(),
            })
            .collect();
        audit::record(session, organization, self.change, &entries).await
    }
}

/// Locks and reads the account; `None` if there is none in `scope`.
pub(crate) async fn lock(
    session: &mut Session<'_>,
    scope: &Scope,
    id: AccountId,
) -> Result<Option<Account>, Failure> {
    let (account, user) = narrowed(scope);
    let statement = Statement::new(concat!(
        account_selection!(),
        " WHERE organization_id = $1 AND id = $2 AND ($3::bigint IS NULL OR id = $3) \
         AND ($4::bigint IS NULL OR id = (SELECT users.account_id FROM users \
         WHERE users.organization_id = $1 AND users.id = $4)) FOR UPDATE",
    ))
    .bind(scope.organization_id().get())
    .bind(id.get())
    .bind(account)
    .bind(user);
    let row = session.row(statement).await?;
    Ok(row.map(|row| account_of(&row)).transpose()?)
}

/// What is to be recorded of an account.
pub(crate) fn entry(account: &Account, action: AuditAction, old: Snapshot, new: Snapshot) -> Entry {
    Entry {
        account: Some(account.id),
        action,
        target: Entity::Account,
        target_id: account.id.get(),
        old,
        new,
    }
}

async fn write(session: &mut Session<'_>, account: &Account) -> Result<(), Failure> {
    let text = |text: &Option<Text>| text.as_ref().map(|text| text.as_str().to_owned());
    let folded = |text: &Option<Text>| text.as_ref().map(|text| fold(text.as_str()));
    let statement = Statement::new(
        "UPDATE accounts SET name = $3, name_folded = $4, description = $5, description_folded = $6, \
         external_id = $7, external_id_folded = $8, active = $9, updated_at = $10, revision = $11 \
         WHERE organization_id = $1 AND id = $2",
    )
    .bind(account.organization_id.get())
    .bind(account.id.get())
    .bind(account.name.as_str())
    .bind(fold(account.name.as_str()))
    .bind(text(&account.description))
    .bind(folded(&account.description))
    .bind(text(&account.external_id))
    .bind(folded(&account.external_id))
    .bind(account.active)
    .bind(account.updated_at)
    .bind(account.revision.get());
    Ok(session.execute(statement).await?)
}

/// Some of the account's users, locked in the order of their ids.
async fn some_users(session: &mut Session<'_>, account: &Account) -> Result<Vec<User>, Failure> {
    let statement = Statement::new(concat!(
        "SELECT ",
        user_selection!(),
        " FROM users WHERE organization_id = $1 AND account_id = $2 ORDER BY id LIMIT $3 FOR UPDATE",
    ))
    .bind(account.organization_id.get())
    .bind(account.id.get())
    .bind(CHUNK);
    let rows = session.rows(statement).await?;
    Ok(rows.iter().map(user_of).collect::<Result<Vec<_>, _>>()?)
}
