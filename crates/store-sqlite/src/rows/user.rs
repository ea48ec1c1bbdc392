//! Users as rows.

use rusqlite::{Connection, Row};
use tenantry_domain::{
    AccountId, Email, Entity, OrganizationId, PasswordHash, PasswordState, Profile, Reach,
    Revision, Scope, Text, User, UserField, UserId, ports::BoxError,
};
use time::OffsetDateTime;

use super::{Assignments, Cells};
use crate::{
    error::Failure,
    instant::to_micros,
    selectable::{Beginnings, Column, Selectable},
    sql::Sql,
    trigrams::Trigrams,
};

/// What [`read`] reads.
pub(crate) const COLUMNS: &str = "users.id, users.organization_id, users.account_id, users.email, users.first_name, \
    users.last_name, users.active, users.external_id, users.phone, users.street1, users.street2, users.city, \
    users.state_province, users.postal_code, users.country, users.password_hash IS NOT NULL, \
    users.password_changed_at, users.password_must_change, users.locked_until, users.last_login_at, \
    users.created_at, users.updated_at, users.revision";

/// The instances of a user. Every one has its element; the join is a left one so that SQLite leaves it out where nobody
/// asks for the element.
const INSTANCES: &str = " FROM instances LEFT JOIN elements ON elements.id = instances.element_id \
    WHERE instances.organization_id = users.organization_id AND instances.user_id = users.id";

pub(crate) fn read(row: &Row<'_>) -> Result<User, Failure> {
    Cells::entity(row, Entity::User, read_cells)
}

/// The user whose cells are next.
pub(crate) fn read_cells(cells: &mut Cells<'_>) -> Result<User, BoxError> {
    Ok(User {
        id: UserId::new(cells.take()?),
        organization_id: OrganizationId::new(cells.take()?),
        account_id: AccountId::new(cells.take()?),
        email: Email::parse(cells.take::<String>()?)?,
        first_name: cells.name()?,
        last_name: cells.name()?,
        active: cells.take()?,
        profile: Profile {
            external_id: cells.text()?,
            phone: cells.text()?,
            street1: cells.text()?,
            street2: cells.text()?,
            city: cells.text()?,
            state_province: cells.text()?,
            postal_code: cells.text()?,
            country: cells.text()?,
        },
        password: password_state(cells)?,
        locked_until: cells.optional_instant()?,
        last_login_at: Some(cells.instant()?).filter(|at| *at != OffsetDateTime::UNIX_EPOCH),
        created_at: cells.instant()?,
        updated_at: cells.instant()?,
        revision: Revision::new(cells.take()?),
    })
}

/// Stores a new user, under `id` if one is given; answers the id that it has.
pub(crate) fn insert(
    connection: &Connection,
    user: &User,
    hash: Option<&PasswordHash>,
    id: Option<i64>,
) -> Result<UserId, Failure> {
    let id = assignments(user)
        .set("id", id)
        .set("organization_id", user.organization_id.get())
        .set("account_id", user.account_id.get())
        .set("password_hash", hash.map(|hash| hash.expose().to_owned()))
        .set(
            "last_login_at",
            to_micros(user.last_login_at.unwrap_or(OffsetDateTime::UNIX_EPOCH)),
        )
        .instant("created_at", user.created_at)
        .insert(connection, "users")?;
    Ok(UserId::new(id))
}

/// What an update writes of a user. The password's hash and the wrong passwords are not part of a [`User`].
pub(crate) fn assignments(user: &User) -> Assignments {
    let full_name = user.full_name();
    let profile = &user.profile;
    let (changed_at, must_change) = match user.password {
        PasswordState::Absent => (None, false),
        PasswordState::Set {
            changed_at,
            must_change,
        } => (Some(changed_at), must_change),
    };
    Assignments::new()
        .set("email", user.email.as_str().to_owned())
        .set("email_folded", user.email.folded().to_owned())
        .text(
            "first_name",
            "first_name_folded",
            Some(user.first_name.as_str()),
        )
        .text(
            "last_name",
            "last_name_folded",
            Some(user.last_name.as_str()),
        )
        .text("full_name", "full_name_folded", Some(&full_name))
        .set("active", user.active)
        .text(
            "external_id",
            "external_id_folded",
            profile.external_id.as_ref().map(Text::as_str),
        )
        .text(
            "phone",
            "phone_folded",
            profile.phone.as_ref().map(Text::as_str),
        )
        .text(
            "street1",
            "street1_folded",
            profile.street1.as_ref().map(Text::as_str),
        )
        .text(
            "street2",
            "street2_folded",
            profile.street2.as_ref().map(Text::as_str),
        )
        .text(
            "city",
            "city_folded",
            profile.city.as_ref().map(Text::as_str),
        )
        .text(
            "state_province",
            "state_province_folded",
            profile.state_province.as_ref().map(Text::as_str),
        )
        .text(
            "postal_code",
            "postal_code_folded",
            profile.postal_code.as_ref().map(Text::as_str),
        )
        .text(
            "country",
            "country_folded",
            profile.country.as_ref().map(Text::as_str),
        )
        .set("password_changed_at", changed_at.map(to_micros))
        .set("password_must_change", must_change)
        .set("locked_until", user.locked_until.map(to_micros))
        .instant("updated_at", user.updated_at)
        .set("revision", user.revision.get())
}

/// The user of that id in `scope`.
pub(crate) fn find(
    connection: &Connection,
    scope: &Scope,
    id: UserId,
) -> Result<Option<User>, Failure> {
    let mut sql = Sql::new("SELECT ");
    sql.push(COLUMNS).push(" FROM users WHERE ");
    UserField::within(scope, &mut sql);
    sql.push(" AND users.id = ").bind(id.get());
    sql.row(connection, read)
}

/// Whether there is a hash, since when, and whether it must be changed.
pub(crate) fn password_state(cells: &mut Cells<'_>) -> Result<PasswordState, BoxError> {
    let (exists, changed_at, must_change) =
        (cells.take()?, cells.optional_instant()?, cells.take()?);
    match (exists, changed_at) {
        (false, _) => Ok(PasswordState::Absent),
        (true, Some(changed_at)) => Ok(PasswordState::Set {
            changed_at,
            must_change,
        }),
        (true, None) => Err("a password without the instant of its change".into()),
    }
}

impl Selectable for UserField {
    const TABLE: &'static str = "users";
    const ID_COLUMN: &'static str = "users.id";
    const COVERED: Option<Self> = Some(Self::Active);
    const IDS: &'static str = "SELECT users.id FROM users WHERE users.organization_id = ";

    fn ids(self) -> &'static str {
        match self {
            Self::InstanceId => {
                "SELECT instances.user_id FROM instances WHERE instances.organization_id = "
            }
            // `CROSS JOIN` is to SQLite an inner join that keeps its place: the elements are found first.
            Self::ElementKey => {
                "SELECT instances.user_id FROM elements CROSS JOIN instances \
                 ON instances.organization_id = elements.organization_id AND instances.element_id = elements.id \
                 WHERE elements.organization_id = "
            }
            _ => Self::IDS,
        }
    }

    fn rare(self) -> Option<(bool, &'static str)> {
        (self == Self::Active).then_some((false, "users.active = 0"))
    }

    fn trigrams(self) -> Option<Trigrams> {
        let column = match self {
            Self::Email => "email",
            // A full name holds the other two.
            Self::FirstName | Self::LastName | Self::FullName => "full_name",
            _ => return None,
        };
        Some(Trigrams {
            rows: "SELECT rowid FROM users_letters WHERE users_letters MATCH ",
            column,
        })
    }

    fn beginnings(self) -> Option<Beginnings> {
        let (column, exact) = match self {
            Self::Email => ("users.email_folded", true),
            Self::LastName => ("users.last_name_folded", true),
            Self::FullName => ("users.full_name_folded", true),
            // With it a full name begins.
            Self::FirstName => ("users.full_name_folded", false),
            _ => return None,
        };
        Some(Beginnings { column, exact })
    }

    fn column(self) -> Column {
        match self {
            Self::Id => Column::plain("users.id"),
            Self::Email => Column::plain("users.email_folded"),
            Self::FirstName => Column::text("users.first_name", "users.first_name_folded"),
            Self::LastName => Column::text("users.last_name", "users.last_name_folded"),
            Self::FullName => Column::text("users.full_name", "users.full_name_folded"),
            Self::Active => Column::plain("users.active"),
            Self::CreatedDate => Column::plain("users.created_at"),
            Self::LastLoginDate => Column::plain("users.last_login_at"),
            Self::ExternalId => Column::text("users.external_id", "users.external_id_folded"),
            Self::Phone => Column::text("users.phone", "users.phone_folded"),
            Self::Street1 => Column::text("users.street1", "users.street1_folded"),
            Self::Street2 => Column::text("users.street2", "users.street2_folded"),
            Self::City => Column::text("users.city", "users.city_folded"),
            Self::StateProvince => {
                Column::text("users.state_province", "users.state_province_folded")
            }
            Self::PostalCode => Column::text("users.postal_code", "users.postal_code_folded"),
            Self::Country => Column::text("users.country", "users.country_folded"),
            Self::AccountId => Column::plain("users.account_id"),
            Self::InstanceId => Column::Many {
                rows: INSTANCES,
                exact: "instances.id",
                folded: "instances.id",
            },
            Self::ElementKey => Column::Many {
                rows: INSTANCES,
                exact: "elements.key",
                folded: "elements.key_folded",
            },
        }
    }

    fn within(scope: &Scope, sql: &mut Sql) {
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
}
