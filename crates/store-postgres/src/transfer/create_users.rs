//! Users, many at once, with all that is theirs.

use tenantry_domain::{
    Change, OrganizationId, PasswordHash, PasswordState, Profile, SealedSecret, Text, User,
    ceql::fold, transfer::UserRecord,
};
use time::OffsetDateTime;

use super::columns::Columns;
use crate::{error::Failure, session::Session, sql::Statement, user::columns::user_columns};

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
        ", id, last_login_at) SELECT $1, entry.* FROM unnest($2::bigint[], $3::text[], $4::text[], $5::text[], \
         $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::boolean[], $12::text[], $13::text[], \
         $14::text[], $15::text[], $16::text[], $17::text[], $18::text[], $19::text[], $20::text[], $21::text[], \
         $22::text[], $23::text[], $24::text[], $25::text[], $26::text[], $27::text[], $28::timestamptz[], \
         $29::boolean[], $30::timestamptz[], $31::timestamptz[], $32::timestamptz[], $33::bigint[], $34::text[], \
         $35::bigint[], $36::timestamptz[]) AS entry",
    ))
    .bind(organization.get());
    let columns = Columns::new(statement, users)
        .of(|record| record.user.account_id.get())
        .of(|record| record.user.email.as_str())
        .of(|record| record.user.email.folded())
        .of(|record| record.user.first_name.as_str())
        .of(|record| fold(record.user.first_name.as_str()))
        .of(|record| record.user.last_name.as_str())
        .of(|record| fold(record.user.last_name.as_str()))
        .of(|record| record.user.full_name())
        .of(|record| fold(&record.user.full_name()))
        .of(|record| record.user.active);
    let fields: [fn(&Profile) -> &Option<Text>; 8] = [
        |profile| &profile.external_id,
        |profile| &profile.phone,
        |profile| &profile.street1,
        |profile| &profile.street2,
        |profile| &profile.city,
        |profile| &profile.state_province,
        |profile| &profile.postal_code,
        |profile| &profile.country,
    ];
    let columns = fields.into_iter().fold(columns, |columns, field| {
        columns
            .of(move |record| field(&record.user.profile).as_ref().map(Text::as_str))
            .of(move |record| {
                let text = field(&record.user.profile).as_ref();
                text.map(|text| fold(text.as_str()))
            })
    });
    let statement = columns
        .of(|record| changed_at(&record.user))
        .of(|record| must_change(&record.user))
        .of(|record| record.user.locked_until)
        .of(|record| record.user.created_at)
        .of(|record| record.user.updated_at)
        .of(|record| record.user.revision.get())
        .of(|record| record.password.as_ref().map(PasswordHash::expose))
        .of(|record| record.user.id.get())
        .of(|record| {
            let never = OffsetDateTime::UNIX_EPOCH;
            record.user.last_login_at.unwrap_or(never)
        })
        .statement();
    Ok(session.execute(statement).await?)
}

fn changed_at(user: &User) -> Option<OffsetDateTime> {
    match user.password {
        PasswordState::Absent => None,
        PasswordState::Set { changed_at, .. } => Some(changed_at),
    }
}

fn must_change(user: &User) -> bool {
    match user.password {
        PasswordState::Absent => false,
        PasswordState::Set { must_change, .. } => must_change,
    }
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
