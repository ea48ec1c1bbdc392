//! A user as the API shows it, and the row that it is made of.

use serde::Serialize;
use time::{Date, OffsetDateTime};

/// The body of a reply.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "the contract's fields")]
pub(super) struct User {
    id: i64,
    created_date: String,
    username: String,
    first_name: String,
    last_name: String,
    full_name: String,
    email: String,
    active: bool,
    last_login_date: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    street1: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    street2: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    city: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state_province: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    postal_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<String>,
    account_expired: bool,
    account_non_expired: bool,
    account_locked: bool,
    account_non_locked: bool,
    credentials_expired: bool,
    credentials_non_expired: bool,
    email_valid: bool,
    enabled: bool,
    account_id: i64,
}

/// What a query answers.
pub(super) struct Row {
    pub(super) id: i64,
    pub(super) account_id: i64,
    pub(super) email: String,
    pub(super) first_name: String,
    pub(super) last_name: String,
    pub(super) full_name: String,
    pub(super) active: bool,
    pub(super) external_id: Option<String>,
    pub(super) phone: Option<String>,
    pub(super) street1: Option<String>,
    pub(super) street2: Option<String>,
    pub(super) city: Option<String>,
    pub(super) state_province: Option<String>,
    pub(super) postal_code: Option<String>,
    pub(super) country: Option<String>,
    pub(super) created_at: OffsetDateTime,
    pub(super) last_login_at: OffsetDateTime,
}

impl From<Row> for User {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            created_date: day(row.created_at.date()),
            username: row.email.clone(),
            first_name: row.first_name,
            last_name: row.last_name,
            full_name: row.full_name,
            email: row.email,
            active: row.active,
            last_login_date: day(row.last_login_at.date()),
            external_id: row.external_id,
            phone: row.phone,
            street1: row.street1,
            street2: row.street2,
            city: row.city,
            state_province: row.state_province,
            postal_code: row.postal_code,
            country: row.country,
            account_expired: false,
            account_non_expired: row.active,
            account_locked: false,
            account_non_locked: true,
            credentials_expired: true,
            credentials_non_expired: false,
            email_valid: true,
            enabled: row.active,
            account_id: row.account_id,
        }
    }
}

fn day(date: Date) -> String {
    format!(
        "{:04}-{:02}-{:02}",
        date.year(),
        u8::from(date.month()),
        date.day()
    )
}
