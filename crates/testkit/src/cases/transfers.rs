//! Organizations that move in.

use tenantry_domain::{
    AccountId, AuditAction, Author, Entity, OrganizationId, OrganizationKind, PasswordPolicy, Role,
    RoleId, RoleKey, Snapshot,
    ceql::Filter,
    page::{PageRequest, Sort},
    ports::{Caller, Revocation},
    transfer::{Finding, Holder, Ids, Recognition, SourceName, Transfer},
};

use super::{
    given::{Refusal, refusal, whole},
    moving::{
        DEFAULT, ELROND, IMLADRIS, IntoRecord as _, RIVENDELL, created, elrond, everything,
        imladris, rivendell, source, there, user,
    },
    world::World,
};
use crate::{
    Fresh,
    samples::{caller, change, change_at, secret},
};

pub async fn an_organization_that_moves_in_is_found_with_everything_it_brought(fresh: Fresh) {
    let transfer = fresh.begin(Ids::Kept).await;
    assert_eq!(transfer.organization, RIVENDELL);
    assert!(matches!(
        transfer.recognition,
        Recognition::ByNumber { ids: Ids::Kept, .. }
    ));
    assert!(!transfer.finished && transfer.is_own);

    let (stores, there_is) = (&fresh.repositories, rivendell());
    let found = stores.organizations.find(RIVENDELL).await.unwrap();
    assert_eq!(found, Some(there_is.organization.clone()));
    let scope = whole(RIVENDELL);
    let account = stores.accounts.find(&scope, DEFAULT).await.unwrap();
    assert_eq!(account, Some(there_is.default_account.account.clone()));
    let roles = stores.roles.list(RIVENDELL).await.unwrap();
    assert_eq!(roles, there_is.roles);
    let granted = stores.roles.of_account(&scope, DEFAULT).await.unwrap();
    assert_eq!(granted, Some(vec![there_is.roles[1].clone()]));
    let policy = stores.policies.find(RIVENDELL).await.unwrap().unwrap();
    assert!(policy.is_set);
    assert_eq!(policy.policy, there_is.policy.unwrap().policy);
    assert_eq!(policy.created_at, there(7));
    assert_eq!(policy.updated_at, there(8));
    assert_eq!(policy.revision, there_is.organization.revision);
    let kept = stores.credentials.organization_secret(RIVENDELL).await;
    assert_eq!(kept.unwrap(), Some(secret("to_Rivendell")));
}

pub async fn an_organization_that_moves_in_is_recorded(fresh: Fresh) {
    fresh.begin(Ids::Kept).await;
    let log = fresh.log(RIVENDELL).await;
    let shown: Vec<_> = log
        .iter()
        .map(|record| (record.target, record.target_id, record.account_id))
        .collect();
    let expected = [
        (Entity::Organization, RIVENDELL.get(), None),
        (Entity::Account, DEFAULT.get(), Some(DEFAULT)),
    ];
    assert_eq!(shown, expected);
    for record in &log {
        assert_eq!(record.change, change_at(60));
        assert_eq!(record.change.author, Author::Operator);
        assert_eq!(record.action, AuditAction::Created);
        assert_eq!(record.old, Snapshot::new());
    }
    let there_is = rivendell();
    let policy = there_is.policy.unwrap().policy.snapshot();
    let expected = policy.field("name", "Rivendell").field("active", true);
    let expected = there_is.roles.iter().fold(expected, |expected, role| {
        let allowed = role.snapshot().0["privileges"].clone();
        expected.field(&format!("roles.{}", role.key.as_str()), allowed)
    });
    assert_eq!(log[0].new, expected);
    assert_eq!(log[0].new.0["passwordPolicy.minLength"], "11");
    let account = rivendell().default_account.account;
    assert_eq!(log[1].new, account.snapshot());
}

pub async fn an_organization_without_a_policy_has_the_default(fresh: Fresh) {
    let mut record = rivendell();
    record.policy = None;
    let stores = &fresh.repositories;
    let begun = stores
        .transfers
        .begin(&source(), Ids::Kept, &record, &change())
        .await;
    begun.unwrap();
    let policy = stores.policies.find(RIVENDELL).await.unwrap().unwrap();
    assert_eq!(policy.policy, PasswordPolicy::default());
    assert!(!policy.is_set);
    let read = stores.transfers.organization(RIVENDELL).await.unwrap();
    assert_eq!(read, Some(record));
}

pub async fn what_moves_in_is_a_customers_organization(fresh: Fresh) {
    let mut record = rivendell();
    record.organization.kind = OrganizationKind::System;
    record.roles.push(Role {
        id: RoleId::new(9005),
        key: RoleKey::SysAdmin,
        ..record.roles[0].clone()
    });
    record.default_account.roles.push(RoleKey::SysAdmin);
    let stores = &fresh.repositories;
    let begun = stores
        .transfers
        .begin(&source(), Ids::Kept, &record, &change())
        .await;
    let transfer = begun.unwrap();
    let read = stores.transfers.organization(RIVENDELL).await.unwrap();
    assert_eq!(read, Some(rivendell()));
    let mut elrond = elrond();
    elrond.roles = Some(vec![RoleKey::SysAdmin, RoleKey::Admin]);
    created(&fresh.write_one(&transfer, elrond.clone()).await);
    let held = stores.roles.effective(&whole(RIVENDELL), ELROND).await;
    let held = held.unwrap().unwrap();
    let direct = held.iter().filter(|held| held.direct);
    let direct: Vec<_> = direct.map(|held| held.role.key).collect();
    assert_eq!(direct, [RoleKey::Admin]);
    let log = fresh.log(RIVENDELL).await;
    assert_eq!(log.last().unwrap().new.0["roles"], "admin");
    assert!(!log[0].new.0.contains_key("roles.sys-admin"));
    let again = fresh.write_one(&transfer, elrond).await;
    assert_eq!(again, Finding::Unchanged(ELROND.get()));
}

pub async fn with_numbers_assigned_everything_has_new_ones(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let transfer = fresh.begin(Ids::Assigned).await;
    let id = transfer.organization;
    assert!(id != RIVENDELL && id > shire.organization.id);
    let stores = &fresh.repositories;
    let organization = stores.organizations.find(id).await.unwrap().unwrap();
    let default = organization.default_account_id;
    assert!(default != DEFAULT && default > shire.account.id);
    assert_eq!(organization.revision, rivendell().organization.revision);
    let roles = stores.roles.list(id).await.unwrap();
    for (role, there_is) in roles.iter().zip(rivendell().roles) {
        assert_ne!(role.id, there_is.id);
        assert_eq!(role.organization_id, id);
        assert_eq!(
            (role.key, &role.name, role.privileges),
            (there_is.key, &there_is.name, there_is.privileges)
        );
    }

    let findings = fresh.write(&transfer, &everything()).await;
    let numbers: Vec<_> = findings.iter().map(created).collect();
    for (number, record) in numbers.iter().zip(everything()) {
        assert_ne!(*number, record.id());
    }
    let read = |part| stores.transfers.read(id, part, 0, 10);
    let accounts = read(tenantry_domain::transfer::Part::Accounts)
        .await
        .unwrap();
    let mut expected = imladris();
    expected.account.id = AccountId::new(numbers[0]);
    expected.account.organization_id = id;
    assert_eq!(accounts, [expected.clone().into_record()]);
    let scope = whole(id);
    let user = |number| {
        stores
            .users
            .find(&scope, tenantry_domain::UserId::new(number))
    };
    let (elrond, arwen) = (user(numbers[2]).await, user(numbers[3]).await);
    assert_eq!(elrond.unwrap().unwrap().account_id, default);
    assert_eq!(arwen.unwrap().unwrap().account_id, expected.account.id);
    let instance = tenantry_domain::InstanceId::new(numbers[4]);
    let instance = stores.instances.find(&scope, instance).await;
    let instance = instance.unwrap().unwrap();
    assert_eq!(instance.user.id.get(), numbers[2]);
    assert_eq!(instance.account_id, default);
    let brought = super::moving::instance(600_001);
    for (entry, there_is) in instance.configuration.iter().zip(brought.configuration) {
        assert_ne!(Some(entry.id), there_is.id);
        assert_eq!((&entry.key, &entry.value), (&there_is.key, &there_is.value));
    }
    let caller = caller("Elrond@Rivendell.example", "Rivendell");
    let known = fresh.authenticate(&caller, 120).await.unwrap();
    assert_eq!(known.identity.user_id.get(), numbers[2]);

    let again = fresh.write(&transfer, &everything()).await;
    let unchanged: Vec<_> = numbers.into_iter().map(Finding::Unchanged).collect();
    assert_eq!(again, unchanged);
}

pub async fn roles_that_do_not_come_along_are_as_every_organization_has_them(fresh: Fresh) {
    let stores = &fresh.repositories;
    for ids in [Ids::Kept, Ids::Assigned] {
        let mut record = rivendell();
        record.secret = secret(ids.as_str());
        let missing = record.roles.remove(1).key;
        record.roles[1].id = RoleId::new(0);
        let source = SourceName::new(ids.as_str());
        let begun = stores
            .transfers
            .begin(&source, ids, &record, &change())
            .await;
        let roles = stores.roles.list(begun.unwrap().organization).await;
        let roles = roles.unwrap();
        let numbers: Vec<_> = roles.iter().map(|role| role.id.get()).collect();
        let mut keys: Vec<_> = roles.iter().map(|role| role.key).collect();
        keys.sort_unstable();
        let mut expected = RoleKey::OF_AN_ORGANIZATION.to_vec();
        expected.sort_unstable();
        assert_eq!(keys, expected);
        let added = roles.iter().find(|role| role.key == missing).unwrap();
        assert_eq!(added.name, missing.name());
        assert_eq!(added.privileges, missing.default_privileges());
        let are_kept = numbers == [9001, 9004, 9005, 9006];
        assert_eq!(are_kept, ids == Ids::Kept, "{numbers:?}");
    }
    let later = fresh.organization("Later").await.organization.id;
    assert_eq!(stores.roles.list(later).await.unwrap().len(), 4);
}

pub async fn roles_whose_numbers_are_in_use_get_others(fresh: Fresh) {
    let shire = fresh.organization("Shire").await.organization.id;
    let stores = &fresh.repositories;
    let taken = stores.roles.list(shire).await.unwrap();
    let mut record = rivendell();
    record.roles[0].id = taken[2].id;
    record.roles[1].id = RoleId::new(i64::MAX);
    record.roles[3].id = record.roles[2].id;
    let (source, transfers) = (source(), &stores.transfers);
    let checked = transfers.check_begin(&source, Ids::Kept, &record);
    checked.await.unwrap();
    let change = change();
    let begun = transfers.begin(&source, Ids::Kept, &record, &change);
    let begun = begun.await;
    let rivendell = begun.unwrap().organization;
    let roles = stores.roles.list(rivendell).await.unwrap();
    let keys = RoleKey::OF_AN_ORGANIZATION.iter();
    let found = keys.map(|key| roles.iter().find(|role| role.key == *key));
    let numbers: Vec<_> = found.map(|role| role.unwrap().id.get()).collect();
    assert_eq!(numbers, [9004, 9005, 9003, 9006]);
    assert_eq!(stores.roles.list(shire).await.unwrap(), taken);
}

pub async fn the_organization_of_a_secret_is_told_with_its_source(fresh: Fresh) {
    let shire = fresh.organization("Shire").await.organization.id;
    let transfers = &fresh.repositories.transfers;
    let into = SourceName::new("another");
    let begun = transfers.begin_into(&into, Ids::Kept, shire, DEFAULT).await;
    begun.unwrap().unwrap();
    let moved = fresh.begin(Ids::Assigned).await.organization;
    let begun = transfers
        .begin_into(&SourceName::new("a third"), Ids::Kept, moved, DEFAULT)
        .await;
    begun.unwrap().unwrap();
    for (clear, organization, from) in [
        ("to_Shire", shire, None),
        ("to_Rivendell", moved, Some(source())),
    ] {
        let expected = Holder {
            organization,
            source: from,
        };
        let holder = transfers.holder(secret(clear).digest).await;
        assert_eq!(holder.unwrap(), Some(expected));
    }
    let nobody = transfers.holder(secret("to_nobody").digest).await;
    assert_eq!(nobody.unwrap(), None);
}

pub async fn a_transfer_is_found_by_its_source(fresh: Fresh) {
    let transfers = &fresh.repositories.transfers;
    assert_eq!(transfers.find(&source()).await.unwrap(), None);
    for (ids, name, finish) in [(Ids::Kept, "one", true), (Ids::Assigned, "two", false)] {
        let (source, mut record) = (SourceName::new(name), rivendell());
        record.secret = secret(name);
        let begun = transfers.begin(&source, ids, &record, &change()).await;
        let begun = begun.unwrap();
        assert_eq!(transfers.find(&source).await.unwrap(), Some(begun));
        if finish {
            transfers.finish(&begun).await.unwrap();
        }
        let finished = Transfer {
            finished: finish,
            ..begun
        };
        assert_eq!(transfers.find(&source).await.unwrap(), Some(finished));
    }
    assert_eq!(transfers.find(&source()).await.unwrap(), None);
}

pub async fn a_source_from_which_a_transfer_was_begun_conflicts(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    fresh.begin(Ids::Kept).await;
    let transfers = &fresh.repositories.transfers;
    let expected = Refusal::Conflict(Entity::Organization, "source");
    for ids in [Ids::Kept, Ids::Assigned] {
        let again = transfers
            .begin(&source(), ids, &rivendell(), &change())
            .await;
        assert_eq!(refusal(again), expected);
        let checked = transfers.check_begin(&source(), ids, &rivendell()).await;
        assert_eq!(refusal(checked), expected);
        let id = shire.organization.id;
        let into = transfers.begin_into(&source(), ids, id, DEFAULT).await;
        assert_eq!(refusal(into), expected);
    }
    let organizations = &fresh.repositories.organizations;
    assert_eq!(organizations.count_customers(9).await.unwrap(), 2);
}

pub async fn numbers_and_secrets_of_an_organization_in_use_conflict(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let transfers = &fresh.repositories.transfers;
    let begin = async |edit: &dyn Fn(&mut _)| {
        let mut record = rivendell();
        edit(&mut record);
        let checked = transfers.check_begin(&source(), Ids::Kept, &record).await;
        let begun = transfers
            .begin(&source(), Ids::Kept, &record, &change())
            .await;
        let refused = refusal(begun);
        assert_eq!(refusal(checked), refused);
        refused
    };
    for id in [shire.organization.id.get(), 1, 0, -7, i64::MAX] {
        let refused = begin(&|record| record.organization.id = OrganizationId::new(id)).await;
        assert_eq!(
            refused,
            Refusal::Conflict(Entity::Organization, "id"),
            "{id}"
        );
    }
    for id in [shire.account.id.get(), 1, 0, -7, i64::MAX] {
        let refused = begin(&|record| record.default_account.account.id = AccountId::new(id)).await;
        assert_eq!(refused, Refusal::Conflict(Entity::Account, "id"), "{id}");
    }
    let refused = begin(&|record| {
        record.secret = secret("to_Shire");
        record.organization.id = shire.organization.id;
    })
    .await;
    assert_eq!(refused, Refusal::Conflict(Entity::Organization, "secret"));
    for ids in [Ids::Kept, Ids::Assigned] {
        let checked = transfers.check_begin(&source(), ids, &rivendell()).await;
        checked.unwrap();
    }
    assert_eq!(transfers.find(&source()).await.unwrap(), None);
    let organizations = &fresh.repositories.organizations;
    assert_eq!(organizations.find(RIVENDELL).await.unwrap(), None);
    fresh.begin(Ids::Kept).await;
}

pub async fn an_organization_that_is_here_takes_in_what_is_of_the_default_account(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let id = shire.organization.id;
    let stores = &fresh.repositories;
    let transfers = &stores.transfers;
    let begun = transfers
        .begin_into(&source(), Ids::Kept, id, DEFAULT)
        .await;
    let transfer = begun.unwrap().unwrap();
    assert_eq!(transfer.organization, id);
    assert!(!transfer.is_own);
    assert_eq!(transfers.find(&source()).await.unwrap(), Some(transfer));
    let organization = stores.organizations.find(id).await.unwrap();
    assert_eq!(organization.as_ref(), Some(&shire.organization));
    assert_eq!(fresh.log(id).await.len(), 3);

    let findings = fresh.write(&transfer, &everything()).await;
    for (finding, record) in findings.iter().zip(everything()) {
        assert_eq!(created(finding), record.id());
    }
    let elrond = stores
        .users
        .find(&whole(id), ELROND)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(elrond.account_id, shire.account.id);
    assert_eq!(elrond.organization_id, id);
    let caller = caller("Elrond@Rivendell.example", "Shire");
    let known = fresh.authenticate(&caller, 120).await.unwrap();
    assert_eq!(known.identity.user_id, ELROND);
    let again = fresh.write(&transfer, &everything()).await;
    for (finding, record) in again.iter().zip(everything()) {
        assert_eq!(*finding, Finding::Unchanged(record.id()));
    }
    // The administrator of the Shire can go, now that there is another one.
    let revoked = stores
        .roles
        .revoke(
            &whole(id),
            shire.admin.id,
            RoleKey::OrgAdmin,
            None,
            &change(),
        )
        .await;
    assert_eq!(revoked.unwrap(), Some(Revocation::Revoked));
}

pub async fn an_unknown_organization_takes_in_nothing(fresh: Fresh) {
    let transfers = &fresh.repositories.transfers;
    let begun = transfers
        .begin_into(&source(), Ids::Kept, RIVENDELL, DEFAULT)
        .await;
    assert_eq!(begun.unwrap(), None);
    assert_eq!(transfers.find(&source()).await.unwrap(), None);
}

pub async fn other_organizations_see_nothing_of_what_moves_in(fresh: Fresh) {
    let world = World::new(&fresh).await;
    fresh.move_everything_in().await;
    world.is_untouched(&fresh).await;
    let stores = &fresh.repositories;
    let page = PageRequest::first(100);
    let mut scopes = vec![whole(world.id())];
    scopes.extend(world.outside());
    for scope in scopes {
        assert_eq!(stores.users.find(&scope, ELROND).await.unwrap(), None);
        assert_eq!(stores.accounts.find(&scope, IMLADRIS).await.unwrap(), None);
        let users = stores
            .users
            .list(&scope, &Filter::All, &Sort::by_id(), &page)
            .await;
        let users = users.unwrap().items;
        assert!(users.iter().all(|user| user.organization_id != RIVENDELL));
        let elements = stores
            .elements
            .list(&scope, &Filter::All, &Sort::by_id(), &page)
            .await;
        let elements = elements.unwrap().items;
        assert!(elements.iter().all(|it| it.key.as_str() != "palantir"));
    }
    for caller in [
        caller("Elrond@Rivendell.example", "Shire"),
        caller("frodo@shire.example", "Rivendell"),
        Caller::Instance {
            user: secret("tu_frodo@shire.example").digest,
            instance: secret("ti_600001").digest,
        },
    ] {
        assert!(!fresh.knows(&caller, 120).await);
    }
}

pub async fn numbers_of_two_sources_do_not_mix(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let transfers = &fresh.repositories.transfers;
    let mut created_here = Vec::new();
    for (source, address) in [
        ("one", "a@rivendell.example"),
        ("two", "b@rivendell.example"),
    ] {
        let id = shire.organization.id;
        let begun = transfers
            .begin_into(&SourceName::new(source), Ids::Assigned, id, DEFAULT)
            .await;
        let transfer = begun.unwrap().unwrap();
        let finding = fresh
            .write_one(&transfer, user(ELROND, DEFAULT, address))
            .await;
        created_here.push(created(&finding));
        let again = fresh
            .write_one(&transfer, user(ELROND, DEFAULT, address))
            .await;
        assert_eq!(again, Finding::Unchanged(created(&finding)));
    }
    assert_ne!(created_here[0], created_here[1]);
}
