//! Changing an account, and erasing its users when it is deleted.

use std::time::Duration;

use tenantry_domain::{
    Account, AccountId, AccountPatch, AuditAction, Change, Entity, Revision, Scope, Snapshot, Text,
    ceql::fold, ports::RepositoryError,
};

use super::{account_of, account_selection};
use crate::{
    audit::{self, Entry},
    error::Failure,
    instance::discard_all_of,
    row::assigned,
    session::{Session, Work},
    sql::Statement,
    table::narrowed,
    user::columns::{user_of, user_selection},
};

/// How long it may take to erase the users of an account, however many they are. Each statement of it is short.
pub(super) const ERASURE: Duration = Duration::from_mins(5);
/// So many users are erased by one round of statements.
const CHUNK: usize = 500;

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
        let Some(before) = lock(session, self.scope, self.id, self.expected).await? else {
            return Ok(None);
        };
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
    ///
    /// All users are locked before the first is erased: who has locked one and now takes the e-mail of another waits for
    /// nobody who waits for him. First their instances leave their records, then they.
    async fn erase_users(
        &self,
        session: &mut Session<'_>,
        account: &Account,
    ) -> Result<(), Failure> {
        let users = lock_users(session, account).await?;
        for some in users.chunks(CHUNK) {
            discard_all_of(session, account.organization_id, some, self.change).await?;
        }
        for some in users.chunks(CHUNK) {
            self.erase(session, account, some).await?;
        }
        Ok(())
    }

    async fn erase(
        &self,
        session: &mut Session<'_>,
        account: &Account,
        users: &[i64],
    ) -> Result<(), Failure> {
        let organization = account.organization_id;
        // Secrets and grants go with the rows.
        let statement = Statement::new(concat!(
            "DELETE FROM users WHERE organization_id = $1 AND id = ANY($2) RETURNING ",
            user_selection!(),
        ))
        .bind(organization.get())
        .bind(users.to_vec());
        let rows = session.rows(statement).await?;
        let mut users = rows.iter().map(user_of).collect::<Result<Vec<_>, _>>()?;
        users.sort_unstable_by_key(|user| user.id);
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
    expected: Option<Revision>,
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
    let Some(row) = session.row(statement).await? else {
        return Ok(None);
    };
    let account = account_of(&row)?;
    if expected.is_some_and(|expected| expected != account.revision) {
        let entity = Entity::Account;
        return Err(RepositoryError::Stale { entity }.into());
    }
    Ok(Some(account))
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

/// The ids of the account's users, who are locked in this order.
async fn lock_users(session: &mut Session<'_>, account: &Account) -> Result<Vec<i64>, Failure> {
    let statement = Statement::new(
        "SELECT id FROM users WHERE organization_id = $1 AND account_id = $2 ORDER BY id FOR UPDATE",
    )
    .bind(account.organization_id.get())
    .bind(account.id.get());
    let rows = session.rows(statement).await?;
    let ids = rows.iter().map(|row| assigned(row, "id"));
    ids.collect()
}
