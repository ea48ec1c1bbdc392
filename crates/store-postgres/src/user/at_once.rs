//! Users who were read without a lock, and are written if nobody else has written them since, in one statement: those of one
//! organization that wait at the same moment share it.
//!
//! Whoever is held or was written by somebody else is left out, and nobody waits for him: then the caller does it with a lock.

use tenantry_domain::{
    AuditAction, Change, Entity, OrganizationId, Snapshot, User, ports::RepositoryError,
};

use super::columns::{bind_all_fields, last_login_value, user_arrays, user_fields};
use crate::{
    audit,
    database::Database,
    sql::Statement,
    together::{Shared, place},
    unnested::Columns,
};

/// A change that is of the row alone. Whoever is deactivated loses the login tokens with it.
pub(super) struct Writing {
    before: User,
    after: User,
    old: Snapshot,
    new: Snapshot,
    change: Change,
}

/// An erasure of somebody who has no instance.
pub(super) struct Erasing {
    before: User,
    change: Change,
}

impl Writing {
    pub(super) fn new(before: User, after: User, change: &Change) -> Self {
        let (old, new) = Snapshot::difference(&before.snapshot(), &after.snapshot());
        Self {
            before,
            after,
            old,
            new,
            change: *change,
        }
    }
}

impl Erasing {
    pub(super) fn new(before: User, change: &Change) -> Self {
        Self {
            before,
            change: *change,
        }
    }
}

/// The places of those who are as they were read and whom nobody holds: they are locked. Wrong passwords lock a user without counting
/// as a write, and so does a second login of the same day, which leaves a token.
///
/// The limit makes PostgreSQL look each of them up in the index, however large it believes the table to be. A row that is locked stays
/// where it is, so it is written by its place in the table; the range of `free.place`, which all are in, makes PostgreSQL expect one,
/// and not read an organization to find ten.
macro_rules! free {
    ($more:literal, $lock:literal) => {
        concat!(
            "free AS MATERIALIZED (SELECT wanted.place, users.tid FROM wanted CROSS JOIN LATERAL (\
             SELECT ctid AS tid FROM users WHERE organization_id = $1 AND id = wanted.id AND revision = wanted.known_revision \
             AND account_id = wanted.account_id AND locked_until IS NOT DISTINCT FROM wanted.locked_until",
            $more,
            " LIMIT 1 FOR ",
            $lock,
            " SKIP LOCKED) AS users)"
        )
    };
}

const WRITE: &str = concat!(
    "WITH wanted AS MATERIALIZED (SELECT entry.* FROM unnest(",
    user_arrays!(),
    ", $35::bigint[], $36::bigint[], $37::timestamptz[], $38::boolean[], $39::timestamptz[], $40::text[], $41::bigint[], \
     $42::text[], $43::jsonb[], $44::jsonb[]) WITH ORDINALITY AS entry (",
    user_fields!(),
    ", id, known_revision, known_login, deactivated, at, author, author_user_id, request_id, old, new, place)), ",
    free!(" AND last_login_at = wanted.known_login", "NO KEY UPDATE"),
    ", written AS (UPDATE users SET email = wanted.email, email_folded = wanted.email_folded, \
     first_name = wanted.first_name, first_name_folded = wanted.first_name_folded, last_name = wanted.last_name, \
     last_name_folded = wanted.last_name_folded, full_name = wanted.full_name, full_name_folded = wanted.full_name_folded, \
     active = wanted.active, external_id = wanted.external_id, external_id_folded = wanted.external_id_folded, \
     phone = wanted.phone, phone_folded = wanted.phone_folded, street1 = wanted.street1, \
     street1_folded = wanted.street1_folded, street2 = wanted.street2, street2_folded = wanted.street2_folded, \
     city = wanted.city, city_folded = wanted.city_folded, state_province = wanted.state_province, \
     state_province_folded = wanted.state_province_folded, postal_code = wanted.postal_code, \
     postal_code_folded = wanted.postal_code_folded, country = wanted.country, country_folded = wanted.country_folded, \
     updated_at = wanted.updated_at, revision = wanted.revision \
     FROM wanted JOIN free USING (place) WHERE users.ctid = free.tid AND free.place BETWEEN 1 AND 2147483647 RETURNING wanted.place), \
     ended AS (DELETE FROM login_tokens USING written JOIN wanted USING (place) WHERE wanted.deactivated \
     AND login_tokens.organization_id = $1 AND login_tokens.user_id = wanted.id), \
     recorded AS (INSERT INTO audit_records \
     (organization_id, account_id, at, author, author_user_id, request_id, action, target, target_id, old, new) \
     SELECT $1, wanted.account_id, wanted.at, wanted.author, wanted.author_user_id, wanted.request_id, $45, $46, wanted.id, \
     wanted.old, wanted.new FROM written JOIN wanted USING (place) WHERE wanted.old <> '{}' OR wanted.new <> '{}' ORDER BY place) \
     SELECT place FROM written",
);

const ERASE: &str = concat!(
    "WITH wanted AS MATERIALIZED (SELECT entry.* FROM unnest((SELECT $2::bigint[]), $3::bigint[], $4::bigint[], \
     $5::timestamptz[], $6::timestamptz[], $7::text[], $8::bigint[], $9::text[], $10::jsonb[]) WITH ORDINALITY \
     AS entry (id, known_revision, account_id, locked_until, at, author, author_user_id, request_id, old, place)), ",
    free!(
        " AND NOT EXISTS (SELECT FROM instances WHERE instances.organization_id = $1 AND instances.user_id = wanted.id)",
        "UPDATE"
    ),
    ", erased AS (DELETE FROM users USING wanted JOIN free USING (place) \
     WHERE users.ctid = free.tid AND free.place BETWEEN 1 AND 2147483647 RETURNING wanted.place), \
     recorded AS (INSERT INTO audit_records \
     (organization_id, account_id, at, author, author_user_id, request_id, action, target, target_id, old, new) \
     SELECT $1, wanted.account_id, wanted.at, wanted.author, wanted.author_user_id, wanted.request_id, $11, $12, wanted.id, \
     wanted.old, '{}' FROM erased JOIN wanted USING (place) ORDER BY place) \
     SELECT place FROM erased",
);

impl Shared for Writing {
    type Answer = bool;

    async fn several(
        database: &Database,
        several: &[&Self],
    ) -> Result<Vec<Result<bool, RepositoryError>>, RepositoryError> {
        let organization = organization(several, |one| &one.before);
        let columns = Columns::new(Statement::new(WRITE).bind(organization), several);
        let statement = bind_all_fields(columns, |one| &one.after)
            // Of the arrays of an insertion the one that is not written here.
            .of(|_| None::<&str>)
            .of(|one| one.before.id.get())
            .of(|one| one.before.revision.get())
            .of(|one| last_login_value(&one.before))
            .of(|one| one.before.active && !one.after.active)
            .of(|one| one.change.at)
            .of(|one| audit::author(&one.change).0)
            .of(|one| audit::author(&one.change).1)
            .of(|one| one.change.request_id.to_string())
            .of(|one| audit::json(&one.old))
            .of(|one| audit::json(&one.new))
            .statement()
            .bind(AuditAction::Updated.as_str())
            .bind(Entity::User.as_str());
        done(database, statement, several.len()).await
    }
}

impl Shared for Erasing {
    type Answer = bool;

    async fn several(
        database: &Database,
        several: &[&Self],
    ) -> Result<Vec<Result<bool, RepositoryError>>, RepositoryError> {
        let organization = organization(several, |one| &one.before);
        let statement = Columns::new(Statement::new(ERASE).bind(organization), several)
            .of(|one| one.before.id.get())
            .of(|one| one.before.revision.get())
            .of(|one| one.before.account_id.get())
            .of(|one| one.before.locked_until)
            .of(|one| one.change.at)
            .of(|one| audit::author(&one.change).0)
            .of(|one| audit::author(&one.change).1)
            .of(|one| one.change.request_id.to_string())
            .of(|one| audit::owned_json(one.before.snapshot()))
            .statement()
            .bind(AuditAction::Deleted.as_str())
            .bind(Entity::User.as_str());
        done(database, statement, several.len()).await
    }
}

/// That of all of them.
fn organization<S>(several: &[&S], user: fn(&S) -> &User) -> Option<i64> {
    several
        .first()
        .map(|one| OrganizationId::get(user(one).organization_id))
}

/// Executes a statement that answers the places, from 1 on, of those it has written; says of each whether it was.
async fn done(
    database: &Database,
    statement: Statement,
    count: usize,
) -> Result<Vec<Result<bool, RepositoryError>>, RepositoryError> {
    let mut done: Vec<_> = (0..count).map(|_| Ok(false)).collect();
    for row in database.write(statement).await? {
        if let Some(one) = done.get_mut(place(&row)?) {
            *one = Ok(true);
        }
    }
    Ok(done)
}
