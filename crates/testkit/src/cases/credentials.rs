//! Secrets and passwords.

use tenantry_domain::{
    AuditAction, Identity, PasswordState, Rank, Revision, RoleKey, Scope, SealedSecret, User,
    UserId, UserPatch,
    ports::{Caller, Lockout, StoredPassword, VerifiedPassword},
};
use time::Duration;

use super::given::around;
use crate::{
    Fresh,
    samples::{
        self, START, caller, change, change_at, password_hash, secret, verified,
        verified_and_upgraded,
    },
};

pub async fn two_right_secrets_tell_who_is_calling(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let credentials = &fresh.repositories.credentials;
    let identity = credentials
        .authenticate(&caller("admin@shire.example", "Shire"), START)
        .await;
    let roles = [RoleKey::OrgAdmin, RoleKey::Org].map(RoleKey::default_privileges);
    assert_eq!(
        identity.unwrap().map(|found| found.identity),
        Some(Identity {
            user_id: shire.admin.id,
            account_id: shire.account.id,
            organization_id: shire.organization.id,
            default_account_id: shire.account.id,
            privileges: roles[0].union(roles[1]),
            rank: Rank::OrganizationAdministrator,
            password_expiration_days: 0,
        })
    );
}

pub async fn a_user_of_another_account_has_the_rights_of_its_account(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let bree = fresh.account(shire.organization.id, "Bree").await;
    let sam = fresh.user(&bree, "sam@shire.example").await;
    let credentials = &fresh.repositories.credentials;
    let identity = credentials
        .authenticate(&caller("sam@shire.example", "Shire"), START)
        .await;
    assert_eq!(
        identity.unwrap().map(|found| found.identity),
        Some(Identity {
            user_id: sam.id,
            account_id: bree.id,
            organization_id: shire.organization.id,
            default_account_id: shire.account.id,
            privileges: RoleKey::DefaultUser.default_privileges(),
            rank: Rank::User,
            password_expiration_days: 0,
        })
    );
}

pub async fn the_operator_is_known_too(fresh: Fresh) {
    let draft = samples::system_organization_draft();
    let organizations = &fresh.repositories.organizations;
    organizations.create(&draft, &change()).await.unwrap();
    let credentials = &fresh.repositories.credentials;
    let identity = credentials
        .authenticate(&caller("admin@platform.example", "Platform"), START)
        .await;
    let identity = identity.unwrap().unwrap().identity;
    assert_eq!(identity.rank, Rank::Operator);
    assert_eq!(identity.privileges, RoleKey::SysAdmin.default_privileges());
}

pub async fn wrong_secrets_authenticate_nobody(fresh: Fresh) {
    fresh.organization("Shire").await;
    fresh.organization("Gondor").await;
    let credentials = &fresh.repositories.credentials;
    let right = caller("admin@shire.example", "Shire");
    let of_user = secret("tu_admin@shire.example");
    let of_organization = secret("to_Shire");
    let presenting = |user: &SealedSecret, organization: &SealedSecret| Caller::Secrets {
        user: user.digest,
        organization: organization.digest,
        instance: None,
    };
    for wrong in [
        caller("nobody@shire.example", "Shire"),
        caller("admin@shire.example", "Mordor"),
        caller("admin@shire.example", "Gondor"),
        caller("admin@gondor.example", "Shire"),
        presenting(&of_organization, &of_user),
        presenting(&of_user, &of_user),
        presenting(&of_organization, &of_organization),
    ] {
        assert_eq!(credentials.authenticate(&wrong, START).await.unwrap(), None);
    }
    assert!(
        credentials
            .authenticate(&right, START)
            .await
            .unwrap()
            .is_some()
    );
}

pub async fn the_token_of_an_instance_authenticates_nobody(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let draft = samples::instance_draft(shire.admin.id, "jira", "Tickets");
    let stores = &fresh.repositories;
    stores
        .instances
        .create(shire.organization.id, &draft, &change())
        .await
        .unwrap();
    let caller = Caller::Secrets {
        user: draft.token.digest,
        organization: secret("to_Shire").digest,
        instance: None,
    };
    let identity = stores
        .credentials
        .authenticate(&caller, START)
        .await
        .unwrap();
    assert_eq!(identity, None);
}

pub async fn inactive_users_do_not_authenticate(fresh: Fresh) {
    let frodo = frodo(&fresh).await;
    let stores = &fresh.repositories;
    let caller = caller("frodo@shire.example", "Shire");
    for active in [false, true, false] {
        let patch = UserPatch {
            active: Some(active),
            ..UserPatch::default()
        };
        stores
            .users
            .update(&around(&frodo), frodo.id, &patch, None, &change_at(1))
            .await
            .unwrap();
        let identity = stores
            .credentials
            .authenticate(&caller, START)
            .await
            .unwrap();
        assert_eq!(identity.is_some(), active);
    }
}

pub async fn a_lock_does_not_keep_secrets_from_working(fresh: Fresh) {
    let frodo = frodo(&fresh).await;
    fail(&fresh, &frodo, 1..=5).await;
    assert!(password(&fresh, &frodo).await.locked_until.is_some());
    let credentials = &fresh.repositories.credentials;
    let identity = credentials
        .authenticate(&caller("frodo@shire.example", "Shire"), START)
        .await;
    assert_eq!(identity.unwrap().unwrap().identity.user_id, frodo.id);
}

pub async fn new_grants_count_at_the_next_call(fresh: Fresh) {
    let frodo = frodo(&fresh).await;
    let stores = &fresh.repositories;
    let caller = caller("frodo@shire.example", "Shire");
    let rank = async || {
        let identity = stores.credentials.authenticate(&caller, START).await;
        identity.unwrap().unwrap().identity.rank
    };
    assert_eq!(rank().await, Rank::User);
    let scope = around(&frodo);
    let granted = stores
        .roles
        .grant(&scope, frodo.id, RoleKey::Admin, None, &change_at(1))
        .await;
    granted.unwrap().unwrap();
    assert_eq!(rank().await, Rank::AccountAdministrator);
    let revoked = stores
        .roles
        .revoke(&scope, frodo.id, RoleKey::Admin, None, &change_at(2))
        .await;
    revoked.unwrap().unwrap();
    assert_eq!(rank().await, Rank::User);
}

pub async fn a_users_secret_is_kept_as_it_was_sealed(fresh: Fresh) {
    let frodo = frodo(&fresh).await;
    let credentials = &fresh.repositories.credentials;
    let kept = credentials.user_secret(&around(&frodo), frodo.id).await;
    let original = samples::secret("tu_frodo@shire.example");
    assert_eq!(kept.unwrap(), Some(original));
}

pub async fn credentials_of_an_unknown_user_are_none(fresh: Fresh) {
    let frodo = frodo(&fresh).await;
    let credentials = &fresh.repositories.credentials;
    let scope = around(&frodo);
    for id in [i64::MIN, 0, 4711, i64::MAX] {
        let id = UserId::new(id);
        assert_eq!(credentials.password(&scope, id).await.unwrap(), None);
        assert_eq!(credentials.user_secret(&scope, id).await.unwrap(), None);
        let lockout = Lockout {
            after: 1,
            ..Lockout::STANDARD
        };
        credentials
            .password_failed(&scope, id, &lockout, &change_at(1))
            .await
            .unwrap();
        credentials
            .password_succeeded(&scope, id, &verified_and_upgraded("s3cret"))
            .await
            .unwrap();
    }
    assert_eq!(fresh.reread(&frodo).await, Some(frodo));
}

pub async fn wrong_passwords_are_counted_and_lock_in_the_end(fresh: Fresh) {
    let frodo = frodo(&fresh).await;
    for seconds in 1..=4 {
        fail(&fresh, &frodo, seconds..=seconds).await;
        let stored = password(&fresh, &frodo).await;
        let expected = StoredPassword {
            hash: Some(password_hash("s3cret")),
            locked_until: None,
            failures: seconds,
        };
        assert_eq!(stored, expected);
    }
    fail(&fresh, &frodo, 5..=5).await;
    let until = change_at(5).at + Duration::minutes(30);
    let stored = password(&fresh, &frodo).await;
    assert_eq!((stored.failures, stored.locked_until), (0, Some(until)));
    let reread = fresh.reread(&frodo).await.unwrap();
    assert_eq!(reread.locked_until, Some(until));
    assert_eq!(reread.revision, Revision::FIRST);
}

pub async fn counting_starts_again_after_a_lock(fresh: Fresh) {
    let frodo = frodo(&fresh).await;
    fail(&fresh, &frodo, 1..=5).await;
    let first = change_at(5).at + Duration::minutes(30);
    fail(&fresh, &frodo, 2001..=2004).await;
    let stored = password(&fresh, &frodo).await;
    assert_eq!((stored.failures, stored.locked_until), (4, Some(first)));
    fail(&fresh, &frodo, 2005..=2005).await;
    let second = change_at(2005).at + Duration::minutes(30);
    let stored = password(&fresh, &frodo).await;
    assert_eq!((stored.failures, stored.locked_until), (0, Some(second)));
}

pub async fn the_caller_says_when_to_lock_and_for_how_long(fresh: Fresh) {
    let frodo = frodo(&fresh).await;
    let lockout = Lockout {
        after: 1,
        lasts: Duration::seconds(90),
    };
    let credentials = &fresh.repositories.credentials;
    credentials
        .password_failed(&around(&frodo), frodo.id, &lockout, &change_at(7))
        .await
        .unwrap();
    let stored = password(&fresh, &frodo).await;
    let until = START + Duration::seconds(97);
    assert_eq!((stored.failures, stored.locked_until), (0, Some(until)));
}

pub async fn a_lock_has_an_audit_record_and_a_mere_failure_has_none(fresh: Fresh) {
    let frodo = frodo(&fresh).await;
    let before = fresh.log(frodo.organization_id).await.len();
    fail(&fresh, &frodo, 1..=4).await;
    assert_eq!(fresh.log(frodo.organization_id).await.len(), before);
    fail(&fresh, &frodo, 5..=5).await;
    let log = fresh.log(frodo.organization_id).await;
    assert_eq!(log.len(), before + 1);
    assert_eq!(log[before].action, AuditAction::Locked);
}

pub async fn the_right_password_forgets_the_wrong_ones(fresh: Fresh) {
    let frodo = frodo(&fresh).await;
    let before = fresh.log(frodo.organization_id).await;
    fail(&fresh, &frodo, 1..=4).await;
    succeed(&fresh, &frodo, &verified("s3cret")).await;
    let stored = password(&fresh, &frodo).await;
    assert_eq!(stored.failures, 0);
    assert_eq!(stored.hash, Some(password_hash("s3cret")));
    fail(&fresh, &frodo, 5..=8).await;
    assert_eq!(password(&fresh, &frodo).await.locked_until, None);
    assert_eq!(fresh.log(frodo.organization_id).await, before);
}

pub async fn an_upgraded_hash_is_the_same_password(fresh: Fresh) {
    let frodo = frodo(&fresh).await;
    let better = verified_and_upgraded("s3cret");
    succeed(&fresh, &frodo, &better).await;
    let stored = password(&fresh, &frodo).await;
    assert_eq!(stored.hash, better.upgraded);
    let reread = fresh.reread(&frodo).await.unwrap();
    assert_eq!(reread.revision, Revision::FIRST);
    let set = PasswordState::Set {
        changed_at: START,
        must_change: false,
    };
    assert_eq!(reread.password, set);
}

pub async fn failures_of_one_user_do_not_touch_another(fresh: Fresh) {
    let frodo = frodo(&fresh).await;
    let sam = {
        let gondor = fresh.organization("Gondor").await;
        fresh.user(&gondor.account, "sam@gondor.example").await
    };
    fail(&fresh, &frodo, 1..=5).await;
    assert_eq!(password(&fresh, &sam).await.failures, 0);
    assert_eq!(fresh.reread(&sam).await, Some(sam));
}

/// Frodo of the Shire with the password `s3cret`.
async fn frodo(fresh: &Fresh) -> User {
    let shire = fresh.organization("Shire").await;
    fresh
        .user_with(&shire.account, "frodo@shire.example", |draft| {
            draft.password = Some(password_hash("s3cret"));
        })
        .await
}

async fn fail(fresh: &Fresh, user: &User, seconds: std::ops::RangeInclusive<u32>) {
    let credentials = &fresh.repositories.credentials;
    for at in seconds {
        let scope = Scope::user(user.organization_id, user.id);
        credentials
            .password_failed(&scope, user.id, &Lockout::STANDARD, &change_at(at))
            .await
            .unwrap();
    }
}

async fn succeed(fresh: &Fresh, user: &User, verified: &VerifiedPassword) {
    let credentials = &fresh.repositories.credentials;
    credentials
        .password_succeeded(&around(user), user.id, verified)
        .await
        .unwrap();
}

async fn password(fresh: &Fresh, user: &User) -> StoredPassword {
    let credentials = &fresh.repositories.credentials;
    let stored = credentials.password(&around(user), user.id).await;
    stored.unwrap().unwrap()
}

pub async fn a_lock_never_gets_shorter(fresh: Fresh) {
    let frodo = frodo(&fresh).await;
    let long = START + Duration::days(365);
    let patch = UserPatch {
        locked_until: Some(Some(long)),
        ..UserPatch::default()
    };
    let users = &fresh.repositories.users;
    users
        .update(&around(&frodo), frodo.id, &patch, None, &change())
        .await
        .unwrap();
    fail(&fresh, &frodo, 1..=5).await;
    let stored = password(&fresh, &frodo).await;
    assert_eq!(stored.locked_until, Some(long));
}
