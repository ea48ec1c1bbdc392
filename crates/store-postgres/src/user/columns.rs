//! The columns of users: by field, as they are written, as they are read.

use sqlx::{ColumnIndex, postgres::PgRow};
use tenantry_domain::{
    AccountId, Entity, OrganizationId, PasswordState, Profile, Reach, Scope, Text, User, UserField,
    UserId, ceql::fold, ports::RepositoryError,
};
use time::OffsetDateTime;

use crate::{
    row::Fields,
    sql::{Sql, Statement},
    table::{Column, Table, Within},
    unnested::Columns,
};

/// The columns that an insertion names.
macro_rules! user_columns {
    () => {
        concat!("organization_id, ", $crate::user::columns::user_fields!())
    };
}
pub(crate) use user_columns;

/// The same without the organization, in the order of [`user_values`] and [`user_arrays`].
macro_rules! user_fields {
    () => {
        "account_id, email, email_folded, first_name, first_name_folded, last_name, last_name_folded, full_name, \
         full_name_folded, active, external_id, external_id_folded, phone, phone_folded, street1, street1_folded, \
         street2, street2_folded, city, city_folded, state_province, state_province_folded, postal_code, \
         postal_code_folded, country, country_folded, password_changed_at, password_must_change, locked_until, \
         created_at, updated_at, revision, password_hash"
    };
}
pub(crate) use user_fields;

/// The arguments of an insertion of several, $2 … $34: those of [`bind_all_fields`], password hash. The first one is a subquery, so that
/// PostgreSQL does not see how long it is: for few it would plan the statement anew each time, which takes longer with twenty
/// indexes than all else.
macro_rules! user_arrays {
    () => {
        "(SELECT $2::bigint[]), $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], \
         $10::text[], $11::boolean[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[], $17::text[], \
         $18::text[], $19::text[], $20::text[], $21::text[], $22::text[], $23::text[], $24::text[], $25::text[], \
         $26::text[], $27::text[], $28::timestamptz[], $29::boolean[], $30::timestamptz[], $31::timestamptz[], \
         $32::timestamptz[], $33::bigint[], $34::text[]"
    };
}
pub(crate) use user_arrays;

/// The arguments of an insertion: organization, account, those of [`bind_fields`], revision, password hash.
macro_rules! user_values {
    () => {
        "$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, \
         $24, $25, $26, $27, $28, $29, $30, $31, $31, $32, $33"
    };
}
pub(crate) use user_values;

/// The assignments of an update, with the same arguments; without a new password hash, the old one stays.
macro_rules! user_assignments {
    () => {
        "email = $3, email_folded = $4, first_name = $5, first_name_folded = $6, last_name = $7, \
         last_name_folded = $8, full_name = $9, full_name_folded = $10, active = $11, external_id = $12, \
         external_id_folded = $13, phone = $14, phone_folded = $15, street1 = $16, street1_folded = $17, \
         street2 = $18, street2_folded = $19, city = $20, city_folded = $21, state_province = $22, \
         state_province_folded = $23, postal_code = $24, postal_code_folded = $25, country = $26, \
         country_folded = $27, password_changed_at = $28, password_must_change = $29, locked_until = $30, \
         updated_at = $31, revision = $32, password_hash = coalesce($33, password_hash)"
    };
}
pub(crate) use user_assignments;

/// What [`user_of`] reads.
macro_rules! user_selection {
    () => {
        "users.organization_id, users.id, users.account_id, users.email, users.first_name, users.last_name, \
         users.active, users.external_id, users.phone, users.street1, users.street2, users.city, \
         users.state_province, users.postal_code, users.country, users.password_changed_at, \
         users.password_must_change, users.locked_until, users.last_login_at, users.created_at, users.updated_at, \
         users.revision"
    };
}
pub(crate) use user_selection;

/// The instances of a user. Every one has its element; the join is a left one so that PostgreSQL leaves it out where
/// nobody asks for the element.
const INSTANCES: &str = " FROM instances LEFT JOIN elements ON elements.organization_id = instances.organization_id AND \
    elements.id = instances.element_id WHERE instances.organization_id = users.organization_id AND \
    instances.user_id = users.id";

/// Binds what a caller can change of a user, and the instant of the change, to $3 … $31.
pub(crate) fn bind_fields(statement: Statement, user: &User) -> Statement {
    let profile = &user.profile;
    let full_name = user.full_name();
    let statement = statement
        .bind(user.email.as_str())
        .bind(user.email.folded())
        .bind(user.first_name.as_str())
        .bind(fold(user.first_name.as_str()))
        .bind(user.last_name.as_str())
        .bind(fold(user.last_name.as_str()))
        .bind(full_name.as_str())
        .bind(fold(&full_name))
        .bind(user.active);
    let statement = [
        &profile.external_id,
        &profile.phone,
        &profile.street1,
        &profile.street2,
        &profile.city,
        &profile.state_province,
        &profile.postal_code,
        &profile.country,
    ]
    .into_iter()
    .fold(statement, |statement, text| {
        statement
            .bind(text.as_ref().map(Text::as_str))
            .bind(text.as_ref().map(|text| fold(text.as_str())))
    });
    statement
        .bind(changed_at(user))
        .bind(must_change(user))
        .bind(user.locked_until)
        .bind(user.updated_at)
}

/// Binds accounts, fields, instants and revisions of several users as arrays.
pub(crate) fn bind_all_fields<'r, T>(
    rows: Columns<'r, T>,
    user: impl Fn(&'r T) -> &'r User + Copy,
) -> Columns<'r, T> {
    let rows = rows
        .of(|row| user(row).account_id.get())
        .of(|row| user(row).email.as_str())
        .of(|row| user(row).email.folded())
        .of(|row| user(row).first_name.as_str())
        .of(|row| fold(user(row).first_name.as_str()))
        .of(|row| user(row).last_name.as_str())
        .of(|row| fold(user(row).last_name.as_str()))
        .of(|row| user(row).full_name())
        .of(|row| fold(&user(row).full_name()))
        .of(|row| user(row).active);
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
    let rows = fields.into_iter().fold(rows, |rows, field| {
        rows.of(move |row| field(&user(row).profile).as_ref().map(Text::as_str))
            .of(move |row| {
                let text = field(&user(row).profile).as_ref();
                text.map(|text| fold(text.as_str()))
            })
    });
    rows.of(|row| changed_at(user(row)))
        .of(|row| must_change(user(row)))
        .of(|row| user(row).locked_until)
        .of(|row| user(row).created_at)
        .of(|row| user(row).updated_at)
        .of(|row| user(row).revision.get())
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

/// Reads a row of [`user_selection`], whose columns stand beside each other, in the order in which they are read here: by its name each
/// would be looked up in a hash table, twenty times for every user of a page.
pub(crate) fn user_of(row: &PgRow) -> Result<User, RepositoryError> {
    let fields = Fields::of(Entity::User, row)?;
    let mut place = fields.place("organization_id")?..;
    let mut next = || place.next().unwrap_or(usize::MAX);
    Ok(User {
        organization_id: OrganizationId::new(fields.get(next())?),
        id: UserId::new(fields.get(next())?),
        account_id: AccountId::new(fields.get(next())?),
        email: fields.email(next())?,
        first_name: fields.name(next())?,
        last_name: fields.name(next())?,
        active: fields.get(next())?,
        profile: Profile {
            external_id: fields.optional_text(next())?,
            phone: fields.optional_text(next())?,
            street1: fields.optional_text(next())?,
            street2: fields.optional_text(next())?,
            city: fields.optional_text(next())?,
            state_province: fields.optional_text(next())?,
            postal_code: fields.optional_text(next())?,
            country: fields.optional_text(next())?,
        },
        password: password_state(&fields, next(), next())?,
        locked_until: fields.get(next())?,
        last_login_at: last_login_of(fields.get(next())?),
        created_at: fields.get(next())?,
        updated_at: fields.get(next())?,
        revision: fields.revision(next())?,
    })
}

/// What the column `last_login_at` says.
fn last_login_of(at: OffsetDateTime) -> Option<OffsetDateTime> {
    Some(at).filter(|at| *at != OffsetDateTime::UNIX_EPOCH)
}

/// What the column `last_login_at` has of this user.
pub(crate) fn last_login_value(user: &User) -> OffsetDateTime {
    user.last_login_at.unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// What the columns `password_changed_at` and `password_must_change` say.
pub(crate) fn password_state(
    fields: &Fields<'_>,
    changed_at: impl ColumnIndex<PgRow>,
    must_change: impl ColumnIndex<PgRow>,
) -> Result<PasswordState, RepositoryError> {
    Ok(match fields.get(changed_at)? {
        None => PasswordState::Absent,
        Some(changed_at) => PasswordState::Set {
            changed_at,
            must_change: fields.get(must_change)?,
        },
    })
}

impl Table for UserField {
    type Item = User;

    const SELECT: &'static str = concat!("SELECT ", user_selection!(), " FROM users");
    const FROM: &'static str = " FROM users";

    fn column(self) -> Column {
        match self {
            Self::Id => Column::required("users.id"),
            Self::Email => Column::text("users.email_folded", "users.email_folded")
                .with_trigrams()
                .with_beginnings("users.email_folded"),
            Self::FirstName => Column::text("users.first_name", "users.first_name_folded")
                .with_beginnings("users.full_name_folded")
                .part_of(Within {
                    folded: "users.full_name_folded",
                    before: "",
                    behind: " %",
                }),
            Self::LastName => Column::text("users.last_name", "users.last_name_folded")
                .with_beginnings("users.last_name_folded")
                .part_of(Within {
                    folded: "users.full_name_folded",
                    before: "% ",
                    behind: "",
                }),
            Self::FullName => Column::text("users.full_name", "users.full_name_folded")
                .with_trigrams()
                .with_beginnings("users.full_name_folded"),
            Self::Active => Column::required("users.active"),
            Self::CreatedDate => Column::required("users.created_at"),
            Self::LastLoginDate => Column::required("users.last_login_at"),
            Self::ExternalId => {
                Column::text("users.external_id", "users.external_id_folded").or_null()
            }
            Self::Phone => Column::text("users.phone", "users.phone_folded").or_null(),
            Self::Street1 => Column::text("users.street1", "users.street1_folded").or_null(),
            Self::Street2 => Column::text("users.street2", "users.street2_folded").or_null(),
            Self::City => Column::text("users.city", "users.city_folded").or_null(),
            Self::StateProvince => {
                Column::text("users.state_province", "users.state_province_folded").or_null()
            }
            Self::PostalCode => {
                Column::text("users.postal_code", "users.postal_code_folded").or_null()
            }
            Self::Country => Column::text("users.country", "users.country_folded").or_null(),
            Self::AccountId => Column::required("users.account_id"),
            Self::InstanceId => Column::required("instances.id").among(INSTANCES),
            Self::ElementKey => {
                Column::text("elements.key", "elements.key_folded").among(INSTANCES)
            }
        }
    }

    fn within(sql: &mut Sql, scope: &Scope) {
        sql.push("users.organization_id = ")
            .bind(scope.organization_id().get());
        match scope.reach() {
            Reach::Organization => {}
            Reach::Account(account) => {
                sql.push(" AND users.account_id = ").bind(account.get());
            }
            Reach::User(user) => {
                sql.push(" AND users.id = ").bind(user.get());
            }
        }
    }

    fn item(row: &PgRow) -> Result<User, RepositoryError> {
        user_of(row)
    }
}
