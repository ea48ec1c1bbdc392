//! Whatever a text is, it comes back as it went in and is found again.

use tenantry_domain::{
    AccountDraft, InstanceDraft, User, UserField,
    ceql::{Comparison, Filter, Pattern},
    page::{Direction, PageRequest, Sort},
};

use super::given::{around, whole};
use crate::{
    Fresh,
    samples::{self, change, name, text},
    strategies,
};

pub async fn the_longest_texts_are_kept(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let longest = "😀".repeat(255);
    let address = format!(
        "{}@{}.example",
        "é".repeat(100),
        "x".repeat(254 - 200 - 1 - 8)
    );
    assert_eq!(address.len(), 254);
    let user = create(&fresh, &shire.account, &address, &longest).await;
    assert_eq!(fresh.reread(&user).await.as_ref(), Some(&user));
    let users = &fresh.repositories.users;
    let asked = samples::email(&address.to_uppercase());
    let found = users.find_by_email(&around(&user), &asked).await.unwrap();
    assert_eq!(found.as_ref(), Some(&user));
    found_by(&fresh, &user, &longest).await;

    // The folded form of this one is half as long again.
    let growing = "İ".repeat(255);
    let other = create(&fresh, &shire.account, "other@shire.example", &growing).await;
    assert_eq!(fresh.reread(&other).await.as_ref(), Some(&other));
    found_by(&fresh, &other, &growing).await;
}

pub async fn pages_continue_behind_the_longest_texts(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let longest = "😀".repeat(255);
    for number in 0..3 {
        let address = format!("user{number}@shire.example");
        create(&fresh, &shire.account, &address, &longest).await;
    }
    let scope = whole(shire.organization.id);
    let users = &fresh.repositories.users;
    let sort = Sort::parse("firstName desc, city, externalId desc, street1").unwrap();
    let mut request = PageRequest::first(1);
    let mut seen = 0;
    loop {
        let page = users.list(&scope, &Filter::All, &sort, &request).await;
        let page = page.unwrap();
        seen += page.items.len();
        match page.next {
            Some(cursor) => request = PageRequest::after(cursor, 1),
            None => break,
        }
    }
    assert_eq!(seen, 4);
}

pub async fn texts_that_look_like_sql_are_kept(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    for (number, content) in [
        "'; DROP TABLE users; --",
        "\" OR \"\" = \"",
        "$1 ?1 :a @a %s {}",
        "\\'; \\x00 \\",
        "NULL",
        "/* */ UNION SELECT",
        "{\"a\": [1, null]}",
        "%_%",
    ]
    .into_iter()
    .enumerate()
    {
        let address = format!("{number}'--\"$1;%_\\@shire.example");
        let user = create(&fresh, &shire.account, &address, content).await;
        assert_eq!(fresh.reread(&user).await.as_ref(), Some(&user));
        found_by(&fresh, &user, content).await;
        let users = &fresh.repositories.users;
        let found = users.find_by_email(&around(&user), &user.email).await;
        assert_eq!(found.unwrap(), Some(user));
    }
}

pub async fn white_space_and_composed_characters_are_kept(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    for (number, content) in [
        " x ",
        "\tx\t",
        "e\u{301}",
        "é",
        "\u{feff}x",
        "x\u{200d}\u{202e}y",
        "\u{10ffff}",
        "ﬀ",
        "ſ",
        "K",
        "\u{e000}\u{fffd}",
    ]
    .into_iter()
    .enumerate()
    {
        let address = format!("user{number}@shire.example");
        let user = create(&fresh, &shire.account, &address, content).await;
        assert_eq!(fresh.reread(&user).await.as_ref(), Some(&user));
        found_by(&fresh, &user, content).await;
    }
}

/// By code point, `U+FFFD` comes before `U+1F600`; by UTF-16 unit it would come after.
pub async fn characters_beyond_the_basic_plane_are_ordered_by_code_point(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let bree = fresh.account(shire.organization.id, "Bree").await;
    let ordered = ["A", "Z", "a", "z", "ß", "é", "ı", "Σ", "\u{fffd}", "😀"];
    for (number, content) in ordered.iter().enumerate().rev() {
        let address = format!("user{number}@shire.example");
        create(&fresh, &bree, &address, content).await;
    }
    let scope = tenantry_domain::Scope::account(bree.organization_id, bree.id);
    for direction in [Direction::Ascending, Direction::Descending] {
        let sort = Sort::by(UserField::LastName, direction);
        let listed = fresh.users(&scope, &Filter::All, &sort).await;
        let mut names: Vec<_> = listed.iter().map(|user| user.last_name.as_str()).collect();
        if direction == Direction::Descending {
            names.reverse();
        }
        assert_eq!(names, ordered);
    }
    for (place, content) in ordered.iter().enumerate() {
        let less = Filter::compare(UserField::LastName, Comparison::Less, *content);
        let listed = fresh.users(&scope, &less, &Sort::by_id()).await;
        assert_eq!(listed.len(), place, "lastName < {content:?}");
    }
}

pub async fn random_texts_are_kept_everywhere(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let drafts = strategies::user_drafts(shire.account.id, 30);
    let stores = &fresh.repositories;
    let id = shire.organization.id;
    for draft in strategies::sample(&drafts, 11, 1).remove(0) {
        let user = stores.users.create(id, &draft, &change()).await.unwrap();
        assert_eq!(user.email.as_str(), draft.email.as_str());
        assert_eq!(
            (&user.first_name, &user.last_name, &user.profile),
            (&draft.first_name, &draft.last_name, &draft.profile)
        );
        assert_eq!(fresh.reread(&user).await, Some(user));
    }
    for content in strategies::sample(&strategies::texts(), 12, 30) {
        let visible = if content.trim().is_empty() {
            "x"
        } else {
            &content
        };
        let account = AccountDraft {
            name: name(visible),
            description: Some(text(&content)),
            external_id: None,
        };
        let account = stores
            .accounts
            .create(id, &account, &change())
            .await
            .unwrap();
        let found = stores.accounts.find(&whole(id), account.id).await.unwrap();
        assert_eq!(found.as_ref(), Some(&account));
        assert_eq!(account.description, Some(text(&content)));

        let draft = InstanceDraft {
            tags: vec![text(&content), text("x"), text(&content)],
            token: samples::secret(&format!("ti_{}", account.id)),
            ..samples::instance_draft(shire.admin.id, &content, visible)
        };
        let created = stores
            .instances
            .create(id, &draft, &change())
            .await
            .unwrap();
        let found = stores.instances.find(&whole(id), created.id).await.unwrap();
        assert_eq!(found.as_ref(), Some(&created));
        assert_eq!(created.tags, draft.tags);
        assert_eq!(created.element.key, draft.element.key);
    }
}

async fn create(
    fresh: &Fresh,
    account: &tenantry_domain::Account,
    address: &str,
    content: &str,
) -> User {
    let user = fresh
        .user_with(account, address, |draft| {
            draft.first_name = name(content);
            draft.last_name = name(content);
            draft.profile = tenantry_domain::Profile {
                external_id: Some(text(content)),
                phone: Some(text(content)),
                street1: Some(text(content)),
                street2: Some(text(content)),
                city: Some(text(content)),
                state_province: Some(text(content)),
                postal_code: Some(text(content)),
                country: Some(text(content)),
            };
        })
        .await;
    assert_eq!(user.email.as_str(), address);
    assert_eq!(user.profile.city, Some(text(content)));
    user
}

/// The user, and nobody else, is found by this text, compared and as a pattern.
async fn found_by(fresh: &Fresh, user: &User, content: &str) {
    let escaped: String = content.chars().flat_map(|c| ['\\', c]).collect();
    let pattern = Pattern::parse(&escaped).unwrap();
    for field in [UserField::LastName, UserField::City, UserField::ExternalId] {
        let like = Filter::Like {
            field,
            pattern: pattern.clone(),
            negated: false,
        };
        for filter in [
            Filter::equals(field, content),
            like.clone().and(Filter::equals(field, content)),
            Filter::In {
                field,
                values: vec![content.into()],
                negated: false,
            },
        ] {
            let found = fresh.users(&around(user), &filter, &Sort::by_id()).await;
            assert_eq!(found, std::slice::from_ref(user), "{filter}");
        }
    }
}
