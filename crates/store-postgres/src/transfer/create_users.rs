//! Users, many at once, with all that is theirs.

use tenantry_domain::{Change, OrganizationId, PasswordHash, SealedSecret, transfer::UserRecord};

use crate::{
    error::Failure,
    session::Session,
    sql::Statement,
    unnested::Columns,
    user::columns::{bind_all_fields, last_login_value, user_arrays, user_columns},
};

type Record = UserRecord<SealedSecret>;

pub(super) async fn create(
    session: &mut Session<'_>,
    organization: OrganizationId,
    users: &[&Record],
    change: &Change,
) -> Result<(), Failure> {
    if users.is_empty() {
        return Ok(());
    }
    insert(session, organization, users).await?;
    insert_secrets(session, organization, users, change).await?;
    insert_roles(session, organization, users).await?;
    insert_former_passwords(session, organization, users, change).await
}

async fn insert(
    session: &mut Session<'_>,
    organization: OrganizationId,
    users: &[&Record],
) -> Result<(), Failure> {
    let statement = Statement::new(concat!(
        "INSERT INTO users (",
        user_columns!(),
        ", id, last_login_at) SELECT $1, entry.* FROM unnest(",
        user_arrays!(),
        ", $35::bigint[], $36::timestamptz[]) AS entry",
    ))
    .bind(organization.get());
    let statement = bind_all_fields(Columns::new(statement, users), |record| &record.user)
        .of(|record| record.password.as_ref().map(PasswordHash::expose))
        .of(|record| record.user.id.get())
        .of(|record| last_login_value(&record.user))
        .statement();
    Ok(session.execute(statement).await?)
}

async fn insert_secrets(
    session: &mut Session<'_>,
    organization: OrganizationId,
    users: &[&Record],
    change: &Change,
) -> Result<(), Failure> {
    let statement = Statement::new(
        "INSERT INTO user_secrets (organization_id, created_at, user_id, digest, sealed, key_id) \
         SELECT $1, $2, entry.* FROM unnest($3::bigint[], $4::bytea[], $5::bytea[], $6::uuid[]) AS entry",
    )
    .bind(organization.get())
    .bind(change.at);
    let statement = Columns::new(statement, users)
        .of(|record| record.user.id.get())
        .of(|record| record.secret.digest.as_bytes().as_slice())
        .of(|record| record.secret.sealed.bytes.as_slice())
        .of(|record| record.secret.sealed.key_id.0)
        .statement();
    Ok(session.execute(statement).await?)
}

async fn insert_roles(
    session: &mut Session<'_>,
    organization: OrganizationId,
    users: &[&Record],
) -> Result<(), Failure> {
    let grants: Vec<_> = users
        .iter()
        .flat_map(|record| {
            let roles = record.roles.iter().flatten();
            roles.map(|role| (record.user.id.get(), role.as_str()))
        })
        .collect();
    if grants.is_empty() {
        return Ok(());
    }
    let statement = Statement::new(
        "INSERT INTO user_roles (organization_id, user_id, role_id) \
         SELECT $1, entry.user_id, roles.id FROM unnest($2::bigint[], $3::text[]) AS entry (user_id, key) \
         JOIN roles ON roles.organization_id = $1 AND roles.key = entry.key",
    )
    .bind(organization.get());
    let statement = Columns::new(statement, &grants)
        .of(|(user, _)| *user)
        .of(|(_, role)| *role)
        .statement();
    Ok(session.execute(statement).await?)
}

/// The newest has the greatest id, so it is the last to be written.
async fn insert_former_passwords(
    session: &mut Session<'_>,
    organization: OrganizationId,
    users: &[&Record],
    change: &Change,
) -> Result<(), Failure> {
    let former: Vec<_> = users
        .iter()
        .flat_map(|record| {
            let hashes = record.former_passwords.iter().rev();
            hashes.map(|hash| (record.user.id.get(), hash.expose()))
        })
        .collect();
    if former.is_empty() {
        return Ok(());
    }
    let statement = Statement::new(
        "INSERT INTO password_history (organization_id, replaced_at, user_id, hash) \
         SELECT $1, $2, entry.user_id, entry.hash \
         FROM unnest($3::bigint[], $4::text[]) WITH ORDINALITY AS entry (user_id, hash, place) ORDER BY entry.place",
    )
    .bind(organization.get())
    .bind(change.at);
    let statement = Columns::new(statement, &former)
        .of(|(user, _)| *user)
        .of(|(_, hash)| *hash)
        .statement();
    Ok(session.execute(statement).await?)
}
