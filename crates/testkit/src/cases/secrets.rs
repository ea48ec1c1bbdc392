//! Secrets that are replaced: the old ones go on working for a while, or stop at once.

use tenantry_domain::{
    AuditAction, AuditRecord, Entity, OrganizationId, Revision, SealedSecret, Snapshot, User,
    UserId, ports::Caller,
};

use super::given::{Refusal, around, at, refusal};
use crate::{
    Fresh,
    samples::{change_at, secret},
};

pub async fn a_replaced_user_secret_works_until_its_time_and_not_at_it(fresh: Fresh) {
    let frodo = frodo(&fresh).await;
    replace(&fresh, &frodo, "tu_new", Some(100), 10).await;
    let (old, new) = (presenting("tu_frodo@shire.example"), presenting("tu_new"));
    for (seconds, works) in [
        (0, true),
        (10, true),
        (99, true),
        (100, false),
        (101, false),
    ] {
        assert_eq!(fresh.knows(&old, seconds).await, works, "at {seconds}");
    }
    let just_before = at(100) - time::Duration::microseconds(1);
    let credentials = &fresh.repositories.credentials;
    let found = credentials.authenticate(&old, just_before).await.unwrap();
    assert_eq!(found.unwrap().identity.user_id, frodo.id);
    for seconds in [0, 10, 100, u32::MAX] {
        let found = fresh.authenticate(&new, seconds).await.unwrap();
        assert_eq!(found.identity.user_id, frodo.id);
    }
}

pub async fn who_calls_is_known_until_the_first_of_what_is_presented_ends(fresh: Fresh) {
    let frodo = frodo(&fresh).await;
    let (old, new) = (presenting("tu_frodo@shire.example"), presenting("tu_new"));
    let good_until = async |caller| {
        let found = fresh.authenticate(caller, 20).await;
        found.unwrap().good_until
    };
    assert_eq!(good_until(&old).await, None);
    replace(&fresh, &frodo, "tu_new", Some(100), 10).await;
    assert_eq!(good_until(&old).await, Some(at(100)));
    assert_eq!(good_until(&new).await, None);
    let credentials = &fresh.repositories.credentials;
    credentials
        .replace_organization_secret(
            frodo.organization_id,
            &secret("to_new"),
            Some(at(50)),
            &change_at(10),
        )
        .await
        .unwrap();
    assert_eq!(good_until(&old).await, Some(at(50)));
    assert_eq!(good_until(&new).await, Some(at(50)));
}

pub async fn the_present_user_secret_is_the_new_one(fresh: Fresh) {
    let frodo = frodo(&fresh).await;
    let credentials = &fresh.repositories.credentials;
    for (number, name) in (1..).zip(["tu_1", "tu_2", "tu_3"]) {
        replace(&fresh, &frodo, name, Some(100), number).await;
        let present = credentials.user_secret(&around(&frodo), frodo.id).await;
        assert_eq!(present.unwrap(), Some(secret(name)));
    }
}

/// Four secrets: what was to work longer is cut short, what was to end sooner ends sooner.
pub async fn no_replaced_user_secret_outlives_the_last_replacement(fresh: Fresh) {
    let frodo = frodo(&fresh).await;
    replace(&fresh, &frodo, "tu_1", Some(1000), 1).await;
    replace(&fresh, &frodo, "tu_2", Some(50), 2).await;
    replace(&fresh, &frodo, "tu_3", Some(200), 3).await;
    for (name, last) in [
        ("tu_frodo@shire.example", 49),
        ("tu_1", 49),
        ("tu_2", 199),
        ("tu_3", 100_000),
    ] {
        let caller = presenting(name);
        assert!(fresh.knows(&caller, last).await, "{name}");
        let later = fresh.knows(&caller, last + 1).await;
        assert_eq!(later, name == "tu_3", "{name}");
    }
}

pub async fn without_overlap_all_old_user_secrets_stop_at_once(fresh: Fresh) {
    let frodo = frodo(&fresh).await;
    replace(&fresh, &frodo, "tu_1", Some(1000), 1).await;
    replace(&fresh, &frodo, "tu_2", Some(2000), 2).await;
    replace(&fresh, &frodo, "tu_3", None, 3).await;
    for name in ["tu_frodo@shire.example", "tu_1", "tu_2"] {
        // The clock of another node may be slow.
        for seconds in [0, 3, 4] {
            let works = fresh.knows(&presenting(name), seconds).await;
            assert!(!works, "{name} at {seconds}");
        }
    }
    assert!(fresh.knows(&presenting("tu_3"), 3).await);
}

pub async fn a_user_secret_that_is_replaced_counts_as_a_write_and_is_recorded(fresh: Fresh) {
    let frodo = frodo(&fresh).await;
    let before = fresh.log(frodo.organization_id).await.len();
    replace(&fresh, &frodo, "tu_new", Some(100), 7).await;
    let expected = User {
        revision: Revision::new(2),
        updated_at: at(7),
        ..frodo.clone()
    };
    assert_eq!(fresh.reread(&frodo).await, Some(expected));
    let log = fresh.log(frodo.organization_id).await;
    let record = AuditRecord {
        id: log[before].id,
        organization_id: frodo.organization_id,
        account_id: Some(frodo.account_id),
        change: change_at(7),
        action: AuditAction::SecretReset,
        target: Entity::User,
        target_id: frodo.id.get(),
        old: Snapshot::new(),
        new: Snapshot::new(),
    };
    assert_eq!(log[before..], [record]);
}

pub async fn a_user_secret_in_use_conflicts(fresh: Fresh) {
    let frodo = frodo(&fresh).await;
    let gondor = fresh.organization("Gondor").await;
    fresh.user(&gondor.account, "pippin@gondor.example").await;
    replace(&fresh, &frodo, "tu_new", Some(100), 1).await;
    let before = fresh.log(frodo.organization_id).await;
    let credentials = &fresh.repositories.credentials;
    for taken in [
        "tu_new",
        "tu_frodo@shire.example",
        "tu_admin@shire.example",
        "tu_pippin@gondor.example",
    ] {
        let outcome = credentials
            .replace_user_secret(
                &around(&frodo),
                frodo.id,
                &secret(taken),
                None,
                &change_at(2),
            )
            .await;
        let expected = Refusal::Conflict(Entity::User, "secret");
        assert_eq!(refusal(outcome), expected, "{taken}");
    }
    assert_eq!(fresh.log(frodo.organization_id).await, before);
    let reread = fresh.reread(&frodo).await.unwrap();
    assert_eq!(reread.revision, Revision::new(2));
    // The old one still has its time.
    assert!(fresh.knows(&presenting("tu_frodo@shire.example"), 99).await);
    assert!(fresh.knows(&presenting("tu_new"), 99).await);
}

pub async fn the_secret_of_an_unknown_owner_is_not_replaced(fresh: Fresh) {
    let frodo = frodo(&fresh).await;
    let credentials = &fresh.repositories.credentials;
    let (stolen, change) = (secret("stolen"), change_at(1));
    for id in [i64::MIN, 0, 4711, i64::MAX] {
        let replaced = credentials
            .replace_user_secret(&around(&frodo), UserId::new(id), &stolen, None, &change)
            .await;
        assert!(!replaced.unwrap(), "{id}");
        let replaced = credentials
            .replace_organization_secret(OrganizationId::new(id), &stolen, None, &change)
            .await;
        assert!(!replaced.unwrap(), "{id}");
    }
}

pub async fn replaced_secrets_go_with_their_user(fresh: Fresh) {
    let frodo = frodo(&fresh).await;
    replace(&fresh, &frodo, "tu_new", Some(100), 1).await;
    let users = &fresh.repositories.users;
    let erased = users
        .delete(&around(&frodo), frodo.id, None, &change_at(2))
        .await;
    assert!(erased.unwrap());
    for name in ["tu_frodo@shire.example", "tu_new"] {
        assert!(!fresh.knows(&presenting(name), 3).await, "{name}");
    }
    let gondor = fresh.organization("Gondor").await;
    replace(&fresh, &gondor.admin, "tu_frodo@shire.example", None, 4).await;
    replace(&fresh, &gondor.admin, "tu_new", None, 5).await;
}

pub async fn a_replaced_organization_secret_works_until_its_time_and_not_at_it(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let id = shire.organization.id;
    replace_organizations(&fresh, id, &secret("to_1"), Some(1000), 1).await;
    replace_organizations(&fresh, id, &secret("to_2"), Some(100), 2).await;
    replace_organizations(&fresh, id, &secret("to_3"), Some(200), 3).await;
    for (name, last) in [
        ("to_Shire", 99),
        ("to_1", 99),
        ("to_2", 199),
        ("to_3", 9999),
    ] {
        let caller = through(name);
        assert!(fresh.knows(&caller, last).await, "{name}");
        let later = fresh.knows(&caller, last + 1).await;
        assert_eq!(later, name == "to_3", "{name}");
    }
    let credentials = &fresh.repositories.credentials;
    let present = credentials.organization_secret(id).await.unwrap();
    assert_eq!(present, Some(secret("to_3")));

    replace_organizations(&fresh, id, &secret("to_4"), None, 4).await;
    for name in ["to_Shire", "to_1", "to_2", "to_3"] {
        assert!(!fresh.knows(&through(name), 0).await, "{name}");
    }
    assert!(fresh.knows(&through("to_4"), 4).await);
}

pub async fn an_organization_secret_that_is_replaced_counts_as_a_write_and_is_recorded(
    fresh: Fresh,
) {
    let shire = fresh.organization("Shire").await.organization;
    replace_organizations(&fresh, shire.id, &secret("to_new"), Some(100), 7).await;
    let organizations = &fresh.repositories.organizations;
    let found = organizations.find(shire.id).await.unwrap().unwrap();
    assert_eq!(found.revision, Revision::new(2));
    assert_eq!(found.updated_at, at(7));
    let log = fresh.log(shire.id).await;
    let record = AuditRecord {
        id: log[3].id,
        organization_id: shire.id,
        account_id: None,
        change: change_at(7),
        action: AuditAction::SecretReset,
        target: Entity::Organization,
        target_id: shire.id.get(),
        old: Snapshot::new(),
        new: Snapshot::new(),
    };
    assert_eq!(log[3..], [record]);
}

pub async fn an_organization_secret_in_use_conflicts(fresh: Fresh) {
    let shire = fresh.organization("Shire").await.organization;
    fresh.organization("Gondor").await;
    replace_organizations(&fresh, shire.id, &secret("to_new"), Some(100), 1).await;
    let before = fresh.log(shire.id).await;
    let credentials = &fresh.repositories.credentials;
    for taken in ["to_new", "to_Shire", "to_Gondor"] {
        let outcome = credentials
            .replace_organization_secret(shire.id, &secret(taken), None, &change_at(2))
            .await;
        let expected = Refusal::Conflict(Entity::Organization, "secret");
        assert_eq!(refusal(outcome), expected, "{taken}");
    }
    assert_eq!(fresh.log(shire.id).await, before);
    assert!(fresh.knows(&through("to_Shire"), 99).await);
    assert!(!fresh.knows(&through("to_Gondor"), 99).await);
}

pub async fn replaced_secrets_are_forgotten_when_their_time_is_over(fresh: Fresh) {
    let frodo = frodo(&fresh).await;
    let id = frodo.organization_id;
    replace(&fresh, &frodo, "tu_1", Some(50), 1).await;
    replace(&fresh, &frodo, "tu_2", Some(100), 2).await;
    replace_organizations(&fresh, id, &secret("to_1"), Some(100), 3).await;
    let credentials = &fresh.repositories.credentials;
    for (seconds, limit, expected) in [(49, 9, 0), (50, 0, 0), (50, 9, 1), (50, 9, 0), (99, 9, 0)] {
        let forgotten = credentials.forget_expired(at(seconds), limit).await;
        assert_eq!(forgotten.unwrap(), expected, "at {seconds}");
    }
    assert!(fresh.knows(&presenting("tu_1"), 99).await);
    assert!(fresh.knows(&through("to_Shire"), 99).await);
    for expected in [1, 1, 0] {
        let forgotten = credentials.forget_expired(at(100), 1).await;
        assert_eq!(forgotten.unwrap(), expected);
    }
    // Whose digests are free then; the present ones stay for ever.
    replace(&fresh, &frodo, "tu_frodo@shire.example", None, 101).await;
    replace_organizations(&fresh, id, &secret("to_Shire"), None, 102).await;
    assert!(
        fresh
            .knows(&presenting("tu_frodo@shire.example"), 103)
            .await
    );
}

/// Frodo of the Shire.
async fn frodo(fresh: &Fresh) -> User {
    let shire = fresh.organization("Shire").await;
    fresh.user(&shire.account, "frodo@shire.example").await
}

/// Who presents this user's secret, and that of the Shire.
fn presenting(user: &str) -> Caller {
    Caller::Secrets {
        user: secret(user).digest,
        organization: secret("to_Shire").digest,
        instance: None,
    }
}

/// The administrator of the Shire, who presents this secret of the organization.
fn through(organization: &str) -> Caller {
    Caller::Secrets {
        user: secret("tu_admin@shire.example").digest,
        organization: secret(organization).digest,
        instance: None,
    }
}

async fn replace(fresh: &Fresh, user: &User, new: &str, old_until: Option<u32>, seconds: u32) {
    let credentials = &fresh.repositories.credentials;
    let replaced = credentials
        .replace_user_secret(
            &around(user),
            user.id,
            &secret(new),
            old_until.map(at),
            &change_at(seconds),
        )
        .await;
    assert!(replaced.unwrap());
}

async fn replace_organizations(
    fresh: &Fresh,
    id: OrganizationId,
    new: &SealedSecret,
    old_until: Option<u32>,
    seconds: u32,
) {
    let credentials = &fresh.repositories.credentials;
    let change = change_at(seconds);
    let replaced = credentials
        .replace_organization_secret(id, new, old_until.map(at), &change)
        .await;
    assert!(replaced.unwrap());
}
