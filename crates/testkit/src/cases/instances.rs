//! Instances and the catalog that they register in.

use tenantry_domain::{
    Element, Entity, ExternalAuthentication, Instance, InstanceDraft, InstanceField, InstanceId,
    InstanceOwner, OrganizationId, Revision, Scope, User, UserId,
    page::{Count, PageRequest},
};

use super::given::{Refusal, around, filter, order, refusal};
use crate::{
    Fresh,
    samples::{self, START, change, change_at, name, text},
};

pub async fn a_new_instance_is_answered_and_found_again(fresh: Fresh) {
    let user = frodo(&fresh).await;
    let draft = InstanceDraft {
        tags: vec![text("b"), text("A"), text("")],
        ..samples::instance_draft(user.id, "hubspotcrm", "My\tCRM")
    };
    let instances = &fresh.repositories.instances;
    let id = user.organization_id;
    let instance = instances.create(id, &draft, &change()).await.unwrap();
    assert_eq!(
        instance,
        Instance {
            id: instance.id,
            organization_id: id,
            account_id: user.account_id,
            user: InstanceOwner {
                id: user.id,
                email: user.email.clone(),
                first_name: user.first_name.clone(),
                last_name: user.last_name.clone(),
            },
            name: name("My\tCRM"),
            element: Element {
                id: instance.element.id,
                organization_id: id,
                key: text("hubspotcrm"),
                name: text("hubspotcrm"),
                hub: text("general"),
            },
            tags: vec![text("b"), text("A"), text("")],
            configuration: vec![],
            external_authentication: ExternalAuthentication::None,
            valid: true,
            disabled: false,
            token: draft.token.clone(),
            created_at: START,
            updated_at: START,
            revision: Revision::FIRST,
        }
    );
    let found = instances.find(&around(&user), instance.id).await.unwrap();
    assert_eq!(found, Some(instance));
}

pub async fn an_element_is_registered_once_per_organization(fresh: Fresh) {
    let user = frodo(&fresh).await;
    let gondor = fresh.organization("Gondor").await;
    let first = fresh.instance(&user, "jira", "One").await;
    let second = fresh.instance(&user, "jira", "Two").await;
    let other = fresh.instance(&user, "Jira", "Three").await;
    let theirs = fresh.instance(&gondor.admin, "jira", "Four").await;
    assert_eq!(first.element.id, second.element.id);
    assert_ne!(first.element.id, other.element.id);
    assert_ne!(first.element.id, theirs.element.id);
}

pub async fn an_unknown_user_conflicts(fresh: Fresh) {
    let user = frodo(&fresh).await;
    let gondor = fresh.organization("Gondor").await;
    let instances = &fresh.repositories.instances;
    for id in [gondor.admin.id, UserId::new(0), UserId::new(4711)] {
        let draft = samples::instance_draft(id, "jira", "Tickets");
        let outcome = instances
            .create(user.organization_id, &draft, &change())
            .await;
        assert_eq!(refusal(outcome), Refusal::Conflict(Entity::User, "id"));
    }
    let draft = samples::instance_draft(user.id, "jira", "Tickets");
    let nowhere = OrganizationId::new(4711);
    let outcome = instances.create(nowhere, &draft, &change()).await;
    assert_eq!(refusal(outcome), Refusal::Conflict(Entity::User, "id"));
}

pub async fn an_unknown_instance_is_none(fresh: Fresh) {
    let user = frodo(&fresh).await;
    fresh.instance(&user, "jira", "Tickets").await;
    let instances = &fresh.repositories.instances;
    for id in [i64::MIN, 0, 4711, i64::MAX] {
        let id = InstanceId::new(id);
        let found = instances.find(&around(&user), id).await.unwrap();
        assert_eq!(found, None);
        let erased = instances
            .delete(&around(&user), id, Some(Revision::FIRST), &change())
            .await;
        assert!(!erased.unwrap());
    }
}

pub async fn an_erased_instance_is_gone(fresh: Fresh) {
    let user = frodo(&fresh).await;
    let gone = fresh.instance(&user, "jira", "Tickets").await;
    let kept = fresh.instance(&user, "jira", "Others").await;
    let instances = &fresh.repositories.instances;
    let scope = around(&user);
    let erased = instances.delete(&scope, gone.id, None, &change_at(1)).await;
    assert!(erased.unwrap());
    let found = instances.find(&scope, gone.id).await.unwrap();
    assert_eq!(found, None);
    let found = instances.find(&scope, kept.id).await.unwrap();
    assert_eq!(found, Some(kept));
    let erased = instances.delete(&scope, gone.id, None, &change_at(2)).await;
    assert!(!erased.unwrap());
}

pub async fn the_number_of_an_erased_instance_is_never_used_again(fresh: Fresh) {
    let user = frodo(&fresh).await;
    let instances = &fresh.repositories.instances;
    let first = fresh.instance(&user, "jira", "Tickets").await;
    let erased = instances
        .delete(&around(&user), first.id, None, &change())
        .await;
    assert!(erased.unwrap());
    let second = fresh.instance(&user, "jira", "Tickets").await;
    assert!(second.id > first.id);
    assert_eq!(second.element.id, first.element.id);
}

pub async fn erasing_another_revision_is_stale(fresh: Fresh) {
    let user = frodo(&fresh).await;
    let instance = fresh.instance(&user, "jira", "Tickets").await;
    let before = fresh.log(user.organization_id).await;
    let instances = &fresh.repositories.instances;
    let scope = around(&user);
    let wrong = Some(Revision::new(2));
    let outcome = instances
        .delete(&scope, instance.id, wrong, &change_at(1))
        .await;
    assert_eq!(refusal(outcome), Refusal::Stale(Entity::Instance));
    assert_eq!(fresh.log(user.organization_id).await, before);
    let right = Some(Revision::FIRST);
    let erased = instances
        .delete(&scope, instance.id, right, &change_at(1))
        .await;
    assert!(erased.unwrap());
}

pub async fn filters_select_instances(fresh: Fresh) {
    let user = catalog(&fresh).await;
    let scope = around(&user);
    for (condition, expected) in [
        ("id > 0", &["CRM", "crm 2", "Tickets"][..]),
        ("name LIKE 'CRM%'", &["CRM", "crm 2"]),
        ("name = 'crm 2'", &["crm 2"]),
        ("elementKey = 'hubspot'", &["CRM", "crm 2"]),
        ("elementKey LIKE 'J%'", &["Tickets"]),
        ("elementKey != 'hubspot'", &["Tickets"]),
        ("elementId = 0", &[]),
        (
            "valid = true AND disabled = false",
            &["CRM", "crm 2", "Tickets"],
        ),
        ("valid = false OR disabled = true", &[]),
        ("tag = 'red'", &["CRM", "crm 2"]),
        ("tag = 'Red'", &[]),
        ("tag LIKE 'RED'", &["CRM", "crm 2"]),
        ("tag != 'red'", &["crm 2"]),
        ("NOT (tag = 'red')", &["Tickets"]),
        ("NOT (tag != 'red')", &["CRM", "Tickets"]),
        ("NOT (tag LIKE 'b%')", &["CRM", "Tickets"]),
        ("tag IN ('blue', 'x')", &["crm 2"]),
        ("tag NOT IN ('red')", &["crm 2"]),
        ("NOT (tag NOT IN ('red'))", &["CRM", "Tickets"]),
        ("tag IS NULL", &["Tickets"]),
        ("tag IS NOT NULL", &["CRM", "crm 2"]),
        ("tag = 'red' AND tag = 'blue'", &["crm 2"]),
        ("createdDate = '2026-01-15'", &["CRM", "crm 2", "Tickets"]),
        ("createdDate != '2026-01-15'", &[]),
        ("accountId = 0", &[]),
    ] {
        let found = names(&fresh, &scope, condition, "id").await;
        assert_eq!(found, expected, "{condition}");
    }
    let own = format!("userId = {} AND accountId = {}", user.id, user.account_id);
    assert_eq!(names(&fresh, &scope, &own, "id").await.len(), 3);
}

pub async fn instances_come_in_the_order_asked_for(fresh: Fresh) {
    let user = catalog(&fresh).await;
    let scope = around(&user);
    for (by, expected) in [
        ("id", ["CRM", "crm 2", "Tickets"]),
        ("id desc", ["Tickets", "crm 2", "CRM"]),
        ("name", ["CRM", "Tickets", "crm 2"]),
        ("name desc", ["crm 2", "Tickets", "CRM"]),
        ("elementKey desc, name", ["Tickets", "CRM", "crm 2"]),
        ("elementId desc, id desc", ["Tickets", "crm 2", "CRM"]),
        (
            "createdDate, valid desc, disabled",
            ["CRM", "crm 2", "Tickets"],
        ),
        ("userId desc, name", ["CRM", "Tickets", "crm 2"]),
    ] {
        let found = names(&fresh, &scope, "id > 0", by).await;
        assert_eq!(found, expected, "{by}");
    }
}

pub async fn instances_are_counted_no_further_than_asked(fresh: Fresh) {
    let scope = around(&catalog(&fresh).await);
    let instances = &fresh.repositories.instances;
    for (condition, up_to, expected) in [
        ("id > 0", 0, Count::MoreThan(0)),
        ("id > 0", 2, Count::MoreThan(2)),
        ("id > 0", 3, Count::Exact(3)),
        // Two of its tags pass, and yet it is one instance.
        ("tag LIKE '%e%'", 10, Count::Exact(2)),
        ("tag = 'x'", 0, Count::Exact(0)),
    ] {
        let counted = instances.count(&scope, &filter(condition), up_to).await;
        assert_eq!(counted.unwrap(), expected, "{condition} up to {up_to}");
    }
}

async fn frodo(fresh: &Fresh) -> User {
    let shire = fresh.organization("Shire").await;
    fresh.user(&shire.account, "frodo@shire.example").await
}

/// Frodo with three instances: `CRM` (red), `crm 2` (red, blue), `Tickets`.
async fn catalog(fresh: &Fresh) -> User {
    let user = frodo(fresh).await;
    let instances = &fresh.repositories.instances;
    for (key, instance, tags) in [
        ("hubspot", "CRM", &["red"][..]),
        ("hubspot", "crm 2", &["red", "blue"]),
        ("jira", "Tickets", &[]),
    ] {
        let draft = InstanceDraft {
            tags: tags.iter().map(|tag| text(tag)).collect(),
            ..samples::instance_draft(user.id, key, instance)
        };
        instances
            .create(user.organization_id, &draft, &change())
            .await
            .unwrap();
    }
    user
}

async fn names(fresh: &Fresh, scope: &Scope, condition: &str, by: &str) -> Vec<String> {
    let (filter, sort) = (filter::<InstanceField>(condition), order(by));
    let instances = &fresh.repositories.instances;
    let page = instances
        .list(scope, &filter, &sort, &PageRequest::first(100))
        .await
        .unwrap();
    assert_eq!(page.next, None);
    page.items
        .into_iter()
        .map(|instance| instance.name.to_string())
        .collect()
}
