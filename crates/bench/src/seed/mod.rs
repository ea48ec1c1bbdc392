//! Users by the million, written straight into the store: the API is not what is measured here. All of them are of
//! organization 2, account 2, the ones that `org create` made.

pub(crate) mod postgres;
pub(crate) mod sqlite;

/// The number of the first seeded user; the administrator stands before.
pub(crate) const FIRST: u64 = 3;

/// E-mail of the user with this number.
pub(crate) fn email(id: u64) -> String {
    format!("user{id}@load.example")
}

/// How many cities there are: a filter by city finds this part of the users.
pub(crate) const CITIES: u64 = 1000;
