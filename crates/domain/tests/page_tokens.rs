//! Page tokens: what they mean, and that nobody else's or damaged ones are taken.
#![expect(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;
use tenantry_domain::{
    OrganizationId, Scope, User, UserField,
    ceql::Filter,
    page::{Cursor, Keyset, Sort},
};
use tenantry_testkit::{memory::MemoryStore, samples};

const SCOPE: Scope = Scope::organization(OrganizationId::new(2));

/// A user as a store would answer it.
fn user(email: &str) -> User {
    tenantry_testkit::run(async {
        let repositories = MemoryStore::new().repositories();
        let change = samples::change();
        let shire = samples::organization_draft("Shire");
        let shire = repositories
            .organizations
            .create(&shire, &change)
            .await
            .unwrap();
        let draft = samples::user_draft(shire.account.id, email);
        repositories
            .users
            .create(shire.organization.id, &draft, &change)
            .await
            .unwrap()
    })
}

fn sort(text: &str) -> Sort<UserField> {
    Sort::parse(text).unwrap()
}

#[test]
fn a_token_is_read_in_its_own_list_only() {
    let (user, filter) = (user("frodo@shire.example"), Filter::All);
    let by_email = sort("email desc, city");
    let keyset = Keyset::of(&by_email, &user);
    let token = keyset.cursor(&SCOPE, &filter, &by_email);
    let read = |scope: &Scope, filter: &Filter<UserField>, sort: &Sort<UserField>| {
        Keyset::parse(&token, scope, filter, sort)
    };
    assert_eq!(read(&SCOPE, &filter, &by_email), Some(keyset));
    assert_eq!(
        read(
            &Scope::organization(OrganizationId::new(3)),
            &filter,
            &by_email
        ),
        None
    );
    assert_eq!(
        read(&SCOPE, &Filter::parse("id = 1").unwrap(), &by_email),
        None
    );
    assert_eq!(read(&SCOPE, &filter, &sort("email")), None);
    assert_eq!(read(&SCOPE, &filter, &sort("id")), None);
}

#[test]
fn what_lies_behind_a_place_is_said_as_a_filter() {
    let user = user("Frodo@shire.example");
    for (order, expected) in [
        ("id", "id > 3"),
        ("id desc", "id < 3"),
        // An absent value comes before all others, and after all others when descending.
        ("city", "city IS NOT NULL OR city IS NULL AND id > 3"),
        (
            "email",
            "email >= 'frodo@shire.example' AND (email > 'frodo@shire.example' OR email = 'frodo@shire.example' AND id > 3)",
        ),
    ] {
        let sort = sort(order);
        assert_eq!(
            Keyset::of(&sort, &user).filter(&sort).to_string(),
            expected,
            "{order}"
        );
    }
}

proptest! {
    #[test]
    fn a_damaged_token_is_refused(place in 0_usize..40, flip in 1_u8..64) {
        let by_name = sort("lastName");
        let user = user("frodo@shire.example");
        let token = Keyset::of(&by_name, &user).cursor(&SCOPE, &Filter::All, &by_name);
        let mut text = token.as_str().as_bytes().to_vec();
        let place = place % text.len();
        let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let at = alphabet.iter().position(|letter| *letter == text[place]).unwrap();
        text[place] = alphabet[(at + usize::from(flip)) % 64];
        let damaged = Cursor::new(String::from_utf8(text).unwrap());
        prop_assert_eq!(Keyset::parse(&damaged, &SCOPE, &Filter::All, &by_name), None);
    }

    #[test]
    fn no_text_makes_it_panic(text: String) {
        let by_id = Sort::<UserField>::by_id();
        prop_assert_eq!(Keyset::parse(&Cursor::new(text), &SCOPE, &Filter::All, &by_id), None);
    }
}
