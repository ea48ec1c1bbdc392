//! Users that are created at the same moment share statements, and nothing else.

use std::sync::Arc;

use sqlx::{Connection as _, PgConnection};
use tenantry_domain::{
    Email, Entity, RoleKey, UserDraft,
    ports::{CreatedOrganization, Repositories, RepositoryError, UserAndRoles},
};
use tenantry_testkit::{run, samples};
use tokio::task::JoinHandle;

use super::{blocked, scene, scope, settle, until_blocked};

const EMAIL_IN_USE: RepositoryError = RepositoryError::Conflict {
    entity: Entity::User,
    field: "email",
};

type Creating = JoinHandle<Result<UserAndRoles, RepositoryError>>;

fn create(repositories: &Repositories, of: &CreatedOrganization, draft: UserDraft) -> Creating {
    let (users, organization) = (Arc::clone(&repositories.users), of.organization.id);
    tokio::spawn(async move {
        let change = samples::change();
        users.create_with_roles(organization, &draft, &change).await
    })
}

/// Holds the account of `of` until the transaction ends.
async fn hold(other: &mut PgConnection, of: &CreatedOrganization) {
    sqlx::query("SELECT id FROM accounts WHERE id = $1 FOR UPDATE")
        .bind(of.account.id.get())
        .execute(other)
        .await
        .unwrap();
}

#[test]
fn those_who_wait_share_a_statement_and_each_is_told_what_became_of_it() {
    run(async {
        let (schema, repositories, shire, mut other, mut observer) = scene().await;
        let mut held = other.begin().await.unwrap();
        hold(&mut held, &shire).await;
        let creating: Vec<_> = (0..40)
            .map(|number| {
                // Of the last two, one comes too late.
                let name = if number == 39 { 38 } else { number };
                let email = format!("user{name}@shire.example");
                let mut draft = samples::user_draft(shire.account.id, &email);
                draft.roles = if number % 2 == 0 {
                    vec![RoleKey::Admin, RoleKey::Admin]
                } else {
                    vec![]
                };
                draft.secret = samples::secret(&format!("tu_{number}"));
                create(&repositories, &shire, draft)
            })
            .collect();
        until_blocked(&mut observer, &schema).await;
        settle().await;
        assert!(blocked(&mut observer, &schema).await <= 3);
        held.commit().await.unwrap();

        let mut too_late = 0;
        for (number, answer) in creating.into_iter().enumerate() {
            let created = match answer.await.unwrap() {
                Ok(created) => created,
                Err(error) => {
                    assert!(number >= 38);
                    assert_eq!(error.to_string(), EMAIL_IN_USE.to_string());
                    too_late += 1;
                    continue;
                }
            };
            let email = format!("user{}@shire.example", number.min(38));
            assert_eq!(created.user.email, Email::parse(email).unwrap());
            let found = repositories
                .users
                .find_with_roles(&scope(&shire), created.user.id)
                .await;
            assert_eq!(found.unwrap(), Some(created.clone()));
            let direct: Vec<_> = created
                .roles
                .unwrap()
                .into_iter()
                .filter(|held| held.direct)
                .map(|held| held.role.key)
                .collect();
            let expected: &[RoleKey] = if number % 2 == 0 {
                &[RoleKey::Admin]
            } else {
                &[]
            };
            assert_eq!(direct, expected);
            let digest: Vec<u8> =
                sqlx::query_scalar("SELECT digest FROM user_secrets WHERE user_id = $1")
                    .bind(created.user.id.get())
                    .fetch_one(&mut observer)
                    .await
                    .unwrap();
            let secret = samples::secret(&format!("tu_{number}"));
            assert_eq!(digest, secret.digest.as_bytes());
        }
        assert_eq!(too_late, 1);
        // Two came first and were created alone; then all others.
        let statements: Vec<i64> = sqlx::query_scalar(
            "SELECT count(*) FROM users WHERE email LIKE 'user%' GROUP BY xmin::text ORDER BY count(*)",
        )
        .fetch_all(&mut observer)
        .await
        .unwrap();
        assert_eq!(statements, [1, 1, 37]);
        let recorded: (i64, i64) = sqlx::query_as(
            "SELECT count(DISTINCT audit_records.target_id), count(*) FROM audit_records \
             JOIN users ON users.id = audit_records.target_id AND users.email = audit_records.new ->> 'email' \
             WHERE target = 'user' AND action = 'created' AND email LIKE 'user%'",
        )
        .fetch_one(&mut observer)
        .await
        .unwrap();
        assert_eq!(recorded, (39, 39));
    });
}

#[test]
fn an_account_that_is_held_stops_nobody_in_another() {
    run(async {
        let (schema, repositories, shire, mut other, mut observer) = scene().await;
        let (rohan, change) = (samples::organization_draft("Rohan"), samples::change());
        let rohan = repositories.organizations.create(&rohan, &change).await;
        let rohan = rohan.unwrap();
        let mut held = other.begin().await.unwrap();
        hold(&mut held, &shire).await;
        let creating: Vec<_> = (0..8)
            .map(|number| {
                let email = format!("user{number}@shire.example");
                let draft = samples::user_draft(shire.account.id, &email);
                create(&repositories, &shire, draft)
            })
            .collect();
        until_blocked(&mut observer, &schema).await;

        let draft = samples::user_draft(rohan.account.id, "eowyn@rohan.example");
        let eowyn = create(&repositories, &rohan, draft).await.unwrap().unwrap();
        assert_eq!(eowyn.user.account_id, rohan.account.id);
        held.rollback().await.unwrap();
        for answer in creating {
            answer.await.unwrap().unwrap();
        }
    });
}

#[test]
fn what_postgresql_refuses_of_one_is_created_for_the_others() {
    run(async {
        let (schema, repositories, shire, mut other, mut observer) = scene().await;
        let mut held = other.begin().await.unwrap();
        hold(&mut held, &shire).await;
        let creating: Vec<_> = (0..8)
            .map(|number| {
                let email = format!("user{number}@shire.example");
                let mut draft = samples::user_draft(shire.account.id, &email);
                if number == 5 {
                    draft.secret = samples::secret("tu_admin@shire.example");
                }
                create(&repositories, &shire, draft)
            })
            .collect();
        until_blocked(&mut observer, &schema).await;
        settle().await;
        held.rollback().await.unwrap();
        for (number, answer) in creating.into_iter().enumerate() {
            match answer.await.unwrap() {
                Ok(_) => assert_ne!(number, 5),
                Err(RepositoryError::Conflict { entity, field }) => {
                    assert_eq!((number, entity, field), (5, Entity::User, "secret"));
                }
                Err(other) => panic!("{other:?}"),
            }
        }
    });
}

#[test]
fn who_hangs_up_before_it_was_begun_is_not_created() {
    run(async {
        let (schema, repositories, shire, mut other, mut observer) = scene().await;
        let mut held = other.begin().await.unwrap();
        hold(&mut held, &shire).await;
        let mut creating: Vec<_> = (0..8)
            .map(|number| {
                let email = format!("user{number}@shire.example");
                let draft = samples::user_draft(shire.account.id, &email);
                create(&repositories, &shire, draft)
            })
            .collect();
        until_blocked(&mut observer, &schema).await;
        settle().await;
        // The first two are under way.
        creating.remove(5).abort();
        settle().await;
        held.rollback().await.unwrap();
        for answer in creating {
            answer.await.unwrap().unwrap();
        }
        let emails: Vec<String> =
            sqlx::query_scalar("SELECT email FROM users WHERE email LIKE 'user%' ORDER BY email")
                .fetch_all(&mut observer)
                .await
                .unwrap();
        let expected = [0, 1, 2, 3, 4, 6, 7].map(|number| format!("user{number}@shire.example"));
        assert_eq!(emails, expected);
    });
}

/// Without anybody new, and without an end of what is under way.
#[test]
fn a_queue_goes_on_while_those_before_it_wait_for_somebody_else() {
    run(async {
        let (schema, repositories, shire, mut other, mut observer) = scene().await;
        // Somebody is just taking this e-mail.
        let mut taking = other.begin().await.unwrap();
        sqlx::query("UPDATE users SET email = $1, email_folded = $1 WHERE id = $2")
            .bind("taken@shire.example")
            .bind(shire.admin.id.get())
            .execute(&mut *taking)
            .await
            .unwrap();
        let draft = |email| samples::user_draft(shire.account.id, email);
        let waiting = [(); 2].map(|()| create(&repositories, &shire, draft("taken@shire.example")));
        until_blocked(&mut observer, &schema).await;
        settle().await;
        let sam = create(&repositories, &shire, draft("sam@shire.example"));
        let sam = sam.await.unwrap().unwrap();
        assert_eq!(sam.user.email.as_str(), "sam@shire.example");
        taking.commit().await.unwrap();
        for answer in waiting {
            let error = answer.await.unwrap().unwrap_err();
            assert_eq!(error.to_string(), EMAIL_IN_USE.to_string());
        }
    });
}
