//! The catalog of elements that instances register.

use tenantry_domain::{
    Element, ElementDraft, ElementField, ElementId, Scope, Text, User,
    ceql::Filter,
    page::{Count, PageRequest, Sort, Start},
};

use super::given::{Refusal, around, filter, order, refusal, whole};
use crate::{Fresh, samples::text};

pub async fn an_element_is_found_by_its_id_and_by_its_key(fresh: Fresh) {
    let frodo = frodo(&fresh).await;
    let instance = fresh
        .instance_with(&frodo, "CRM", |draft| {
            draft.element = element("hubspotcrm", "HubSpot CRM", "crm");
        })
        .await;
    let expected = Element {
        id: instance.element.id,
        organization_id: frodo.organization_id,
        key: text("hubspotcrm"),
        name: text("HubSpot CRM"),
        hub: text("crm"),
    };
    assert_eq!(instance.element, expected);
    let elements = &fresh.repositories.elements;
    let scope = around(&frodo);
    let found = elements.find(&scope, expected.id).await.unwrap();
    assert_eq!(found.as_ref(), Some(&expected));
    let found = elements.find_by_key(&scope, &expected.key).await.unwrap();
    assert_eq!(found, Some(expected));
}

pub async fn the_key_of_an_element_is_compared_exactly(fresh: Fresh) {
    let frodo = frodo(&fresh).await;
    let keys = ["jira", "Jira", "jirä", "jira ", "", "a%", "a_"];
    for key in keys {
        fresh.instance(&frodo, key, "One").await;
    }
    let elements = &fresh.repositories.elements;
    for key in keys {
        let found = elements.find_by_key(&around(&frodo), &text(key)).await;
        assert_eq!(found.unwrap().unwrap().key, text(key));
    }
    for key in ["JIRA", "jir", "%", "ab"] {
        let found = elements.find_by_key(&around(&frodo), &text(key)).await;
        assert_eq!(found.unwrap(), None, "{key}");
    }
}

pub async fn an_unknown_element_is_none(fresh: Fresh) {
    let frodo = frodo(&fresh).await;
    fresh.instance(&frodo, "jira", "Tickets").await;
    let elements = &fresh.repositories.elements;
    for id in [i64::MIN, 0, 4711, i64::MAX] {
        let found = elements.find(&around(&frodo), ElementId::new(id)).await;
        assert_eq!(found.unwrap(), None, "{id}");
    }
}

pub async fn what_the_first_instance_said_of_an_element_stays(fresh: Fresh) {
    let frodo = frodo(&fresh).await;
    let gondor = fresh.organization("Gondor").await;
    let named = async |user: &User, name: &str, element: ElementDraft| {
        fresh
            .instance_with(user, name, |draft| draft.element = element)
            .await
    };
    let first = named(&frodo, "One", element("jira", "Jira", "helpdesk")).await;
    let second = named(&frodo, "Two", element("jira", "Other", "other")).await;
    let third = fresh.instance(&frodo, "jira", "Three").await;
    let theirs = named(&gondor.admin, "Four", element("jira", "Theirs", "erp")).await;
    assert_eq!(second.element, first.element);
    assert_eq!(third.element, first.element);
    assert_eq!(theirs.element.name, text("Theirs"));
    let elements = &fresh.repositories.elements;
    let found = elements.find(&around(&frodo), first.element.id).await;
    assert_eq!(found.unwrap(), Some(first.element));
    // The catalog of a new organization knows nothing of it.
    let bare = fresh.instance(&gondor.admin, "hubspot", "Five").await;
    assert_eq!(bare.element.name, text("hubspot"));
    assert_eq!(bare.element.hub, text("general"));
}

pub async fn an_element_outlives_its_instances(fresh: Fresh) {
    let frodo = frodo(&fresh).await;
    let instance = fresh.instance(&frodo, "jira", "Tickets").await;
    let users = &fresh.repositories.users;
    let change = crate::samples::change_at(1);
    let erased = users.delete(&around(&frodo), frodo.id, None, &change).await;
    assert!(erased.unwrap());
    let elements = &fresh.repositories.elements;
    let found = elements.find(&around(&frodo), instance.element.id).await;
    assert_eq!(found.unwrap(), Some(instance.element));
}

pub async fn every_scope_covers_the_whole_catalog_of_its_organization(fresh: Fresh) {
    let frodo = frodo(&fresh).await;
    let gondor = fresh.organization("Gondor").await;
    let own = fresh.instance(&frodo, "jira", "Tickets").await.element;
    let theirs = fresh
        .instance(&gondor.admin, "hubspot", "CRM")
        .await
        .element;
    let (id, other) = (frodo.organization_id, gondor.organization.id);
    let elements = &fresh.repositories.elements;
    for (scope, seen, unseen) in [
        (whole(id), Some(&own), &theirs),
        (Scope::account(id, frodo.account_id), Some(&own), &theirs),
        (Scope::account(id, gondor.account.id), Some(&own), &theirs),
        (Scope::user(id, frodo.id), Some(&own), &theirs),
        (whole(other), Some(&theirs), &own),
        (Scope::user(other, frodo.id), Some(&theirs), &own),
        (
            whole(tenantry_domain::OrganizationId::new(4711)),
            None,
            &own,
        ),
    ] {
        let listed = elements
            .list(&scope, &Filter::All, &Sort::by_id(), &PageRequest::first(9))
            .await;
        let expected: Vec<_> = seen.cloned().into_iter().collect();
        assert_eq!(listed.unwrap().items, expected, "{scope:?}");
        let counted = elements.count(&scope, &Filter::All, 9).await.unwrap();
        let number = u64::try_from(expected.len()).unwrap();
        assert_eq!(counted, Count::Exact(number), "{scope:?}");
        for element in [&own, &theirs] {
            let expected = seen.filter(|seen| *seen == element);
            let found = elements.find(&scope, element.id).await.unwrap();
            assert_eq!(found.as_ref(), expected, "{scope:?}");
            let found = elements.find_by_key(&scope, &element.key).await.unwrap();
            assert_eq!(found.as_ref(), expected, "{scope:?}");
        }
        let narrow = filter(&format!("id = {} OR key = '{}'", unseen.id, unseen.key));
        let counted = elements.count(&scope, &narrow, 9).await.unwrap();
        assert_eq!(counted, Count::Exact(0), "{scope:?}");
    }
}

pub async fn filters_select_elements(fresh: Fresh) {
    let scope = catalog(&fresh).await;
    for (condition, expected) in [
        ("id > 0", &["sfdc", "HubSpot", "jira", "Éa"][..]),
        ("id = 0", &[]),
        ("key = 'sfdc'", &["sfdc"]),
        ("key = 'SFDC'", &[]),
        ("key LIKE 'SF%'", &["sfdc"]),
        ("key LIKE 'éA'", &["Éa"]),
        ("name = 'Salesforce'", &["sfdc"]),
        ("name LIKE 'SALES%'", &["sfdc"]),
        ("name LIKE 'οδοσ'", &["Éa"]),
        ("hub = 'crm'", &["sfdc", "HubSpot"]),
        ("hub LIKE 'CR_'", &["sfdc", "HubSpot"]),
        ("hub != 'crm'", &["jira", "Éa"]),
        ("hub IN ('crm', 'general')", &["sfdc", "HubSpot", "Éa"]),
        ("NOT (hub = 'crm' OR key = 'jira')", &["Éa"]),
        ("hub IS NULL", &[]),
        ("key < 'a'", &["HubSpot"]),
    ] {
        let found = keys(&fresh, &scope, condition, "id").await;
        assert_eq!(found, expected, "{condition}");
    }
}

pub async fn elements_come_in_the_order_asked_for(fresh: Fresh) {
    let scope = catalog(&fresh).await;
    for (by, expected) in [
        ("id", ["sfdc", "HubSpot", "jira", "Éa"]),
        ("id desc", ["Éa", "jira", "HubSpot", "sfdc"]),
        ("key", ["HubSpot", "jira", "sfdc", "Éa"]),
        ("name desc", ["Éa", "sfdc", "jira", "HubSpot"]),
        ("hub, key", ["HubSpot", "sfdc", "Éa", "jira"]),
        ("hub desc, key desc", ["jira", "Éa", "sfdc", "HubSpot"]),
    ] {
        assert_eq!(keys(&fresh, &scope, "id > 0", by).await, expected, "{by}");
    }
}

pub async fn elements_are_counted_no_further_than_asked(fresh: Fresh) {
    let scope = catalog(&fresh).await;
    let elements = &fresh.repositories.elements;
    for (condition, up_to, expected) in [
        ("id > 0", 0, Count::MoreThan(0)),
        ("id > 0", 3, Count::MoreThan(3)),
        ("id > 0", 4, Count::Exact(4)),
        ("hub = 'crm'", 4, Count::Exact(2)),
        ("hub = 'x'", 0, Count::Exact(0)),
    ] {
        let counted = elements.count(&scope, &filter(condition), up_to).await;
        assert_eq!(counted.unwrap(), expected, "{condition} up to {up_to}");
    }
}

pub async fn elements_are_listed_page_by_page(fresh: Fresh) {
    let scope = catalog(&fresh).await;
    let elements = &fresh.repositories.elements;
    let (all, sort) = (Filter::All, order("hub desc, key"));
    let expected = keys(&fresh, &scope, "id > 0", "hub desc, key").await;
    for size in 1..=4 {
        let mut request = PageRequest::first(size);
        let mut met = Vec::new();
        loop {
            let page = elements.list(&scope, &all, &sort, &request).await.unwrap();
            assert!(page.items.len() <= usize::try_from(size).unwrap());
            met.extend(
                page.items
                    .into_iter()
                    .map(|element| element.key.to_string()),
            );
            let Some(cursor) = page.next else { break };
            request = PageRequest::after(cursor, size);
        }
        assert_eq!(met, expected, "pages of {size}");
    }
    let second = PageRequest {
        size: 2,
        start: Start::Offset(1),
    };
    let page = elements.list(&scope, &all, &sort, &second).await.unwrap();
    let found: Vec<_> = page.items.iter().map(|one| one.key.as_str()).collect();
    assert_eq!(found, expected[1..3]);
    let request = PageRequest::after(page.next.unwrap(), 9);
    let other = order("key");
    let outcome = elements.list(&scope, &all, &other, &request).await;
    assert_eq!(refusal(outcome), Refusal::InvalidCursor);
    let foreign = whole(tenantry_domain::OrganizationId::new(4711));
    let outcome = elements.list(&foreign, &all, &sort, &request).await;
    assert_eq!(refusal(outcome), Refusal::InvalidCursor);
}

fn element(key: &str, name: &str, hub: &str) -> ElementDraft {
    ElementDraft {
        key: text(key),
        name: text(name),
        hub: text(hub),
    }
}

async fn frodo(fresh: &Fresh) -> User {
    let shire = fresh.organization("Shire").await;
    fresh.user(&shire.account, "frodo@shire.example").await
}

/// The Shire with four elements, and Gondor with another one.
async fn catalog(fresh: &Fresh) -> Scope {
    let frodo = frodo(fresh).await;
    let gondor = fresh.organization("Gondor").await;
    fresh.instance(&gondor.admin, "sap", "Theirs").await;
    for (key, name, hub) in [
        ("sfdc", "Salesforce", "crm"),
        ("HubSpot", "HubSpot", "crm"),
        ("jira", "Jira", "helpdesk"),
        ("Éa", "ΟΔΟΣ", "general"),
    ] {
        let draft = element(key, name, hub);
        fresh
            .instance_with(&frodo, key, |instance| instance.element = draft)
            .await;
    }
    around(&frodo)
}

async fn keys(fresh: &Fresh, scope: &Scope, condition: &str, by: &str) -> Vec<String> {
    let (filter, sort) = (filter::<ElementField>(condition), order(by));
    let elements = &fresh.repositories.elements;
    let page = elements
        .list(scope, &filter, &sort, &PageRequest::first(100))
        .await
        .unwrap();
    assert_eq!(page.next, None);
    let keys = page.items.into_iter().map(|element| element.key);
    keys.map(|key: Text| key.to_string()).collect()
}
