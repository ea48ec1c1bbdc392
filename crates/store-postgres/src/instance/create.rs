//! Creating an instance, and with it the element of the catalog if it is new there.

use tenantry_domain::{
    AccountId, AuditAction, Change, ElementId, Entity, Instance, InstanceDraft, InstanceId,
    OrganizationId, Revision, Snapshot, Text, ceql::fold, ports::RepositoryError,
};

use crate::{
    audit::{self, Entry},
    error::Failure,
    row::assigned,
    session::{Session, Work},
    sql::Statement,
};

pub(super) struct CreateInstance<'a> {
    pub(super) organization: OrganizationId,
    pub(super) draft: &'a InstanceDraft,
    pub(super) change: &'a Change,
}

impl Work for CreateInstance<'_> {
    type Output = Instance;

    async fn run(&self, session: &mut Session<'_>) -> Result<Instance, Failure> {
        let account_id = self.owner_account(session).await?;
        let element_id = self.element(session).await?;
        let mut instance = Instance {
            id: InstanceId::new(0),
            organization_id: self.organization,
            account_id,
            user_id: self.draft.user_id,
            name: self.draft.name.clone(),
            element_id,
            element_key: self.draft.element_key.clone(),
            tags: self.draft.tags.clone(),
            valid: true,
            disabled: false,
            created_at: self.change.at,
            updated_at: self.change.at,
            revision: Revision::FIRST,
        };
        instance.id = self.insert(session, &instance).await?;
        let entry = Entry {
            account: Some(account_id),
            action: AuditAction::Created,
            target: Entity::Instance,
            target_id: instance.id.get(),
            old: Snapshot::new(),
            new: instance.snapshot(),
        };
        audit::record(session, self.organization, self.change, &[entry]).await?;
        Ok(instance)
    }
}

impl CreateInstance<'_> {
    /// The account of the user, who stays there until the commit.
    async fn owner_account(&self, session: &mut Session<'_>) -> Result<AccountId, Failure> {
        let statement = Statement::new(
            "SELECT account_id FROM users WHERE organization_id = $1 AND id = $2 FOR SHARE",
        )
        .bind(self.organization.get())
        .bind(self.draft.user_id.get());
        match session.row(statement).await? {
            Some(row) => Ok(AccountId::new(assigned(&row, "account_id")?)),
            None => Err(RepositoryError::Conflict {
                entity: Entity::User,
                field: "id",
            }
            .into()),
        }
    }

    /// The element of the key, registered if nobody has done so yet. Whoever is just about to is waited for.
    async fn element(&self, session: &mut Session<'_>) -> Result<ElementId, Failure> {
        if let Some(id) = self.registered(session).await? {
            return Ok(id);
        }
        let key = self.draft.element_key.as_str();
        let statement = Statement::new(
            "INSERT INTO elements (organization_id, key, key_folded) VALUES ($1, $2, $3) \
             ON CONFLICT (organization_id, key) DO NOTHING",
        )
        .bind(self.organization.get())
        .bind(key)
        .bind(fold(key));
        session.execute(statement).await?;
        Ok(self
            .registered(session)
            .await?
            .ok_or(sqlx::Error::RowNotFound)?)
    }

    async fn registered(&self, session: &mut Session<'_>) -> Result<Option<ElementId>, Failure> {
        let statement =
            Statement::new("SELECT id FROM elements WHERE organization_id = $1 AND key = $2")
                .bind(self.organization.get())
                .bind(self.draft.element_key.as_str());
        match session.row(statement).await? {
            Some(row) => Ok(Some(ElementId::new(assigned(&row, "id")?))),
            None => Ok(None),
        }
    }

    async fn insert(
        &self,
        session: &mut Session<'_>,
        instance: &Instance,
    ) -> Result<InstanceId, Failure> {
        let token = &self.draft.token;
        let statement = Statement::new(
            "WITH created AS (INSERT INTO instances (organization_id, account_id, user_id, name, name_folded, \
             element_id, valid, disabled, created_at, updated_at, revision) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10) RETURNING id), \
             tagged AS (INSERT INTO instance_tags (organization_id, instance_id, position, tag, tag_folded) \
             SELECT $1, created.id, tags.place, tags.tag, tags.folded FROM created, \
             unnest($11::text[], $12::text[]) WITH ORDINALITY AS tags (tag, folded, place)), \
             secret AS (INSERT INTO instance_secrets (digest, organization_id, instance_id, sealed, key_id, created_at) \
             SELECT $13, $1, created.id, $14, $15, $9 FROM created) \
             SELECT id FROM created",
        )
        .bind(instance.organization_id.get())
        .bind(instance.account_id.get())
        .bind(instance.user_id.get())
        .bind(instance.name.as_str())
        .bind(fold(instance.name.as_str()))
        .bind(instance.element_id.get())
        .bind(instance.valid)
        .bind(instance.disabled)
        .bind(self.change.at)
        .bind(instance.revision.get())
        .bind(instance.tags.iter().map(Text::as_str).collect::<Vec<_>>())
        .bind(instance.tags.iter().map(|tag| fold(tag.as_str())).collect::<Vec<_>>())
        .bind(token.digest.as_bytes().as_slice())
        .bind(token.sealed.bytes.as_slice())
        .bind(token.sealed.key_id.0);
        let row = session
            .row(statement)
            .await?
            .ok_or(sqlx::Error::RowNotFound)?;
        Ok(InstanceId::new(assigned(&row, "id")?))
    }
}
