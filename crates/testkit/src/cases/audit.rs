//! Every write leaves its record, with the old and the new values.

use tenantry_domain::{
    Account, AccountDraft, AuditAction, AuditRecord, Author, Change, Entity, InstanceDraft,
    NewPassword, ProfilePatch, RoleKey, Snapshot, User, UserDraft, UserPatch, ports::Lockout,
};
use time::Duration;

use super::given::around;
use crate::{
    Fresh,
    samples::{self, START, change, change_at, change_by, email, name, password_hash, text},
};
pub async fn a_new_organization_leaves_three_records(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let log = fresh.log(shire.organization.id).await;
    let record = |place: usize, account_id, target, target_id, new| AuditRecord {
        id: log[place].id,
        organization_id: shire.organization.id,
        account_id,
        change: change(),
        action: AuditAction::Created,
        target,
        target_id,
        old: Snapshot::new(),
        new,
    };
    let account = Some(shire.account.id);
    let own = fields(&[("name", "Shire"), ("active", "true")]);
    let of_account = fields(&[
        ("name", "Shire"),
        ("active", "true"),
        ("defaultAccount", "true"),
    ]);
    let of_admin = Snapshot::new()
        .field("accountId", shire.account.id)
        .field("email", "admin@shire.example")
        .field("firstName", "Ada")
        .field("lastName", "Admin")
        .field("active", true)
        .field("roles", "org-admin");
    assert_eq!(
        log,
        [
            record(
                0,
                None,
                Entity::Organization,
                shire.organization.id.get(),
                own
            ),
            record(
                1,
                account,
                Entity::Account,
                shire.account.id.get(),
                of_account
            ),
            record(2, account, Entity::User, shire.admin.id.get(), of_admin),
        ]
    );
}

pub async fn a_new_account_leaves_a_record(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let draft = AccountDraft {
        name: name("Bree"),
        description: Some(text("Inns")),
        external_id: Some(text("B-1")),
    };
    let id = shire.organization.id;
    let accounts = &fresh.repositories.accounts;
    let bree = accounts.create(id, &draft, &change_at(1)).await.unwrap();
    let log = fresh.log(id).await;
    assert_eq!(
        log[3..],
        [AuditRecord {
            id: log[3].id,
            organization_id: id,
            account_id: Some(bree.id),
            change: change_at(1),
            action: AuditAction::Created,
            target: Entity::Account,
            target_id: bree.id.get(),
            old: Snapshot::new(),
            new: fields(&[
                ("name", "Bree"),
                ("description", "Inns"),
                ("externalId", "B-1"),
                ("active", "true"),
                ("defaultAccount", "false"),
            ]),
        }]
    );
}

pub async fn a_new_user_leaves_a_record_without_secrets(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let draft = UserDraft {
        profile: samples::full_profile(),
        password: Some(password_hash("s3cret")),
        roles: vec![RoleKey::Admin, RoleKey::OrgAdmin, RoleKey::Admin],
        ..samples::user_draft(shire.account.id, "Frodo@shire.example")
    };
    let id = shire.organization.id;
    let users = &fresh.repositories.users;
    let user = users.create(id, &draft, &change_at(1)).await.unwrap();
    let new = fields(&[
        ("email", "Frodo@shire.example"),
        ("firstName", "Frodo"),
        ("lastName", "Baggins"),
        ("active", "true"),
        ("externalId", "FB-1"),
        ("phone", "+41 44 123 45 67"),
        ("street1", "Bag End 1"),
        ("street2", "Bagshot Row"),
        ("city", "Hobbiton"),
        ("stateProvince", "Westfarthing"),
        ("postalCode", "1401"),
        ("country", "Shire"),
        ("passwordChangedAt", "2026-01-15 12:00:01.0 +00:00:00"),
        ("roles", "org-admin,admin"),
    ])
    .field("accountId", shire.account.id);
    let log = fresh.log(id).await;
    let expected = record(
        &log[3],
        &user,
        change_at(1),
        AuditAction::Created,
        Snapshot::new(),
        new,
    );
    assert_eq!(log[3..], [expected]);
}

pub async fn an_update_records_the_fields_that_differ(fresh: Fresh) {
    let (_, user) = shire_with_frodo(&fresh).await;
    let patch = UserPatch {
        email: Some(email("frodo@shire.example")),
        first_name: Some(name("Bilbo")),
        active: Some(false),
        profile: ProfilePatch {
            city: Some(None),
            phone: Some(Some(text("1"))),
            country: Some(Some(text("Shire"))),
            ..ProfilePatch::default()
        },
        password: Some(NewPassword {
            hash: password_hash("n3w"),
            must_change: true,
            remember: 0,
            keep_token: None,
        }),
        locked_until: Some(Some(START + Duration::days(1))),
        ..UserPatch::default()
    };
    update(&fresh, &user, &patch, &change_at(2)).await;
    let log = fresh.log(user.organization_id).await;
    let expected = record(
        &log[4],
        &user,
        change_at(2),
        AuditAction::Updated,
        fields(&[
            ("firstName", "Frodo"),
            ("active", "true"),
            ("city", "Hobbiton"),
            ("phone", "+41 44 123 45 67"),
        ]),
        fields(&[
            ("firstName", "Bilbo"),
            ("active", "false"),
            ("phone", "1"),
            ("passwordChangedAt", "2026-01-15 12:00:02.0 +00:00:00"),
            ("lockedUntil", "2026-01-16 12:00:00.0 +00:00:00"),
        ]),
    );
    assert_eq!(log[4..], [expected]);
}

pub async fn an_update_records_the_direct_roles_as_one_field(fresh: Fresh) {
    let (_, user) = shire_with_frodo(&fresh).await;
    for (seconds, roles) in [
        (1, vec![RoleKey::Admin]),
        (2, vec![RoleKey::Admin, RoleKey::OrgAdmin]),
        (3, vec![RoleKey::OrgAdmin, RoleKey::Admin]),
        (4, vec![RoleKey::DefaultUser]),
    ] {
        let patch = UserPatch {
            roles: Some(roles),
            ..UserPatch::default()
        };
        update(&fresh, &user, &patch, &change_at(seconds)).await;
    }
    let log = fresh.log(user.organization_id).await;
    let expected = [
        (1, None, "admin"),
        (2, Some("admin"), "org-admin,admin"),
        (4, Some("org-admin,admin"), "default-user"),
    ];
    assert_eq!(log.len(), 4 + expected.len());
    for (found, (seconds, old, new)) in log[4..].iter().zip(expected) {
        assert_eq!(found.change, change_at(seconds));
        assert_eq!(found.action, AuditAction::Updated);
        // No roles at all may be recorded as an absent field or as an empty one.
        let before = found.old.0.get("roles").map(String::as_str);
        assert_eq!(before.filter(|keys| !keys.is_empty()), old);
        assert_eq!(found.new, fields(&[("roles", new)]));
    }
}

pub async fn an_update_that_changes_nothing_leaves_no_record(fresh: Fresh) {
    let (_, user) = shire_with_frodo(&fresh).await;
    let before = fresh.log(user.organization_id).await;
    let patch = UserPatch {
        first_name: Some(name("Frodo")),
        active: Some(true),
        roles: Some(vec![]),
        locked_until: Some(None),
        discard_instances: true,
        ..UserPatch::default()
    };
    update(&fresh, &user, &patch, &change_at(2)).await;
    assert_eq!(fresh.log(user.organization_id).await, before);
}

pub async fn an_erased_user_leaves_its_old_values_and_its_history(fresh: Fresh) {
    let (_, user) = shire_with_frodo(&fresh).await;
    let instance = fresh.instance(&user, "jira", "Tickets").await;
    let before = fresh.log(user.organization_id).await;
    let users = &fresh.repositories.users;
    let change = change_at(3);
    let erased = users.delete(&around(&user), user.id, None, &change).await;
    assert!(erased.unwrap());
    let mut log = fresh.log(user.organization_id).await;
    assert_eq!(log[..before.len()], before);
    let last = log.split_off(before.len());
    let none = Snapshot::new;
    let of_user = record(
        &last[1],
        &user,
        change,
        AuditAction::Deleted,
        user.snapshot(),
        none(),
    );
    let of_instance = AuditRecord {
        id: last[0].id,
        target: Entity::Instance,
        target_id: instance.id.get(),
        old: instance.snapshot(),
        ..of_user.clone()
    };
    assert_eq!(last, [of_instance, of_user]);
}

pub async fn instances_leave_records(fresh: Fresh) {
    let (_, user) = shire_with_frodo(&fresh).await;
    let draft = InstanceDraft {
        tags: vec![text("red"), text("blue, green")],
        ..samples::instance_draft(user.id, "jira", "Tickets")
    };
    let instances = &fresh.repositories.instances;
    let id = user.organization_id;
    let instance = instances.create(id, &draft, &change_at(1)).await.unwrap();
    let scope = around(&user);
    let change = change_by(user.id, 2);
    let erased = instances.delete(&scope, instance.id, None, &change).await;
    assert!(erased.unwrap());
    let log = fresh.log(id).await;
    let values = fields(&[
        ("name", "Tickets"),
        ("elementKey", "jira"),
        ("tags", "red, blue, green"),
        ("externalAuthentication", "none"),
        ("valid", "true"),
        ("disabled", "false"),
    ])
    .field("userId", user.id);
    let created = AuditRecord {
        id: log[4].id,
        organization_id: id,
        account_id: Some(user.account_id),
        change: change_at(1),
        action: AuditAction::Created,
        target: Entity::Instance,
        target_id: instance.id.get(),
        old: Snapshot::new(),
        new: values.clone(),
    };
    let deleted = AuditRecord {
        id: log[5].id,
        change,
        action: AuditAction::Deleted,
        old: values,
        new: Snapshot::new(),
        ..created.clone()
    };
    assert_eq!(log[4..], [created, deleted]);
}

pub async fn grants_leave_records(fresh: Fresh) {
    let (_, user) = shire_with_frodo(&fresh).await;
    let roles = &fresh.repositories.roles;
    let scope = around(&user);
    let granted = roles
        .grant(&scope, user.id, RoleKey::Admin, None, &change_at(1))
        .await;
    granted.unwrap();
    let revoked = roles
        .revoke(&scope, user.id, RoleKey::Admin, None, &change_at(2))
        .await;
    revoked.unwrap();
    let log = fresh.log(user.organization_id).await;
    let role = || fields(&[("role", "admin")]);
    let (none, at) = (Snapshot::new, change_at);
    let granted = record(
        &log[4],
        &user,
        at(1),
        AuditAction::RoleGranted,
        none(),
        role(),
    );
    let revoked = record(
        &log[5],
        &user,
        at(2),
        AuditAction::RoleRevoked,
        role(),
        none(),
    );
    assert_eq!(log[4..], [granted, revoked]);
}

pub async fn a_lock_leaves_a_record(fresh: Fresh) {
    let (_, user) = shire_with_frodo(&fresh).await;
    let lockout = Lockout {
        after: 1,
        ..Lockout::STANDARD
    };
    let change = Change {
        author: Author::Platform,
        ..change_at(5)
    };
    let credentials = &fresh.repositories.credentials;
    credentials
        .password_failed(&around(&user), user.id, &lockout, &change)
        .await
        .unwrap();
    let log = fresh.log(user.organization_id).await;
    let new = fields(&[("lockedUntil", "2026-01-15 12:30:05.0 +00:00:00")]);
    let expected = record(
        &log[4],
        &user,
        change,
        AuditAction::Locked,
        Snapshot::new(),
        new,
    );
    assert_eq!(log[4..], [expected]);
}

pub async fn writes_that_fail_leave_no_record(fresh: Fresh) {
    let (account, user) = shire_with_frodo(&fresh).await;
    let before = fresh.log(user.organization_id).await;
    let (stores, scope) = (&fresh.repositories, around(&user));
    let stale = Some(tenantry_domain::Revision::new(99));
    let taken = UserPatch {
        email: Some(email("admin@shire.example")),
        ..UserPatch::default()
    };
    let draft = UserDraft {
        secret: samples::secret("tu_other"),
        ..samples::user_draft(account.id, "frodo@shire.example")
    };
    let id = user.organization_id;
    assert!(
        stores
            .users
            .create(id, &draft, &change_at(1))
            .await
            .is_err()
    );
    let outcome = stores
        .users
        .update(&scope, user.id, &taken, None, &change_at(1))
        .await;
    assert!(outcome.is_err());
    let empty = UserPatch::default();
    let outcome = stores
        .users
        .update(&scope, user.id, &empty, stale, &change_at(1))
        .await;
    assert!(outcome.is_err());
    let outcome = stores
        .users
        .delete(&scope, user.id, stale, &change_at(1))
        .await;
    assert!(outcome.is_err());
    let instance = samples::instance_draft(tenantry_domain::UserId::new(4711), "jira", "x");
    let outcome = stores.instances.create(id, &instance, &change_at(1)).await;
    assert!(outcome.is_err());
    assert_eq!(fresh.log(id).await, before);
}

pub async fn authors_and_requests_are_kept(fresh: Fresh) {
    let (_, user) = shire_with_frodo(&fresh).await;
    let request_id = tenantry_domain::RequestId::new([0xff; 12]);
    let at = START + Duration::microseconds(123_456);
    let authors = [
        Author::User(user.id),
        Author::Operator,
        Author::Platform,
        Author::User(tenantry_domain::UserId::new(i64::MAX)),
    ];
    for (number, author) in authors.into_iter().enumerate() {
        let change = Change {
            author,
            request_id,
            at,
        };
        let patch = UserPatch {
            first_name: Some(name(&format!("Number {number}"))),
            ..UserPatch::default()
        };
        update(&fresh, &user, &patch, &change).await;
    }
    let log = fresh.log(user.organization_id).await;
    let kept: Vec<_> = log[4..].iter().map(|record| record.change).collect();
    assert_eq!(
        kept,
        authors.map(|author| Change {
            author,
            request_id,
            at
        })
    );
}

fn fields(pairs: &[(&str, &str)]) -> Snapshot {
    let pairs = pairs.iter();
    pairs.fold(Snapshot::new(), |fields, (name, value)| {
        fields.field(name, value)
    })
}

pub(super) fn renaming(first: &str) -> UserPatch {
    UserPatch {
        first_name: Some(name(first)),
        ..UserPatch::default()
    }
}

/// The record of something done to a user, with the id that was found.
fn record(
    found: &AuditRecord,
    user: &User,
    change: Change,
    action: AuditAction,
    old: Snapshot,
    new: Snapshot,
) -> AuditRecord {
    AuditRecord {
        id: found.id,
        organization_id: user.organization_id,
        account_id: Some(user.account_id),
        change,
        action,
        target: Entity::User,
        target_id: user.id.get(),
        old,
        new,
    }
}

/// The default account of the Shire, and Frodo in it with a full profile. They leave four records.
pub(super) async fn shire_with_frodo(fresh: &Fresh) -> (Account, User) {
    let account = fresh.organization("Shire").await.account;
    let user = fresh
        .user_with(&account, "frodo@shire.example", |draft| {
            draft.profile = samples::full_profile();
        })
        .await;
    (account, user)
}

pub(super) async fn update(fresh: &Fresh, user: &User, patch: &UserPatch, change: &Change) {
    let users = &fresh.repositories.users;
    let updated = users
        .update(&around(user), user.id, patch, None, change)
        .await;
    updated.unwrap().unwrap();
}
