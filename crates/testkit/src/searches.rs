//! What has to be found in a large organization without reading it, whatever the store. The user who is looked for has nothing but
//! `Zzyzx` in every text, belongs to account 8, is inactive, logged in on 2026-01-01, and has an instance 5 of an element `k5`; all
//! others are called otherwise.

use tenantry_domain::{
    UserField,
    ceql::{Field as _, Kind},
};

/// Filters that this user alone passes.
pub fn of_one() -> Vec<String> {
    let mut searches: Vec<String> = [
        "email = 'ZZYZX@7.example'",
        "email >= 'zz'",
        "email LIKE 'zzy%'",
        "email LIKE 'z%'",
        "email LIKE '%zyzx%'",
        "firstName LIKE 'Zzy%'",
        "firstName LIKE 'z%x'",
        "firstName LIKE '%zyz%'",
        "lastName LIKE 'zz%'",
        "lastName LIKE 'z%' AND active = false",
        "lastName LIKE '%zyz_'",
        "lastName LIKE 'zzyzx'",
        "fullName LIKE 'zzyzx z%'",
        "fullName LIKE 'z%'",
        "fullName LIKE '%yzx%' AND active = false",
        "fullName = 'Zzyzx Zzyzx'",
        "name > 'Zz' AND name < 'a'",
        "lastLoginDate > 2025-12-31",
        "lastLoginDate = 2026-01-01",
        "accountId = 8",
        "active = false",
        "instanceId = 5",
        "elementKey = 'k5'",
        "city = 'Zzyzx' OR email LIKE '%zyzx%'",
        "city IN ('Zzyzx', 'nowhere') AND NOT lastName LIKE 'a%'",
    ]
    .map(str::to_owned)
    .into();
    let texts = UserField::ALL.iter().filter(|field| {
        // The full name is two texts, and above.
        field.kind() == Kind::Text && !field.is_many() && **field != UserField::FullName
    });
    for field in texts.map(|field| field.name()) {
        searches.push(format!("{field} = 'Zzyzx'"));
        searches.push(format!(
            "{field} >= 'Zz' AND {field} < 'a' AND {field} > 'Z'"
        ));
    }
    searches
}

/// Filters that nobody passes.
pub const OF_NONE: [&str; 5] = [
    "lastName LIKE '%qqq%'",
    "lastName LIKE 'zzz%'",
    "firstName LIKE 'zzz%'",
    "city = 'nowhere'",
    "email > 'zzz'",
];

/// Orders that are read from an index: upwards by every field but what is true or false, and downwards by those that few have in common.
/// (Ties go upwards whichever way the field goes, so of a value that many have, all are sorted on the way down.)
pub fn orders() -> Vec<String> {
    let fields = UserField::ALL
        .iter()
        .filter(|field| field.kind() != Kind::Boolean && !field.is_many());
    let downwards = ["id desc", "lastName desc", "createdDate desc"];
    let names = fields.map(|field| field.name()).chain(downwards);
    names.map(str::to_owned).collect()
}
