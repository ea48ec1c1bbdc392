//! What moves in with an organization.

use tenantry_domain::{
    AccountPatch, AuditAction, Entity, PasswordHash, RoleKey, Snapshot, UserPatch,
    ports::Caller,
    transfer::{Finding, Ids},
};

use super::{
    given::{at, whole},
    moving::{
        ARWEN, DEFAULT, ELROND, IMLADRIS, IntoRecord, RIVENDELL, arwen, created, element, elrond,
        everything, imladris, instance, there, user,
    },
};
use crate::{
    Fresh,
    samples::{
        account_draft, caller, change_at, email, instance_draft, name, password_hash, secret,
        user_draft,
    },
};

pub async fn what_moves_in_is_found_as_it_was_there(fresh: Fresh) {
    fresh.move_everything_in().await;
    let (stores, scope) = (&fresh.repositories, whole(RIVENDELL));
    let found = stores.accounts.find(&scope, IMLADRIS).await.unwrap();
    assert_eq!(found, Some(imladris().account));
    for record in [elrond(), arwen()] {
        let found = stores.users.find(&scope, record.user.id).await.unwrap();
        assert_eq!(found, Some(record.user.clone()));
        let address = email(&record.user.email.as_str().to_uppercase());
        let found = stores.users.find_by_email(&scope, &address).await.unwrap();
        assert_eq!(found, Some(record.user));
    }
    let brought = instance(600_001);
    let found = stores.instances.find(&scope, brought.id).await.unwrap();
    let found = found.unwrap();
    assert_eq!(found.organization_id, RIVENDELL);
    assert_eq!(found.user.email.as_str(), "Elrond@Rivendell.example");
    assert_eq!(
        tenantry_domain::transfer::SealedInstance::from(found),
        brought
    );
    for brought in [element(41, "jira"), element(42, "palantir")] {
        let found = stores.elements.find(&scope, brought.id).await.unwrap();
        assert_eq!(found, Some(brought));
    }
    // What is compared where case does not count is there too.
    for (filter, expected) in [
        ("lastName LIKE 'PERE%'", vec![ELROND, ARWEN]),
        ("city LIKE 'hobb%'", vec![ELROND]),
        ("elementKey LIKE 'PALA%'", vec![ELROND]),
        ("lastLoginDate > '2019-01-01T00:00:00Z'", vec![ELROND]),
    ] {
        let filter = super::given::filter(filter);
        let users = fresh
            .users(&scope, &filter, &tenantry_domain::page::Sort::by_id())
            .await;
        let ids: Vec<_> = users.iter().map(|user| user.id).collect();
        assert_eq!(ids, expected);
    }
}

pub async fn old_secrets_go_on_authenticating(fresh: Fresh) {
    let mut records = everything();
    let mut open = instance(600_002);
    open.disabled = false;
    records.push(open.into_record());
    let transfer = fresh.begin(Ids::Kept).await;
    fresh.write(&transfer, &records).await;
    let user = secret("tu_Elrond@Rivendell.example").digest;
    let token = secret("ti_600002").digest;
    let both = Caller::Secrets {
        user,
        organization: secret("to_Rivendell").digest,
        instance: Some(token),
    };
    let through = Caller::Instance {
        user,
        instance: token,
    };
    for caller in [both, through] {
        let known = fresh.authenticate(&caller, 180).await.unwrap();
        assert_eq!(known.identity.user_id, ELROND);
        assert_eq!(known.identity.organization_id, RIVENDELL);
        assert_eq!(known.password, elrond().user.password);
        assert_eq!(known.instance.unwrap().id.get(), 600_002);
    }
    let credentials = &fresh.repositories.credentials;
    let kept = credentials.user_secret(&whole(RIVENDELL), ARWEN).await;
    assert_eq!(kept.unwrap(), Some(arwen().secret));
}

pub async fn passwords_move_in_with_their_history(fresh: Fresh) {
    fresh.move_everything_in().await;
    let (credentials, scope) = (&fresh.repositories.credentials, whole(RIVENDELL));
    let stored = credentials.password(&scope, ELROND).await.unwrap().unwrap();
    assert_eq!(stored.hash, Some(password_hash("s3cret")));
    assert_eq!((stored.failures, stored.locked_until), (0, Some(there(21))));
    let former = credentials.former_passwords(&scope, ELROND, 9).await;
    let expected = [password_hash("older"), password_hash("oldest")];
    assert_eq!(former.unwrap(), expected);
    let candidate = credentials
        .login_candidate(&email("elrond@rivendell.example"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(candidate.user, elrond().user);
    assert_eq!(candidate.password, stored);
    assert_eq!(candidate.organization_name, name("Rivendell"));
    assert_eq!(candidate.account_name, name("The last homely house"));
    assert!(candidate.active);
    let stored = credentials.password(&scope, ARWEN).await.unwrap().unwrap();
    assert_eq!(stored.hash, None);
    // What is remembered goes on: the password that is replaced comes first.
    fresh.give_password(&elrond().user, "n3w", 300).await;
    let former = credentials.former_passwords(&scope, ELROND, 9).await;
    assert_eq!(former.unwrap(), Vec::<PasswordHash>::new());
}

pub async fn a_password_is_there_exactly_if_its_hash_is(fresh: Fresh) {
    let transfer = fresh.begin(Ids::Kept).await;
    let mut without_hash = elrond();
    without_hash.password = None;
    let mut with_hash = user(ARWEN, DEFAULT, "arwen@rivendell.example");
    with_hash.user.password = tenantry_domain::PasswordState::Absent;
    let records = [without_hash.into_record(), with_hash.into_record()];
    fresh.write(&transfer, &records).await;
    let (users, scope) = (&fresh.repositories.users, whole(RIVENDELL));
    for (id, expected) in [
        (ELROND, tenantry_domain::PasswordState::Absent),
        (
            ARWEN,
            tenantry_domain::PasswordState::Set {
                changed_at: there(24),
                must_change: false,
            },
        ),
    ] {
        let found = users.find(&scope, id).await.unwrap().unwrap();
        assert_eq!(found.password, expected);
    }
}

pub async fn grants_that_move_in_count_at_the_next_call(fresh: Fresh) {
    fresh.move_everything_in().await;
    let (roles, scope) = (&fresh.repositories.roles, whole(RIVENDELL));
    for (user, expected) in [
        (
            ELROND,
            vec![
                (RoleKey::OrgAdmin, true, false),
                (RoleKey::Admin, true, true),
                (RoleKey::Org, false, false),
            ],
        ),
        (
            ARWEN,
            vec![
                (RoleKey::Admin, false, true),
                (RoleKey::DefaultUser, false, true),
            ],
        ),
    ] {
        let held = roles.effective(&scope, user).await.unwrap().unwrap();
        let held: Vec<_> = held
            .iter()
            .map(|held| (held.role.key, held.direct, held.through_account))
            .collect();
        assert_eq!(held, expected);
    }
    let caller = caller("Elrond@Rivendell.example", "Rivendell");
    let known = fresh.authenticate(&caller, 180).await.unwrap();
    let allowed = RoleKey::OrgAdmin.default_privileges();
    assert!(
        allowed
            .iter()
            .all(|it| known.identity.privileges.contains(it))
    );
}

pub async fn users_of_an_inactive_account_move_in(fresh: Fresh) {
    let transfer = fresh.begin(Ids::Kept).await;
    let mut closed = imladris();
    closed.account.active = false;
    let records = [closed.clone().into_record(), arwen().into_record()];
    let findings = fresh.write(&transfer, &records).await;
    assert_eq!(created(&findings[1]), ARWEN.get());
    let caller = caller("arwen@rivendell.example", "Rivendell");
    assert!(!fresh.knows(&caller, 180).await);
    let patch = AccountPatch {
        active: Some(true),
        ..AccountPatch::default()
    };
    let accounts = &fresh.repositories.accounts;
    let updated = accounts
        .update(&whole(RIVENDELL), IMLADRIS, &patch, None, &change_at(180))
        .await;
    updated.unwrap().unwrap();
    assert!(fresh.knows(&caller, 180).await);
}

pub async fn creations_are_recorded_and_wait_for_their_links(fresh: Fresh) {
    fresh.move_everything_in().await;
    let log = fresh.log(RIVENDELL).await.split_off(2);
    let shown: Vec<_> = log
        .iter()
        .map(|record| (record.target, record.target_id, record.account_id))
        .collect();
    let expected = [
        (Entity::Account, IMLADRIS.get(), Some(IMLADRIS)),
        (Entity::User, ELROND.get(), Some(DEFAULT)),
        (Entity::User, ARWEN.get(), Some(IMLADRIS)),
        (Entity::Instance, 600_001, Some(DEFAULT)),
    ];
    assert_eq!(shown, expected);
    for record in &log {
        assert_eq!(record.change, change_at(120));
        assert_eq!(record.change.at, at(120));
        assert_eq!(record.action, AuditAction::Created);
        assert_eq!(record.old, Snapshot::new());
    }
    let roles = elrond().roles.unwrap();
    assert!(!roles.is_empty());
    assert_eq!(log[1].new, elrond().user.creation(&roles));
    assert!(!format!("{log:?}").contains("s3cret"));
    let chain = &fresh.repositories.audit_chain;
    let waiting = chain.unlinked_organizations(9).await.unwrap();
    assert_eq!(waiting, [RIVENDELL]);
    let unlinked = chain.unlinked(RIVENDELL, 99).await.unwrap();
    assert_eq!(unlinked[2..], log);
}

pub async fn what_moved_in_is_changed_as_anything_else(fresh: Fresh) {
    let transfer = fresh.move_everything_in().await;
    let stores = &fresh.repositories;
    let scope = whole(RIVENDELL);
    let patch = UserPatch {
        email: Some(email("half.elven@rivendell.example")),
        ..UserPatch::default()
    };
    let changed = fresh.update(&elrond().user, &patch, 180).await;
    assert_eq!(changed.revision, elrond().user.revision.next());
    let draft = instance_draft(ARWEN, "palantir", "Mine");
    let mine = stores
        .instances
        .create(RIVENDELL, &draft, &change_at(180))
        .await;
    assert_eq!(mine.unwrap().element, element(42, "palantir"));
    let draft = user_draft(IMLADRIS, "elrond@rivendell.example");
    let users = &stores.users;
    users
        .create(RIVENDELL, &draft, &change_at(180))
        .await
        .unwrap();
    let draft = account_draft("Lothlórien");
    let accounts = &stores.accounts;
    accounts
        .create(RIVENDELL, &draft, &change_at(180))
        .await
        .unwrap();
    // The number stays the one by which the user is recognized.
    let Finding::Differs { id, .. } = fresh.write_one(&transfer, elrond()).await else {
        panic!("Elrond's e-mail was changed");
    };
    assert_eq!(id, ELROND.get());
    let erased = users.delete(&scope, ARWEN, None, &change_at(240)).await;
    assert!(erased.unwrap());
}
