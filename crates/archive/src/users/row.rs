//! From what a line says to a user, with all that is wrong with the line at once.

use tenantry_domain::{
    AccountId, Email, PasswordHash, PasswordState, Profile, Revision, RoleKey, SecretText, Text,
    User, UserId, transfer::UserRecord,
};
use time::{
    Date, OffsetDateTime, format_description::well_known::Rfc3339, macros::format_description,
};

use super::{UsersOptions, cell::Row, column::Column};
use crate::archive::{field, shown};

/// The user of that line. The errors show neither hash nor secret.
pub(super) fn record(
    row: Row,
    options: &UsersOptions,
) -> Result<UserRecord<Option<SecretText>>, Vec<String>> {
    let id = i64::try_from(row.line).unwrap_or(i64::MAX);
    let mut reading = Reading {
        row,
        problems: Vec::new(),
    };
    let email = reading.required(Column::Email, |text| {
        field::field("email", Email::parse(text))
    });
    let first_name = reading.required(Column::FirstName, |text| field::name("firstName", text));
    let last_name = reading.required(Column::LastName, |text| field::name("lastName", text));
    let password = reading.optional(Column::PasswordHash, |text| hash(text, options));
    let must_change = reading.optional(Column::MustChange, |text| truth(Column::MustChange, &text));
    if must_change.is_some() && password.is_none() && reading.problems.is_empty() {
        reading
            .problems
            .push("mustChange needs a passwordHash".to_owned());
    }
    let active = reading.optional(Column::Active, |text| truth(Column::Active, &text));
    let profile = reading.profile();
    let account_id = reading.account(options);
    let roles = reading.roles();
    let created_at = reading
        .optional(Column::CreatedDate, |text| instant(&text))
        .unwrap_or(options.at);
    let secret = reading.optional(Column::Secret, |text| secret(text, options));

    let (Some(email), Some(first_name), Some(last_name), true) =
        (email, first_name, last_name, reading.problems.is_empty())
    else {
        return Err(reading.problems);
    };
    Ok(UserRecord {
        user: User {
            id: UserId::new(id),
            organization_id: options.organization,
            account_id,
            email,
            first_name,
            last_name,
            active: active.unwrap_or(true),
            profile,
            password: match &password {
                Some(_) => PasswordState::Set {
                    changed_at: options.at,
                    must_change: must_change.unwrap_or(false),
                },
                None => PasswordState::Absent,
            },
            locked_until: None,
            last_login_at: None,
            created_at,
            updated_at: options.at,
            revision: Revision::FIRST,
        },
        password,
        former_passwords: Vec::new(),
        secret,
        roles: Some(roles),
    })
}

struct Reading {
    row: Row,
    problems: Vec<String>,
}

impl Reading {
    fn optional<T>(
        &mut self,
        column: Column,
        read: impl FnOnce(String) -> Result<T, String>,
    ) -> Option<T> {
        match self
            .row
            .take(column)
            .and_then(|text| text.map(read).transpose())
        {
            Ok(value) => value,
            Err(problem) => {
                self.problems.push(problem);
                None
            }
        }
    }

    fn required<T>(
        &mut self,
        column: Column,
        read: impl FnOnce(String) -> Result<T, String>,
    ) -> Option<T> {
        let before = self.problems.len();
        let value = self.optional(column, read);
        if value.is_none() && self.problems.len() == before {
            self.problems.push(format!("{} is missing", column.name()));
        }
        value
    }

    fn text(&mut self, column: Column) -> Option<Text> {
        self.optional(column, |text| field::text(column.name(), text))
    }

    fn profile(&mut self) -> Profile {
        Profile {
            external_id: self.text(Column::ExternalId),
            phone: self.text(Column::Phone),
            street1: self.text(Column::Street1),
            street2: self.text(Column::Street2),
            city: self.text(Column::City),
            state_province: self.text(Column::StateProvince),
            postal_code: self.text(Column::PostalCode),
            country: self.text(Column::Country),
        }
    }

    fn account(&mut self, options: &UsersOptions) -> AccountId {
        let accounts = &options.accounts;
        let by_id = self.optional(Column::AccountId, |text| {
            let id = text.parse().map(AccountId::new).ok();
            id.filter(|id| accounts.ids.contains(id)).ok_or_else(|| {
                format!(
                    "accountId: the organization {} has no account {}",
                    options.organization,
                    shown(&text)
                )
            })
        });
        let by_external_id = self.optional(Column::AccountExternalId, |text| {
            accounts.by_external_id.get(&text).copied().ok_or_else(|| {
                format!(
                    "accountExternalId: the organization {} has no active account with the externalId '{}'",
                    options.organization,
                    shown(&text)
                )
            })
        });
        if let (Some(one), Some(other)) = (by_id, by_external_id)
            && one != other
        {
            self.problems.push(format!(
                "accountId and accountExternalId name two accounts, {one} and {other}: leave one out"
            ));
        }
        by_id.or(by_external_id).unwrap_or(accounts.otherwise)
    }

    fn roles(&mut self) -> Vec<RoleKey> {
        let words = self.row.take_words(Column::Roles);
        match field::roles(&words) {
            Ok(roles) if roles.contains(&RoleKey::SysAdmin) => {
                self.problems
                    .push("roles: sys-admin is the operator's alone".to_owned());
                Vec::new()
            }
            Ok(roles) => roles,
            Err(problem) => {
                self.problems.push(problem);
                Vec::new()
            }
        }
    }
}

fn hash(text: String, options: &UsersOptions) -> Result<PasswordHash, String> {
    let hash = PasswordHash::new(text);
    match options.hasher.accepts(&hash) {
        Ok(()) => Ok(hash),
        Err(why) => Err(format!("passwordHash: {why}")),
    }
}

fn secret(text: String, options: &UsersOptions) -> Result<SecretText, String> {
    let secret = SecretText::made_elsewhere(text).map_err(|unfit| format!("secret {unfit}"))?;
    match options.vault.digest(&secret) {
        Some(_) => Ok(secret),
        None => Err(
            "secret looks like one of Tenantry, but its checksum is wrong: it was mistyped"
                .to_owned(),
        ),
    }
}

fn truth(column: Column, text: &str) -> Result<bool, String> {
    match text {
        "true" => Ok(true),
        "false" => Ok(false),
        other => Err(format!(
            "{} must be true or false: '{}' is neither",
            column.name(),
            shown(other)
        )),
    }
}

/// A day, or an instant with its offset; to the microsecond.
fn instant(text: &str) -> Result<OffsetDateTime, String> {
    let day = Date::parse(text, format_description!("[year]-[month]-[day]"))
        .map(|day| day.midnight().assume_utc());
    let instant = day
        .or_else(|_| OffsetDateTime::parse(text, &Rfc3339))
        .map_err(|_| {
            "createdDate must have the form 2026-01-31, or 2026-01-31T12:00:00Z".to_owned()
        })?;
    let whole = instant.nanosecond() / 1000 * 1000;
    instant
        .checked_to_offset(time::UtcOffset::UTC)
        .and_then(|instant| instant.replace_nanosecond(whole).ok())
        .ok_or_else(|| "createdDate is beyond the years that can be kept".to_owned())
}
